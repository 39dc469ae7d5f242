/* SPDX-License-Identifier: MIT */
/*
 * What D-Bus shows, as plain values: one struct an object, filled from the
 * view. Doubles in V, A, W, Ah, degC, % and s; unknown is NaN, an empty
 * text or an empty list, and SNAPSHOT_UNKNOWN_U for unsigned numbers.
 *
 * Nothing here points into what may change after the fill, except the age
 * of a sample, which is computed when it is asked for.
 */
#ifndef BMS_BUS_SNAPSHOT_H
#define BMS_BUS_SNAPSHOT_H

#include "daemon/view.h"

#define SNAPSHOT_UNKNOWN_U UINT32_MAX

enum {
	/* "32.32" and more */
	SNAPSHOT_CELL_ID_SIZE = 24,
	/* Counters of a bus are shown this often and not oftener, ms. */
	SNAPSHOT_COUNTERS_MS = 1000,
	/* The history is shown this often, ms. */
	SNAPSHOT_HISTORY_MS = 60000
};

struct snapshot_doubles {
	uint32_t n;
	double value[BMS_CELLS_MAX];
};

/* The memory is whoever made the snapshot's; bms_reasons_max() items are
 * always enough. */
struct snapshot_reasons {
	size_t n;
	size_t max;
	struct reason *item;
};

struct snapshot_bms {
	double state_of_charge;
	const char *mode;
	int remote_on;
	const char *allowed_to_charge;
	const char *allowed_to_discharge;
	struct snapshot_reasons charge_reasons;
	struct snapshot_reasons discharge_reasons;
	double voltage;
	double current;
	double power;
	double batteries_state_of_charge;
	double consumed_amp_hours;
	double time_remaining; /* s */
	const char *balancer_status;
	double min_cell_voltage;
	char min_cell_id[SNAPSHOT_CELL_ID_SIZE]; /* "2.7" */
	double max_cell_voltage;
	char max_cell_id[SNAPSHOT_CELL_ID_SIZE];
	double min_cell_temperature;
	double max_cell_temperature;
	uint32_t batteries;
	uint32_t cells;
	uint32_t series;
	uint32_t parallel;
	double nominal_voltage;
	double installed_capacity;
	double max_charge_current;
	double max_discharge_current;
	code_set warnings;
	code_set alarms;
	code_set errors;
	const char *load_disconnect;
	const char *charge_disconnect;
	const char *pre_alarm;
	int outputs_virtual;
	int updating;
	const char *version;
};

/* By enum history_id; of the two the one that the row's type asks for. */
struct snapshot_history {
	double number[HISTORY_COUNT];
	uint64_t count[HISTORY_COUNT];
	mono_t taken;
	uint32_t events; /* of the output it was taken from */
};

struct snapshot_settings {
	double charged_voltage; /* V, of a 12 V bank; also where auto */
	double tail_current;    /* % */
	double charged_detection_time; /* min */
	double low_soc_warning; /* % */
	double discharge_floor; /* % */
	int bluetooth_enabled;
	const struct view *view; /* for the list, which is made when asked */
};

struct snapshot_bonds {
	uint32_t n;
	struct bluez_bond bond[BLUEZ_DEVICES_MAX];
};

struct snapshot_bluetooth {
	const char *state;
	char text[BLUEZ_TEXT_SIZE];
	char address[BLUEZ_ADDRESS_SIZE];
	uint32_t clients;
	int pairing_open;
	struct snapshot_bonds bonds;  /* who may write */
	struct snapshot_bonds others; /* who is paired and may not */
};

enum { SNAPSHOT_SETTING_SIZE = 256 };

/* One setting as people read it. */
struct snapshot_setting {
	char section[BMS_NAME_SIZE + 8]; /* "bus rack" */
	const char *key;
	char value[SNAPSHOT_SETTING_SIZE];
	const char *unit;
	const char *origin; /* "default", "file", "changed" */
	char allowed[SNAPSHOT_SETTING_SIZE];
	const char *help;
};

struct snapshot_age {
	const struct view *view;
	mono_t time;
	bool known;
};

struct snapshot_battery {
	char serial[BMS_SERIAL_SIZE];
	char model[BMS_MODEL_SIZE];
	char firmware[BMS_FIRMWARE_SIZE];
	char bus[BMS_NAME_SIZE];
	uint32_t address;
	double nominal_capacity;
	double nominal_voltage;
	double voltage;
	double current;
	double temperature;
	double state_of_charge; /* the battery's own */
	double counted_state_of_charge;
	struct snapshot_doubles cell_voltages;
	struct snapshot_doubles cell_temperatures;
	uint32_t cycles;
	const char *charge_switch; /* "on", "off", "" */
	const char *discharge_switch;
	int balancing; /* true only where the battery says so */
	int online;
	int bypassed;
	int allowed_to_charge;
	int allowed_to_discharge;
	struct snapshot_reasons reasons;
	struct snapshot_age age;
};

/* Eight bits with names, and which of them blink. */
struct snapshot_bits {
	uint8_t on;
	uint8_t blink;
};

struct snapshot_inverter {
	int connected;
	const char *state;
	const char *mode;
	uint32_t firmware;
	double dc_voltage;
	double dc_current;
	struct snapshot_doubles ac_input_voltage;
	struct snapshot_doubles ac_input_current;
	struct snapshot_doubles ac_output_voltage;
	struct snapshot_doubles ac_output_current;
	int mains_present;
	double max_charge_current;
	uint32_t error;
	const char *error_text;
	struct snapshot_bits leds;   /* and those that blink */
	struct snapshot_bits alarms;
	uint32_t units;
	const char *switch_owner;
};

struct snapshot_bus {
	char name[BMS_NAME_SIZE];
	char device[BMS_PATH_SIZE];
	char protocol[BMS_NAME_SIZE];
	int connected;
	uint64_t requests;
	uint64_t answers;
	uint64_t faults[SESSION_FAULT_COUNT];
	uint64_t garbage_bytes;
	mono_t counted; /* when the counters were taken */
};

union snapshot {
	struct snapshot_bms bms;
	struct snapshot_history history;
	struct snapshot_settings settings;
	struct snapshot_bluetooth bluetooth;
	struct snapshot_battery battery;
	struct snapshot_inverter inverter;
	struct snapshot_bus bus;
};

/* Fill everything but the memory of the reasons, which must be there. */
void snapshot_bms(const struct view *view, struct snapshot_bms *ret);
/* last is what is shown now: it is kept until it is SNAPSHOT_HISTORY_MS old
 * or something happened that is worth saving. */
void snapshot_history(const struct view *view,
		      const struct snapshot_history *last,
		      struct snapshot_history *ret);
void snapshot_settings(const struct view *view,
		       struct snapshot_settings *ret);
void snapshot_bluetooth(const struct view *view,
			struct snapshot_bluetooth *ret);
/* The setting with that index over all sections, from 0; false past the
 * last one. */
bool snapshot_setting(const struct view *view, size_t index,
		      struct snapshot_setting *ret);
/* index from 0, below view->state->n_batteries */
void snapshot_battery(const struct view *view, uint32_t index,
		      struct snapshot_battery *ret);
/* view->inverter must not be NULL. */
void snapshot_inverter(const struct view *view,
		       struct snapshot_inverter *ret);
/* index from 0, below view->n_buses; last is what is shown now: its
 * counters are kept until they are SNAPSHOT_COUNTERS_MS old. */
void snapshot_bus(const struct view *view, uint32_t index,
		  const struct snapshot_bus *last, struct snapshot_bus *ret);

/* Seconds since the last sample was complete; NaN where there is none. */
double snapshot_age(const struct snapshot_age *age);

/* Of an output line, as read back: "high", "floating", or "" where nobody can
 * say: not fitted, or not read back as written. */
const char *snapshot_line(const struct view *view, enum settings_line line);

#endif
