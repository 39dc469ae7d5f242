/* SPDX-License-Identifier: MIT */
#include "daemon/window.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/store.h"
#include "lib/core/update.h"

enum { WINDOW_SIZE = 64 };

static const char window_name[] = "window";

int window_keep(const char *dir, mono_t until)
{
	char text[WINDOW_SIZE];
	int fd = dir ? store_open(dir) : 0;
	int n, r;

	if (!dir || fd < 0)
		return fd;
	n = snprintf(text, sizeof(text), "until %" PRIu64 "\n", until.us);
	r = store_save(fd, window_name, text, (size_t)n);
	close(fd);
	return r;
}

uint32_t window_left_ms(const char *dir, mono_t now)
{
	char text[WINDOW_SIZE];
	int fd = dir ? store_open(dir) : -1;
	mono_t until;
	uint64_t left_ms;
	size_t len;
	int r;

	if (fd < 0)
		return 0;
	r = store_load(fd, window_name, text, sizeof(text) - 1, &len);
	close(fd);
	if (r < 0)
		return 0;
	text[len] = '\0';
	if (sscanf(text, "until %" SCNu64, &until.us) != 1)
		return 0;
	left_ms = mono_elapsed_ms(now, until);
	return left_ms <= UPDATE_MAX_MS ? (uint32_t)left_ms : 0;
}
