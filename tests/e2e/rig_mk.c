/* SPDX-License-Identifier: MIT */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/rig_private.h"

enum { S_AGE_MAX_MS = 1900 };

struct rig *rig_new_mk(const struct rig_options *options, const char *commands)
{
	struct rig_options waiting = *options;
	struct rig *rig;
	char copy[1024];
	char *save;

	waiting.no_daemon = true;
	rig = rig_new(&waiting);
	ck_assert_uint_lt(strlen(commands), sizeof(copy));
	snprintf(copy, sizeof(copy), "%s", commands);
	for (char *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		rig_sim(rig, "%s", line);
	rig_start_daemon(rig);
	rig_allowed(rig);
	rig_until(rig, "inverter.Connected", "yes", 15000);
	return rig;
}

uint64_t rig_until_sim(struct rig *rig, const char *key, const char *value,
		       uint32_t timeout_ms)
{
	uint64_t deadline = rig_now_us() + (uint64_t)timeout_ms * 1000;
	const char *is;

	while (is = rig_sim(rig, "get %s", key), strcmp(is, value) != 0) {
		if (rig_now_us() > deadline) {
			printf("%s is %s, not %s\n", key, is, value);
			rig_show_log(rig);
			ck_abort_msg("%s is not %s after %u ms", key, value,
				     timeout_ms);
		}
		rig_stays(rig, "OutputsVirtual", "yes", 20);
	}
	return rig_now_us();
}

void rig_s_is_fresh_for(struct rig *rig, uint32_t ms)
{
	uint64_t end_us = rig_now_us() + (uint64_t)ms * 1000;

	while (rig_now_us() < end_us) {
		ck_assert_int_le(rig_sim_long(rig, "mk.s_age_ms"),
				 S_AGE_MAX_MS);
		rig_stays(rig, "OutputsVirtual", "yes", 50);
	}
}
