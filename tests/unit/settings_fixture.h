/* SPDX-License-Identifier: MIT */
/* Settings for the tests of settings, by the texts that a file has. */
#ifndef BMS_TESTS_SETTINGS_FIXTURE_H
#define BMS_TESTS_SETTINGS_FIXTURE_H

#include "unit.h"

#include <string.h>

#include "lib/base/settings.h"

static char error[SETTINGS_ERROR_SIZE];

static inline int set(struct settings *s, const char *section,
		      const char *key, const char *value)
{
	memset(error, 0, sizeof(error));
	return settings_set(s, section, key, value, error);
}

static inline void must_set(struct settings *s, const char *section,
			    const char *key, const char *value)
{
	ck_assert_msg(set(s, section, key, value) == 0, "%s = %s: %s", key,
		      value, error);
}

/* The smallest configuration that is complete. */
static inline void make_valid(struct settings *s)
{
	settings_init(s);
	must_set(s, "general", "batteries", "4");
	must_set(s, "bus rack", "device", "/dev/rack");
	must_set(s, "bus rack", "protocol", "jk-pb");
	must_set(s, "bus rack", "addresses", "1-4");
}

#endif
