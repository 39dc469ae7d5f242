/* SPDX-License-Identifier: MIT */
/*
 * The least that a program can do: floor TTY CHIP LINE. Reads a tty, knows
 * an answer by nothing but its 309 bytes, looks at one cell of it, and
 * drives the line or lets it float. No checksum, no address, no decision:
 * what it takes is what reading and writing take here (test-reaction.c).
 */
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { DRIVE = GPIO_V2_LINE_FLAG_OUTPUT | GPIO_V2_LINE_FLAG_OPEN_SOURCE };

int main(int argc, char *argv[])
{
	struct gpio_v2_line_config config = {
		.flags = GPIO_V2_LINE_FLAG_INPUT,
		.num_attrs = 1,
		.attrs[0] = { .attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES,
			      .attr.values = 1, .mask = 1 },
	};
	struct gpio_v2_line_request line = { .consumer = "floor",
					     .num_lines = 1,
					     .config = config };
	int tty = argc == 4 ? open(argv[1], O_RDONLY | O_NOCTTY) : -1;
	int chip = argc == 4 ? open(argv[2], O_RDWR) : -1;
	uint8_t answer[309];
	size_t n = 0;
	ssize_t r;

	line.offsets[0] = argc == 4 ? (uint32_t)atoi(argv[3]) : 0;
	if (tty < 0 || ioctl(chip, GPIO_V2_GET_LINE_IOCTL, &line) < 0)
		return EXIT_FAILURE;
	while ((r = read(tty, answer + n, sizeof(answer) - n)) > 0) {
		n += (size_t)r;
		if (n < sizeof(answer))
			continue;
		n = 0;
		config.flags = (answer[6] | answer[7] << 8) >= 3750 ?
				GPIO_V2_LINE_FLAG_INPUT : DRIVE;
		if (ioctl(line.fd, GPIO_V2_LINE_SET_CONFIG_IOCTL, &config) < 0)
			break;
	}
	return EXIT_FAILURE;
}
