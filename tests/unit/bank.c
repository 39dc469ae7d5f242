/* SPDX-License-Identifier: MIT */
#include "tests/unit/bank.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

static void add_up(struct sample *s)
{
	int32_t sum = 0;

	for (size_t i = 0; i < s->n_cells; i++)
		sum += s->cell_mv[i];
	s->voltage_mv = known_i32(sum);
}

void bank_cells(struct bank *bank, uint32_t battery, uint16_t mv)
{
	struct sample *s = &bank->sample[battery];

	for (size_t i = 0; i < s->n_cells; i++)
		s->cell_mv[i] = mv;
	add_up(s);
}

void bank_cell(struct bank *bank, uint32_t battery, uint32_t cell,
	       uint16_t mv)
{
	bank->sample[battery].cell_mv[cell] = mv;
	add_up(&bank->sample[battery]);
}

void bank_temperature(struct bank *bank, uint32_t battery, int32_t dc)
{
	struct sample *s = &bank->sample[battery];

	for (size_t i = 0; i < s->n_temperatures; i++)
		s->temperature[i].dc = known_i32(dc);
}

void bank_init(struct bank *bank, uint32_t n)
{
	memset(bank, 0, sizeof(*bank));
	settings_init(&bank->settings);
	bank->settings.general.batteries = (int32_t)n;
	ck_assert_uint_le(n, BANK_BATTERIES_MAX);
	ck_assert_uint_le(bms_reasons_max(n), ARRAY_SIZE(bank->reason));
	bms_init(&bank->state, bank->battery, n, bank->reason);
	bank->n = n;
	bank->period_ms = 1000;
	bank->input.now.us = 1000000;
	bank->input.mode = BMS_MODE_ON;
	for (uint32_t i = 0; i < n; i++) {
		struct sample *s = &bank->sample[i];

		s->n_cells = 16;
		s->n_temperatures = 2;
		snprintf(s->serial, sizeof(s->serial), "%011u", 1000 + i);
		s->soc_permille = known_i32(600);
		s->full_mah = known_i32(280000);
		s->design_mah = known_i32(280000);
		s->remaining_mah = known_i32(168000);
		s->current_ma = known_i32(0);
		s->charge_switch_on = known_i32(1);
		s->discharge_switch_on = known_i32(1);
		bank_cells(bank, i, 3300);
		bank_temperature(bank, i, 250);
	}
}

void bank_step_only(struct bank *bank)
{
	bank->input.reports = NULL;
	bank->input.n_reports = 0;
	bms_step(&bank->state, &bank->settings, &bank->input, &bank->out);
}

static void report(struct bank *bank, struct bms_report report)
{
	bank->input.reports = &report;
	bank->input.n_reports = 1;
	bms_step(&bank->state, &bank->settings, &bank->input, &bank->out);
	bank->input.reports = NULL;
	bank->input.n_reports = 0;
}

void bank_read(struct bank *bank, uint32_t battery)
{
	bank->sample[battery].time = bank->input.now;
	report(bank, (struct bms_report){ .battery = battery,
					  .sample = &bank->sample[battery] });
}

void bank_fault(struct bank *bank, uint32_t battery, enum session_fault f)
{
	report(bank, (struct bms_report){ .battery = battery, .fault = f });
}

void bank_run_ms(struct bank *bank, uint64_t ms)
{
	mono_t end = mono_add_us(bank->input.now, ms * 1000);
	uint64_t slot_us = (uint64_t)bank->period_ms * 1000 / bank->n;

	while (mono_before(bank->input.now, end)) {
		uint64_t turn = bank->input.now.us / slot_us + 1;
		mono_t due = { turn * slot_us };
		uint32_t battery = (uint32_t)(turn % bank->n);

		/* The answer may change by itself before. */
		due = mono_min(mono_min(due, end), bank->out.next.us >
			       bank->input.now.us ? bank->out.next : due);
		bank->input.now = due;
		if (due.us == turn * slot_us && !bank->silent[battery])
			bank_read(bank, battery);
		else
			bank_step_only(bank);
	}
}

void bank_start(struct bank *bank)
{
	for (int i = 0; i < 70; i++) {
		bank_run_ms(bank, 1000);
		if (bank->out.atc_high && bank->out.atd_high)
			return;
	}
	for (size_t i = 0; i < bank->out.n_reasons; i++) {
		char text[BMS_REASON_TEXT_SIZE];

		reason_text(&bank->out.reasons[i], text);
		printf("reason %s\n", text);
	}
	ck_abort_msg("a healthy bank is not allowed");
}

const struct reason *bank_reason(const struct bank *bank,
				 enum reason_kind kind)
{
	for (size_t i = 0; i < bank->out.n_reasons; i++) {
		if (bank->out.reasons[i].kind == kind)
			return &bank->out.reasons[i];
	}
	return NULL;
}

bool bank_has_code(const struct bank *bank, enum code code)
{
	return bank->out.codes & CODE_BIT(code);
}
