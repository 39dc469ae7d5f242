/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what was kept over a restart (E3, F2, F3): refused, and the
 * bank is as it was, or taken, and all of it is in its range, is written
 * as a text that is read as the same, and starts a bank.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/core/memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BATTERIES = 3, TEXT_SIZE = 16384 };

struct kept {
	struct bms_state state;
	struct bms_battery battery[BATTERIES];
	struct reason reason[1024];
};

static struct settings settings;
static struct kept first;
static struct kept second;
static char written[TEXT_SIZE];
static char again[TEXT_SIZE];

static void must(bool rule)
{
	if (!rule)
		abort();
}

static void begin(struct kept *kept)
{
	memset(kept, 0, sizeof(*kept));
	must(bms_reasons_max(BATTERIES) <= ARRAY_SIZE(kept->reason));
	bms_init(&kept->state, kept->battery, BATTERIES, kept->reason);
}

static void configure(void)
{
	struct settings_bus *bus = settings.bus;

	settings_init(&settings);
	settings.general.batteries = BATTERIES;
	settings.n_buses = 2;
	memcpy(bus[0].name, "rack", 5);
	memcpy(bus[1].name, "house", 6);
	bus[0].n_addresses = 2;
	bus[0].addresses[0] = 1;
	bus[0].addresses[1] = 2;
	bus[1].n_addresses = 1;
	bus[1].addresses[0] = 1;
}

static void check_ranges(const struct kept *kept)
{
	for (uint32_t i = 0; i < BATTERIES; i++) {
		const struct charge_memory *m = &kept->battery[i].memory;

		must(m->count >= 0 && m->count <=
		     CHARGE_FULL_MAX_MAH * CHARGE_PER_MAH);
		must(m->own_permille.value >= 0 &&
		     m->own_permille.value <= 1000);
		must(memchr(m->serial, 0, sizeof(m->serial)));
	}
	for (size_t i = 0; i < HISTORY_COUNT; i++) {
		const struct history_row *row = &history_rows[i];
		const struct history_entry *e = &kept->state.history.entry[i];

		must(!e->known ||
		     (e->value >= row->min && e->value <= row->max));
		must(e->part >= 0 && e->part < row->per);
	}
}

static size_t write_text(const struct kept *kept, char *buf)
{
	struct text t = text_in(buf, TEXT_SIZE);

	must(memory_size_max(BATTERIES) <= TEXT_SIZE);
	must(memory_encode(&kept->state, &settings, &t) == 0);
	must(t.len < memory_size_max(BATTERIES));
	return t.len;
}

/* A reading of each, and a step: whatever was kept, the figures can be. */
static void start(struct kept *kept)
{
	struct sample sample = {
		.time = { 1000000 },
		.n_cells = 16,
		.serial = "00000001000",
		.design_mah = known_i32(280000),
		.soc_permille = known_i32(500),
		.current_ma = known_i32(-1000),
	};
	struct bms_report report[BATTERIES];
	struct bms_input input = { .now = sample.time, .reports = report,
				   .n_reports = BATTERIES };
	struct bms_output out;

	for (size_t i = 0; i < sample.n_cells; i++)
		sample.cell_mv[i] = 3300;
	for (uint32_t i = 0; i < BATTERIES; i++)
		report[i] = (struct bms_report){ .battery = i,
						 .sample = &sample };
	bms_step(&kept->state, &settings, &input, &out);
	must(out.soc_permille.known && out.soc_permille.value >= 0 &&
	     out.soc_permille.value <= 1000);
	(void)write_text(kept, again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t len;

	configure();
	begin(&first);
	begin(&second);
	if (memory_decode(&first.state, &settings, data, size, 0) < 0) {
		second.state.battery = first.state.battery;
		second.state.reason = first.state.reason;
		must(memcmp(&first, &second, sizeof(first)) == 0);
		return 0;
	}
	check_ranges(&first);
	len = write_text(&first, written);
	must(memory_decode(&second.state, &settings,
			   (const uint8_t *)written, len, 0) == 0);
	must(write_text(&second, again) == len);
	must(memcmp(written, again, len) == 0);
	start(&first);
	return 0;
}
