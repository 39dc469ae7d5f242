/* SPDX-License-Identifier: MIT */
/*
 * The session with an MK3 (VE.Bus interface): finds the MK and the units,
 * reads what they tell, and keeps commanding what it was last given.
 *
 * Once a second it sends the wanted switch state; a changed command goes
 * out at once, as soon as the one request in flight is answered or timed
 * out. It keeps panel detect and standby pulled, and after any reset,
 * silence or mode change of the MK it addresses it again and re-applies
 * everything. Charge current is written to RAM only, never to EEPROM.
 *
 * Before the first command it looks who is there: beside a VE.Bus BMS, and
 * where a unit's firmware is too old, it reads and commands nothing (see
 * inverter_bar()). Units that mains finds asleep are woken to what is
 * commanded, and no more.
 * Source: protocols "mk3.md" of the project's references; each rule names
 * its section where it is applied.
 */
#ifndef BMS_MK3_H
#define BMS_MK3_H

#include "lib/base/session.h"
#include "lib/mk3/reading.h"

struct mk3;

/* The session of an MK3: struct session_ops with "struct mk3" as state. */
extern const struct session_ops mk3_session_ops;

size_t mk3_state_size(void);
void mk3_init(struct mk3 *mk3);

/* What to command from now on. Takes effect at the next SESSION_TICK,
 * which the caller gives right away. */
void mk3_command(struct mk3 *mk3, const struct inverter_command *command);

/* Always valid; changes only within a step. */
const struct inverter_reading *mk3_reading(const struct mk3 *mk3);

/* The contract of struct proto's decode_text, for one MK3 frame. */
int mk3_decode_text(const uint8_t *frame, size_t len, char *buf, size_t size);

/* "Bulk", "Inverting", ... for main and sub state; "unknown". */
const char *inverter_state_text(maybe_i32 main, maybe_i32 sub);
/* "on", "charger-only", "inverter-only", "off" of a read-back switch
 * register; "unknown". */
const char *inverter_mode_text(maybe_i32 switch_register);
/* The names of bit 0..7 of leds_on and leds_blink, and of alarm_bits
 * (mk3.md 3.4): "mains", "low-battery-warning", ... */
enum { INVERTER_BITS = 8 };
const char *inverter_led_name(unsigned int bit);
const char *inverter_alarm_name(unsigned int bit);
/* The text of a VE.Bus error number (mk3.md 6.2); "" for 0. */
const char *inverter_error_text(maybe_i32 error);

#endif
