/* SPDX-License-Identifier: MIT */
/*
 * Every setting: one table row each holds section, key, type, unit,
 * minimum, maximum, default and one line of help. The parser, the check,
 * the shipped configuration file and the table in the manual page all come
 * from it.
 *
 * The functions are pure: text in, values or a sentence out. Reading the
 * file and counting its lines is daemon/config.c.
 */
#ifndef BMS_SETTINGS_H
#define BMS_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/limits.h"
#include "lib/base/maybe.h"
#include "lib/base/text.h"

/*
 * Output lines first; their count sizes struct gpio_levels. The first of
 * them carry the decision (B14), the others only show something.
 */
enum settings_line {
	LINE_LOAD_DISCONNECT,   /* ATD: high is allowed */
	LINE_CHARGE_DISCONNECT, /* ATC: high is allowed */
	LINE_PRE_ALARM,         /* high is alarm */
	LINE_DECISION_COUNT,
	LINE_LED_BLUETOOTH = LINE_DECISION_COUNT,
	LINE_LED_ERROR,
	LINE_LED_VEBUS,
	LINE_HEARTBEAT,
	LINE_OUTPUT_COUNT,
	LINE_REMOTE_L = LINE_OUTPUT_COUNT,
	LINE_REMOTE_H,
	LINE_COUNT
};

struct settings_bus {
	char name[BMS_NAME_SIZE];
	char device[BMS_PATH_SIZE];
	char protocol[BMS_NAME_SIZE];
	uint32_t baud; /* 0: the protocol's default */
	uint8_t n_addresses;
	uint8_t addresses[BMS_BUS_ADDRESSES_MAX]; /* ascending */
	uint64_t given; /* bit per row: settings_set() has set it */
};

struct settings_general {
	int32_t batteries;         /* how many there must be; 0: not set */
	int32_t nominal_voltage_v; /* 0 (auto), 12, 24 or 48 */
	bool self_isolating;       /* requirement B9 */
};

struct settings_inverter {
	bool present; /* the file has an [inverter] section */
	char device[BMS_PATH_SIZE];
	int32_t reduced_charge_current_ma; /* whole system */
	bool hand_soc; /* requirement C9, experimental */
};

struct settings_gpio {
	char chip[BMS_PATH_SIZE]; /* auto, a label, a path, virtual */
	/* "17" or "GPIO17"; an empty string is not fitted. */
	char line[LINE_COUNT][BMS_LINE_NAME_SIZE];
};

struct settings_protection {
	int32_t cell_pre_alarm_mv;
	int32_t cell_low_mv;
	int32_t cell_low_clear_mv;
	int32_t cell_low_hard_mv;
	int32_t cell_high_mv;
	int32_t cell_high_clear_mv;
	int32_t cell_high_hard_mv;
	int32_t charge_temperature_low_dc;
	int32_t charge_temperature_high_dc;
	bool discharge_temperature_guard;
	int32_t discharge_temperature_low_dc;
	int32_t discharge_temperature_high_dc;
	int32_t release_hold_ms;
	int32_t pre_alarm_lead_ms; /* 30 s or more */
	int32_t lost_warning_ms;
	int32_t lost_alarm_ms;
	/* Recommended limits in thousandths of the capacity per hour:
	 * 300 is 0.3C (charge), 500 is 0.5C (discharge). */
	int32_t charge_rate_permille;
	int32_t discharge_rate_permille;
};

struct settings_monitor {
	int32_t charged_voltage_mv; /* for a 12 V bank; 0: auto, 14.0 V */
	int32_t tail_current_permille; /* of capacity */
	int32_t charged_detection_time_ms;
	int32_t low_soc_warning_permille;
	int32_t discharge_floor_permille; /* 0: off */
};

enum instant_readout {
	INSTANT_READOUT_BMS,
	INSTANT_READOUT_BATTERY_MONITOR,
	INSTANT_READOUT_SMART_LITHIUM,
	INSTANT_READOUT_OFF,
};

struct settings_bluetooth {
	bool enabled;
	int32_t instant_readout; /* enum instant_readout */
	int32_t product_id;      /* 0 to 0xffff */
	int32_t adapter;         /* N of hciN; -1: auto, any */
};

struct settings_capture {
	char file[BMS_PATH_SIZE]; /* empty: off */
	int32_t max_size_mib;
};

struct settings {
	struct settings_general general;
	uint32_t n_buses;
	struct settings_bus bus[BMS_BUSES_MAX];
	struct settings_inverter inverter;
	struct settings_gpio gpio;
	struct settings_protection protection;
	struct settings_monitor monitor;
	struct settings_bluetooth bluetooth;
	struct settings_capture capture;
	uint64_t given; /* bit per row that is not a bus's, as there */
};

enum setting_type {
	SETTING_NUMBER, /* decimal text, stored as an integer of unit */
	SETTING_HEX,    /* 0x and up to four digits of base 16 */
	SETTING_BOOL,   /* yes or no */
	SETTING_CHOICE, /* one of choices, stored as its number */
	SETTING_TEXT,   /* a path or a name */
	SETTING_LINE,   /* a GPIO line: number, name, or nothing */
	SETTING_ADDRESSES, /* list of numbers and ranges */
};

struct setting_choice {
	const char *name;
	int32_t value;
};

struct setting_row {
	const char *section; /* "bus" stands for every [bus NAME] */
	const char *key;
	enum setting_type type;
	const char *unit;      /* as printed: "V", "degC", "s", "%", "" */
	uint8_t decimals;      /* NUMBER: digits accepted behind the point */
	int32_t scale;         /* NUMBER: stored = value * scale */
	/* NUMBER, HEX: stored; LINE: 1 where it must be fitted */
	int32_t min;
	int32_t max;
	/* CHOICE: all that is allowed. NUMBER: words allowed beside the
	 * range. Ended by a NULL name. */
	const struct setting_choice *choices;
	const char *default_text; /* "" where there is none */
	bool required;            /* must be in the file where its section is */
	const char *help;         /* one line */
	size_t offset;            /* in struct settings, or settings_bus */
	size_t size;              /* of a text */
};

extern const struct setting_row setting_rows[];
extern const size_t n_setting_rows;

enum { SETTINGS_ERROR_SIZE = 400 };

/* All defaults. */
void settings_init(struct settings *s);

/*
 * Opens a section ("general", "bus rack"): a bus that is new is added with
 * its defaults, the inverter is marked as present. 0, or -1 with a sentence
 * in error: no such section (and which may have been meant), a name that
 * cannot be a bus, too many buses.
 */
int settings_section(struct settings *s, const char *section,
		     char error[SETTINGS_ERROR_SIZE]);

/*
 * Takes one "key = value" of a section, which is opened where it was not
 * yet. 0, or -1 with a sentence in error that names the key, what is wrong
 * and what is allowed; then no setting is changed.
 */
int settings_set(struct settings *s, const char *section, const char *key,
		 const char *value, char error[SETTINGS_ERROR_SIZE]);

/*
 * Checks the whole: required keys, contradictions, as many addresses as
 * batteries, no device twice, every bus pollable within the warning delay
 * (B8, with the arithmetic). 0, or -1 with a sentence in error and the
 * section and key it is about, so that the caller can name the line. The
 * section is a static string, or for a bus the address of its name in s;
 * empty where it is about the file as a whole.
 */
int settings_check(const struct settings *s, const char **ret_section,
		   const char **ret_key, char error[SETTINGS_ERROR_SIZE]);

/*
 * The same one rule at a time, so that every contradiction can be told at
 * once: rule is below n_settings_rules. Each rule tells its first breach.
 */
extern const size_t n_settings_rules;
int settings_check_rule(const struct settings *s, size_t rule,
			const char **ret_section, const char **ret_key,
			char error[SETTINGS_ERROR_SIZE]);

/* The row of a key; section may name a bus. NULL where there is none. */
const struct setting_row *settings_row(const char *section, const char *key);

/* What the row allows, as words: "2.60 to 2.80 V", "yes or no". */
void settings_allowed(const struct setting_row *row, struct text *t);

/* Whether settings_set() has set it; otherwise it is the default. */
bool settings_given(const struct settings *s, const struct setting_row *row,
		    uint32_t bus);

/* CRC-32 over every setting as text, without those of the capture: the
 * same for files that mean the same. Names a configuration in captures and
 * logs. */
uint32_t settings_identity(const struct settings *s);

/* The stored value as the text that would set it; size 256 is enough. */
void settings_text(const struct settings *s, const struct setting_row *row,
		   uint32_t bus, char *buf, size_t size);

/* The key of a line in the section [gpio], as its row of the table has it;
 * "" where there is no such line. */
const char *settings_line_key(enum settings_line line);

/* Number of batteries over all buses, and which bus and address the
 * battery with that index (from 0, file order) has. */
uint32_t settings_n_batteries(const struct settings *s);
void settings_battery(const struct settings *s, uint32_t battery,
		      uint32_t *ret_bus, uint8_t *ret_address);

#endif
