/* SPDX-License-Identifier: MIT */
/*
 * An MK3-USB with MultiPlus units behind it, at the byte level: commands of the
 * MK3 itself, info frames and winmon. It is powered by the units: when they
 * sleep it is dead, and when they wake it has forgotten its address, its lines
 * and its flags.
 *
 * Winmon is of the unit whose address is set. Info frames, L and S are of the
 * system; L does not say whose error it tells, nor is there another way to ask.
 *
 * The description leaves open, and here it is so:
 * - AC frames come from the master of their phase, DC and configuration from
 *   unit 0; where that unit is gone nobody answers. L is answered by the MK3.
 * - The two factors of an AC frame are the number of units on the phase, and
 *   the currents those of one of them, their mean.
 * - F 7 is answered with type 20 and zeros around the map of addresses; with
 *   "map" off by nobody, as the only source may be wrong.
 * - Units that follow a master tell the state "slave" while they run, or their
 *   own with "slave-state" off.
 * - A snapshot is taken by every unit at once.
 */
#ifndef SIM_MK3_H
#define SIM_MK3_H

#include "mk3frame.h"
#include "multi.h"
#include "pty.h"

#define MK3_SNAPSHOT 6
#define MK3_LATE 8

/* An answer of a unit that takes its time: others overtake it. */
struct mk3_late {
	uint8_t counted[MK3_COUNTED_MAX];
	size_t n;
	int64_t due_ns;		/* 0: none */
};

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
	uint16_t snapshot_value[MULTI_ADDRESSES][MK3_SNAPSHOT];
	unsigned n_snapshot;
	struct mk3_late late[MK3_LATE];

	enum multi_switch asked;	/* by the last S that had a state */
	int64_t asked_ns;

	bool garbage;
	bool no_map, slave_state;
	unsigned drop_next;
	int64_t delay_ns;
	int64_t next_garbage_ns;

	unsigned requests, overlaps, bol_frames, s_frames, raw_frames;
	unsigned resets, malformed;
	unsigned nobody;	/* winmon to an address without a unit */
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

/* Sends them at due_ns, whatever else is sent before. */
void mk3_reply_late(struct mk3 *mk3, const uint8_t *counted, size_t n,
		    int64_t due_ns);

/* winmon.c: the part after the letter of a W, X, Y or Z command. */
void winmon_request(struct mk3 *mk3, const uint8_t *counted, size_t n,
		    int64_t at_ns);
/* Raw value of a RAM variable of a unit; false when there is none. */
bool winmon_ram(const struct mk3 *mk3, unsigned address, unsigned id,
		uint16_t *ret_raw);

#endif
