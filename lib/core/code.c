/* SPDX-License-Identifier: MIT */
#include "lib/core/code.h"

#include "lib/base/maybe.h"

/*
 * What is measured and from which figure on it counts is in the settings:
 * their names stand here, not their values. The figures of a case are in
 * its reason.
 */
const struct code_row code_rows[CODE_COUNT] = {
	[CODE_W_B01] = {
		.name = "W-B01",
		.text = "Low cell voltage",
		.id = "df5c638b298a40d49cb487be65f5925c",
		.means = "A cell has fallen to cell-pre-alarm.",
		.outputs = "The pre-alarm output is high. The load-disconnect "
			   "output (ATD) floats once a cell is at cell-low "
			   "and the pre-alarm has lasted pre-alarm-lead.",
		.advice = "Charge the batteries or switch loads off.",
	},
	[CODE_W_B05] = {
		.name = "W-B05",
		.text = "Communication with battery lost",
		.id = "0ec6682def284ef7b5ff10af38e65914",
		.means = "A battery has given no usable reading for "
			 "lost-warning.",
		.outputs = "No output changes yet; both disconnect outputs "
			   "(ATC, ATD) float when it lasts until lost-alarm.",
		.advice = "Look which battery is not online "
			  "(vebus-bms-ngctl batteries), then at its cable, "
			  "its address, its supply and the adapter of its "
			  "bus.",
	},
	[CODE_W_B07] = {
		.name = "W-B07",
		.text = "Low SoC",
		.id = "285915d697024360a2f0792c4f8ecfd1",
		.means = "The state of charge of the bank has fallen to "
			 "low-soc-warning.",
		.outputs = "The pre-alarm output is high. The load-disconnect "
			   "output (ATD) floats at discharge-floor.",
		.advice = "Charge the batteries or switch loads off.",
	},
	[CODE_A_B01] = {
		.name = "A-B01",
		.text = "Low cell voltage",
		.id = "bcea83137a9b4555ba5cd85d0d44c2a1",
		.means = "A cell is at cell-low and the warning time is over, "
			 "or it is below cell-low-hard.",
		.outputs = "The load-disconnect output (ATD) floats, the "
			   "inverter/charger is switched to charger only. "
			   "Loads return by themselves when every cell has "
			   "been at cell-low-clear for release-hold.",
		.advice = "Charge the batteries. A single low cell among "
			  "full ones is not balanced or has failed.",
	},
	[CODE_A_B05] = {
		.name = "A-B05",
		.text = "Communication with battery lost",
		.id = "855f9a75a8ef4a358cc1bdcf1d0c40b7",
		.means = "A battery has given no usable reading for "
			 "lost-alarm, so nothing is known of its cells.",
		.outputs = "Both disconnect outputs (ATC, ATD) float, the "
			   "inverter/charger is switched off. They return by "
			   "themselves when every battery answers.",
		.advice = "Look which battery is not online "
			  "(vebus-bms-ngctl batteries), then at its cable, "
			  "its address, its supply and the adapter of its "
			  "bus.",
	},
	[CODE_A_B07] = {
		.name = "A-B07",
		.text = "Low SoC",
		.id = "3337121f8f65495e95f69bf0cc94bfe8",
		.means = "The state of charge of the bank has fallen to "
			 "discharge-floor.",
		.outputs = "The load-disconnect output (ATD) floats, the "
			   "inverter/charger is switched to charger only. "
			   "Loads return by themselves when enough has been "
			   "charged.",
		.advice = "Charge the batteries.",
	},
	[CODE_A_B08] = {
		.name = "A-B08",
		.text = "Low bank voltage",
		.id = "26f77114ba7c4526b876906b4b8f3800",
		.means = "The bank as a whole is too low, although no cell "
			 "says so itself.",
		.outputs = "The load-disconnect output (ATD) floats, the "
			   "inverter/charger is switched to charger only. "
			   "Loads return by themselves when the bank has "
			   "recovered.",
		.advice = "Charge the batteries. If their cells are full, "
			  "measure the voltage of each battery: one of them "
			  "does not measure right, or a connection is bad.",
	},
	[CODE_A_B09] = {
		.name = "A-B09",
		.text = "High battery temperature",
		.id = "53ed58c7608c4229a526605c56c4da94",
		.means = "A battery is hotter than "
			 "charge-temperature-high (or, with the discharge "
			 "guard, discharge-temperature-high).",
		.outputs = "The charge-disconnect output (ATC) floats and the "
			   "charge current of the inverter/charger is reduced "
			   "or 0; under the discharge guard the "
			   "load-disconnect output (ATD) floats. They return "
			   "by themselves when it is 2 K cooler.",
		.advice = "Let the batteries cool: air, shade, less current. "
			  "Look for a hot connection.",
	},
	[CODE_E_B01] = {
		.name = "E-B01",
		.text = "Battery configuration invalid",
		.id = "cd5b6020ace84ffc804e5ec9b765dad9",
		.means = "The batteries that were found cannot be put "
			 "together to one bank: their number does not make "
			 "whole strings, or one battery answers at two "
			 "places.",
		.outputs = "Both disconnect outputs (ATC, ATD) float, the "
			   "inverter/charger is switched off.",
		.advice = "Compare the batteries with the configuration: "
			  "number, addresses, nominal-voltage. Look whether "
			  "every cable is plugged in (vebus-bms-ngctl "
			  "batteries).",
	},
	[CODE_E_B05] = {
		.name = "E-B05",
		.text = "Battery configuration invalid",
		.id = "2ac67fc23c3e4a678f7329c70c727d8e",
		.means = "A battery does not fit the others: cells, nominal "
			 "voltage or capacity differ.",
		.outputs = "Both disconnect outputs (ATC, ATD) float, the "
			   "inverter/charger is switched off.",
		.advice = "Replace it by one like the others. If it is one "
			  "like them, it has lost a cell's measurement or "
			  "has wrong settings of its own.",
	},
	[CODE_E_B09] = {
		.name = "E-B09",
		.text = "Battery voltage not allowed",
		.id = "d518ff42aba4408280f37d97d612eb2f",
		.means = "The voltage of the bank is outside of 9 to 60 V.",
		.outputs = "Both disconnect outputs (ATC, ATD) float, the "
			   "inverter/charger is switched off.",
		.advice = "Measure the voltage of the bank and of each "
			  "battery. Look how they are connected and at "
			  "nominal-voltage.",
	},
	[CODE_E_B11] = {
		.name = "E-B11",
		.text = "Hardware error",
		.id = "e273296474eb478d843ac9e5408c7f36",
		.means = "The lines could not be taken or written, or one of "
			 "the disconnect and pre-alarm lines is not at the "
			 "level it was given.",
		.outputs = "Both disconnect outputs (ATC, ATD) have been "
			   "asked to float, the inverter/charger is switched "
			   "off; the lines are taken again every second.",
		.advice = "The lines before this entry name the line and what "
			  "failed. Look for another program that uses it, a "
			  "short circuit, and at the [gpio] section. Do not "
			  "trust an output until this code is gone.",
	},
	[CODE_W_X01] = {
		.name = "W-X01",
		.text = "No connection to the inverter/charger",
		.id = "85cac120d38e4620805dd181ad494ea4",
		.means = "The MK3 does not answer, or nothing answers behind "
			 "it.",
		.outputs = "No output changes: they go on being decided. The "
			   "inverter/charger keeps what it was told last.",
		.advice = "Look at the USB plug of the MK3, at its cable to "
			  "the inverter/charger, and whether another program "
			  "has the device open.",
	},
	[CODE_W_X02] = {
		.name = "W-X02",
		.text = "A battery has been swapped",
		.id = "c2d3be36f23f4974bd9e0388025ddf12",
		.means = "A battery answers with another serial number than "
			 "before.",
		.outputs = "No output changes.",
		.advice = "If it was swapped on purpose, there is nothing to "
			  "do: the new number is known from the next start "
			  "on. If not, look at the addresses.",
	},
	[CODE_W_X03] = {
		.name = "W-X03",
		.text = "Outputs stay driven after a crash",
		.id = "f89baabc6ac24a5e9d6ae8ef4620797e",
		.means = "The kernel is set to keep outputs as they are when "
			 "their program ends (persist_gpio_outputs).",
		.outputs = "No output changes now; but after a crash of this "
			   "program one could stay high.",
		.advice = "Put dtparam=strict_gpiod into "
			  "/boot/firmware/config.txt and start the machine "
			  "again.",
	},
	[CODE_W_X04] = {
		.name = "W-X04",
		.text = "High charge current",
		.id = "3ed74be2f0324b2b9af9e131e8def8ca",
		.means = "A battery is charged with more current than it is "
			 "made for: over its continuous limit for 10 s, or "
			 "over its pulse limit.",
		.outputs = "No output changes.",
		.advice = "Limit what charges: the chargers' settings, their "
			  "number. Strings that share badly have a bad "
			  "connection or a weak battery.",
	},
	[CODE_W_X05] = {
		.name = "W-X05",
		.text = "High discharge current",
		.id = "67b40c445cb14f8ea5f1c60cb061295e",
		.means = "A battery is discharged with more current than it "
			 "is made for: over its continuous limit for 10 s, "
			 "or over its pulse limit.",
		.outputs = "No output changes.",
		.advice = "Switch loads off. Strings that share badly have a "
			  "bad connection or a weak battery.",
	},
	[CODE_W_X06] = {
		.name = "W-X06",
		.text = "Inverter/charger firmware below 489: it "
			"needs the VE.Bus BMS or ESS assistant",
		.id = "3dfc8c218b7942558ade170a94acdc3d",
		.means = "A unit has a firmware from 415 to 488, which obeys "
			 "only with an assistant installed.",
		.outputs = "No output changes; the unit is commanded.",
		.advice = "Update its firmware, or install the VE.Bus BMS or "
			  "ESS assistant.",
	},
	[CODE_W_X07] = {
		.name = "W-X07",
		.text = "A battery is bypassed",
		.id = "c8445cb822914effae614d0d918734b0",
		.means = "An operator has bypassed a battery: what it says, "
			 "or that it says nothing, forbids nothing for a "
			 "while.",
		.outputs = "They are decided without that battery, until the "
			   "time given is over.",
		.advice = "Watch that battery yourself meanwhile.",
	},
	[CODE_W_X08] = {
		.name = "W-X08",
		.text = "The inverter/charger is configured for a "
			"VE.Bus BMS and will not run without one",
		.id = "898c22b113f04df3a74634c92be60429",
		.means = "A unit has an assistant that waits for a VE.Bus BMS, "
			 "and there is none on its bus.",
		.outputs = "No output changes; without such a BMS the unit "
			   "stays off or in its emergency mode.",
		.advice = "Configure the unit without the VE.Bus BMS "
			  "assistant, or with the two-signal BMS support "
			  "assistant wired to ATC and ATD.",
	},
	[CODE_A_X01] = {
		.name = "A-X01",
		.text = "The inverter/charger does not obey",
		.id = "022ef9f369ab4df0a805af731b8d039f",
		.means = "The inverter/charger was told to stop inverting or "
			 "charging and has not confirmed it, or the current "
			 "of a unit shows that it goes on.",
		.outputs = "The disconnect outputs float as decided; only "
			   "what is wired to them protects the batteries "
			   "now.",
		.advice = "See that loads and chargers are really off. Look "
			  "at the switch of the inverter/charger, at its "
			  "firmware and at other panels on its bus.",
	},
	[CODE_A_X02] = {
		.name = "A-X02",
		.text = "High cell voltage",
		.id = "590d3e58dade41a1bf55aa21fa8e070b",
		.means = "A cell has risen to cell-high.",
		.outputs = "The charge-disconnect output (ATC) floats, the "
			   "charge current of the inverter/charger is "
			   "reduced, or 0 above cell-high-hard. Charging "
			   "returns by itself when every cell has been below "
			   "cell-high-clear for release-hold.",
		.advice = "Let the batteries balance. If it comes back, "
			  "charge at a lower voltage or current, and look for "
			  "a charger that ignores the output.",
	},
	[CODE_A_X03] = {
		.name = "A-X03",
		.text = "A VE.Bus BMS is on the bus: the "
			"inverter/charger is not commanded",
		.id = "ee51ebbf831449e6817edaa70005b8c1",
		.means = "A VE.Bus BMS answers on the bus of the "
			 "inverter/charger; two of them would contradict "
			 "each other.",
		.outputs = "The disconnect outputs are decided as always; the "
			   "inverter/charger is left to the other BMS.",
		.advice = "Take the other BMS off the bus, or this program's "
			  "[inverter] section out of the configuration.",
	},
	[CODE_E_X01] = {
		.name = "E-X01",
		.text = "Inverter/charger firmware below 415 "
			"(VE.Bus error 15): it is not commanded",
		.id = "fbc349cd7a544660ade8227e4bcb9eb5",
		.means = "A unit's firmware is too old to work with a BMS.",
		.outputs = "The disconnect outputs are decided as always; the "
			   "inverter/charger is not commanded, so only what "
			   "is wired to them protects the batteries.",
		.advice = "Update the firmware of every unit to 489 or newer.",
	},
};

_Static_assert(ARRAY_SIZE(code_rows) == CODE_COUNT, "a row for every code");
_Static_assert(CODE_COUNT <= 32, "code_set has 32 bits");
