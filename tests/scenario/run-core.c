/* SPDX-License-Identifier: MIT */
/* Runs every scenario file against the core alone, in virtual time. */
#include <string.h>

#include "tests/scenario/core.h"
#include "tests/unit/unit.h"

enum { STEP_MS = 20, PERIOD_MS = 500, GARBLED_MS = 500 };

static uint64_t now_ms(void *world)
{
	struct core *c = world;

	return (c->bank.input.now.us + (uint64_t)c->back_us - c->start.us) /
	       1000;
}

/* What a unit says that does as it is told, unless it does not. */
static void answer(struct core *c)
{
	static const int32_t active[] = {
		[INVERTER_OFF] = 0,
		[INVERTER_CHARGER_ONLY] = SWITCH_ACTIVE_CHARGE,
		[INVERTER_INVERTER_ONLY] = SWITCH_ACTIVE_INVERT,
		[INVERTER_ON] = SWITCH_ACTIVE_CHARGE | SWITCH_ACTIVE_INVERT,
		[INVERTER_LEAVE] = SWITCH_ACTIVE_CHARGE |
				   SWITCH_ACTIVE_INVERT,
	};
	struct inverter_reading *r = &c->reading;

	if (!c->inverter)
		return;
	r->dc_time = c->bank.input.now;
	r->switch_asked = c->bank.input.now;
	r->switch_time = c->bank.input.now;
	r->charge_current_applied = !c->disobeys;
	r->switch_register = known_i32(c->disobeys ?
		active[INVERTER_ON] : active[c->bank.out.inverter.state]);
}

static void report_garbage(struct core *c)
{
	if (now_ms(c) < c->garbled_ms + GARBLED_MS)
		return;
	c->garbled_ms = now_ms(c);
	for (uint32_t i = 0; i < c->bank.n; i++) {
		if (c->garbled[i])
			bank_fault(&c->bank, i, FAULT_CHECKSUM);
	}
}

static void pass(void *world, uint64_t until_ms)
{
	struct core *c = world;
	uint64_t ms = until_ms - now_ms(c);

	c->bank.period_ms = c->bank.out.poll_ms ? c->bank.out.poll_ms :
						  PERIOD_MS;
	answer(c);
	bank_run_ms(&c->bank, ms < STEP_MS ? ms : STEP_MS);
	report_garbage(c);
}

/* --- installations ------------------------------------------------------ */

static void set(struct settings *settings, const char *section,
		const char *key, const char *value)
{
	char error[SETTINGS_ERROR_SIZE];

	ck_assert_msg(settings_set(settings, section, key, value, error) == 0,
		      "%s", error);
}

static void build(struct core *c, const struct script *script)
{
	struct bank *bank = &c->bank;
	int32_t mah = (int32_t)(script->capacity_ah * 1000);

	memset(c, 0, sizeof(*c));
	bank_init(bank, script->batteries);
	set(&bank->settings, "general", "nominal-voltage",
	    script_nominal_voltage(script));
	for (unsigned int i = 0; i < script->n_settings; i++)
		set(&bank->settings, script->setting[i].section,
		    script->setting[i].key, script->setting[i].value);
	for (uint32_t i = 0; i < script->batteries; i++) {
		bank->sample[i].n_cells = (uint8_t)script->cells;
		bank->sample[i].design_mah = known_i32(mah);
		bank->sample[i].full_mah = known_i32(mah);
		bank_cells(bank, i, 3300);
	}
	bank->input.remote_fitted = script->remote;
	bank->input.remote_l = known_i32(1);
	bank->input.remote_h = known_i32(0);
	c->start = bank->input.now;
	c->inverter = script->inverter;
	if (!script->inverter)
		return;
	c->reading.connected = true;
	c->reading.bms_present = known_i32(0);
	c->reading.dmc_present = known_i32(0);
	bank->input.inverter = &c->reading;
}

static const struct world_ops ops = {
	.now_ms = now_ms,
	.pass = pass,
	.act = core_act,
	.holds = core_holds,
	.describe = core_describe,
};

static const char *const *paths;

/* Each file names what it proves. */
START_TEST(a_scenario_goes_as_it_says)
{
	static struct script script;
	static struct core core;
	char error[SCRIPT_ERROR_SIZE] = "";

	if (!script_read(&script, paths[_i], error))
		ck_abort_msg("%s", error);
	build(&core, &script);
	bank_step_only(&core.bank);
	if (!script_run(&script, &ops, &core, error))
		ck_abort_msg("%s", error);
	printf("%s: as expected\n", strrchr(paths[_i], '/') + 1);
}
END_TEST

int main(void)
{
	const char *dir = getenv("BMS_SRCDIR");
	char folder[1024];
	unsigned int n;
	Suite *suite = suite_create("scenarios: core");
	TCase *tc = tcase_create("scenarios");

	snprintf(folder, sizeof(folder), "%s/tests/scenario",
		 dir ? dir : ".");
	n = script_files(folder, false, &paths);
	printf("%u scenarios\n", n);
	if (n == 0)
		return EXIT_FAILURE;
	fflush(stdout);
	tcase_add_loop_test(tc, a_scenario_goes_as_it_says, 0, (int)n);
	suite_add_tcase(suite, tc);
	return unit_run(suite);
}
