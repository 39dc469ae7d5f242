/* SPDX-License-Identifier: MIT */
/* "vebus-bms-ngctl bluetooth" and "pair" (G1, G3) as they are run. */
#include "tests/unit/ctl_run.h"

#include <errno.h>

#include "tests/unit/unit.h"

#define PAGE(key) \
	"Bluetooth             advertising\n" \
	"Address               00:AA:01:00:00:00\n" \
	"Instant Readout key   " key "\n" \
	"Connected devices     0\n" \
	"Pairing window        closed\n" \
	"Paired                00:11:22:33:44:55 phone\n" \
	"Paired elsewhere      66:77:88:99:AA:BB keys " \
	"(may change nothing)\n"

static const struct bluez_status status = {
	.state = BLUEZ_ADVERTISING, .address = "00:AA:01:00:00:00",
	.n_bonds = 1, .bond = { { "00:11:22:33:44:55", "phone" } },
	.n_others = 1, .other = { { "66:77:88:99:AA:BB", "keys" } },
};

static struct fixture f;

static void setup(void)
{
	fixture_start(&f);
	f.picture.view.bluetooth = &status;
	fixture_settle(&f);
}

static void teardown(void)
{
	fixture_stop(&f);
}

/* What the daemon says to an order. */
static void answers(int result, const char *text)
{
	f.order_result = result;
	f.order_error = text;
}

/* G1, G3 */
START_TEST(bluetooth_shows_key_and_bonds)
{
	answers(0, "00112233445566778899aabbccddeeff");
	check_run(&f, "--session-bus bluetooth", 0,
		  PAGE("00112233445566778899aabbccddeeff"));
	check_run(&f, "--session-bus --json bluetooth", 0,
		  "{\"State\":\"advertising\",\"StateText\":\"\","
		  "\"Address\":\"00:AA:01:00:00:00\","
		  "\"Key\":\"00112233445566778899aabbccddeeff\","
		  "\"Clients\":0,\"PairingOpen\":false,\"Bonds\":["
		  "{\"Address\":\"00:11:22:33:44:55\","
		  "\"Name\":\"phone\"}],\"OtherBonds\":["
		  "{\"Address\":\"66:77:88:99:AA:BB\","
		  "\"Name\":\"keys\"}]}\n");
}
END_TEST

/* G1 */
START_TEST(a_key_that_is_not_there_is_said_in_words)
{
	answers(-EAGAIN, "there is no key yet");
	check_run(&f, "--session-bus bluetooth", 0,
		  PAGE("there is no key yet"));
	check_failure(&f, "--session-bus bluetooth new-key", 1,
		      "there is no key yet");
}
END_TEST

/* G1 */
START_TEST(a_new_key_is_printed)
{
	answers(0, "ffeeddccbbaa99887766554433221100");
	check_run(&f, "--session-bus bluetooth new-key", 0,
		  "The new key for Instant Readout is "
		  "ffeeddccbbaa99887766554433221100;\n"
		  "readers with the old one see nothing any more.\n");
	ck_assert_int_eq((int)f.order.kind, ORDER_NEW_KEY);
}
END_TEST

/* G3 */
START_TEST(what_is_refused_is_said)
{
	answers(-EINVAL, "there is no bond");
	check_failure(&f, "--session-bus bluetooth remove 00:11:22:33:44:56",
		      1, "there is no bond");
	check_failure(&f, "--session-bus pair", 1, "there is no bond");
	ck_assert_int_eq((int)f.order.kind, ORDER_PAIR);
	check_failure(&f, "--session-bus bluetooth new-key me", 2, "new-key");
	check_failure(&f, "--session-bus bluetooth away", 2, "remove ADDRESS");
	check_failure(&f, "--session-bus bluetooth remove", 2,
		      "remove ADDRESS");
	check_failure(&f, "--session-bus pair me", 2, "one argument too many");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("Bluetooth in the tool");
	TCase *tcase = tcase_create("bluetooth");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, bluetooth_shows_key_and_bonds);
	tcase_add_test(tcase, a_key_that_is_not_there_is_said_in_words);
	tcase_add_test(tcase, a_new_key_is_printed);
	tcase_add_test(tcase, what_is_refused_is_said);
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
