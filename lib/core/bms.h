/* SPDX-License-Identifier: MIT */
/*
 * The decision. bms_step() is pure and total: it allocates nothing, reads
 * no clock, does no input or output, and its answer depends on its
 * arguments only. The all-zero output is the safe one: both disconnect
 * lines floating, inverter/charger off.
 *
 * The memory for batteries and reasons is the caller's, so that the number
 * of batteries is limited by memory alone. The order of the batteries has
 * no influence on what is allowed.
 *
 * What allows is always new evidence: no passing of time alone, in steps or
 * in jumps, turns a forbidden direction into an allowed one.
 */
#ifndef BMS_CORE_BMS_H
#define BMS_CORE_BMS_H

#include "lib/base/sample.h"
#include "lib/base/session.h"
#include "lib/base/settings.h"
#include "lib/core/code.h"
#include "lib/core/latch.h"
#include "lib/core/leds.h"
#include "lib/core/reason.h"
#include "lib/mk3/reading.h"

/* What is remembered of one battery. Plain; zeroed is "never heard of". */
struct bms_battery {
	struct sample sample;   /* the last one used; valid where used */
	bool used;              /* a sample has been accepted since start */
	struct sample doubtful; /* implausible, waiting for a second */
	bool doubted;
	uint8_t unreadable;     /* readings in a row that could not be used */
	struct latch silent;    /* B8: tripped at lost-alarm */
	struct latch latch[PROTECTION_ROW_COUNT];
	struct latch protects[PROTECTION_COUNT]; /* the battery's own bits */
	struct latch mismatch;  /* A3: unlike the others, E-B05 */
	struct latch duplicate; /* the serial of another one, E-B01 */
	uint32_t held; /* rows that the other batteries keep from release */
	/* Judged anew in every step, for the outside. */
	bool online;            /* a fresh sample is being used */
	bool left_out_charge;   /* B9: self-isolating */
	bool left_out_discharge;
	bool forbids_charge;
	bool forbids_discharge;
	char serial[BMS_SERIAL_SIZE]; /* the first one seen, A5 */
	bool swapped;
	uint8_t cells; /* as many as it had at first, A3 */
};

struct bms_state {
	uint32_t n_batteries;
	struct bms_battery *battery; /* the caller's, n_batteries */
	struct reason *reason;       /* the caller's, bms_reasons_max() */

	bool started;
	mono_t start;
	mono_t last_now;
	bool clock_failed; /* it has run backwards: no start any more */
	/* Judged anew in every step. */
	bool heard;      /* it brought a reading that is used */
	bool all_online;
	struct bms_remote {
		bool on;       /* debounced */
		bool raw;
		mono_t raw_since;
		bool seen;
	} remote;
	struct bms_arrangement {
		bool known;
		uint32_t series;
		uint32_t parallel;
		uint32_t cells_per_battery;
		int32_t nominal_mv; /* bank: 12800, 25600 or 51200 */
	} arrangement;
	bool pre_alarm_high;   /* as the line was asked to be */
	mono_t pre_alarm_since;
	bool atd_floats;       /* asked to float by the step before */
	struct latch bank[BANK_ROW_COUNT];
	mono_t arrangement_since; /* unknown since */
	mono_t mode_since;        /* off since */
	mono_t bank_low_since; /* B7: condition seen since */
	bool bank_low_pending;
	struct bms_limits {
		bool known;
		int32_t charge_ma;
		int32_t discharge_ma;
		mono_t time;
	} limits;
	struct bms_obedience {
		enum inverter_switch wanted;
		mono_t since;    /* wanted, or last seen obeyed */
		bool disobeyed;
		mono_t charge_since; /* forbidden, not acknowledged */
		bool charge_disobeyed;
		bool ever_connected;
	} obedience;
};

/* One thing a battery session told since the last step. */
struct bms_report {
	uint32_t battery;            /* index from 0, settings order */
	const struct sample *sample; /* NULL: a reading failed ... */
	enum session_fault fault;    /* ... like this */
};

enum bms_mode {
	BMS_MODE_OFF,
	BMS_MODE_CHARGER_ONLY,
	BMS_MODE_INVERTER_ONLY,
	BMS_MODE_ON,
};

enum bms_bluetooth {
	BMS_BLUETOOTH_OFF,
	BMS_BLUETOOTH_ADVERTISING, /* on, nobody is connected */
	BMS_BLUETOOTH_CONNECTED,
	BMS_BLUETOOTH_COUNT
};

struct bms_input {
	mono_t now;
	const struct bms_report *reports;
	size_t n_reports;
	/* The remote terminals: level and whether fitted at all. */
	bool remote_fitted;
	maybe_i32 remote_l; /* 0 or 1; unknown counts as off */
	maybe_i32 remote_h;
	enum bms_mode mode;
	enum bms_bluetooth bluetooth; /* for its LED */
	bool lines_failed;  /* B14: write, read-back or chip failed */
	bool lines_persist; /* the kernel keeps outputs after a crash */
	/* NULL: no [inverter] section. */
	const struct inverter_reading *inverter;
};

struct bms_output {
	/* The lines. False floats. */
	bool atc_high;       /* charge-disconnect: allowed to charge */
	bool atd_high;       /* load-disconnect: allowed to discharge */
	bool pre_alarm_high;

	struct inverter_command inverter;

	enum led_pattern led[LED_COUNT]; /* F5 */

	code_set codes;
	size_t n_reasons;
	const struct reason *reasons; /* in the state's memory */

	/* Aggregates over fresh batteries; unknown where any is missing. */
	bool remote_on;
	uint32_t batteries; /* configured */
	uint32_t cells;     /* of all batteries; 0 while unknown */
	uint32_t series;    /* 0 while unknown */
	uint32_t parallel;
	maybe_i32 nominal_mv;
	maybe_i32 capacity_mah;
	maybe_i32 voltage_mv;
	maybe_i32 current_ma;
	maybe_i32 soc_permille;
	struct bms_extreme {
		maybe_i32 value; /* mV or 0.1 degC */
		uint32_t battery; /* from 1 */
		uint8_t cell;     /* from 1 */
	} min_cell, max_cell, min_temperature, max_temperature;
	bool balancing;
	maybe_i32 charge_limit_ma;    /* CCL, B11 */
	maybe_i32 discharge_limit_ma; /* DCL */

	/* When the answer could next change without new input. */
	mono_t next;
};

/* How many reasons there can be at most with that many batteries. */
size_t bms_reasons_max(uint32_t n_batteries);

/* An all-zero state over the caller's memory (zeroed here). */
void bms_init(struct bms_state *state, struct bms_battery *batteries,
	      uint32_t n_batteries, struct reason *reasons);

/*
 * Takes what is new and decides. The output is filled in completely; its
 * reasons stay valid until the next step. Reports of batteries that do not
 * exist are ignored.
 */
void bms_step(struct bms_state *state, const struct settings *settings,
	      const struct bms_input *input, struct bms_output *ret_output);

#endif
