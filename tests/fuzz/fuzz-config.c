/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a configuration file (I1): refused with at least one line
 * and nothing taken, or taken without a word and free of contradictions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct settings s, untouched;
	char error[SETTINGS_ERROR_SIZE];
	const char *section, *key;
	size_t said_size = 0;
	char *said = NULL;
	FILE *errors = open_memstream(&said, &said_size);
	/* An empty one cannot be opened. */
	FILE *file = fmemopen((void *)(uintptr_t)data, size ? size : 1, "r");
	int result;

	if (!file || !errors)
		abort();
	if (!size)
		(void)getc(file);
	s = untouched;
	result = config_read(file, "fuzz", &s, errors);
	fclose(file);
	fclose(errors);
	if (result == 0 && (said_size > 0 ||
			    settings_check(&s, &section, &key, error) != 0))
		abort();
	if (result < 0 && (said_size == 0 || said[said_size - 1] != '\n' ||
			   memcmp(&s, &untouched, sizeof(s)) != 0))
		abort();
	free(said);
	return 0;
}
