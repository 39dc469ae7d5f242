/* SPDX-License-Identifier: MIT */
/* H1: what the window for an update forbids, what it keeps, and how long. */
#include "lib/core/update.h"
#include "tests/unit/bank.h"
#include "tests/unit/unit.h"

static struct bank bank;

static void healthy(uint32_t n)
{
	bank_init(&bank, n);
	bank_start(&bank);
}

static void hand_in(enum bms_command_kind kind)
{
	bank.input.command = (struct bms_command){ .kind = kind };
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
}

static void begin_update(void)
{
	hand_in(BMS_COMMAND_BEGIN_UPDATE);
	ck_assert(bank.out.updating && !bank.out.atc_high);
}

static void reads_as(enum reason_kind kind, const char *text)
{
	char buf[BMS_REASON_TEXT_SIZE];

	reason_text(bank_reason(&bank, kind), buf);
	ck_assert_str_eq(buf, text);
}

/* A battery that falls silent now is unheard 15 s later. */
static void silence(uint32_t battery)
{
	bank.silent[battery] = true;
	bank_run_ms(&bank, 16000);
	ck_assert(!bank.battery[battery].online);
}

/* H1: ATC opens for its time, ATD stays; said why and how long */
START_TEST(an_update_opens_atc_and_keeps_atd)
{
	healthy(2);
	begin_update();
	ck_assert(bank.out.atd_high);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_ON);
	ck_assert_int_eq(bank.out.inverter.charge_current_ma.value, 0);
	reads_as(REASON_UPDATE, "update::900.0:900.0");
	ck_assert(!bank_reason(&bank, REASON_UPDATE)->forbids_discharge);
	bank_run_ms(&bank, 60001);
	reads_as(REASON_UPDATE, "update::840.0:900.0");
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
	hand_in(BMS_COMMAND_END_UPDATE);
	ck_assert(!bank.out.updating);
	/* Charge returns with what a battery says. */
	ck_assert(!bank.out.atc_high && bank.out.atd_high);
	bank_read(&bank, 0);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
	ck_assert_ptr_null(bank_reason(&bank, REASON_UPDATE));
	/* Nothing is open to be ended. */
	hand_in(BMS_COMMAND_END_UPDATE);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
}
END_TEST

/* H1: whoever dies in the middle of it leaves no window open */
START_TEST(a_window_that_nobody_ends_ends_by_itself)
{
	mono_t end;

	healthy(2);
	begin_update();
	bank_run_ms(&bank, 600000);
	/* Begun anew it has all of its time again. */
	begin_update();
	end = mono_add_ms(bank.input.now, 900000);
	ck_assert_uint_eq(update_left_ms(&bank.state), 900000);
	bank_run_ms(&bank, 899999);
	ck_assert(bank.out.updating && !bank.out.atc_high);
	ck_assert_uint_eq(bank.out.next.us, end.us);
	bank_run_ms(&bank, 1);
	ck_assert(!bank.out.updating);
	ck_assert_uint_eq(update_left_ms(&bank.state), 0);
	bank_read(&bank, 0);
	ck_assert(bank.out.atc_high && bank.out.atd_high);
}
END_TEST

/* H1: back for a moment, and nearly empty */
START_TEST(who_came_back_low_is_not_kept_a_second_time)
{
	for (int low = 0; low < 2; low++) {
		healthy(2);
		begin_update();
		silence(1);
		bank.silent[1] = false;
		bank_cell(&bank, 1, 4, low ? 3000 : 3200);
		bank_run_ms(&bank, 3000);
		ck_assert_int_eq(bank_has_code(&bank, CODE_W_B01), low);
		ck_assert(bank.out.atd_high);
		silence(1);
		ck_assert_int_eq(bank.out.atd_high, !low);
	}
}
END_TEST

/* H1: a failed update of a battery opens ATD after 120 s */
START_TEST(a_battery_that_does_not_return_opens_atd_after_120_s)
{
	mono_t heard;

	healthy(3);
	begin_update();
	bank.silent[1] = true;
	heard = bank.battery[1].sample.time;
	bank_run_ms(&bank, 20000);
	heard = mono_max(heard, bank.battery[1].sample.time);
	reads_as(REASON_UPDATE, "update::900.0:900.0");
	/* Told all the same. */
	ck_assert(bank_has_code(&bank, CODE_A_B05));
	ck_assert(bank_reason(&bank, REASON_SILENT)->forbids_charge);
	ck_assert(!bank_reason(&bank, REASON_SILENT)->forbids_discharge);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_ON);
	while (mono_before(bank.out.next, mono_add_ms(heard, 120000))) {
		bank.input.now = bank.out.next;
		ck_assert(bank.out.atd_high);
		bank_read(&bank, 0);
		bank_read(&bank, 2);
	}
	bank.input.now = mono_add_us(heard, 120000000 - 1);
	bank_read(&bank, 0);
	bank_read(&bank, 2);
	ck_assert(bank.out.atd_high);
	ck_assert_uint_eq(bank.out.next.us, heard.us + 120000000);
	bank.input.now = bank.out.next;
	bank_step_only(&bank);
	ck_assert(!bank.out.atd_high && !bank.out.atc_high);
	ck_assert(bank.out.updating);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_OFF);
	/* It comes back: as after any silence. */
	bank.silent[1] = false;
	bank_run_ms(&bank, 29000);
	ck_assert(!bank.out.atd_high);
	bank_run_ms(&bank, 4000);
	ck_assert(bank.out.atd_high && !bank.out.atc_high);
}
END_TEST

/* H1: as a boot loader may do */
START_TEST(answers_that_cannot_be_read_are_a_silence)
{
	healthy(2);
	begin_update();
	bank.silent[1] = true;
	for (int i = 0; i < 20; i++) {
		bank_run_ms(&bank, 1000);
		bank_fault(&bank, 1, FAULT_CHECKSUM);
	}
	ck_assert(bank_reason(&bank, REASON_UNREADABLE)->forbids_charge);
	ck_assert(bank.out.atd_high);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_ON);
	ck_assert_int_eq(bank.out.inverter.charge_current_ma.value, 0);
	bank_run_ms(&bank, 120000);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank.out.inverter.state, INVERTER_OFF);
}
END_TEST

/* H1: a battery that returns within it has not dropped the loads, nor does
 * it when the window ends in its hold */
START_TEST(a_battery_that_returns_in_time_drops_no_loads)
{
	healthy(2);
	begin_update();
	bank.silent[1] = true;
	for (int i = 0; i < 110; i++) {
		bank_run_ms(&bank, 1000);
		ck_assert(bank.out.atd_high && !bank.out.atc_high);
	}
	bank.silent[1] = false;
	bank_run_ms(&bank, 2000);
	hand_in(BMS_COMMAND_END_UPDATE);
	ck_assert(bank.out.atd_high && !bank.out.atc_high);
	for (int i = 0; i < 27; i++) {
		bank_run_ms(&bank, 1000);
		ck_assert(bank.out.atd_high && !bank.out.atc_high);
	}
	bank_run_ms(&bank, 5000);
	ck_assert(bank.out.atd_high && bank.out.atc_high);
}
END_TEST

/* H1: every end of the window is one for what it keeps */
START_TEST(a_silence_is_kept_no_longer_than_the_window)
{
	healthy(2);
	begin_update();
	silence(1);
	ck_assert(bank.out.atd_high);
	hand_in(BMS_COMMAND_END_UPDATE);
	ck_assert(!bank.out.atd_high && !bank.out.atc_high);
	/* Opened again it does not bring back what was lost. */
	begin_update();
	ck_assert(!bank.out.atd_high);

	healthy(2);
	begin_update();
	bank_run_ms(&bank, 850000);
	silence(1);
	bank_run_ms(&bank, 33000);
	ck_assert(bank.out.updating && bank.out.atd_high);
	bank_run_ms(&bank, 1000);
	ck_assert(!bank.out.updating && !bank.out.atd_high);

	/* Heard again, silent again, with the window over. */
	healthy(2);
	begin_update();
	silence(1);
	bank.silent[1] = false;
	bank_run_ms(&bank, 2000);
	hand_in(BMS_COMMAND_END_UPDATE);
	ck_assert(bank.out.atd_high);
	silence(1);
	ck_assert(!bank.out.atd_high);
}
END_TEST

/* H1: who was silent before is not allowed for by a window */
START_TEST(a_window_allows_nothing_that_was_forbidden)
{
	healthy(2);
	silence(1);
	ck_assert(!bank.out.atd_high);
	begin_update();
	ck_assert(!bank.out.atd_high);
	bank.silent[1] = false;
	bank_run_ms(&bank, 20000);
	ck_assert(!bank.out.atd_high);

	/* Never heard at all. */
	bank_init(&bank, 2);
	bank.silent[1] = true;
	bank_run_ms(&bank, 2000);
	begin_update();
	bank_run_ms(&bank, 20000);
	ck_assert(!bank.out.atd_high);
}
END_TEST

/* H1: with ATD open for another reason there is nothing to be kept */
START_TEST(what_is_kept_ends_when_atd_floats)
{
	healthy(2);
	begin_update();
	silence(1);
	bank.input.mode = BMS_MODE_OFF;
	bank_step_only(&bank);
	ck_assert(!bank.out.atd_high);
	bank.input.mode = BMS_MODE_ON;
	bank_run_ms(&bank, 10000);
	ck_assert(!bank.out.atd_high);
	bank.silent[1] = false;
	bank_run_ms(&bank, 25000);
	ck_assert(!bank.out.atd_high);
	bank_run_ms(&bank, 8000);
	ck_assert(bank.out.atd_high);
}
END_TEST

/* H1: what is known to be bad acts at once, also of the others */
START_TEST(limits_act_at_once_within_a_window)
{
	healthy(2);
	begin_update();
	silence(1);
	bank_cell(&bank, 0, 3, 2490);
	bank_read(&bank, 0);
	bank_read(&bank, 0);
	ck_assert(!bank.out.atd_high);
	ck_assert_int_eq(bank_reason(&bank, REASON_CELL_LOW_HARD)->battery, 1);
}
END_TEST

static void may_not_be_silent(void)
{
	ck_assert(bank.out.atd_high);
	bank.silent[1] = true;
	bank_run_ms(&bank, 13000);
	ck_assert(bank.out.atd_high);
	bank_run_ms(&bank, 3000);
	ck_assert(!bank.out.atd_high);
}

/* H1: nobody who is nearly empty is left unwatched */
START_TEST(a_battery_in_pre_alarm_is_not_kept)
{
	healthy(2);
	begin_update();
	bank_cell(&bank, 1, 2, 3100);
	bank_run_ms(&bank, 2000);
	may_not_be_silent();

	/* So too at a low state of charge, */
	healthy(2);
	begin_update();
	for (uint32_t i = 0; i < 2; i++) {
		bank.sample[i].soc_permille = known_i32(110);
		bank.sample[i].remaining_mah = known_i32(30800);
	}
	bank_run_ms(&bank, 2000);
	may_not_be_silent();

	/* or after a last reading that cannot be. */
	healthy(2);
	begin_update();
	bank_cell(&bank, 1, 2, 3900);
	bank_read(&bank, 1);
	bank_cell(&bank, 1, 2, 3300);
	may_not_be_silent();
}
END_TEST

/* H1, B9, B13: what a bypass keeps from forbidding is not kept longer */
START_TEST(a_battery_that_protects_itself_is_not_kept)
{
	healthy(2);
	begin_update();
	bank.input.command = (struct bms_command){
		.kind = BMS_COMMAND_BYPASS, .battery = 2, .value = 20,
	};
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
	bank.sample[1].protections = 1u << PROTECTION_DISCHARGE_OVERCURRENT;
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
	bank.silent[1] = true;
	bank_run_ms(&bank, 17000);
	ck_assert(bank.out.atd_high);
	bank_run_ms(&bank, 2000);
	ck_assert(!bank.out.atd_high);
}
END_TEST

static void open_its_switch(void)
{
	bank.sample[1].discharge_switch_on = known_i32(0);
}

static void make_high(void)
{
	bank_cell(&bank, 1, 4, 3760);
}

static void make_cold(void)
{
	bank_temperature(&bank, 1, -250);
}

static void protect_from_charge(void)
{
	bank.sample[1].protections = 1u << PROTECTION_CHARGE_OVERCURRENT;
}

/* What the battery said last, while an operator bypassed it. */
static const struct {
	void (*change)(void);
	bool kept;
} last_words[] = {
	{ open_its_switch, false },
	{ make_high, true },
	{ make_cold, true }, /* the discharge guard is off */
	{ protect_from_charge, true },
};

/* H1, B5, B9: only what is about discharge counts */
START_TEST(what_forbids_charge_alone_does_not_keep_from_being_kept)
{
	healthy(2);
	begin_update();
	bank.input.command = (struct bms_command){
		.kind = BMS_COMMAND_BYPASS, .battery = 2, .value = 10,
	};
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
	last_words[_i].change();
	bank_run_ms(&bank, 2000);
	ck_assert(bank.out.atd_high);
	bank.silent[1] = true;
	bank_run_ms(&bank, 7000);
	ck_assert(bank.out.atd_high);
	bank_run_ms(&bank, 11000);
	ck_assert_int_eq(bank.out.atd_high, last_words[_i].kept);
}
END_TEST

/* H1: a clock that runs back ends it, and all has to be heard again */
START_TEST(a_clock_that_runs_back_ends_the_window)
{
	healthy(2);
	begin_update();
	silence(1);
	bank.input.now.us -= 1000000;
	bank_step_only(&bank);
	ck_assert(!bank.out.updating);
	ck_assert(!bank.out.atd_high && !bank.out.atc_high);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core: update");
	TCase *tc = tcase_create("update");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, an_update_opens_atc_and_keeps_atd);
	tcase_add_test(tc, a_window_that_nobody_ends_ends_by_itself);
	tcase_add_test(tc, who_came_back_low_is_not_kept_a_second_time);
	tcase_add_test(tc,
		       a_battery_that_does_not_return_opens_atd_after_120_s);
	tcase_add_test(tc, answers_that_cannot_be_read_are_a_silence);
	tcase_add_test(tc, a_battery_that_returns_in_time_drops_no_loads);
	tcase_add_test(tc, a_silence_is_kept_no_longer_than_the_window);
	tcase_add_test(tc, a_window_allows_nothing_that_was_forbidden);
	tcase_add_test(tc, what_is_kept_ends_when_atd_floats);
	tcase_add_test(tc, limits_act_at_once_within_a_window);
	tcase_add_test(tc, a_battery_in_pre_alarm_is_not_kept);
	tcase_add_test(tc, a_battery_that_protects_itself_is_not_kept);
	tcase_add_loop_test(tc,
		what_forbids_charge_alone_does_not_keep_from_being_kept, 0,
		ARRAY_SIZE(last_words));
	tcase_add_test(tc, a_clock_that_runs_back_ends_the_window);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
