/* SPDX-License-Identifier: MIT */
#include "lib/core/code.h"

#include "lib/base/maybe.h"

const struct code_row code_rows[CODE_COUNT] = {
	[CODE_W_B01] = { "W-B01", "Low cell voltage" },
	[CODE_W_B05] = { "W-B05", "Communication with battery lost" },
	[CODE_W_B07] = { "W-B07", "Low state of charge" },
	[CODE_A_B01] = { "A-B01", "Low cell voltage" },
	[CODE_A_B05] = { "A-B05", "Communication with battery lost" },
	[CODE_A_B07] = { "A-B07", "Low state of charge" },
	[CODE_A_B08] = { "A-B08", "Low bank voltage" },
	[CODE_A_B09] = { "A-B09", "High battery temperature" },
	[CODE_E_B01] = { "E-B01", "Battery configuration invalid" },
	[CODE_E_B05] = { "E-B05", "Battery configuration invalid" },
	[CODE_E_B09] = { "E-B09", "Battery voltage not allowed" },
	[CODE_E_B11] = { "E-B11", "Hardware error" },
	[CODE_W_X01] = { "W-X01", "No connection to the inverter/charger" },
	[CODE_W_X02] = { "W-X02", "A battery has been swapped" },
	[CODE_W_X03] = { "W-X03", "Outputs stay driven after a crash" },
	[CODE_W_X04] = { "W-X04", "High charge current" },
	[CODE_W_X05] = { "W-X05", "High discharge current" },
	[CODE_W_X06] = { "W-X06", "Inverter/charger firmware below 489: it "
			 "needs the VE.Bus BMS or ESS assistant" },
	[CODE_W_X07] = { "W-X07", "A battery is bypassed" },
	[CODE_A_X01] = { "A-X01", "The inverter/charger does not obey" },
	[CODE_A_X02] = { "A-X02", "High cell voltage" },
	[CODE_A_X03] = { "A-X03", "A VE.Bus BMS is on the bus: the "
			 "inverter/charger is not commanded" },
	[CODE_E_X01] = { "E-X01", "Inverter/charger firmware below 415 "
			 "(VE.Bus error 15): it is not commanded" },
};

_Static_assert(ARRAY_SIZE(code_rows) == CODE_COUNT, "a row for every code");
_Static_assert(CODE_COUNT <= 32, "code_set has 32 bits");
