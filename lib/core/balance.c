/* SPDX-License-Identifier: MIT */
#include "lib/core/balance.h"

#include "lib/core/bms.h"

const char *const balancer_names[BALANCER_STATUS_COUNT] = {
	[BALANCER_UNKNOWN] = "unknown",
	[BALANCER_BALANCED] = "balanced",
	[BALANCER_IMBALANCED] = "imbalanced",
	[BALANCER_BALANCING] = "balancing",
};

_Static_assert(ARRAY_SIZE(balancer_names) == BALANCER_STATUS_COUNT,
	       "a name for every status");

#define DAY_MS UINT64_C(86400000)

uint64_t balance_full_age_ms(const struct balance *balance, mono_t now)
{
	return balance->full_ms + mono_elapsed_ms(balance->full_since, now);
}

static bool is_charging(const struct bms_output *out)
{
	return out->current_ma.known && out->current_ma.value > 0;
}

static void judge_cells(struct bms_state *state, const struct bms_output *out)
{
	int32_t highest = out->max_cell.value.value;
	int32_t apart = highest - out->min_cell.value.value;
	struct balance *b = &state->balance;

	if (state->full) {
		b->imbalanced = apart > (b->imbalanced ? BALANCE_ALIKE_MV :
							 BALANCE_UNLIKE_MV);
		return;
	}
	if (is_charging(out) && highest >= BALANCE_STEEP_CELL_MV &&
	    apart > BALANCE_STEEP_UNLIKE_MV)
		b->imbalanced = true;
}

static bool all_fitted(const struct bms_state *state)
{
	for (uint32_t i = 0; i < state->n_batteries; i++) {
		if (!state->battery[i].fitted)
			return false;
	}
	return true;
}

static enum balancer_status judge(const struct bms_state *state,
				  const struct bms_output *out)
{
	const struct balance *b = &state->balance;

	if (!out->soc_permille.known || !b->full_known || !all_fitted(state) ||
	    balance_full_age_ms(b, state->last_now) > BALANCE_DAYS * DAY_MS)
		return BALANCER_UNKNOWN;
	if (is_charging(out) && out->balancing)
		return BALANCER_BALANCING;
	return b->imbalanced ? BALANCER_IMBALANCED : BALANCER_BALANCED;
}

void balance_step(struct bms_state *state, struct bms_output *ret_output)
{
	struct balance *b = &state->balance;

	if (state->filled) {
		b->full_known = true;
		b->full_ms = 0;
		b->full_since = state->last_now;
		for (uint32_t i = 0; i < state->n_batteries; i++)
			state->battery[i].fitted |=
				!state->battery[i].left_out_charge;
	}
	if (state->heard)
		judge_cells(state, ret_output);
	ret_output->balancer = judge(state, ret_output);
}

void balance_forget_times(struct balance *balance, mono_t before, mono_t now)
{
	balance->full_ms = balance_full_age_ms(balance, before);
	balance->full_since = now;
}
