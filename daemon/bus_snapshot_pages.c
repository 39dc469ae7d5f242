/* SPDX-License-Identifier: MIT */
/* The pages beside the status: history and settings. */
#include <math.h>
#include <string.h>

#include "daemon/bus_snapshot.h"
#include "lib/base/text.h"
#include "lib/base/utf8.h"
#include "lib/core/history.h"

static double scaled(int64_t value, uint8_t decimals)
{
	return (double)value / pow(10.0, decimals);
}

void snapshot_history(const struct view *view,
		      const struct snapshot_history *last,
		      struct snapshot_history *ret)
{
	/* At the start nobody waits a minute for the first values. */
	if (last->taken.us != 0 && last->events == view->output->events &&
	    !isnan(last->number[HISTORY_MIN_VOLTAGE]) &&
	    mono_elapsed_ms(last->taken, view->now) < SNAPSHOT_HISTORY_MS) {
		*ret = *last;
		return;
	}
	for (uint32_t i = 0; i < HISTORY_COUNT; i++) {
		int64_t value = 0;
		bool known = history_read(view->state, (enum history_id)i,
					  &value);

		ret->number[i] = known ?
			scaled(value, history_rows[i].decimals) : NAN;
		ret->count[i] = known && value > 0 ? (uint64_t)value : 0;
	}
	ret->taken = view->now;
	ret->events = view->output->events;
}

static double permille(int32_t value)
{
	return value / 10.0;
}

void snapshot_settings(const struct view *view, struct snapshot_settings *ret)
{
	const struct settings_monitor *m = &view->settings->monitor;

	ret->charged_voltage = charge_full_mv(m) / 1000.0;
	ret->tail_current = permille(m->tail_current_permille);
	ret->charged_detection_time = m->charged_detection_time_ms / 60000.0;
	ret->low_soc_warning = permille(m->low_soc_warning_permille);
	ret->discharge_floor = permille(m->discharge_floor_permille);
	ret->bluetooth_enabled = view->settings->bluetooth.enabled;
	ret->view = view;
}

static void fill_bonds(const struct bluez_bond *from, uint32_t n,
		       struct snapshot_bonds *ret)
{
	ret->n = n;
	for (uint32_t i = 0; i < n; i++) {
		utf8_copy(ret->bond[i].address, sizeof(ret->bond[i].address),
			  from[i].address);
		utf8_copy(ret->bond[i].name, sizeof(ret->bond[i].name),
			  from[i].name);
	}
}

void snapshot_bluetooth(const struct view *view,
			struct snapshot_bluetooth *ret)
{
	static const struct bluez_status none = {
		.state = BLUEZ_OFF, .text = "there is none",
	};
	const struct bluez_status *s = view->bluetooth;

	if (!s)
		s = &none;
	ret->state = bluez_state_names[s->state];
	utf8_copy(ret->text, sizeof(ret->text), s->text);
	utf8_copy(ret->address, sizeof(ret->address), s->address);
	ret->clients = s->clients;
	ret->pairing_open = s->pairing;
	fill_bonds(s->bond, s->n_bonds, &ret->bonds);
	fill_bonds(s->other, s->n_others, &ret->others);
}

static bool is_bus(const struct setting_row *row)
{
	return strcmp(row->section, "bus") == 0;
}

/* How often a row is there: once, or once a bus. */
static uint32_t times(const struct view *view, const struct setting_row *row)
{
	if (is_bus(row))
		return view->settings->n_buses;
	return strcmp(row->section, "inverter") != 0 ||
	       view->settings->inverter.present ? 1 : 0;
}

static const char *origin(const struct view *view,
			  const struct setting_row *row, uint32_t bus)
{
	if (view->overrides && override_find(view->overrides, row))
		return "changed";
	return settings_given(view->settings, row, bus) ? "file" : "default";
}

static void fill(const struct view *view, const struct setting_row *row,
		 uint32_t bus, struct snapshot_setting *ret)
{
	struct text section = text_in(ret->section, sizeof(ret->section));
	struct text allowed = text_in(ret->allowed, sizeof(ret->allowed));
	char value[SNAPSHOT_SETTING_SIZE];

	text_str(&section, row->section);
	if (is_bus(row)) {
		text_char(&section, ' ');
		text_str(&section, view->settings->bus[bus].name);
	}
	settings_text(view->settings, row, bus, value, sizeof(value));
	utf8_copy(ret->value, sizeof(ret->value), value);
	settings_allowed(row, &allowed);
	ret->key = row->key;
	ret->unit = row->unit ? row->unit : "";
	ret->origin = origin(view, row, bus);
	ret->help = row->help;
}

/* Section by section, and so all keys of one bus together. */
bool snapshot_setting(const struct view *view, size_t index,
		      struct snapshot_setting *ret)
{
	size_t first = 0;

	while (first < n_setting_rows) {
		const char *section = setting_rows[first].section;
		uint32_t n = times(view, &setting_rows[first]);
		size_t rows = 0;

		while (first + rows < n_setting_rows &&
		       strcmp(setting_rows[first + rows].section,
			      section) == 0)
			rows++;
		if (index < rows * n) {
			fill(view, &setting_rows[first + index % rows],
			     (uint32_t)(index / rows), ret);
			return true;
		}
		index -= rows * n;
		first += rows;
	}
	return false;
}
