/* SPDX-License-Identifier: MIT */
/*
 * Bluetooth in the daemon: gives bluez/ a connection, values and a clock, and
 * carries out what clients order as if it had come over D-Bus. Nothing here
 * is waited for, and nothing of it reaches a decision but the state that the
 * LED shows and the orders themselves.
 *
 * The connection is one of its own: however bluetoothd hangs or floods, that
 * of org.vebusbmsng does not notice, and the other way round.
 *
 * G4: for BLUETOOTH_GRACE_MS after the start of the program it is on in any
 * case, so that whoever has switched it off can come back in (manual 4.5).
 * Whoever asked for a value within that time keeps it on until the connection
 * ends, but not longer than BLUETOOTH_GUEST_MS after the start: time to find
 * the setting, and no way to hold a door open that is to be shut.
 */
#ifndef BMS_BLUETOOTH_H
#define BMS_BLUETOOTH_H

#include <ev.h>

#include "bluez/bluez.h"
#include "daemon/order.h"
#include "daemon/pump.h"
#include "daemon/repeat.h"
#include "lib/gatt/aes.h"
#include "lib/gatt/fill.h"

enum {
	BLUETOOTH_GRACE_MS = 30000,
	BLUETOOTH_GUEST_MS = 300000,
	BLUETOOTH_KEY_RETRY_MS = 1000,
	BLUETOOTH_KEY_TEXT_SIZE = 2 * AES128_KEY_SIZE + 1,
};

struct bmsd;

struct bluetooth {
	struct bmsd *d;
	struct bluez *bluez; /* NULL: no memory, there is no Bluetooth */
	struct pump pump;
	sd_bus *connection;  /* NULL: none; tried again at "retry" */
	mono_t retry;
	struct repeat failures; /* to connect */
	struct repeat troubles; /* of BlueZ */
	ev_timer timer;
	mono_t start;
	bool on;             /* as wanted last */
	int32_t adapter;     /* of the settings, as it is used */
	struct bluez_status shown; /* as it was when last looked at */
	struct repeat refusals; /* of orders of clients */
	enum bluez_state told;
	mono_t well;         /* since then, where what was told is so */
	char told_text[BLUEZ_TEXT_SIZE];
	uint8_t key[AES128_KEY_SIZE];
	bool keyed;          /* the key has been loaded or made */
	mono_t key_retry;    /* to make one where there is none */
	struct bonds bonds;  /* who may write */
	uint16_t counter;    /* of the last advertisement */
	struct fill_texts texts;
};

/* d must stay; its state and run folders have been opened. */
void bluetooth_start(struct bmsd *d, mono_t now);
/* Harmless where it was not started. */
void bluetooth_stop(struct bmsd *d);

/* Once a turn, behind the decision; and by itself whenever BlueZ has said
 * something, which makes no turn where nothing of it shows. */
void bluetooth_turn(struct bmsd *d, mono_t now);

/* Whether it is to be on: enabled as the settings say; guest where it is on
 * and somebody is connected who has asked for a value. */
bool bluetooth_wanted(bool enabled, bool guest, mono_t start, mono_t now);
/* When that is to be judged again, where it is not enabled; always after
 * now, and MONO_NEVER where time changes nothing any more. */
mono_t bluetooth_wanted_until(mono_t start, mono_t now);

/* NULL where there is none. */
const struct bluez_status *bluetooth_status(const struct bmsd *d);

/* --- orders; as struct order_handler --- */
int bluetooth_pair(struct bmsd *d, char error[ORDER_ERROR_SIZE]);
int bluetooth_remove(struct bmsd *d, const char *address,
		     char error[ORDER_ERROR_SIZE]);
int bluetooth_key(struct bmsd *d, char answer[ORDER_ERROR_SIZE]);
/* From the next advertisement on; the counter goes on. */
int bluetooth_new_key(struct bmsd *d, char answer[ORDER_ERROR_SIZE]);

/* --- the key, for keep.c --- */
void bluetooth_key_text(const struct bmsd *d,
			char ret[BLUETOOTH_KEY_TEXT_SIZE]);
/* 0, or -EINVAL where it is none. */
int bluetooth_key_set(struct bmsd *d, const char *text);
/* A new one, of which also the first byte is another than before. 0, or
 * -errno where the kernel gives no random bytes. */
int bluetooth_key_make(struct bmsd *d);

/* Makes one where there is none yet, once in BLUETOOTH_KEY_RETRY_MS: at the
 * first boot the kernel's random bytes may come later than this program. */
void bluetooth_key_turn(struct bmsd *d, mono_t now);

/* --- bluetooth_client.c: struct bluez_hooks; data is the daemon --- */
size_t bluetooth_advertise(void *data, uint8_t ret[BLUEZ_ADVERTISE_MAX]);
void bluetooth_standard(void *data, struct standard_values *ret);
void bluetooth_service(void *data, uint32_t battery,
		       struct service_values *ret);
uint32_t bluetooth_batteries(void *data);
/* Judged and told as if it had come over D-Bus, "by Bluetooth ADDRESS". */
int bluetooth_carry_out(void *data, const struct service_order *order,
			const char *address);

#endif
