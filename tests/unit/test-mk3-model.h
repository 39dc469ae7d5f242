/* SPDX-License-Identifier: MIT */
/*
 * A small MK3 with up to 32 units behind it, and a rig that drives the
 * session against it through virtual time. Bytes leave at the pace of 2400
 * baud. The model watches the host: every frame whole, one request at a
 * time, no write that could reach EEPROM.
 */
#ifndef BMS_TESTS_MK3_MODEL_H
#define BMS_TESTS_MK3_MODEL_H

#include "lib/mk3/mk3.h"

enum { MODEL_QUEUE = 4096, MODEL_LOG = 8192 };

struct model_unit {
	bool present;
	bool refuses;  /* writes: 9B 80 */
	bool mute;     /* writes: no acknowledge, and not done */
	uint32_t version;
	uint16_t stored;
	uint16_t ram;
	int16_t setting_sc;
	uint16_t flags2;  /* setting 60 */
	bool no_flags2;   /* answers nothing for it */
	unsigned int writes;
};

struct model_sent {
	uint64_t us;
	uint8_t bytes[24];
	uint8_t len;
};

struct model {
	bool dead;         /* silent, the unit asleep */
	bool obeys_form;   /* long winmon frames when asked for */
	bool address_lost; /* answers A, selects nothing */
	bool wrong_letter; /* first a stale answer with another letter */
	bool chatty;       /* a V before every answer */
	uint32_t version;
	uint8_t mode;      /* of V: 'B', or the address */
	uint8_t lines;
	bool short_form;
	uint8_t switch_state;
	uint16_t switch_limit;
	uint8_t switch_register;
	bool ignores_switch;
	uint8_t front;     /* bits 04 and 08 of the register */
	bool deaf;         /* S acts only once a raw frame has come */
	bool woken;
	uint8_t woken_with; /* first byte of the last raw switch frame */
	unsigned int wakes;
	bool bms;          /* answers the query for one */
	bool dmc;
	bool confused;     /* answers for a BMS whatever is asked for */
	bool dmc_dedicated; /* bit 3 of F 5's inputs */
	bool maps;         /* answers F 7 */
	uint32_t map_without; /* addresses that it leaves out */
	uint32_t map_with; /* ... and has too many */
	uint16_t capacity; /* setting 64 of the first unit */
	bool soc_refused;
	int soc_raw;       /* as last written, -1 never */
	unsigned int soc_writes;
	uint8_t main;
	uint8_t sub;
	uint8_t phases;
	uint16_t dc_cv;
	uint32_t inverter_da;
	uint32_t charger_da;
	uint16_t mains_cv;
	uint8_t error;
	uint32_t delay_us;
	unsigned int requests;
	int reset_at;      /* the request at which it resets, -1 never */
	int drop_letter;   /* requests of this letter get no answer */
	int drop_count;
	int drop_raw;      /* so many queries of the bus get none */
	unsigned int resets;
	struct model_unit unit[32];
};

struct rig {
	void *state;
	struct model model;
	uint64_t now;
	/* bytes on their way to the host */
	uint8_t byte[MODEL_QUEUE];
	uint64_t byte_at[MODEL_QUEUE];
	size_t n_bytes;
	/* when the last byte of the awaited answer comes; 0 none */
	uint64_t answer_at;
	struct model_sent *sent;
	size_t n_sent;
	unsigned int faults[SESSION_FAULT_COUNT];
	unsigned int readings;
	uint64_t read_after;
	bool burst; /* reads as late as read_after allows */
	bool noisy; /* noise may look like a long frame: no such promise */
};

void rig_open(struct rig *rig);
/* Open, with that command, and five seconds of it. */
void rig_up(struct rig *rig, enum inverter_switch state,
	    int32_t charge_current_ma);
/* Queries of the bus for 80 or 83, from that place in the log on. */
unsigned int rig_queries(const struct rig *rig, size_t from, uint8_t whom);
/* Requests of that letter, from that place in the log on. */
unsigned int rig_count(const struct rig *rig, size_t from, char letter);
void rig_close(struct rig *rig);
void rig_event(struct rig *rig, enum session_event_type type,
	       const uint8_t *bytes, size_t len);
void rig_run(struct rig *rig, uint64_t ms);
void rig_command(struct rig *rig, enum inverter_switch state,
		 int32_t charge_current_ma);
const struct inverter_reading *rig_reading(const struct rig *rig);
/* Bytes from the MK that nobody asked for, now. */
void rig_inject(struct rig *rig, const uint8_t *bytes, size_t len);
void rig_model_reset(struct rig *rig);
/* A frame from the MK, checksum added. */
void rig_reply(struct rig *rig, const uint8_t *body, size_t len,
	       bool is_answer);
/* A request to the MK, which looks at it and answers. */
void rig_request(struct rig *rig, const uint8_t *bytes, size_t len);
mono_t rig_time(const struct rig *rig);

#endif
