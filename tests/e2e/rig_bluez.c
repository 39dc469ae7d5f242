/* SPDX-License-Identifier: MIT */
#include "tests/e2e/rig_bluez.h"

#include <check.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/gatt/service.h"
#include "tests/e2e/fake_bluez.h"
#include "tests/e2e/rig_private.h"

enum { ANSWER_US = 60000000 }; /* in a flood, on a machine that is busy */

static char answer[FAKE_SAID_SIZE];

/* 0 or -errno: it may not be there yet. */
static int ask(struct rig *rig, const char *line)
{
	sd_bus_message *call = NULL, *reply = NULL;
	const char *said;
	int r = sd_bus_message_new_method_call(rig->bus, &call, "org.bluez",
					       FAKE_PATH, FAKE_INTERFACE,
					       "Do");

	if (r >= 0)
		r = sd_bus_message_append(call, "s", line);
	if (r >= 0)
		r = sd_bus_call(rig->bus, call, ANSWER_US, NULL, &reply);
	if (r >= 0)
		r = sd_bus_message_read(reply, "s", &said);
	if (r >= 0)
		snprintf(answer, sizeof(answer), "%s", said);
	sd_bus_message_unref(call);
	sd_bus_message_unref(reply);
	return r < 0 ? r : 0;
}

pid_t rig_bluez_start(struct rig *rig)
{
	uint64_t deadline = rig_now_us() + START_MS * 1000;
	char prog[1024];
	char *argv[] = { (char *)rig_program("tests/e2e/fake-bluez", prog),
			 NULL };
	pid_t pid;

	rig_bus_address(rig);
	pid = rig_start(rig, "bluez.log", argv);
	while (ask(rig, "pairable") < 0) {
		ck_assert_msg(rig_now_us() < deadline, "no fake bluetoothd");
		rig_turn(rig);
	}
	return pid;
}

struct rig *rig_bluez_new(pid_t *ret_pid)
{
	struct rig *rig =
		rig_new(&(struct rig_options){ .settings = RIG_QUICK });

	*ret_pid = rig_bluez_start(rig);
	rig_allowed(rig);
	rig_until(rig, "bluetooth.State", "advertising", SOON_MS);
	return rig;
}

void rig_bluez_end(pid_t pid, int signal)
{
	rig_end(pid, signal);
}

const char *rig_bluez(struct rig *rig, const char *format, ...)
{
	char line[FAKE_SAID_SIZE];
	va_list args;
	int r;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	r = ask(rig, line);
	if (r < 0)
		rig_show_log(rig);
	ck_assert_msg(r >= 0, "%s: %s", line, strerror(-r));
	return answer;
}

const char *rig_bluez_until(struct rig *rig, const char *line,
			    const char *begins, uint32_t timeout_ms)
{
	uint64_t deadline = rig_now_us() + (uint64_t)timeout_ms * 1000;

	for (;;) {
		const char *said = rig_bluez(rig, "%s", line);

		if (begins ? strncmp(said, begins, strlen(begins)) == 0 :
			     strcmp(said, "none") != 0)
			return said;
		if (rig_now_us() > deadline) {
			rig_show_log(rig);
			ck_abort_msg("%s: \"%s\", not \"%s\"", line, said,
				     begins ? begins : "something");
		}
		rig_turn(rig);
	}
}

void rig_bluez_window(struct rig *rig)
{
	ck_assert_int_ge(sd_bus_call_method(rig->bus, RIG_NAME, RIG_ROOT,
					    RIG_NAME ".Bms1", "StartPairing",
					    NULL, NULL, ""), 0);
	rig_bluez_until(rig, "pairable", "yes", SOON_MS);
}

void rig_bluez_pair(struct rig *rig, const char *address, const char *name)
{
	char line[128];

	rig_bluez_window(rig);
	snprintf(line, sizeof(line), "pair %s", address);
	rig_bluez_until(rig, line, "shown", SOON_MS);
	rig_bluez(rig, "bond %s %s", address, name);
	snprintf(line, sizeof(line), "%s %s", address, name);
	rig_until_has(rig, "bluetooth.Bonds", line, SOON_MS);
	rig_until(rig, "bluetooth.PairingOpen", "no", SOON_MS);
}

const char *rig_ask(struct rig *rig, const char *word, uint16_t number,
		    const char *arguments)
{
	char uuid[SERVICE_UUID_SIZE];

	service_uuid(number, uuid);
	return rig_bluez(rig, "%s %s %s", word, uuid, arguments);
}

void rig_expect(struct rig *rig, const char *word, uint16_t number,
		const char *arguments, const char *said)
{
	const char *is = rig_ask(rig, word, number, arguments);

	ck_assert_msg(strncmp(is, said, strlen(said)) == 0 && (*said || !*is),
		      "%s %04x %s: \"%s\", not \"%s\"", word, number, arguments,
		      is, said);
}
