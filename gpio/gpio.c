/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gpio/backend.h"

struct line {
	bool fitted;
	unsigned int offset;
	const struct gpio_line_ops *ops;
	void *handle; /* NULL: not taken */
	bool stale;   /* a write failed: write it the next time */
};

struct gpio {
	struct gpio_chip chip;
	struct line line[LINE_COUNT];
	struct gpio_levels written;
	char description[BMS_PATH_SIZE + GPIO_KERNEL_NAME_SIZE + 4];
};

/* How each line is taken. */
static const enum gpio_line_kind kinds[] = {
	[LINE_LOAD_DISCONNECT] = GPIO_LINE_OUTPUT,
	[LINE_CHARGE_DISCONNECT] = GPIO_LINE_OUTPUT,
	[LINE_PRE_ALARM] = GPIO_LINE_OUTPUT,
	[LINE_LED_BLUETOOTH] = GPIO_LINE_OUTPUT,
	[LINE_LED_ERROR] = GPIO_LINE_OUTPUT,
	[LINE_LED_VEBUS] = GPIO_LINE_OUTPUT,
	[LINE_HEARTBEAT] = GPIO_LINE_OUTPUT,
	[LINE_REMOTE_L] = GPIO_LINE_INPUT_UP,
	[LINE_REMOTE_H] = GPIO_LINE_INPUT_DOWN,
};
_Static_assert(ARRAY_SIZE(kinds) == LINE_COUNT, "one row a line");

void *gpio_line_handle(const struct gpio *gpio, enum settings_line line)
{
	return gpio->line[line].ops == &gpio_adopted_ops ? NULL :
		gpio->line[line].handle;
}

bool gpio_is_virtual(const struct gpio *gpio)
{
	return gpio->chip.backend == &gpio_backend_virtual;
}

const char *gpio_describe(const struct gpio *gpio)
{
	return gpio->description;
}

static void describe(struct gpio *gpio)
{
	struct text t = text_in(gpio->description, sizeof(gpio->description));

	text_str(&t, gpio->chip.label);
	if (gpio_is_virtual(gpio))
		return;
	text_str(&t, " (");
	text_str(&t, gpio->chip.path);
	text_char(&t, ')');
}

/* "load-disconnect = 17: " */
static void put_setting(struct text *error, enum settings_line line,
			const struct settings_gpio *settings)
{
	text_str(error, settings_line_key(line));
	text_str(error, " = ");
	text_str(error, settings->line[line]);
	text_str(error, ": ");
}

/* A decimal number, or false: then it is a name. */
static bool parse_number(const char *text, unsigned int *ret_number)
{
	unsigned int number = 0;

	if (*text == '\0')
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		/* Far above any chip, far below an overflow. */
		if (number < 1000000)
			number = number * 10 + (unsigned int)(*text - '0');
	}
	*ret_number = number;
	return true;
}

/* 0; -ENOENT: no such name, -ENOTUNIQ: two lines have it, -errno. */
static int find_name(const struct gpio_chip *chip, const char *name,
		     unsigned int *ret_offset)
{
	unsigned int found = chip->n_lines;

	for (unsigned int i = 0; i < chip->n_lines; i++) {
		struct gpio_line_info info;
		int r = chip->backend->line_info(chip->handle, i, &info);

		if (r < 0)
			return r;
		if (strcmp(info.name, name) != 0)
			continue;
		if (found < chip->n_lines)
			return -ENOTUNIQ;
		found = i;
	}
	if (found == chip->n_lines)
		return -ENOENT;
	*ret_offset = found;
	return 0;
}

static int resolve_line(struct gpio *gpio, enum settings_line line,
			const struct settings_gpio *settings,
			struct text *error)
{
	const struct gpio_chip *chip = &gpio->chip;
	const char *name = settings->line[line];
	unsigned int offset;
	int r = 0;

	if (!parse_number(name, &offset))
		r = find_name(chip, name, &offset);
	else if (offset >= chip->n_lines)
		r = -ENOENT;
	if (r == 0) {
		gpio->line[line].fitted = true;
		gpio->line[line].offset = offset;
		return 0;
	}
	put_setting(error, line, settings);
	if (r == -ENOENT)
		text_str(error, "no such line on ");
	else if (r == -ENOTUNIQ)
		text_str(error, "two lines have that name on ");
	else
		text_str(error, "cannot look for it on ");
	text_str(error, gpio->description);
	if (r != -ENOENT && r != -ENOTUNIQ) {
		text_str(error, ": ");
		text_str(error, strerror(-r));
	}
	text_str(error, "; no line is taken. Allowed: 0 to ");
	text_uint(error, chip->n_lines > 0 ? chip->n_lines - 1 : 0);
	text_str(error, " or a name that only one line has");
	return r;
}

static int check_unique(const struct gpio *gpio, enum settings_line line,
			struct text *error)
{
	unsigned int offset = gpio->line[line].offset;

	for (size_t i = 0; i < (size_t)line; i++) {
		if (!gpio->line[i].fitted || gpio->line[i].offset != offset)
			continue;
		text_str(error, settings_line_key((enum settings_line)i));
		text_str(error, " and ");
		text_str(error, settings_line_key(line));
		text_str(error, " are both line ");
		text_uint(error, offset);
		text_str(error, " of ");
		text_str(error, gpio->description);
		text_str(error, "; no line is taken. Each needs its own");
		return -EINVAL;
	}
	return 0;
}

/* Finds every line before the first one is touched. */
static int resolve(struct gpio *gpio, const struct settings_gpio *settings,
		   struct text *error)
{
	for (enum settings_line line = 0; line < LINE_COUNT; line++) {
		int r;

		if (settings->line[line][0] == '\0')
			continue;
		r = resolve_line(gpio, line, settings, error);
		if (r < 0)
			return r;
		r = check_unique(gpio, line, error);
		if (r < 0)
			return r;
	}
	return 0;
}

static void explain_request(const struct gpio *gpio, enum settings_line line,
			    const struct settings_gpio *settings, int why,
			    struct text *error)
{
	const struct gpio_chip *chip = &gpio->chip;
	unsigned int offset = gpio->line[line].offset;
	struct gpio_line_info info;

	put_setting(error, line, settings);
	text_str(error, "line ");
	text_uint(error, offset);
	text_str(error, " of ");
	text_str(error, gpio->description);
	if (why != -EBUSY) {
		text_str(error, " cannot be taken: ");
		text_str(error, strerror(-why));
	} else if (chip->backend->line_info(chip->handle, offset, &info) < 0 ||
		   info.consumer[0] == '\0') {
		text_str(error, " is held by somebody without a name");
	} else {
		text_str(error, " is held by \"");
		text_str(error, info.consumer);
		text_str(error, "\"; free it or choose another line");
	}
	text_str(error, "; all lines are released");
}

/* An input without interrupt is taken all the same: gpio_read() reads it,
 * only nothing wakes the loop. */
static int take(struct gpio *gpio, enum settings_line line)
{
	const struct gpio_chip *chip = &gpio->chip;
	struct line *l = &gpio->line[line];
	enum gpio_line_kind kind = kinds[line];
	int r;

	l->ops = &chip->backend->line;
	if (kind == GPIO_LINE_OUTPUT) {
		r = chip->backend->line_request(chip->handle, l->offset, kind,
						false, &l->handle);
		return r < 0 ? r : l->ops->drive(l->handle, false);
	}
	r = chip->backend->line_request(chip->handle, l->offset, kind, true,
					&l->handle);
	if (r == -ENODEV || r == -ENXIO)
		r = chip->backend->line_request(chip->handle, l->offset, kind,
						false, &l->handle);
	return r;
}

static bool is_indicator(enum settings_line line)
{
	return line >= LINE_DECISION_COUNT && line < LINE_OUTPUT_COUNT;
}

static bool is_held(const struct gpio *gpio, enum settings_line line,
		    const struct gpio_held *held)
{
	return held && line < LINE_OUTPUT_COUNT &&
	       gpio->line[line].offset == held->offset &&
	       strcmp(gpio->chip.path, held->chip) == 0;
}

/* Takes it over as it is; another process's is left alone. */
static int adopt(struct gpio *gpio, enum settings_line line,
		 struct gpio_held *held)
{
	struct line *l = &gpio->line[line];
	int r;

	if (held->fd < 0) {
		l->fitted = false;
		return 0;
	}
	if (line != LINE_LOAD_DISCONNECT)
		return -EBUSY;
	r = gpio_adopt(held->abi, held->fd, held->offset, &l->handle);
	if (r < 0)
		return r;
	held->fd = -1;
	l->ops = &gpio_adopted_ops;
	gpio->written.high[line] = true;
	return 0;
}

/* Takes every line that can be had even where one cannot: a kernel may have
 * left the others driven, and gpio_close() floats what has been taken. */
static int request(struct gpio *gpio, const struct settings_gpio *settings,
		   struct gpio_held *held, struct text *error)
{
	int first = 0;

	for (enum settings_line line = 0; line < LINE_COUNT; line++) {
		int r;

		if (!gpio->line[line].fitted)
			continue;
		r = is_held(gpio, line, held) ? adopt(gpio, line, held) :
						take(gpio, line);
		if (r < 0 && is_indicator(line)) {
			gpio->line[line].stale = true;
			continue;
		}
		if (r == 0 || first < 0)
			continue;
		first = r;
		explain_request(gpio, line, settings, r, error);
	}
	return first;
}

/* Asks every output from that one on to float, whatever happens to the
 * others. */
static void float_from(struct gpio *gpio, enum settings_line first)
{
	for (size_t i = first; i < LINE_OUTPUT_COUNT; i++) {
		if (gpio->line[i].handle)
			(void)gpio->line[i].ops->drive(
				gpio->line[i].handle, false);
		gpio->written.high[i] = false;
		gpio->line[i].stale = true;
	}
}

static struct gpio *release(struct gpio *gpio)
{
	for (size_t i = 0; i < LINE_COUNT; i++) {
		if (gpio->line[i].handle)
			gpio->line[i].ops->release(gpio->line[i].handle);
	}
	if (gpio->chip.handle)
		gpio->chip.backend->chip_close(gpio->chip.handle);
	free(gpio);
	return NULL;
}

struct gpio *gpio_close(struct gpio *gpio)
{
	if (!gpio)
		return NULL;
	float_from(gpio, 0);
	return release(gpio);
}

_Static_assert(LINE_LOAD_DISCONNECT == 0, "the others come behind it");

struct gpio *gpio_close_but_shared(struct gpio *gpio)
{
	float_from(gpio, LINE_LOAD_DISCONNECT + 1);
	return release(gpio);
}

int gpio_share(const struct gpio *gpio, struct gpio_held *ret_held)
{
	const struct line *line = &gpio->line[LINE_LOAD_DISCONNECT];
	struct gpio_held held = { .offset = line->offset };

	if (!line->handle)
		return -ENODEV;
	held.fd = line->ops->share(line->handle, &held.abi);
	if (held.fd < 0)
		return held.fd;
	memcpy(held.chip, gpio->chip.path, sizeof(held.chip));
	*ret_held = held;
	return 0;
}

static bool gpio_names_virtual(const char *chip)
{
	return strcmp(chip, "virtual") == 0 ||
	       strncmp(chip, "virtual:", strlen("virtual:")) == 0;
}

static int open_chip(struct gpio *gpio, const char *dev, const char *chip,
		     struct text *error)
{
	int r;

	if (gpio_names_virtual(chip)) {
		gpio->chip.backend = &gpio_backend_virtual;
		snprintf(gpio->chip.path, sizeof(gpio->chip.path), "%s",
			 chip);
		r = gpio->chip.backend->chip_open(&gpio->chip);
		if (r < 0)
			text_str(error, strerror(-r));
	} else {
		r = gpio_chip_find(&gpio_backend_gpiod, dev, chip, error,
				   &gpio->chip);
	}
	if (r < 0)
		return r;
	describe(gpio);
	return 0;
}

int gpio_open_in(const char *dev, const struct settings_gpio *settings,
		 struct gpio_held *held, char error[GPIO_ERROR_SIZE],
		 struct gpio **ret_gpio)
{
	struct text text = text_in(error, GPIO_ERROR_SIZE);
	struct gpio *gpio = calloc(1, sizeof(*gpio));
	int r;

	if (!gpio) {
		text_str(&text, "out of memory; no line is taken");
		return -ENOMEM;
	}
	r = open_chip(gpio, dev, settings->chip, &text);
	if (r == 0)
		r = resolve(gpio, settings, &text);
	if (r == 0)
		r = request(gpio, settings, held, &text);
	if (r < 0) {
		gpio_close(gpio);
		return r;
	}
	*ret_gpio = gpio;
	return 0;
}

int gpio_open(struct gpio **ret_gpio, const struct settings_gpio *settings,
	      struct gpio_held *held, char error[GPIO_ERROR_SIZE])
{
	return gpio_open_in("/dev", settings, held, error, ret_gpio);
}

static int write_line(struct gpio *gpio, size_t i, bool high, bool force)
{
	struct line *line = &gpio->line[i];
	int r;

	if (!force && !line->stale && gpio->written.high[i] == high)
		return 0;
	r = line->ops->drive(line->handle, high);
	if (r < 0)
		return r;
	line->stale = false;
	gpio->written.high[i] = high;
	return 0;
}

/* Writes the lines that are to become high, or those that are to float. */
static int write_those(struct gpio *gpio, const struct gpio_levels *levels,
		       bool force, bool high)
{
	for (size_t i = 0; i < LINE_DECISION_COUNT; i++) {
		int r;

		if (!gpio->line[i].handle || levels->high[i] != high)
			continue;
		r = write_line(gpio, i, high, force);
		if (r < 0)
			return r;
	}
	return 0;
}

int gpio_write(struct gpio *gpio, const struct gpio_levels *levels,
	       bool force)
{
	int r;

	/* What forbids goes first, so that a failure finds it done. */
	r = write_those(gpio, levels, force, false);
	if (r == 0)
		r = write_those(gpio, levels, force, true);
	if (r < 0)
		float_from(gpio, 0);
	return r;
}

/* 0: as written; 1: not; or negative errno. */
static int verify_line(const struct gpio *gpio, const struct line *line,
		       bool high)
{
	const struct gpio_chip *chip = &gpio->chip;
	struct gpio_line_info info;
	int r;

	r = chip->backend->line_info(chip->handle, line->offset, &info);
	if (r < 0)
		return r;
	if (info.output != high)
		return 1;
	if (!high)
		return 0;
	r = line->ops->level(line->handle);
	if (r < 0)
		return r;
	return r == 1 ? 0 : 1;
}

int gpio_verify(struct gpio *gpio, enum settings_line *ret_line)
{
	for (enum settings_line i = 0; i < LINE_DECISION_COUNT; i++) {
		int r;

		if (!gpio->line[i].handle)
			continue;
		r = verify_line(gpio, &gpio->line[i], gpio->written.high[i]);
		if (r < 0)
			return r;
		if (r > 0) {
			*ret_line = i;
			return 1;
		}
	}
	return 0;
}

static int indicate(struct gpio *gpio, enum settings_line i, bool high)
{
	struct line *line = &gpio->line[i];
	int r = 0;

	if (!line->handle)
		r = take(gpio, i);
	if (r == 0)
		r = write_line(gpio, i, high, false);
	if (r == 0)
		r = verify_line(gpio, line, high);
	line->stale = r != 0;
	return r;
}

int gpio_indicate(struct gpio *gpio, const struct gpio_levels *levels,
		  enum settings_line *ret_line)
{
	int first = 0;

	for (enum settings_line i = LINE_DECISION_COUNT;
	     i < LINE_OUTPUT_COUNT; i++) {
		int r;

		if (!gpio->line[i].fitted)
			continue;
		r = indicate(gpio, i, levels->high[i]);
		if (r == 0 || first != 0)
			continue;
		first = r;
		*ret_line = i;
	}
	return first;
}

static int read_line(const struct line *line, maybe_i32 *ret_level)
{
	int r;

	*ret_level = UNKNOWN_I32;
	if (!line->handle)
		return 0;
	r = line->ops->level(line->handle);
	if (r < 0)
		return r;
	*ret_level = known_i32(r);
	return 0;
}

int gpio_read(struct gpio *gpio, struct gpio_inputs *ret_inputs)
{
	struct gpio_inputs inputs;
	int r;

	r = read_line(&gpio->line[LINE_REMOTE_L], &inputs.remote_l);
	if (r == 0)
		r = read_line(&gpio->line[LINE_REMOTE_H], &inputs.remote_h);
	*ret_inputs = r == 0 ? inputs : (struct gpio_inputs){ 0 };
	return r;
}

size_t gpio_event_fds(const struct gpio *gpio, int fds[GPIO_EVENT_FDS_MAX])
{
	size_t n = 0;

	for (size_t i = LINE_OUTPUT_COUNT; i < LINE_COUNT; i++) {
		const struct line *line = &gpio->line[i];
		int fd = line->handle ? line->ops->fd(line->handle) : -1;

		if (fd >= 0)
			fds[n++] = fd;
	}
	return n;
}
_Static_assert(LINE_COUNT - LINE_OUTPUT_COUNT == GPIO_EVENT_FDS_MAX,
	       "an event descriptor an input");

void gpio_event_drain(struct gpio *gpio)
{
	for (size_t i = LINE_OUTPUT_COUNT; i < LINE_COUNT; i++) {
		if (gpio->line[i].handle)
			gpio->line[i].ops->drain(gpio->line[i].handle);
	}
}
