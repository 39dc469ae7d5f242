/* SPDX-License-Identifier: MIT */
/*
 * An MK3-USB with MultiPlus units behind it, at the byte level: commands of the
 * MK3 itself, info frames and winmon. It is powered by the units: when they
 * sleep it is dead, and when they wake it has forgotten its address, its lines
 * and its flags.
 */
#ifndef SIM_MK3_H
#define SIM_MK3_H

#include "mk3frame.h"
#include "multi.h"
#include "pty.h"

#define MK3_SNAPSHOT 6

struct mk3 {
	struct pty pty;
	struct multi *multi;
	struct rng rng;
	struct mk3_receiver rx;
	bool log;

	bool powered, booting;
	int64_t boot_end_ns;
	int64_t traffic_ns;	/* last byte in either direction */
	int64_t answer_end_ns;
	int64_t version_ns;	/* last V frame sent */

	bool addressed;
	uint8_t address, lines, flags;
	bool winmon_long;
	uint8_t snapshot[MK3_SNAPSHOT];
	uint16_t snapshot_value[MK3_SNAPSHOT];
	unsigned n_snapshot;

	enum multi_switch asked;	/* by the last S that had a state */
	int64_t asked_ns;

	bool bms, dmc, garbage;
	unsigned drop_next;
	int64_t delay_ns;
	int64_t next_garbage_ns;

	unsigned requests, overlaps, bol_frames, s_frames, raw_frames;
	unsigned resets, malformed;
};

void mk3_init(struct mk3 *mk3, struct multi *multi, uint64_t seed);
void mk3_run(struct mk3 *mk3, int64_t now_ns);
int64_t mk3_deadline(const struct mk3 *mk3);

/* Loses what a reset of the MK3 loses and is silent for a while. */
void mk3_reset(struct mk3 *mk3, int64_t now_ns);

/* One good frame from the host (n counted bytes, type first). */
void mk3_request(struct mk3 *mk3, const uint8_t *counted, size_t n,
		 int64_t at_ns);
/* Sends n counted bytes some time after at_ns. */
void mk3_reply(struct mk3 *mk3, const uint8_t *counted, size_t n,
	       int64_t at_ns, int64_t delay_ns);

/* winmon.c: the part after the letter of a W, X, Y or Z command. */
void winmon_request(struct mk3 *mk3, const uint8_t *counted, size_t n,
		    int64_t at_ns);
/* Raw value of a RAM variable of a unit; false when there is none. */
bool winmon_ram(const struct mk3 *mk3, unsigned unit, unsigned id,
		uint16_t *ret_raw);

#endif
