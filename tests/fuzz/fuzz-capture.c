/* SPDX-License-Identifier: MIT */
/*
 * Any text as a capture, line by line (I6): what is taken says the same
 * when it is written and read again.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_taken(const struct capture_record *record)
{
	static struct capture_record again;
	static char buf[CAPTURE_LINE_SIZE];
	struct text t;
	const char *why;

	t = text_in(buf, sizeof(buf));
	if (capture_encode(&t, record->time, record->port, record->word,
			   record->bytes, record->len))
		abort();
	if (capture_decode(buf, strlen(buf) - 1, &again, &why))
		abort();
	if (again.time.us != record->time.us ||
	    strcmp(again.port, record->port) != 0 ||
	    again.word != record->word || again.len != record->len ||
	    memcmp(again.bytes, record->bytes, record->len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct capture_record record;
	const char *text = (const char *)data;
	const char *why = NULL;
	uint32_t config;

	while (size) {
		const char *end = memchr(text, '\n', size);
		size_t len = end ? (size_t)(end - text) : size;
		int r = capture_decode(text, len, &record, &why);

		if (r < 0 && !why)
			abort();
		if (r == 0)
			check_taken(&record);
		if (capture_is_header(text, len) && r != 1)
			abort();
		capture_config(text, len, &config);
		len += end ? 1 : 0;
		text += len;
		size -= len;
	}
	return 0;
}
