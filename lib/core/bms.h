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
#include "lib/core/balance.h"
#include "lib/core/charge.h"
#include "lib/core/code.h"
#include "lib/core/history.h"
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
	bool late;              /* B8: silent for lost-warning, until heard */
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
	bool bypassed;          /* B13 */
	bool stood_in;          /* bypassed, unseen, left out of both */
	bool kept;              /* H1: silent, and discharge goes on */
	bool forbids_charge;
	bool forbids_discharge;
	char serial[BMS_SERIAL_SIZE]; /* the first one seen, A5 */
	bool swapped;
	uint8_t cells; /* as many as it had at first, A3 */
	struct charge charge; /* E1 */
	bool fitted;          /* has been charged full with the bank, F2 */
	struct charge_memory memory; /* of whoever was here before the start */
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
	bool all_heard;  /* all but one that is bypassed are online, B13 */
	bool filled;     /* the bank has been recognised as full, E2 */
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
		bool judged; /* the nominal voltage was there to judge by */
		uint32_t cells_per_battery;
		int32_t nominal_mv; /* bank: 12800, 25600 or 51200 */
	} arrangement;
	bool pre_alarm_high;   /* as the line was asked to be */
	mono_t pre_alarm_since;
	bool atd_floats;       /* asked to float by the step before */
	bool lead_over;        /* B3: a low cell may open ATD now */
	/* D3. The protection's settings with the delays of low power. */
	struct settings_protection in_force;
	bool low_power;        /* asked for by the step before */
	mono_t slow_until;     /* left; not yet all asked again */
	struct bms_bypass {
		uint32_t battery; /* from 1; 0: none */
		mono_t since;
		mono_t until;
	} bypass;
	struct bms_update { /* H1, lib/core/update.h */
		bool open;
		bool forbids; /* charge, and so until heard after it */
		mono_t since;
		mono_t until;
		bool held; /* H2: ATD, over a restart of this program */
		mono_t held_until;
	} update;
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
		mono_t current_since; /* last seen not against it */
		bool current_disobeyed;
		mono_t charge_since; /* forbidden, not acknowledged */
		bool charge_disobeyed;
		bool ever_connected;
	} obedience;
	bool full; /* E2: charged, and kept so at the last reading */
	struct latch uncharged; /* releases when it is */
	struct bms_mean { /* E4: of the bank's current */
		bool known;
		int64_t ma_4096;
		mono_t time;
	} mean;
	struct balance balance;
	struct history history;
	code_set codes;  /* of the step before */
	uint32_t events; /* what should be saved soon, counted */
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

/* What an operator asks for, once. */
enum bms_command_kind {
	BMS_COMMAND_NONE,
	BMS_COMMAND_SET_SOC,     /* value: permille, 0..1000 */
	BMS_COMMAND_SYNCHRONISE, /* all counts to 100 %; no full charge */
	BMS_COMMAND_RESET_HISTORY,
	BMS_COMMAND_BYPASS, /* battery, value: seconds; lib/core/bypass.h */
	BMS_COMMAND_BEGIN_UPDATE, /* lib/core/update.h */
	BMS_COMMAND_END_UPDATE,
	BMS_COMMAND_COUNT
};

struct bms_command {
	enum bms_command_kind kind;
	int32_t value;
	uint32_t battery; /* from 1 */
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
	/* Handed in for exactly one step. One that cannot be carried out (a
	 * value out of its range, soc_settable false) does nothing. */
	struct bms_command command;
	/*
	 * H2: what the program before this one has left, for how many ms from
	 * now on; 0: nothing. Counts in the first step only.
	 */
	struct bms_left_over {
		uint32_t window_ms; /* of its window for an update */
		uint32_t held_ms; /* of ATD, driven before that step */
	} left_over;
};

struct bms_output {
	/* The lines. False floats. */
	bool atc_high;       /* charge-disconnect: allowed to charge */
	bool atd_high;       /* load-disconnect: allowed to discharge */
	bool pre_alarm_high;

	struct inverter_command inverter;
	/* What it should be switched to: another than inverter.state only
	 * where it may not be commanded (C6). */
	enum inverter_switch inverter_wanted;
	/* C11: a Digital Multi Control owns the switch; a mode set here
	 * would not be followed. */
	bool mode_owned;

	bool low_power;   /* D3 */
	uint32_t poll_ms; /* ask each battery only so often; 0: always */

	enum led_pattern led[LED_COUNT]; /* F5 */

	code_set codes;
	size_t n_reasons;
	const struct reason *reasons; /* in the state's memory */

	/* Aggregates over fresh batteries; unknown where any is missing. */
	bool remote_on;
	bool updating;      /* H1: the window for an update is open */
	bool held;          /* H2: ATD is high by what was before a restart */
	uint32_t batteries; /* configured */
	uint32_t cells;     /* of all batteries; 0 while unknown */
	uint32_t series;    /* 0 while unknown */
	uint32_t parallel;
	maybe_i32 nominal_mv;
	maybe_i32 capacity_mah;
	maybe_i32 voltage_mv;
	maybe_i32 current_ma;
	/* E1: by the counts; where one is unknown, the batteries' own. */
	maybe_i32 soc_permille;
	maybe_i32 own_soc_permille; /* the batteries' own */
	bool soc_anchored; /* every count is; see lib/core/charge.h */
	bool soc_settable; /* every battery is online and has a capacity */
	/* The same without batteries that are left out of discharge (B9),
	 * whose charge nobody can have: what B6 judges. */
	struct bms_usable {
		maybe_i32 soc_permille;
		maybe_i32 own_soc_permille;
		bool soc_anchored;
	} usable;
	maybe_i32 consumed_mah; /* E4: missing from full, by the counts */
	/* E4: to the discharge floor at the mean current. 0 once there;
	 * unknown while not discharging. */
	maybe_i32 time_remaining_s;
	enum balancer_status balancer;
	struct bms_extreme {
		maybe_i32 value; /* mV or 0.1 degC */
		uint32_t battery; /* from 1 */
		uint8_t cell;     /* from 1 */
	} min_cell, max_cell, min_temperature, max_temperature;
	bool balancing;
	maybe_i32 charge_limit_ma;    /* CCL, B11 */
	maybe_i32 discharge_limit_ma; /* DCL */

	/*
	 * Counts what is worth saving at once (lib/core/memory.h): full
	 * charge, cycle, change of an alarm or error, operator's command.
	 */
	uint32_t events;

	/* When the answer could next change without new input; figures that
	 * only age (time remaining, balancer, history) are not among it. */
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
