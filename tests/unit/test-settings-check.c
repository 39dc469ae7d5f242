/* SPDX-License-Identifier: MIT */
/*
 * What the settings say together (requirements I1, A2, B2 to B8; design.md
 * 5 and 7): every contradiction is refused with both values, and what lies
 * just beside it is taken.
 */
#include "settings_fixture.h"

#include "lib/proto/proto.h"

START_TEST(the_smallest_complete_configuration_is_taken)
{
	struct settings s;
	const char *section, *key;

	make_valid(&s);
	ck_assert_msg(settings_check(&s, &section, &key, error) == 0, "%s",
		      error);
}
END_TEST

struct change {
	const char *section, *key, *value;
};

/* What is set, and what must be said about which key. */
static const struct {
	struct change change[4];
	const char *section, *key, *says;
} contradictions[] = {
	/* B2, B3: the order of the low levels */
	{ { { "protection", "cell-pre-alarm", "2.85" },
	    { "protection", "cell-low", "2.80" } }, NULL, NULL, NULL },
	{ { { "protection", "cell-pre-alarm", "2.85" },
	    { "protection", "cell-low", "2.79" } }, NULL, NULL, NULL },
	{ { { "protection", "cell-low", "2.60" },
	    { "protection", "cell-low-hard", "2.60" } },
	  "protection", "cell-low",
	  "cell-low (2.60 V) must be above cell-low-hard (2.60 V) by "
	  "0.01 V or more" },
	{ { { "protection", "cell-low", "2.60" },
	    { "protection", "cell-low-hard", "2.59" } }, NULL, NULL, NULL },
	{ { { "protection", "cell-pre-alarm", "3.15" },
	    { "protection", "cell-low-clear", "3.20" } }, NULL, NULL, NULL },
	{ { { "protection", "cell-low-clear", "3.14" } },
	  "protection", "cell-low-clear",
	  "cell-low-clear (3.14 V) must be above cell-pre-alarm (3.10 V) by "
	  "0.05 V or more" },
	{ { { "protection", "cell-pre-alarm", "2.85" },
	    { "protection", "cell-low-clear", "2.90" } }, NULL, NULL, NULL },
	/* B4, C3 */
	{ { { "protection", "cell-high", "3.64" } },
	  "protection", "cell-high",
	  "cell-high (3.64 V) must be above cell-high-clear (3.60 V) by "
	  "0.05 V or more" },
	{ { { "protection", "cell-high", "3.65" } }, NULL, NULL, NULL },
	{ { { "protection", "cell-high-clear", "3.65" },
	    { "protection", "cell-high", "3.69" } },
	  "protection", "cell-high", "must be above cell-high-clear" },
	{ { { "protection", "cell-high-hard", "3.75" } },
	  "protection", "cell-high-hard", "must be above cell-high (3.75 V)" },
	{ { { "protection", "cell-high-hard", "3.76" } }, NULL, NULL, NULL },
	/* B8 */
	{ { { "protection", "lost-warning", "10" },
	    { "protection", "lost-alarm", "10" } },
	  "protection", "lost-alarm", "must be above lost-warning (10 s)" },
	{ { { "protection", "lost-alarm", "5" } },
	  "protection", "lost-alarm", "lost-warning (5 s) by 0.1 s" },
	{ { { "protection", "lost-warning", "4.9" },
	    { "protection", "lost-alarm", "5" } }, NULL, NULL, NULL },
	{ { { "bus rack", "baud", "2400" },
	    { "bus rack", "addresses", "1-15" },
	    { "general", "batteries", "15" } },
	  "rack", "addresses", "lost-warning (5.000 s)" },
	/* B6 */
	{ { { "battery-monitor", "low-soc-warning", "10" } },
	  "battery-monitor", "low-soc-warning",
	  "must be above discharge-floor (10 %) by 1 %" },
	{ { { "battery-monitor", "discharge-floor", "12" } },
	  "battery-monitor", "discharge-floor", "low-soc-warning (12 %)" },
	{ { { "battery-monitor", "discharge-floor", "0" },
	    { "battery-monitor", "low-soc-warning", "1" } },
	  NULL, NULL, NULL },
	/* A2: as many addresses as batteries */
	{ { { "general", "batteries", "5" } }, "general", "batteries",
	  "5 batteries are wanted, but the buses have 4 addresses together" },
	{ { { "bus rack", "addresses", "1-3" } }, "general", "batteries",
	  "the buses have 3 addresses" },
	/* the bus and its protocol */
	{ { { "bus rack", "protocol", "jkpb" } }, "rack", "protocol",
	  "\"jkpb\" is not known; allowed: jk-pb" },
	{ { { "bus rack", "addresses", "0-3" } }, "rack", "addresses",
	  "address 0 with protocol jk-pb; allowed: 1 to 15" },
	{ { { "bus rack", "addresses", "13-16" } }, "rack", "addresses",
	  "address 16 with protocol jk-pb; allowed: 1 to 15" },
	/* one thing for two purposes */
	{ { { "inverter", "device", "/dev/rack" } }, "inverter", "device",
	  "/dev/rack is already the tty of [bus rack]" },
	{ { { "bus shed", "device", "/dev/rack" },
	    { "bus shed", "protocol", "jk-pb" },
	    { "bus shed", "addresses", "1" },
	    { "general", "batteries", "5" } }, "shed", "device",
	  "already the tty of [bus rack]" },
	{ { { "gpio", "heartbeat", "17" } }, "gpio", "heartbeat",
	  "line 17 is already load-disconnect" },
	{ { { "gpio", "remote-h", "GPIO27" } }, "gpio", "remote-h",
	  "line GPIO27 is already charge-disconnect" },
	{ { { "gpio", "led-error", "led" },
	    { "gpio", "led-vebus", "led" } }, "gpio", "led-vebus",
	  "line led is already led-error" },
	/* pulled up at reset (design.md 5) */
	{ { { "gpio", "load-disconnect", "8" } }, "gpio", "load-disconnect",
	  "GPIO8 of a Raspberry Pi is pulled up" },
	{ { { "gpio", "charge-disconnect", "GPIO0" } }, "gpio",
	  "charge-disconnect", "GPIO0 of a Raspberry Pi is pulled up" },
	{ { { "gpio", "chip", "pinctrl-rp1" },
	    { "gpio", "load-disconnect", "4" } }, "gpio", "load-disconnect",
	  "pulled up" },
	{ { { "gpio", "load-disconnect", "9" } }, NULL, NULL, NULL },
	{ { { "gpio", "pre-alarm", "8" } }, NULL, NULL, NULL },
	{ { { "gpio", "chip", "virtual" },
	    { "gpio", "load-disconnect", "8" } }, NULL, NULL, NULL },
	/* paths */
	{ { { "bus rack", "device", "ttyUSB0" } }, "rack", "device",
	  "\"ttyUSB0\" is not a full path" },
	{ { { "inverter", "device", "ttyUSB0" } }, "inverter", "device",
	  "is not a full path" },
	{ { { "capture", "file", "x" } }, "capture", "file",
	  "is not a full path" },
	/* what must be given */
	{ { { "bus shed", "baud", "auto" } }, "shed", "device",
	  "is missing; allowed: a path" },
};

START_TEST(settings_that_contradict_each_other_are_refused)
{
	const char *section = NULL, *key = NULL;
	struct settings s;
	int result;

	make_valid(&s);
	for (size_t i = 0; i < 4 && contradictions[_i].change[i].key; i++)
		must_set(&s, contradictions[_i].change[i].section,
			 contradictions[_i].change[i].key,
			 contradictions[_i].change[i].value);
	result = settings_check(&s, &section, &key, error);
	if (!contradictions[_i].says) {
		ck_assert_msg(result == 0, "%s", error);
		return;
	}
	ck_assert_int_eq(result, -1);
	ck_assert_msg(strstr(error, contradictions[_i].says) != NULL, "%s",
		      error);
	ck_assert_str_eq(section, contradictions[_i].section);
	ck_assert_str_eq(key, contradictions[_i].key);
	ck_assert_ptr_eq(strstr(error, key), error);
}
END_TEST

START_TEST(what_must_be_given_is_asked_for)
{
	const char *section, *key;
	struct settings s;

	settings_init(&s);
	ck_assert_int_eq(settings_check(&s, &section, &key, error), -1);
	ck_assert_ptr_nonnull(strstr(error, "no [bus NAME] section"));
	ck_assert_str_eq(section, "");

	make_valid(&s);
	s.general.batteries = 0;
	ck_assert_int_eq(settings_check(&s, &section, &key, error), -1);
	ck_assert_str_eq(key, "batteries");
	make_valid(&s);
	s.bus[0].protocol[0] = '\0';
	ck_assert_int_eq(settings_check(&s, &section, &key, error), -1);
	ck_assert_str_eq(key, "protocol");
	ck_assert_ptr_eq(section, s.bus[0].name);
	make_valid(&s);
	s.bus[0].n_addresses = 0;
	ck_assert_int_eq(settings_check(&s, &section, &key, error), -1);
	ck_assert_str_eq(key, "addresses");
}
END_TEST

/* The ranges alone keep these two apart; the rule must not rely on it. */
START_TEST(the_pre_alarm_stays_above_the_low_cell)
{
	const char *section, *key;
	struct settings s;

	make_valid(&s);
	s.protection.cell_pre_alarm_mv = 2849;
	ck_assert_int_eq(settings_check(&s, &section, &key, error), -1);
	ck_assert_ptr_nonnull(strstr(error, "must be above cell-low (2.80 V) "
				     "by 0.05 V or more"));
	s.protection.cell_pre_alarm_mv = 2850;
	ck_assert_int_eq(settings_check(&s, &section, &key, error), 0);
}
END_TEST

/* B8: to the millisecond. */
START_TEST(a_bus_that_cannot_be_heard_in_time_is_refused)
{
	const struct proto *proto = proto_find("jk-pb");
	const char *section, *key;
	struct settings s;
	char expected[100];
	uint32_t each;

	make_valid(&s);
	must_set(&s, "bus rack", "addresses", "1-15");
	must_set(&s, "general", "batteries", "15");
	each = proto->cycle_ms(115200);
	s.protection.lost_warning_ms = (int32_t)(15 * each);
	ck_assert_msg(settings_check(&s, &section, &key, error) == 0, "%s",
		      error);
	s.protection.lost_warning_ms--;
	ck_assert_int_eq(settings_check(&s, &section, &key, error), -1);
	snprintf(expected, sizeof(expected),
		 "15 batteries x %u ms at 115200 baud = %u.%03u s, longer "
		 "than lost-warning (", each, 15 * each / 1000,
		 15 * each % 1000);
	ck_assert_msg(strstr(error, expected) != NULL, "%s", error);
	ck_assert_str_eq(section, "rack");
	ck_assert_str_eq(key, "addresses");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("settings-check");
	TCase *c = tcase_create("settings-check");

	tcase_add_test(c, the_smallest_complete_configuration_is_taken);
	tcase_add_loop_test(c, settings_that_contradict_each_other_are_refused,
			    0, (int)ARRAY_SIZE(contradictions));
	tcase_add_test(c, what_must_be_given_is_asked_for);
	tcase_add_test(c, the_pre_alarm_stays_above_the_low_cell);
	tcase_add_test(c, a_bus_that_cannot_be_heard_in_time_is_refused);
	tcase_set_timeout(c, 60);
	suite_add_tcase(suite, c);
	return unit_run(suite);
}
