/* SPDX-License-Identifier: MIT */
#include "lib/core/explain.h"

#include "lib/core/bank.h"
#include "lib/core/battery.h"
#include "lib/core/bypass.h"
#include "lib/core/protect.h"
#include "lib/core/update.h"

/* Besides its rows and bits a battery may be silent or unknown, unlike the
 * others and a double; the bank besides its rows arranged wrongly, switched
 * off by remote and by mode, have one battery bypassed and be updated. */
enum {
	REASONS_PER_BATTERY = PROTECTION_ROW_COUNT + PROTECTION_COUNT + 3,
	REASONS_OF_BANK = BANK_ROW_COUNT + 5,
};

size_t bms_reasons_max(uint32_t n_batteries)
{
	return (size_t)n_batteries * REASONS_PER_BATTERY + REASONS_OF_BANK;
}

static void add_reason(struct bms_state *state, struct bms_output *out,
		       const struct reason *reason, code_set codes)
{
	struct reason *added = &state->reason[out->n_reasons++];

	out->codes |= codes;
	*added = *reason;
	added->codes = codes;
}

static struct reason battery_reason(enum reason_kind kind, uint32_t index,
				    bool charge, bool discharge, mono_t since)
{
	return (struct reason){
		.kind = kind,
		.battery = index + 1,
		.forbids_charge = charge,
		.forbids_discharge = discharge,
		.since = since,
	};
}

/* B13: the silence of a bypassed battery that is heard again, or for which
 * the others stand in. */
static bool is_excused(const struct bms_battery *b, bool left_out)
{
	return b->bypassed && (b->online || left_out);
}

/* Silence first: of a battery that is not online nothing else is known. */
static void explain_silence(struct bms_state *state, uint32_t index,
			    const struct settings_protection *p, mono_t now,
			    struct bms_output *out)
{
	struct bms_battery *b = &state->battery[index];
	mono_t heard = b->used ? b->sample.time : state->start;
	uint64_t age_ms = mono_elapsed_ms(heard, now);
	code_set codes = 0;
	struct reason reason;

	b->late |= age_ms >= (uint32_t)p->lost_warning_ms;
	if (b->late)
		codes |= CODE_BIT(CODE_W_B05);
	if (b->used && !b->silent.tripped) {
		out->codes |= codes;
		return;
	}
	if (b->used || age_ms >= (uint32_t)p->lost_alarm_ms)
		codes |= CODE_BIT(CODE_A_B05);
	reason = battery_reason(b->unreadable >= 2 ? REASON_UNREADABLE :
				b->used ? REASON_SILENT : REASON_UNKNOWN,
				index, !is_excused(b, b->left_out_charge),
				!is_excused(b, b->left_out_discharge) &&
				!b->kept,
				b->used ? b->silent.since : state->start);
	reason.has_value = true;
	reason.value = age_ms > INT32_MAX ? INT32_MAX : (int32_t)age_ms;
	reason.limit = p->lost_alarm_ms;
	add_reason(state, out, &reason, codes);
}

static void explain_protections(struct bms_state *state, uint32_t index,
				const struct settings_protection *p,
				struct bms_output *out)
{
	const struct bms_battery *b = &state->battery[index];

	for (size_t i = 0; i < PROTECTION_ROW_COUNT; i++) {
		const struct protection_row *row = &protection_rows[i];
		const struct latch *latch = &b->latch[i];
		/* A low cell whose bypass ends may have yet to wait. */
		bool counts = !(b->bypassed && row->bypassable) &&
			      (!row->waits_for_lead || state->lead_over);
		struct reason reason;

		if (!latch->tripped || !protection_enabled(row, p))
			continue;
		reason = battery_reason(row->reason, index,
					row->forbids_charge && counts &&
					!b->left_out_charge,
					row->forbids_discharge && counts &&
					!b->left_out_discharge, latch->since);
		reason.cell = latch->cell;
		reason.has_value = true;
		reason.value = latch->value;
		reason.limit = protection_limit(row, p, &b->sample);
		add_reason(state, out, &reason, row->codes);
	}
}

static void explain_own_protections(struct bms_state *state, uint32_t index,
				    struct bms_output *out)
{
	const struct bms_battery *b = &state->battery[index];

	for (uint32_t i = 0; i < PROTECTION_COUNT; i++) {
		const struct battery_protection_row *row =
			&battery_protection_rows[i];
		struct reason reason;

		if (!b->protects[i].tripped)
			continue;
		reason = battery_reason(REASON_BATTERY_PROTECTS, index,
					row->forbids_charge &&
					!b->left_out_charge && !b->bypassed,
					row->forbids_discharge &&
					!b->left_out_discharge && !b->bypassed,
					b->protects[i].since);
		reason.has_value = true;
		reason.value = (int32_t)i;
		add_reason(state, out, &reason, 0);
	}
}

static void explain_fit(struct bms_state *state, uint32_t index,
			struct bms_output *out)
{
	const struct bms_battery *b = &state->battery[index];
	struct reason reason;

	if (b->swapped)
		out->codes |= CODE_BIT(CODE_W_X02);
	if (b->mismatch.tripped) {
		reason = battery_reason(REASON_MISMATCH, index, !b->bypassed,
					!b->bypassed, b->mismatch.since);
		reason.has_value = true;
		reason.value = b->sample.n_cells;
		reason.limit = (int32_t)state->arrangement.cells_per_battery;
		add_reason(state, out, &reason, CODE_BIT(CODE_E_B05));
	}
	if (b->duplicate.tripped) {
		reason = battery_reason(REASON_ARRANGEMENT, index, true, true,
					b->duplicate.since);
		add_reason(state, out, &reason, CODE_BIT(CODE_E_B01));
	}
}

/* What is left is told in whole minutes: it is no news each turn. */
static uint32_t whole_minutes_ms(uint32_t ms)
{
	return (ms + 59999) / 60000 * 60000;
}

static void explain_bypass(struct bms_state *state, uint32_t index,
			   struct bms_output *out)
{
	const struct bms_bypass *bypass = &state->bypass;
	struct reason reason;

	if (!state->battery[index].bypassed)
		return;
	reason = battery_reason(REASON_BYPASSED, index, false, false,
				bypass->since);
	reason.has_value = true;
	reason.value = (int32_t)whole_minutes_ms(bypass_left_ms(state));
	reason.limit = (int32_t)mono_elapsed_ms(bypass->since, bypass->until);
	add_reason(state, out, &reason, CODE_BIT(CODE_W_X07));
}

static void explain_batteries(struct bms_state *state, mono_t now,
			      struct bms_output *out)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		size_t first = out->n_reasons;
		struct bms_battery *b = &state->battery[i];

		explain_bypass(state, i, out);
		explain_silence(state, i, &state->in_force, now, out);
		if (b->online) {
			explain_protections(state, i, &state->in_force, out);
			explain_own_protections(state, i, out);
			explain_fit(state, i, out);
		}
		b->forbids_charge = false;
		b->forbids_discharge = false;
		for (size_t k = first; k < out->n_reasons; k++) {
			b->forbids_charge |= state->reason[k].forbids_charge;
			b->forbids_discharge |=
				state->reason[k].forbids_discharge;
		}
	}
}

static void explain_bank(struct bms_state *state,
			 const struct settings *settings,
			 struct bms_output *out)
{
	for (size_t i = 0; i < BANK_ROW_COUNT; i++) {
		const struct latch *latch = &state->bank[i];
		struct reason reason = {
			.kind = bank_rows[i].reason,
			.forbids_charge = bank_rows[i].forbids_charge,
			.forbids_discharge = bank_rows[i].forbids_discharge,
			.since = latch->since,
			.has_value = true,
			.value = latch->value,
			.limit = bank_limit((enum bank_row_id)i, state,
					    settings),
		};

		if (latch->tripped)
			add_reason(state, out, &reason, bank_rows[i].codes);
	}
}

/* In whole minutes, as for a bypass. */
static void explain_update(struct bms_state *state, struct bms_output *out)
{
	struct reason reason = {
		.kind = REASON_UPDATE,
		.forbids_charge = true,
		.since = state->update.since,
		.has_value = true,
		.value = (int32_t)whole_minutes_ms(update_left_ms(state)),
		.limit = UPDATE_MAX_MS,
	};

	if (state->update.forbids)
		add_reason(state, out, &reason, 0);
}

static void explain_switching(struct bms_state *state,
			      const struct bms_input *input,
			      struct bms_output *out)
{
	struct reason reason = {
		.forbids_charge = true,
		.forbids_discharge = true,
	};

	if (!out->remote_on) {
		reason.kind = REASON_REMOTE_OFF;
		reason.since = state->remote.raw_since;
		add_reason(state, out, &reason, 0);
	}
	if (input->mode != BMS_MODE_OFF) {
		state->mode_since = input->now;
	} else {
		reason.kind = REASON_MODE;
		reason.since = state->mode_since;
		add_reason(state, out, &reason, 0);
	}
	/* Only once all are heard can it be said that they do not fit. No
	 * battery at all is no bank. */
	if (state->arrangement.known ||
	    (!state->all_heard && state->n_batteries > 0)) {
		state->arrangement_since = input->now;
	} else {
		reason.kind = REASON_ARRANGEMENT;
		reason.forbids_discharge = update_knows(state);
		reason.since = state->arrangement_since;
		reason.has_value = true;
		reason.value = (int32_t)state->n_batteries;
		reason.limit = (int32_t)state->arrangement.series;
		add_reason(state, out, &reason, CODE_BIT(CODE_E_B01));
	}
}

void explain(struct bms_state *state, const struct settings *settings,
	     const struct bms_input *input, struct bms_output *out)
{
	out->codes = 0;
	out->n_reasons = 0;
	explain_batteries(state, input->now, out);
	explain_bank(state, settings, out);
	explain_update(state, out);
	explain_switching(state, input, out);
	if (input->lines_persist)
		out->codes |= CODE_BIT(CODE_W_X03);
}
