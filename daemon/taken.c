/* SPDX-License-Identifier: MIT */
#include "daemon/taken.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/store.h"
#include "lib/base/text.h"

/* "key value", a line each, as the section [gpio] has them. */
enum {
	TAKEN_KEY_SIZE = 32,
	TAKEN_SIZE = (LINE_COUNT + 1) * (TAKEN_KEY_SIZE + BMS_PATH_SIZE),
};

static const char taken_name[] = "lines";

static void taken_put(struct text *t, const char *key, const char *value)
{
	text_str(t, key);
	text_char(t, ' ');
	text_str(t, value);
	text_char(t, '\n');
}

int taken_keep(const char *dir, const struct settings_gpio *gpio)
{
	char buf[TAKEN_SIZE];
	struct text t = text_in(buf, sizeof(buf));
	int fd = dir ? store_open(dir) : 0;
	int r;

	if (!dir || fd < 0)
		return fd;
	taken_put(&t, "chip", gpio->chip);
	for (enum settings_line line = 0; line < LINE_COUNT; line++)
		taken_put(&t, settings_line_key(line), gpio->line[line]);
	r = store_save(fd, taken_name, t.buf, t.len);
	close(fd);
	return r;
}

/* The settings_set() of each line; -EBADMSG where it is refused. */
static int taken_take(char *text, struct settings *settings)
{
	char error[SETTINGS_ERROR_SIZE];
	char *key;

	while ((key = strsep(&text, "\n"))) {
		char *value = strchr(key, ' ');

		if (*key == '\0')
			continue;
		if (!value)
			return -EBADMSG;
		*value++ = '\0';
		if (settings_set(settings, "gpio", key, value, error) < 0)
			return -EBADMSG;
	}
	return 0;
}

int taken_find(const char *dir, struct settings *ret)
{
	char buf[TAKEN_SIZE + 1];
	size_t len;
	int fd = dir ? store_open(dir) : -ENOENT;
	int r;

	if (fd < 0)
		return fd;
	r = store_load(fd, taken_name, buf, TAKEN_SIZE, &len);
	close(fd);
	if (r < 0)
		return r;
	buf[len] = '\0';
	settings_init(ret);
	return taken_take(buf, ret);
}
