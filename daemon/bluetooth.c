/* SPDX-License-Identifier: MIT */
#include "daemon/bluetooth.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "daemon/bluetooth_message.h"
#include "daemon/clock.h"
#include "daemon/daemon.h"
#include "daemon/log.h"
#include "daemon/store.h"

enum {
	CONNECT_RETRY_MS = 3000,
	WELL_MS = 30000, /* then a trouble is over */
	TURN_MIN_MS = 5, /* the loop never turns faster for this */
	BASE_SIZE = 32,
	ADAPTER_SIZE = 16,
	FIELDS_SIZE = 128,
};

static const char base_name[] = "readout";

/* --- the key and the counter --------------------------------------------- */

void bluetooth_key_text(const struct bmsd *d,
			char ret[BLUETOOTH_KEY_TEXT_SIZE])
{
	for (size_t i = 0; i < AES128_KEY_SIZE; i++)
		snprintf(ret + 2 * i, 3, "%02x",
			 (unsigned int)d->bluetooth.key[i]);
}

int bluetooth_key_set(struct bmsd *d, const char *text)
{
	uint8_t key[AES128_KEY_SIZE];

	if (strlen(text) != BLUETOOTH_KEY_TEXT_SIZE - 1 ||
	    strspn(text, "0123456789abcdef") != BLUETOOTH_KEY_TEXT_SIZE - 1)
		return -EINVAL;
	for (size_t i = 0; i < AES128_KEY_SIZE; i++) {
		unsigned int byte;

		if (sscanf(text + 2 * i, "%2x", &byte) != 1)
			return -EINVAL;
		key[i] = (uint8_t)byte;
	}
	memcpy(d->bluetooth.key, key, sizeof(key));
	d->bluetooth.keyed = true;
	return 0;
}

int bluetooth_key_make(struct bmsd *d)
{
	uint8_t key[AES128_KEY_SIZE];

	/* Readers notice a new key by its first byte (interop.md 1.1). */
	do {
		if (getrandom(key, sizeof(key), GRND_NONBLOCK) !=
		    (ssize_t)sizeof(key))
			return -EAGAIN;
	} while (key[0] == d->bluetooth.key[0]);
	memcpy(d->bluetooth.key, key, sizeof(key));
	d->bluetooth.keyed = true;
	return 0;
}

void bluetooth_key_turn(struct bmsd *d, mono_t now)
{
	struct bluetooth *bt = &d->bluetooth;

	if (bt->keyed || !mono_reached(now, bt->key_retry))
		return;
	bt->key_retry = mono_add_ms(now, BLUETOOTH_KEY_RETRY_MS);
	if (bluetooth_key_make(d) < 0)
		return;
	keep_touch(d, KEEP_BLUETOOTH, now);
	log_line(LOG_LEVEL_NOTICE, "bluetooth",
		 "there are random bytes now, Instant Readout has its key");
}

static int base_load(int fd, uint16_t *ret)
{
	char text[BASE_SIZE];
	unsigned int base;
	size_t len;
	int r = store_load(fd, base_name, text, sizeof(text) - 1, &len);

	if (r < 0)
		return r;
	text[len] = '\0';
	if (sscanf(text, "base %u\n", &base) != 1 || base > UINT16_MAX)
		return -EBADMSG;
	*ret = (uint16_t)base;
	return 0;
}

/*
 * Where the counter begins. A reader drops what is up to 60 behind the last
 * one that it heard (interop.md 1.6), so it must not step back: it is a number
 * that stays as long as the machine runs, plus the seconds that it does, and
 * it is counted on no faster than that.
 */
static uint16_t counter_base(const struct bmsd *d, mono_t now)
{
	const char *dir = d->options.run_dir;
	int fd = dir ? store_open(dir) : -1;
	char text[BASE_SIZE];
	uint16_t base = 0;

	if (fd < 0 || base_load(fd, &base) < 0) {
		if (getrandom(&base, sizeof(base), GRND_NONBLOCK) !=
		    (ssize_t)sizeof(base))
			base = (uint16_t)now.us;
		snprintf(text, sizeof(text), "base %u\n", (unsigned int)base);
		if (fd >= 0)
			(void)store_save(fd, base_name, text, strlen(text));
	}
	if (fd >= 0)
		close(fd);
	return (uint16_t)(base + now.us / 1000000);
}

/* --- what is told --------------------------------------------------------- */

static void tell(void *data, enum bluez_event event, const char *address)
{
	struct bmsd *d = data;
	char fields[FIELDS_SIZE];

	switch (event) {
	case BLUEZ_PASSKEY_SHOWN:
		bluetooth_message_fields(BLUETOOTH_PASSKEY, address, fields,
					 sizeof(fields));
		log_entry(LOG_LEVEL_NOTICE, fields, "bluetooth",
			  "%s wants to pair: type in the passkey %s there",
			  address,
			  bluez_status(d->bluetooth.bluez)->passkey);
		bus_passkey_shown(d->bus);
		return;
	case BLUEZ_BOND_MADE:
		bluetooth_message_fields(BLUETOOTH_BOND_MADE, address, fields,
					 sizeof(fields));
		log_entry(LOG_LEVEL_NOTICE, fields, "bluetooth",
			  "%s has been paired and may change settings",
			  address);
		return;
	case BLUEZ_BOND_ELSEWHERE:
		bluetooth_message_fields(BLUETOOTH_BOND_ELSEWHERE, address,
					 fields, sizeof(fields));
		log_entry(LOG_LEVEL_NOTICE, fields, "bluetooth",
			  "%s has been paired by another program and may "
			  "change nothing", address);
		return;
	case BLUEZ_BOND_REMOVED:
		bluetooth_message_fields(BLUETOOTH_BOND_REMOVED, address,
					 fields, sizeof(fields));
		log_entry(LOG_LEVEL_NOTICE, fields, "bluetooth",
			  "%s is paired no more", address);
		return;
	case BLUEZ_BOND_KEPT:
		log_line(LOG_LEVEL_WARNING, "bluetooth",
			 "BlueZ did not remove the bond of %s, which may "
			 "change nothing now", address);
		return;
	case BLUEZ_BOND_RENEWED:
		log_line(LOG_LEVEL_NOTICE, "bluetooth",
			 "%s was paired before: that bond is removed, pair it "
			 "once more now", address);
		return;
	case BLUEZ_WINDOW_CLOSED:
		log_line(LOG_LEVEL_NOTICE, "bluetooth",
			 "the pairing window is closed, nobody was paired");
		return;
	case BLUEZ_WRITE_REFUSED:
		if (repeat_failed(&d->bluetooth.refusals))
			log_line(LOG_LEVEL_NOTICE, "bluetooth",
				 "an order by %s is refused: it was paired by "
				 "another program; remove that bond and use "
				 "vebus-bms-ngctl pair", address);
		return;
	}
}

/* struct bluez_hooks */
static void keep(void *data)
{
	struct bmsd *d = data;

	keep_touch(d, KEEP_BONDS, clock_mono());
	/* Saved by a turn. */
	bmsd_wake(d);
}

static bool is_well(enum bluez_state state)
{
	return state == BLUEZ_ADVERTISING || state == BLUEZ_CONNECTED ||
	       state == BLUEZ_OFF;
}

static void tell_trouble(struct bluetooth *bt, const struct bluez_status *s)
{
	char fields[FIELDS_SIZE];

	bt->told = s->state;
	strcpy(bt->told_text, s->text);
	bluetooth_message_fields(BLUETOOTH_TROUBLE, "", fields,
				 sizeof(fields));
	if (repeat_failed(&bt->troubles))
		log_entry(s->state == BLUEZ_DEGRADED ? LOG_LEVEL_WARNING :
						       LOG_LEVEL_NOTICE,
			  fields, "bluetooth", "%s: %s, protection goes on",
			  bluez_state_names[s->state], s->text);
}

/* What comes and goes all the time has not come back. */
static void tell_well(struct bluetooth *bt, const struct bluez_status *s,
		      mono_t now)
{
	bool again = !is_well(bt->told);
	uint64_t troubles = bt->troubles.failures;
	char fields[FIELDS_SIZE];

	bt->told = s->state;
	bt->told_text[0] = '\0';
	bluetooth_message_fields(BLUETOOTH_WELL, "", fields, sizeof(fields));
	if (again) {
		bt->well = now;
		if (troubles <= REPEAT_FIRST)
			log_entry(LOG_LEVEL_NOTICE, fields, "bluetooth",
				  "%s again", bluez_state_names[s->state]);
		return;
	}
	if (troubles == 0 || mono_elapsed_ms(bt->well, now) < WELL_MS)
		return;
	(void)repeat_recovered(&bt->troubles);
	if (troubles > REPEAT_FIRST)
		log_entry(LOG_LEVEL_NOTICE, fields, "bluetooth",
			  "%s after %llu troubles",
			  bluez_state_names[s->state],
			  (unsigned long long)troubles);
}

/* Of a trouble that comes and goes the first ones, then one in many. */
static void tell_state(struct bluetooth *bt, mono_t now)
{
	const struct bluez_status *s = bluez_status(bt->bluez);

	if (s->waiting)
		return;
	if (is_well(s->state))
		tell_well(bt, s, now);
	else if (s->state != bt->told || strcmp(s->text, bt->told_text) != 0)
		tell_trouble(bt, s);
}

/* --- turns ---------------------------------------------------------------- */

bool bluetooth_wanted(bool enabled, bool guest, mono_t start, mono_t now)
{
	uint64_t since_ms = mono_elapsed_ms(start, now);

	return enabled || since_ms < BLUETOOTH_GRACE_MS ||
	       (guest && since_ms < BLUETOOTH_GUEST_MS);
}

mono_t bluetooth_wanted_until(mono_t start, mono_t now)
{
	mono_t grace = mono_add_ms(start, BLUETOOTH_GRACE_MS);
	mono_t guest = mono_add_ms(start, BLUETOOTH_GUEST_MS);

	if (!mono_reached(now, grace))
		return grace;
	return mono_reached(now, guest) ? MONO_NEVER : guest;
}

static enum bms_bluetooth led_state(enum bluez_state state)
{
	switch (state) {
	case BLUEZ_OFF:
	case BLUEZ_NO_SERVICE:
	case BLUEZ_NO_ADAPTER:
	case BLUEZ_POWERED_OFF:
	case BLUEZ_DEGRADED:
	case BLUEZ_STATE_COUNT:
		return BMS_BLUETOOTH_OFF;
	case BLUEZ_ADVERTISING:
		return BMS_BLUETOOTH_ADVERTISING;
	case BLUEZ_CONNECTED:
		return BMS_BLUETOOTH_CONNECTED;
	}
	return BMS_BLUETOOTH_OFF;
}

static void arm(struct bluetooth *bt, mono_t now)
{
	mono_t next = bluez_next(bt->bluez);
	uint64_t ms;

	if (!bt->connection)
		next = mono_min(next, bt->retry);
	if (!bt->keyed)
		next = mono_min(next, bt->key_retry);
	if (bt->on && !bt->d->settings->bluetooth.enabled)
		next = mono_min(next,
				bluetooth_wanted_until(bt->start, now));
	ms = mono_elapsed_ms(now, next);
	if (ms < TURN_MIN_MS)
		ms = TURN_MIN_MS;
	ev_timer_stop(bt->d->loop, &bt->timer);
	if (next.us == UINT64_MAX)
		return;
	ev_now_update(bt->d->loop);
	ev_timer_set(&bt->timer, (double)ms / 1e3, 0.0);
	ev_timer_start(bt->d->loop, &bt->timer);
}

static void want(struct bluetooth *bt, mono_t now)
{
	bool guest = bt->on && bluez_status(bt->bluez)->used;
	char adapter[ADAPTER_SIZE] = "auto";

	bt->on = bluetooth_wanted(bt->d->settings->bluetooth.enabled, guest,
				  bt->start, now);
	if (bt->adapter >= 0)
		snprintf(adapter, sizeof(adapter), "hci%d", (int)bt->adapter);
	bluez_want(bt->bluez, bt->on, adapter);
}

/* --- the connection ------------------------------------------------------- */

static void disconnect(struct bluetooth *bt)
{
	pump_detach(&bt->pump);
	bluez_detach(bt->bluez);
	bt->connection = sd_bus_close_unref(bt->connection);
}

static void lose(struct bluetooth *bt, mono_t now, int error)
{
	if (repeat_failed(&bt->failures))
		log_line(LOG_LEVEL_WARNING, "bluetooth",
			 "no connection to the bus: %s, protection goes on, "
			 "next try in %d s", strerror(-error),
			 CONNECT_RETRY_MS / 1000);
	disconnect(bt);
	bt->retry = mono_add_ms(now, CONNECT_RETRY_MS);
}

static void connect_bus(struct bluetooth *bt, mono_t now)
{
	int r = bt->d->options.session_bus ?
		sd_bus_open_user(&bt->connection) :
		sd_bus_open_system(&bt->connection);

	if (r >= 0) {
		pump_attach(&bt->pump, bt->connection);
		r = bluez_attach(bt->bluez, bt->connection);
	}
	if (r < 0)
		lose(bt, now, r);
}

static void turn(struct bluetooth *bt, mono_t now)
{
	const struct bluez_status *s = bluez_status(bt->bluez);

	/* Whatever was registered with another adapter goes with it. */
	if (bt->connection &&
	    bt->adapter != bt->d->settings->bluetooth.adapter)
		disconnect(bt);
	bt->adapter = bt->d->settings->bluetooth.adapter;
	bluetooth_key_turn(bt->d, now);
	want(bt, now);
	if (!bt->connection && mono_reached(now, bt->retry))
		connect_bus(bt, now);
	bluez_turn(bt->bluez, now);
	tell_state(bt, now);
	bt->d->input.bluetooth = led_state(s->state);
	if (memcmp(&bt->shown, s, sizeof(*s)) != 0) {
		memcpy(&bt->shown, s, sizeof(*s));
		bmsd_wake(bt->d);
	}
	arm(bt, now);
}

/* struct pump_hooks */
static void failed(void *data, int error)
{
	mono_t now = clock_mono();

	lose(data, now, error);
	turn(data, now);
}

/* struct pump_hooks */
static int served(void *data)
{
	struct bluetooth *bt = data;

	if (sd_bus_is_ready(bt->connection) > 0)
		(void)repeat_recovered(&bt->failures);
	turn(bt, clock_mono());
	return 0;
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	turn(timer->data, clock_mono());
}

void bluetooth_turn(struct bmsd *d, mono_t now)
{
	if (d->bluetooth.bluez)
		turn(&d->bluetooth, now);
}

const struct bluez_status *bluetooth_status(const struct bmsd *d)
{
	return d->bluetooth.bluez ? &d->bluetooth.shown : NULL;
}

/* --- start and end -------------------------------------------------------- */

void bluetooth_start(struct bmsd *d, mono_t now)
{
	struct bluez_hooks hooks = { d, &d->bluetooth.bonds, keep,
				     bluetooth_advertise, bluetooth_standard,
				     bluetooth_service, bluetooth_batteries,
				     bluetooth_carry_out, tell };
	struct bluetooth *bt = &d->bluetooth;
	struct pump_hooks pump_hooks = { bt, served, failed };

	bt->d = d;
	bt->start = now;
	bt->adapter = d->settings->bluetooth.adapter;
	bt->counter = counter_base(d, now);
	bt->told = BLUEZ_OFF;
	bt->bluez = bluez_new(&hooks);
	if (!bt->bluez) {
		log_line(LOG_LEVEL_WARNING, "bluetooth",
			 "no memory, there is no Bluetooth");
		return;
	}
	pump_init(&bt->pump, d->loop, &pump_hooks);
	ev_timer_init(&bt->timer, on_timer, 0.0, 0.0);
	bt->timer.data = bt;
	ev_set_priority(&bt->timer, EV_MINPRI);
}

void bluetooth_stop(struct bmsd *d)
{
	struct bluetooth *bt = &d->bluetooth;

	if (!bt->bluez)
		return;
	disconnect(bt);
	pump_done(&bt->pump);
	ev_timer_stop(d->loop, &bt->timer);
	bt->bluez = bluez_free(bt->bluez);
}

/* --- orders --------------------------------------------------------------- */

static int refuse(char error[ORDER_ERROR_SIZE], int r, const char *why)
{
	struct text t = text_in(error, ORDER_ERROR_SIZE);

	text_str(&t, why);
	return r;
}

int bluetooth_pair(struct bmsd *d, char error[ORDER_ERROR_SIZE])
{
	struct bluetooth *bt = &d->bluetooth;
	mono_t now = clock_mono();
	struct text t = text_in(error, ORDER_ERROR_SIZE);
	int r = bt->bluez ? bluez_pair(bt->bluez, now) : -ENODEV;

	if (r == -ENOSPC) {
		text_str(&t, "nobody can pair: ");
		text_uint(&t, BONDS_MAX);
		text_str(&t, " devices are, which is all that can be kept; "
			 "remove one of them first");
		return -EAGAIN;
	}
	if (r == 0) {
		log_line(LOG_LEVEL_NOTICE, "bluetooth",
			 "the pairing window is open for %d s",
			 BLUEZ_WINDOW_MS / 1000);
		turn(bt, now);
		return 0;
	}
	text_str(&t, "nobody can pair: Bluetooth is ");
	text_str(&t, bluez_state_names[bt->shown.state]);
	if (*bt->shown.text)
		text_str(&t, ": ");
	text_str(&t, bt->shown.text);
	return -EAGAIN;
}

int bluetooth_remove(struct bmsd *d, const char *address,
		     char error[ORDER_ERROR_SIZE])
{
	struct bluetooth *bt = &d->bluetooth;
	int r = bt->bluez ? bluez_remove(bt->bluez, address) : -ENOENT;

	if (r == -ENOENT)
		return refuse(error, -EINVAL, "there is no bond with that "
			      "address; nothing was removed");
	if (r == -EBUSY)
		return refuse(error, r, "another bond is being removed; try "
			      "again");
	return r;
}

int bluetooth_key(struct bmsd *d, char answer[ORDER_ERROR_SIZE])
{
	struct text t = text_in(answer, ORDER_ERROR_SIZE);
	char key[BLUETOOTH_KEY_TEXT_SIZE];

	if (!d->bluetooth.keyed)
		return refuse(answer, -EAGAIN, "there is no key yet: the "
			      "kernel has no random bytes to make one of; it "
			      "is tried again every second");
	bluetooth_key_text(d, key);
	text_str(&t, key);
	return 0;
}

int bluetooth_new_key(struct bmsd *d, char answer[ORDER_ERROR_SIZE])
{
	if (bluetooth_key_make(d) < 0)
		return refuse(answer, -EAGAIN, "the kernel has no random "
			      "bytes to make a key of; nothing was changed, "
			      "try again");
	keep_touch(d, KEEP_BLUETOOTH, clock_mono());
	log_line(LOG_LEVEL_NOTICE, "bluetooth",
		 "Instant Readout has a new key, readers with the old one "
		 "see nothing any more");
	return bluetooth_key(d, answer);
}
