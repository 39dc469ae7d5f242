/* SPDX-License-Identifier: MIT */
/*
 * The phone's way in (G1 to G5): over BlueZ's D-Bus interface an
 * advertisement, the GATT services of lib/gatt, and an agent for pairing.
 *
 * Decides nothing of the BMS: it asks for values through hooks and hands
 * over what a client has written. Everything is asynchronous: a call is
 * begun here and its answer taken when it comes, each with a time-out and
 * tried again; no answer is ever waited for. bluetoothd, the adapter and the
 * bus may come, go, hang and flood at any time.
 *
 * The connection is the caller's and should be one of its own: it owns no
 * name, so by the policy of the system bus only root may call its objects,
 * and here only the owner of org.bluez is answered.
 *
 * BlueZ's side: org.bluez.GattManager, LEAdvertisingManager, AgentManager,
 * Adapter and Device (5) of its documentation; interop.md 3.
 */
#ifndef BMS_BLUEZ_H
#define BMS_BLUEZ_H

#include <systemd/sd-bus.h>

#include "lib/base/bonds.h"
#include "lib/base/mono.h"
#include "lib/gatt/service.h"
#include "lib/gatt/standard.h"

enum {
	BLUEZ_ADDRESS_SIZE = 18, /* "00:11:22:33:44:55" and the NUL */
	BLUEZ_NAME_SIZE = 64,    /* of an alias, which may be cut */
	BLUEZ_TEXT_SIZE = 256,
	BLUEZ_PASSKEY_SIZE = 7,
	/* Devices that are connected or bonded; more are not seen. */
	BLUEZ_DEVICES_MAX = 64,
	/* Of the manufacturer's data; 31 is all that a packet holds. */
	BLUEZ_ADVERTISE_MAX = 24,
	BLUEZ_WINDOW_MS = 120000,  /* for pairing */
	BLUEZ_REFRESH_MS = 1000,   /* nothing is told oftener */
	BLUEZ_RETRY_MS = 1000,     /* after a failure, doubled each time */
	BLUEZ_RETRY_MAX_MS = 5000, /* so that it is back within 10 s (G5) */
	/* So long an answer may take: nothing waits for it, and what is asked
	 * anew of a bluetoothd that is busy only makes it busier. */
	BLUEZ_CALL_MS = 20000,
};

enum bluez_state {
	BLUEZ_OFF,         /* by bluez_want() */
	BLUEZ_NO_SERVICE,  /* no bluetoothd, or no bus */
	BLUEZ_NO_ADAPTER,
	BLUEZ_POWERED_OFF,
	BLUEZ_DEGRADED,    /* something is missing; text says what */
	BLUEZ_ADVERTISING,
	BLUEZ_CONNECTED,
	BLUEZ_STATE_COUNT
};

/* "off", "no-service", "no-adapter", ... */
extern const char *const bluez_state_names[BLUEZ_STATE_COUNT];

struct bluez_bond {
	char address[BLUEZ_ADDRESS_SIZE];
	char name[BLUEZ_NAME_SIZE]; /* from outside, of any content */
};

struct bluez_status {
	enum bluez_state state;
	char text[BLUEZ_TEXT_SIZE];       /* why, for people */
	bool waiting; /* degraded, but only by an answer that is to come */
	char address[BLUEZ_ADDRESS_SIZE]; /* of the adapter, or empty */
	uint32_t clients;   /* devices that are connected to the adapter */
	bool used;          /* one of them has asked for a value of ours */
	bool pairing;       /* the window is open */
	char passkey[BLUEZ_PASSKEY_SIZE]; /* empty: none is shown */
	/* Who may write, whether BlueZ has them now or not. */
	uint32_t n_bonds;
	struct bluez_bond bond[BONDS_MAX];
	/* Who was paired elsewhere with the adapter, and may not. */
	uint32_t n_others;
	struct bluez_bond other[BLUEZ_DEVICES_MAX];
};

enum bluez_event {
	BLUEZ_PASSKEY_SHOWN,  /* address: who wants to pair */
	BLUEZ_BOND_MADE,      /* in the window: it may write */
	BLUEZ_BOND_ELSEWHERE, /* by another program: it may not */
	BLUEZ_BOND_REMOVED,   /* by bluez_remove(), or by the device itself */
	BLUEZ_BOND_KEPT,      /* bluez_remove() was refused */
	BLUEZ_BOND_RENEWED,   /* wants to pair anew: is removed before */
	BLUEZ_WINDOW_CLOSED,  /* its time is over; address is empty */
	BLUEZ_WRITE_REFUSED,  /* the first of a device that may not */
};

/* Why an order of a client was not carried out: each is an error of ATT. */
enum bluez_refusal {
	BLUEZ_REFUSED_VALUE = -1, /* it can never be: 0x80 */
	BLUEZ_REFUSED_NOW = -2,   /* it cannot be now: 0x81 */
};

struct bluez_hooks {
	void *data;
	/* Who may write. It is changed here, and then is to be kept. */
	struct bonds *bonds;
	void (*keep)(void *data);
	/* The manufacturer's data as of now; how many bytes, 0 for none.
	 * Called once a refresh. */
	size_t (*advertise)(void *data, uint8_t ret[BLUEZ_ADVERTISE_MAX]);
	void (*standard)(void *data, struct standard_values *ret);
	/* With that battery (from 1) selected; texts stay until the next
	 * call. */
	void (*service)(void *data, uint32_t battery,
			struct service_values *ret);
	uint32_t (*batteries)(void *data); /* how many there are */
	/* What the client at that address orders, which is never the
	 * selection of a battery. 0 or an enum bluez_refusal. */
	int (*carry_out)(void *data, const struct service_order *order,
			 const char *address);
	void (*tell)(void *data, enum bluez_event event, const char *address);
};

struct bluez;

/* NULL where there is no memory. */
struct bluez *bluez_new(const struct bluez_hooks *hooks);
/* NULL is fine; returns NULL. */
struct bluez *bluez_free(struct bluez *b);

/* Takes a connection, which is not closed here. 0 or -errno: then none. */
int bluez_attach(struct bluez *b, sd_bus *bus);
/* Lets go of it. BlueZ takes everything back once it is closed. */
void bluez_detach(struct bluez *b);

/* Whether Bluetooth is to be on, and with which adapter: "hci0", or "auto"
 * for the first that can advertise and serve. */
void bluez_want(struct bluez *b, bool on, const char *adapter);

/* Goes on from where it is. To be called after messages were handled, after
 * bluez_want() and the orders below, and at bluez_next(). Its now is also
 * that of the messages until the next call. */
void bluez_turn(struct bluez *b, mono_t now);
mono_t bluez_next(const struct bluez *b);

/* Valid until the next call of anything here. */
const struct bluez_status *bluez_status(const struct bluez *b);

/*
 * Opens the pairing window for BLUEZ_WINDOW_MS, or lengthens it. It closes
 * by itself at its end, with the first bond by its passkey, and where
 * Bluetooth goes off or away. 0, -ENODEV where the state is neither
 * advertising nor connected, or -ENOSPC where BONDS_MAX may write already.
 */
int bluez_pair(struct bluez *b, mono_t now);

/* The device may write no more, and BlueZ is asked to forget its bond;
 * bluez_hooks.tell says how that went. 0, -ENOENT where there is none with
 * that address, -EBUSY where another is being removed, or another -errno. */
int bluez_remove(struct bluez *b, const char *address);

#endif
