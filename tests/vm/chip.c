/* SPDX-License-Identifier: MIT */
#include "tests/vm/chip.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/rig_private.h"

#define CONFIG "/sys/kernel/config/gpio-sim/bms"

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
	ck_assert_msg(fputs(text, f) >= 0 && fclose(f) == 0, "%s: %s", path,
		      strerror(errno));
}

static void read_word(const char *path, char word[64])
{
	FILE *f = fopen(path, "r");

	word[0] = '\0';
	if (!f)
		return;
	if (fscanf(f, "%63s", word) != 1)
		word[0] = '\0';
	fclose(f);
}

void chip_live(bool live)
{
	char is[64];

	read_word(CONFIG "/live", is);
	if ((is[0] == '1') != live)
		write_file(CONFIG "/live", live ? "1" : "0");
}

void chip_make(void)
{
	struct stat st;
	char lines[16];

	if (stat(CONFIG, &st) == 0) {
		chip_live(false);
	} else {
		ck_assert_msg(mkdir(CONFIG, 0755) == 0, CONFIG ": %s",
			      strerror(errno));
		ck_assert_int_eq(mkdir(CONFIG "/bank0", 0755), 0);
		snprintf(lines, sizeof(lines), "%d", CHIP_LINES);
		write_file(CONFIG "/bank0/num_lines", lines);
		write_file(CONFIG "/bank0/label", CHIP_LABEL);
	}
	chip_live(true);
}

/* A file of the simulator's side of a line. */
static void side(int offset, const char *name, char path[256])
{
	char device[64];
	char chip[64];

	read_word(CONFIG "/dev_name", device);
	read_word(CONFIG "/bank0/chip_name", chip);
	snprintf(path, 256, "/sys/devices/platform/%s/%s/sim_gpio%d/%s",
		 device, chip, offset, name);
}

void chip_pull(enum settings_line line, bool up)
{
	char path[256];

	side(rig_lines[line].offset, "pull", path);
	write_file(path, up ? "pull-up" : "pull-down");
}

void chip_path(char path[256])
{
	char chip[64];

	read_word(CONFIG "/bank0/chip_name", chip);
	snprintf(path, 256, "/dev/%s", chip);
}

static int chip_device(void)
{
	char path[256];
	int fd;

	chip_path(path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
	return fd;
}

int chip_watch(int first, int n)
{
	int fd = chip_device();

	for (int i = first; i < first + n; i++) {
		struct gpio_v2_line_info info = { .offset = (uint32_t)i };

		ck_assert_msg(ioctl(fd, GPIO_V2_GET_LINEINFO_WATCH_IOCTL,
				    &info) == 0,
			      "line %d: %s", i, strerror(errno));
	}
	return fd;
}

int chip_hold(enum settings_line line, const char *consumer)
{
	struct gpio_v2_line_request request = {
		.offsets = { (uint32_t)rig_lines[line].offset },
		.num_lines = 1,
		.config.flags = GPIO_V2_LINE_FLAG_INPUT,
	};
	int fd = chip_device();

	snprintf(request.consumer, sizeof(request.consumer), "%s", consumer);
	ck_assert_msg(ioctl(fd, GPIO_V2_GET_LINE_IOCTL, &request) == 0,
		      "line %d: %s", rig_lines[line].offset, strerror(errno));
	close(fd);
	return request.fd;
}

/* Whether somebody holds the line, and its direction:
 * " gpio-17  (                    |vebus-bms-ng        ) out hi" */
static bool held(int offset, bool *ret_out)
{
	FILE *f = fopen("/sys/kernel/debug/gpio", "r");
	char row[256];
	bool ours = false;
	bool found = false;
	int base = 0;

	ck_assert_msg(f != NULL, "debugfs is not mounted");
	while (!found && fgets(row, sizeof(row), f)) {
		const char *end = strrchr(row, ')');
		int number;

		if (strncmp(row, "gpiochip", 8) == 0) {
			ours = strstr(row, CHIP_LABEL) != NULL;
			/* Newer kernels count each chip's from 0, and say
			 * "gpiochip0: 28 GPIOs". */
			if (sscanf(row, "gpiochip%*d: GPIOs %d-", &base) != 1)
				base = 0;
		} else if (ours && end && sscanf(row, " gpio-%d", &number) &&
			   number == base + offset) {
			found = true;
			*ret_out = strncmp(end, ") out", 5) == 0;
		}
	}
	fclose(f);
	return found;
}

static char look(int offset)
{
	char path[256];
	char level[64];
	bool out = false;
	bool taken = held(offset, &out);

	side(offset, "value", path);
	read_word(path, level);
	if (level[0] == '\0')
		return '?';
	if (!taken)
		return level[0] == '1' ? 'h' : '.';
	if (!out)
		return '.';
	return level[0] == '1' ? 'H' : 'L';
}

/* Direction and level are two reads: what no line of ours ever is may be one
 * that was let go or taken between them. */
char chip_number(int offset)
{
	char is = look(offset);

	return is == 'L' || is == 'h' ? look(offset) : is;
}

char chip_line(enum settings_line line)
{
	return chip_number(rig_lines[line].offset);
}

const char *chip_outputs(void)
{
	static char text[4];

	for (int i = 0; i < 3; i++)
		text[i] = chip_line((enum settings_line)i);
	return text;
}

static bool are(const char *outputs)
{
	const char *now = chip_outputs();

	for (int i = 0; i < 3; i++)
		if (outputs[i] != '*' && outputs[i] != now[i])
			return false;
	return true;
}

static void show_and_fail(struct rig *rig, const char *wanted)
{
	char now[4];

	snprintf(now, sizeof(now), "%s", chip_outputs());
	rig_show_log(rig);
	ck_abort_msg("the outputs are \"%s\", not \"%s\"", now, wanted);
}

uint64_t chip_until(struct rig *rig, const char *outputs, uint32_t timeout_ms)
{
	uint64_t deadline = rig_now_us() + (uint64_t)timeout_ms * 1000;

	while (!are(outputs)) {
		if (rig_now_us() > deadline)
			show_and_fail(rig, outputs);
		poll(NULL, 0, CHIP_LOOK_MS);
	}
	return rig_now_us();
}

void chip_stays(struct rig *rig, const char *outputs, uint32_t ms)
{
	uint64_t end = rig_now_us() + (uint64_t)ms * 1000;

	while (rig_now_us() < end) {
		if (!are(outputs))
			show_and_fail(rig, outputs);
		poll(NULL, 0, CHIP_LOOK_MS);
	}
}
