/* SPDX-License-Identifier: MIT */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gpio/backend.h"

/* The chip with the header's pins, newest board first (gpiochip numbers
 * have moved between kernels; labels have not). */
static const char *const auto_labels[] = {
	"pinctrl-rp1",     /* Pi 5 */
	"pinctrl-bcm2711", /* Pi 4 */
	"pinctrl-bcm2835", /* Pi 3 and older */
};

struct search {
	const char *const *labels; /* what is looked for, best first */
	size_t n_labels;
	size_t rank;               /* of found; n_labels: none yet */
	struct gpio_chip found;
	struct gpio_chip twin;     /* the same label again: path only */
};

static int is_gpiochip(const struct dirent *entry)
{
	return strncmp(entry->d_name, "gpiochip", 8) == 0;
}

static void close_chip(struct gpio_chip *chip)
{
	if (chip->handle)
		chip->backend->chip_close(chip->handle);
	chip->handle = NULL;
}

static size_t rank_of(const struct search *search, const char *label)
{
	size_t i = 0;

	while (i < search->n_labels && strcmp(search->labels[i], label) != 0)
		i++;
	return i;
}

/* Takes over chip: kept where it is the best so far, closed otherwise. */
static void consider(struct search *search, struct gpio_chip *chip)
{
	size_t rank = rank_of(search, chip->label);

	if (rank < search->rank) {
		close_chip(&search->found);
		search->found = *chip;
		search->rank = rank;
		search->twin.path[0] = '\0';
		return;
	}
	if (rank == search->rank && rank < search->n_labels)
		search->twin = *chip;
	close_chip(chip);
}

static void list_chip(struct text *list, const struct gpio_chip *chip,
		      int error)
{
	if (list->len > 0)
		text_str(list, ", ");
	text_str(list, chip->path);
	text_str(list, " (");
	text_str(list, error < 0 ? strerror(-error) : chip->label);
	text_char(list, ')');
}

/* Opens one file of the folder; a link to a chip is the same chip again. */
static void look_at(struct search *search, struct gpio_chip *chip,
		    struct text *list)
{
	struct stat st;
	int r;

	if (lstat(chip->path, &st) < 0 || S_ISLNK(st.st_mode))
		return;
	r = chip->backend->chip_open(chip);
	list_chip(list, chip, r);
	if (r < 0)
		return;
	consider(search, chip);
}

static void look_through(struct search *search, const char *dev,
			 const struct gpio_backend *backend,
			 struct text *list)
{
	struct dirent **entries = NULL;
	int n = scandir(dev, &entries, is_gpiochip, alphasort);

	for (int i = 0; i < n; i++) {
		struct gpio_chip chip = { .backend = backend };
		int len = snprintf(chip.path, sizeof(chip.path), "%s/%s", dev,
				   entries[i]->d_name);

		free(entries[i]);
		if (len > 0 && (size_t)len < sizeof(chip.path))
			look_at(search, &chip, list);
	}
	free(entries);
}

/* A list that may be cut, and then says so. */
static void put_list(struct text *error, const struct text *list)
{
	size_t room = error->size - 1 - error->len;

	for (size_t i = 0; i < list->len && i + 3 < room; i++)
		text_char(error, list->buf[i]);
	if (list->cut || list->len + 3 > room)
		text_str(error, "...");
}

static void no_chip(struct text *error, const char *dev)
{
	text_str(error, "this machine shows no GPIO chip (there is no ");
	text_str(error, dev);
	text_str(error, "/gpiochip*); no line is taken. Load the driver of "
			"the chip, or, to simulate only, set chip to "
			"virtual");
}

static void not_found(struct text *error, const struct search *search,
		      const struct text *list)
{
	text_str(error, "no GPIO chip with the label ");
	for (size_t i = 0; i < search->n_labels; i++) {
		text_str(error, i == 0 ? "" : " or ");
		text_str(error, search->labels[i]);
	}
	text_str(error, "; no line is taken. Allowed for chip: a label or "
			"path of ");
	put_list(error, list);
}

static void not_unique(struct text *error, const struct search *search)
{
	text_str(error, "two GPIO chips have the label ");
	text_str(error, search->found.label);
	text_str(error, "; no line is taken. Set chip to one of ");
	text_str(error, search->found.path);
	text_str(error, ", ");
	text_str(error, search->twin.path);
}

static int open_path(const struct gpio_backend *backend, const char *path,
		     struct text *error, struct gpio_chip *ret_chip)
{
	struct gpio_chip chip = { .backend = backend };
	int r = -ENAMETOOLONG;

	if (strlen(path) < sizeof(chip.path)) {
		strcpy(chip.path, path);
		r = backend->chip_open(&chip);
	}
	if (r < 0) {
		text_str(error, "cannot open the GPIO chip ");
		text_str(error, path);
		text_str(error, ": ");
		text_str(error, strerror(-r));
		text_str(error, r == -EACCES || r == -EPERM ?
			 " (is the user in the group gpio?)" : "");
		text_str(error, "; no line is taken");
		return r;
	}
	*ret_chip = chip;
	return 0;
}

int gpio_chip_find(const struct gpio_backend *backend, const char *dev,
		   const char *wanted, struct text *error,
		   struct gpio_chip *ret_chip)
{
	bool is_auto = strcmp(wanted, "auto") == 0;
	struct search search = {
		.labels = is_auto ? auto_labels : &wanted,
		.n_labels = is_auto ? ARRAY_SIZE(auto_labels) : 1,
	};
	char buf[GPIO_ERROR_SIZE];
	struct text list = text_in(buf, sizeof(buf));

	if (wanted[0] == '/')
		return open_path(backend, wanted, error, ret_chip);
	search.rank = search.n_labels;
	look_through(&search, dev, backend, &list);
	if (search.rank == search.n_labels) {
		if (list.len == 0)
			no_chip(error, dev);
		else
			not_found(error, &search, &list);
		return -ENODEV;
	}
	if (search.twin.path[0] != '\0') {
		not_unique(error, &search);
		close_chip(&search.found);
		return -ENOTUNIQ;
	}
	*ret_chip = search.found;
	return 0;
}
