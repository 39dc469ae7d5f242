/* SPDX-License-Identifier: MIT */
/*
 * Prints every change of how a line is held, as the kernel tells it:
 *
 *	watch /dev/gpiochip0 17
 *
 * "watching", then a line for each: "taken", "released" or "changed", the
 * kernel's time in microseconds, and "out" or "in". Until it is ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const words[] = {
	[GPIO_V2_LINE_CHANGED_REQUESTED] = "taken",
	[GPIO_V2_LINE_CHANGED_RELEASED] = "released",
	[GPIO_V2_LINE_CHANGED_CONFIG] = "changed",
};

int main(int argc, char *argv[])
{
	struct gpio_v2_line_info info = { 0 };
	struct gpio_v2_line_info_changed event;
	int fd;

	if (argc != 3)
		return 2;
	fd = open(argv[1], O_RDWR | O_CLOEXEC);
	info.offset = (unsigned int)strtoul(argv[2], NULL, 10);
	if (fd < 0 || ioctl(fd, GPIO_V2_GET_LINEINFO_WATCH_IOCTL, &info) < 0) {
		fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("watching\n");
	while (read(fd, &event, sizeof(event)) == sizeof(event))
		printf("%s %llu %s\n", event.event_type <
		       sizeof(words) / sizeof(*words) &&
		       words[event.event_type] ? words[event.event_type] :
		       "unknown", (unsigned long long)
		       event.timestamp_ns / 1000,
		       event.info.flags & GPIO_V2_LINE_FLAG_OUTPUT ? "out" :
		       "in");
	return 1;
}
