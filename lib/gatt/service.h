/* SPDX-License-Identifier: MIT */
/*
 * The project's own service (G2): the three pages, settings, mode, codes
 * and reasons, a characteristic for each value. One table says of each what
 * people and generic apps are told (name, unit), how it is written, and
 * what may be done with it; encoder, decoder and manual page come from it.
 *
 * Numbers are little-endian. An unknown one is all bits set where it has no
 * sign, and the lowest of its format where it has; what does not fit is the
 * nearest that does. A page is a primary service of its own, so that an app
 * that knows none of this shows pages, too.
 */
#ifndef BMS_SERVICE_H
#define BMS_SERVICE_H

#include "lib/base/settings.h"
#include "lib/core/bms.h"
#include "lib/core/show.h"

enum {
	SERVICE_VALUE_MAX = 512, /* of an attribute: Core 3.F.3.2.9 */
	SERVICE_UUID_SIZE = 37,  /* as text, with the NUL */
	SERVICE_PRESENTATION_SIZE = 7,
	SERVICE_WRITE_MAX = 24,  /* no written value is longer */
};

enum service_page {
	SERVICE_STATUS,
	SERVICE_BATTERIES,
	SERVICE_HISTORY,
	SERVICE_SETTINGS,
	SERVICE_PAGE_COUNT
};

/* How a value is written. */
enum service_format {
	SERVICE_BOOL, /* 0, 1; unknown is FF */
	SERVICE_U16,
	SERVICE_U32,
	SERVICE_U64,
	SERVICE_S16,
	SERVICE_S32,
	SERVICE_TEXT,     /* UTF-8 without NUL; unknown is empty */
	SERVICE_U16_LIST, /* as many as there are */
	SERVICE_S16_LIST,
	SERVICE_RECORDS,  /* service_record_rows, one a battery */
	SERVICE_FORMAT_COUNT
};

struct service_format_row {
	const char *name;
	uint8_t code;  /* of the presentation format, 0x2904 */
	uint8_t bytes; /* of one number; 0: no number */
	bool is_signed;
};

extern const struct service_format_row service_formats[SERVICE_FORMAT_COUNT];

struct service_unit_row {
	uint16_t unit; /* Bluetooth's assigned numbers, 0x27xx */
	const char *name;
};

extern const struct service_unit_row service_units[];
extern const size_t n_service_units;

enum service_access {
	SERVICE_READ = 1,
	SERVICE_NOTIFY = 2, /* on change */
	/* Over an authenticated link only, except SERVICE_WRITES_BATTERY. */
	SERVICE_WRITE = 4,
};

struct service_number {
	bool known;
	int64_t value;
};

struct service_list {
	uint8_t n; /* up to BMS_CELLS_MAX */
	maybe_i32 value[BMS_CELLS_MAX];
};

/* One battery in the list of all. */
struct service_record {
	struct service_number online; /* 0 or 1, like the next three */
	struct service_number charge_allowed;
	struct service_number discharge_allowed;
	struct service_number bypassed;
	struct service_number soc_permille;
	struct service_number min_cell_mv;
	struct service_number max_cell_mv;
	struct service_number temperature_dc;
};

/* All that is shown; zeroed is "nothing is known". Texts may be NULL. */
struct service_values {
	/* Status page. */
	struct service_number soc_permille, voltage_mv, current_ma, power_mw;
	struct service_number consumed_mah, time_remaining_s;
	const char *mode;
	const char *allowed_to_charge;
	const char *allowed_to_discharge;
	const char *codes;             /* service_codes() */
	const char *charge_reasons;    /* service_reasons() */
	const char *discharge_reasons;
	const char *pre_alarm;
	struct service_number remote_on, updating;
	struct service_number charge_limit_ma, discharge_limit_ma;
	/* Battery page: the bank, then the selected battery. */
	const char *balancer;
	struct service_number min_cell_mv, max_cell_mv;
	struct service_number min_temperature_dc, max_temperature_dc;
	struct service_number batteries, cells, series, parallel;
	struct service_number nominal_mv, capacity_mah;
	const struct service_record *record;
	size_t n_records; /* more than fit in 512 bytes are left out */
	struct service_number selected; /* from 1 */
	const char *serial;
	const char *model;
	const char *firmware;
	const char *reasons;
	struct service_number battery_capacity_mah, battery_mv, battery_ma;
	struct service_number battery_dc, battery_soc_permille, cycles;
	struct service_list cell_mv, cell_dc;
	/* History page. */
	struct service_number history[HISTORY_COUNT];
	/* Settings, as they are stored; charged voltage also where auto. */
	struct service_number charged_voltage, tail_current, charged_time;
	struct service_number low_soc_warning, discharge_floor, bluetooth;
};

/* What is written does; SERVICE_WRITES_NOTHING where it may not be. */
enum service_writes {
	SERVICE_WRITES_NOTHING,
	SERVICE_WRITES_MODE,
	SERVICE_WRITES_SOC,
	SERVICE_WRITES_COMMAND,
	SERVICE_WRITES_BATTERY, /* shows another one: changes nothing else */
	SERVICE_WRITES_SETTING,
};

struct service_row {
	enum service_page page;
	uint16_t uuid;      /* see service_uuid() */
	const char *name;   /* its user description, 0x2901 */
	enum service_format format;
	int8_t exponent;    /* value * 10^exponent is in that unit */
	uint16_t unit;      /* Bluetooth's assigned numbers, 0x27xx */
	uint8_t access;     /* of enum service_access */
	size_t value;       /* in struct service_values */
	enum service_writes writes;
	const char *section; /* of the setting */
	const char *key;
	const char *help;   /* one line; NULL: the name says it */
};

extern const struct service_row service_rows[];
extern const size_t n_service_rows;

/* A part of a record, in order and without gaps. */
struct service_record_row {
	const char *name;
	enum service_format format;
	int8_t exponent;
	uint16_t unit;
	size_t value; /* in struct service_record */
};

extern const struct service_record_row service_record_rows[];
extern const size_t n_service_record_rows;

struct service_page_row {
	uint16_t uuid;
	const char *name;
};

extern const struct service_page_row service_pages[SERVICE_PAGE_COUNT];

/* What a word that is written to "Command" asks for. */
struct service_command_row {
	const char *word;
	enum bms_command_kind command;
};

extern const struct service_command_row service_commands[];
extern const size_t n_service_commands;

/* Why a read or a write is refused: each has its error in ATT. */
enum service_error {
	SERVICE_NOT_PERMITTED = -1,
	SERVICE_INVALID_OFFSET = -2,
	SERVICE_INVALID_LENGTH = -3,
	SERVICE_INVALID_VALUE = -4,
};

/* The UUID of a page or characteristic as text. */
void service_uuid(uint16_t uuid, char ret[SERVICE_UUID_SIZE]);

/* The descriptor 0x2904: format, exponent, unit, namespace 1 (Bluetooth),
 * no description. Of a list it is that of one of its numbers. */
void service_presentation(const struct service_row *row,
			  uint8_t ret[SERVICE_PRESENTATION_SIZE]);

/*
 * Writes as much of a value from offset on as fits into size. Returns how
 * many bytes; 0 at its end; a negative enum service_error where it may not
 * be read or ends before the offset.
 *
 * A client reads a long value in pieces, between which it may change: who
 * answers hands in the values of the first piece for the later ones.
 */
int service_read(const struct service_row *row,
		 const struct service_values *values, size_t offset,
		 uint8_t *ret_value, size_t size);

struct service_order {
	enum service_writes writes;
	char mode[SERVICE_WRITE_MAX + 1]; /* printable, not yet compared */
	struct bms_command command;       /* SOC, COMMAND */
	uint32_t battery;                 /* from 1; may not exist */
	const struct setting_row *setting;
	int32_t value;                    /* of the setting, as stored */
};

/*
 * Understands what a client has written, in one piece. 0, or a negative
 * enum service_error, and then ret_order is untouched. Whether the mode and
 * the battery exist, and whether a setting contradicts another, is judged
 * by who carries it out.
 */
int service_write(const struct service_row *row, const uint8_t *data,
		  size_t len, size_t offset, struct service_order *ret_order);

/* Appends "W-B07 A-B01": the names of the codes. */
void service_codes(code_set codes, struct text *t);

/*
 * Appends the output's reasons that show_reason() takes, one a line; t has
 * room for a value that may be read (SERVICE_VALUE_MAX) and the NUL. Only
 * whole ones: where there are more, the last line is "+" and their number.
 */
void service_reasons(const struct bms_output *output,
		     enum show_reasons which, uint32_t battery,
		     struct text *t);

#endif
