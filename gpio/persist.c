/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "gpio/gpio.h"
#include "lib/base/text.h"

/* Raspberry Pi kernels from mid-2024 on: pull requests 6117 and 6150 of
 * raspberrypi/linux. One module a pin controller; both read Y or N. */
static const char *const parameters[] = {
	"module/pinctrl_bcm2835/parameters/persist_gpio_outputs",
	"module/pinctrl_rp1/parameters/persist_gpio_outputs",
};

enum persistence { PERSISTS_NOT, PERSISTS, PERSISTS_UNKNOWN };

/* What the file says; an absent one says no. */
static enum persistence read_parameter(const char *path)
{
	char c = '\0';
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ?
		       PERSISTS_NOT : PERSISTS_UNKNOWN;
	n = read(fd, &c, 1);
	(void)close(fd);
	if (n != 1)
		return PERSISTS_UNKNOWN;
	switch (c) {
	case 'N': case 'n': case '0':
		return PERSISTS_NOT;
	case 'Y': case 'y': case '1':
		return PERSISTS;
	default:
		return PERSISTS_UNKNOWN;
	}
}

static void explain(const char *path, enum persistence persistence,
		    char text[GPIO_ERROR_SIZE])
{
	struct text t = text_in(text, GPIO_ERROR_SIZE);

	text_str(&t, path);
	text_str(&t, persistence == PERSISTS ?
		 " is set: outputs stay driven after this program dies. " :
		 " cannot be read: outputs may stay driven after this "
		 "program dies. ");
	text_str(&t, "Put dtparam=strict_gpiod into "
		 "/boot/firmware/config.txt and restart");
}

bool gpio_persists(const char *sysfs_root, char text[GPIO_ERROR_SIZE])
{
	for (size_t i = 0; i < ARRAY_SIZE(parameters); i++) {
		char path[BMS_PATH_SIZE];
		enum persistence persistence;
		int len = snprintf(path, sizeof(path), "%s/%s", sysfs_root,
				   parameters[i]);

		if (len < 0 || (size_t)len >= sizeof(path))
			continue;
		persistence = read_parameter(path);
		if (persistence == PERSISTS_NOT)
			continue;
		explain(path, persistence, text);
		return true;
	}
	return false;
}
