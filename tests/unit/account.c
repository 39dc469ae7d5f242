/* SPDX-License-Identifier: MIT */
#include "tests/unit/account.h"

#include "tests/unit/unit.h"

struct bank bank;
bool filled;

const struct charge *charge(uint32_t battery)
{
	return &bank.battery[battery].charge;
}

void current(int32_t ma)
{
	for (uint32_t i = 0; i < bank.n; i++)
		bank.sample[i].current_ma = known_i32(ma);
}

void own(int32_t permille)
{
	for (uint32_t i = 0; i < bank.n; i++)
		bank.sample[i].soc_permille = known_i32(permille);
}

void later_us(uint64_t us)
{
	filled = false;
	bank.input.now = mono_add_us(bank.input.now, us);
	for (uint32_t i = 0; i < bank.n; i++) {
		bank_read(&bank, i);
		filled |= bank.state.filled;
	}
}

void later(uint32_t ms)
{
	later_us((uint64_t)ms * 1000);
}

void begin(uint32_t n)
{
	bank_init(&bank, n);
	later(1000);
	ck_assert(bank.out.soc_permille.known);
}

void command(enum bms_command_kind kind, int32_t value)
{
	bank.input.command = (struct bms_command){ .kind = kind,
						    .value = value };
	bank_step_only(&bank);
	bank.input.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
}

int64_t mah(int64_t value)
{
	return value * INT64_C(7200000000);
}
