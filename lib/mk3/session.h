/* SPDX-License-Identifier: MIT */
/*
 * The parts of the MK3 session, for its own files only.
 *
 *	session.c        one step: events in, one action out
 *	session_link.c   start-up, what is in flight, who answers what
 *	session_send.c   requests out, and how long each may take
 *	session_poll.c   which request is next
 *	session_units.c  the units on the bus and their charge current
 *	session_others.c a panel or a BMS on the bus
 *	session_soc.c    the state of charge that is handed to a unit
 *	session_apply.c  answers into the reading, and out of it when stale
 */
#ifndef BMS_MK3_SESSION_H
#define BMS_MK3_SESSION_H

#include "lib/mk3/mk3.h"
#include "lib/mk3/reply.h"
#include "lib/mk3/request.h"

enum {
	MK3_SILENT_MS = 5000,   /* no valid frame: asleep or unplugged, 3.1 */
	MK3_STALE_MS = 10000,   /* a value older than that is unknown */
	MK3_SWITCH_MS = 1000,   /* S again, 3.6 */
	MK3_SEARCH_MS = 1000,   /* V while nobody answers */
	MK3_OVERDUE_MS = 1000,  /* a poll this late goes before unit work */
	MK3_BACKGROUND_MS = 5000, /* a probe at least this often */
	MK3_PROBE_MS = 550,     /* line time of a question nobody answers */
	MK3_SWEEP_MS = 300000,  /* all addresses again */
	MK3_SWEEP_AGAIN_MS = 60000, /* ... after the first time */
	MK3_REFRESH_MS = 60000, /* charge current again */
	MK3_DOUBT_MS = 10000,   /* ... where more flows, this long after */
	MK3_DOUBT_MA = 3000,    /* ... by more than sensors are off (ours) */
	MK3_BACKOFF_FIRST_MS = 1000,
	MK3_BACKOFF_LAST_MS = 10000,
	MK3_ADDRESS_TRIES = 3,
	MK3_EXPECTED_TRIES = 5, /* of a unit that should be there */
	MK3_MAP_TRIES = 2,      /* of F 7, at each sweep */
	MK3_OTHER_TRIES = 3,    /* the first and two retries, 9 */
	MK3_WAKE_AFTER_MS = 5000, /* S had no effect for so long */
	MK3_WAKE_AGAIN_MS = 10000,
	MK3_SOC_MS = 30000,     /* a GX writes it every 10 s, 10.5 */
	MK3_SOC_REFUSED_MS = 300000,
	MK3_SELECTED_NONE = -1,
};

enum mk3_phase {
	MK3_CLOSED,  /* no tty */
	MK3_SEARCH,  /* V each second until one comes */
	MK3_LINES_UP, /* H */
	MK3_ADDRESS, /* A 0 */
	MK3_LIMIT,   /* F 5 once, for the AC limit that S repeats */
	MK3_LOOK,    /* firmware of the first unit, whether a BMS is there */
	MK3_RUN,
};

enum mk3_ask {
	ASK_NOTHING,
	ASK_VERSION,      /* V */
	ASK_LINES,        /* H */
	ASK_ADDRESS,      /* A; id: the address */
	ASK_SWITCH,       /* S */
	ASK_CONFIG,       /* F 5 */
	ASK_DC,           /* F 0 */
	ASK_AC,           /* F 1..4; id: the phase */
	ASK_LEDS,         /* L */
	ASK_MAP,          /* F 7 */
	ASK_OTHER,        /* 21; id: enum mk3_other_kind */
	ASK_WAKE,         /* 3F, which nothing answers; id: its bits */
	ASK_STATE,        /* 0E */
	ASK_RAM_INFO,     /* 36; id: index into the scales */
	ASK_SOC_SETTING,  /* 31 */
	ASK_SOC_WRITE,    /* 37; raw: the word */
	ASK_UNIT_LOW,     /* 05 */
	ASK_UNIT_HIGH,    /* 06 */
	ASK_UNIT_SETTING, /* 31 */
	ASK_UNIT_INFO,    /* 35 */
	ASK_UNIT_FLAGS,   /* 31 */
	ASK_UNIT_WRITE,   /* 37; raw: the word */
	ASK_COUNT
};

struct mk3_want {
	enum mk3_ask ask;
	uint8_t id;
	uint8_t address; /* of the unit it is for */
	uint16_t raw;
	int32_t of_ma; /* ASK_UNIT_WRITE: the current that is shared */
	bool quiet; /* no answer is an answer: a probe */
};

struct mk3_flight {
	struct mk3_want want; /* ASK_NOTHING: nothing is in flight */
	char letter;          /* of a winmon request */
	uint8_t size;         /* of the request on the wire */
	mono_t sent;
	mono_t deadline;
	mono_t read_after;
	struct mk3_ram_info ram_info;
	struct mk3_setting_reply setting_info;
};

enum mk3_taken {
	TAKEN_NOT,     /* not the answer: somebody else's or a late one */
	TAKEN_PART,    /* more frames of the answer follow */
	TAKEN_DONE,
	TAKEN_REFUSED,
};

enum mk3_poll {
	POLL_CONFIG, POLL_DC, POLL_LEDS, POLL_AC, POLL_STATE, POLL_VERSION,
	POLL_LINES, POLL_BMS, POLL_DMC, POLL_COUNT
};

/* In the order of their polls. */
enum mk3_other_kind { OTHER_BMS, OTHER_DMC, OTHER_COUNT };

/* The RAM variables whose scale is needed, the most wanted first. */
enum mk3_scale_index {
	SCALE_DC_V, SCALE_DC_A, SCALE_MAINS_V, SCALE_MAINS_A, SCALE_OUT_V,
	SCALE_OUT_A, SCALE_SOC, SCALE_COUNT
};

struct mk3_scale_slot {
	bool known;    /* "scale" may be used */
	bool settled;  /* asked since the last start-up */
	uint8_t failures;
	mono_t next_try;
	struct mk3_scale scale;
};

/* What is asked of a unit next; DONE until the next sweep. */
enum mk3_unit_step {
	UNIT_LOW, UNIT_HIGH, UNIT_SETTING, UNIT_INFO, UNIT_FLAGS, UNIT_DONE
};

struct mk3_unit {
	bool present; /* answered once since the link came up */
	bool expected; /* should answer: F 7 names it, or it did before */
	bool has_stored;
	bool has_info;
	bool has_flags; /* was asked for them, answered or not */
	enum mk3_unit_step step;
	uint8_t failures;
	mono_t next_try;
	uint32_t version;
	uint16_t version_low;
	uint16_t stored;
	struct mk3_setting_info info;
	maybe_i32 expects_bms;
	maybe_i32 written; /* raw word that was acknowledged last */
	int32_t written_of; /* the system's current of which it is the share */
	mono_t refresh;
	mono_t doubt; /* from when on a current above it is a doubt */
	uint8_t write_failures;
	mono_t next_write;
};

struct mk3_soc {
	bool shown; /* the unit's own battery monitor is on */
	mono_t due;
};

struct mk3 {
	enum mk3_phase phase;
	struct mk3_parser parser;
	struct mk3_flight flight;
	uint8_t request[MK3_WIRE_MAX];
	uint8_t letter; /* 0..2: which of X Y Z was used last */
	int selected;   /* address, MK3_SELECTED_NONE when not known */
	bool selection_seen; /* the last thing heard was a V that shows it */
	uint8_t address_failures;
	bool fault_pending;
	enum session_fault fault;
	uint8_t fault_address;
	bool dirty; /* the reading is to be handed out */
	struct session_counters counters;

	struct inverter_command command;
	mono_t switch_due;
	mono_t due[POLL_COUNT];
	uint8_t ac_phase; /* the next to ask, 1..4 */
	bool config_unanswered;
	mono_t config_asked;
	maybe_i32 limit_da;

	struct mk3_scale_slot scale[SCALE_COUNT];
	struct mk3_unit unit[BMS_UNITS_MAX];
	mono_t next_sweep;
	bool swept; /* every unit there can be was asked since the link came */
	bool map_known; /* F 7 told which addresses are in use */
	bool map_wrong; /* it left out one that is */
	uint8_t map_tries;
	mono_t background;

	uint8_t other_silent[OTHER_COUNT]; /* queries in a row */
	bool wake_pending;
	mono_t wake_due;
	struct mk3_soc soc;

	mono_t version_time;
	mono_t leds_time;
	mono_t alarms_time;
	mono_t state_time;
	mono_t phase_time[INVERTER_PHASES_MAX];
	bool phase_ac[INVERTER_PHASES_MAX]; /* mains is there */
	struct inverter_reading reading;
};

/* session_apply.c */
void mk3_put(struct mk3 *mk3, maybe_i32 *field, maybe_i32 value);
void mk3_apply_leds(struct mk3 *mk3, mono_t now, const struct mk3_leds *leds);
void mk3_apply_dc(struct mk3 *mk3, mono_t now, const struct mk3_dc *dc);
void mk3_apply_ac(struct mk3 *mk3, mono_t now, const struct mk3_ac *ac);
void mk3_apply_config(struct mk3 *mk3, mono_t now,
		      const struct mk3_config *config);
void mk3_apply_state(struct mk3 *mk3, mono_t now, maybe_i32 main,
		     maybe_i32 sub);
void mk3_expire(struct mk3 *mk3, mono_t now);
/* Everything that was learnt, as if just started; counts are kept. */
void mk3_forget(struct mk3 *mk3);

/* Whether it is for us to switch: a state is wanted and nothing bars it. */
bool mk3_switches(const struct mk3 *mk3);

/* session_others.c */
uint8_t mk3_other_whom(uint8_t kind);
maybe_i32 mk3_other_present(const struct mk3 *mk3, uint8_t kind);
enum mk3_taken mk3_other_take(struct mk3 *mk3, const struct mk3_frame *frame);
/* A query came to nothing. */
void mk3_other_failed(struct mk3 *mk3);
/* F 5 tells of a Digital Multi Control. */
void mk3_other_dedicated(struct mk3 *mk3);

/* session_soc.c */
bool mk3_soc_wanted(const struct mk3 *mk3);
bool mk3_soc_next(const struct mk3 *mk3, mono_t now,
		  struct mk3_want *ret_want);
enum mk3_taken mk3_soc_take(struct mk3 *mk3, mono_t now,
			    const struct mk3_winmon_frame *winmon);
void mk3_soc_failed(struct mk3 *mk3, mono_t now, bool refused);

/* session_units.c */
uint32_t mk3_backoff_ms(uint8_t failures);
void mk3_units_sweep(struct mk3 *mk3, mono_t now);
/* All writes are lost, or may be: write again. */
void mk3_units_rewrite(struct mk3 *mk3, mono_t now);
/* More current than all shares: what is held may have been lost. */
void mk3_units_doubt(struct mk3 *mk3, mono_t now);
/* "urgent": only where a unit does not hold a share of what is wanted now.
 * Otherwise also what is to be refreshed, or shared with more units. */
bool mk3_units_write_next(const struct mk3 *mk3, mono_t now, bool urgent,
			  struct mk3_want *ret_want);
bool mk3_map_next(const struct mk3 *mk3, struct mk3_want *ret_want);
enum mk3_taken mk3_map_take(struct mk3 *mk3, mono_t now,
			    const struct mk3_frame *frame);
/* What it was configured for is asked when there is nothing else to do. */
bool mk3_unit_flags_next(const struct mk3 *mk3, uint8_t address,
			 struct mk3_want *ret_want);
/* The next question to the unit at address, if it has one. */
bool mk3_unit_ask_next(const struct mk3 *mk3, mono_t now, uint8_t address,
		       struct mk3_want *ret_want);
enum mk3_taken mk3_unit_take(struct mk3 *mk3, mono_t now,
			     const struct mk3_winmon_frame *winmon);
void mk3_unit_failed(struct mk3 *mk3, mono_t now);
/* Puts units and charge_current_applied into the reading. */
void mk3_units_publish(struct mk3 *mk3);

/* session_link.c */
void mk3_link_open(struct mk3 *mk3, mono_t now);
void mk3_link_lost(struct mk3 *mk3);
void mk3_link_take(struct mk3 *mk3, mono_t now, const struct mk3_frame *frame);
/* Whether this MK has lines to pull; an unknown one has. */
bool mk3_link_has_lines(const struct mk3 *mk3);
/* Time-outs of the request in flight and of the link. */
void mk3_link_check(struct mk3 *mk3, mono_t now);

/* session_send.c */
struct session_action mk3_link_send(struct mk3 *mk3, mono_t now,
				    const struct mk3_want *want);
/* The earliest instant at which the answer can be complete, told again
 * after bytes came or went. */
void mk3_link_pace(struct mk3 *mk3, mono_t now);

/* session_poll.c */
/* What is still to be looked at before anything is commanded. */
bool mk3_look_next(const struct mk3 *mk3, mono_t now,
		   struct mk3_want *ret_want);
bool mk3_poll_next(struct mk3 *mk3, mono_t now, struct mk3_want *ret_want);
/* When mk3_poll_next() is to be asked again. */
mono_t mk3_poll_due(const struct mk3 *mk3, mono_t now);
void mk3_poll_start(struct mk3 *mk3, mono_t now);

#endif
