/* SPDX-License-Identifier: MIT */
/*
 * The running daemon: one struct, one loop, one turn.
 *
 * daemon.c starts and stops it, turn.c is the loop's turn, lines.c the only
 * place that touches a GPIO, keep.c what survives a restart, codes.c what is
 * told of codes, reload.c what SIGHUP does, bluetooth.c the phone's way in.
 */
#ifndef BMS_DAEMON_H
#define BMS_DAEMON_H

#include <ev.h>

#include "daemon/bluetooth.h"
#include "daemon/bus.h"
#include "daemon/capture.h"
#include "daemon/hold.h"
#include "daemon/notify.h"
#include "daemon/options.h"
#include "daemon/port.h"
#include "daemon/saver.h"
#include "daemon/spine.h"
#include "daemon/view.h"

/* What survives a restart, an item a file. */
enum keep_item {
	KEEP_MODE,
	KEEP_SETTINGS,  /* changed while running */
	KEEP_BATTERIES, /* which was where */
	KEEP_MEMORY,    /* charge, history, balancer */
	KEEP_BLUETOOTH, /* the key of Instant Readout */
	KEEP_BONDS,     /* who may write over Bluetooth */
	KEEP_COUNT
};

struct bmsd {
	struct options options;
	struct ev_loop *loop;
	struct ev_timer timer; /* the one that brings the next turn */
	struct ev_signal sigterm, sigint, sighup;
	bool due;              /* a turn is wanted now */
	bool stopping;
	bool reload;

	struct settings *settings;
	struct overrides overrides; /* of them, beside the file */
	struct spine *spine;
	struct port *port;     /* as many as the spine's */
	struct view_bus *view_bus;
	struct port_hooks hooks;
	struct repeat *silence; /* per battery: requests gone wrong */
	mono_t now;            /* of the last turn */
	struct spine_input input;

	/* lines.c */
	struct gpio *gpio;     /* NULL: not held */
	struct ev_io gpio_io[GPIO_EVENT_FDS_MAX];
	size_t n_gpio_io;
	bool gpio_edge;
	mono_t lines_retry;
	struct gpio_levels lines; /* as last written and read back */
	struct repeat lines_failures;
	struct repeat indicator_failures;
	mono_t indicator_failed; /* last */
	struct hold hold;      /* of load-disconnect, over the restart */
	mono_t persists_seen;  /* the kernel's setting, last looked at */
	bool heartbeat_high;
	mono_t heartbeat;      /* last toggled */

	struct capture *capture;
	uint8_t captured_input[SPINE_INPUT_SIZE];
	size_t captured_len;   /* 0: none yet */
	mono_t flushed;

	/* keep.c */
	int state_dir;         /* negative: there is none */
	int lock;
	char (*serial)[BMS_SERIAL_SIZE]; /* as kept, per battery */
	struct kept {
		bool dirty;   /* has to be saved ... */
		mono_t due;   /* ... from then on */
		struct repeat failures;
	} kept[KEEP_COUNT];
	struct saver saver;
	enum keep_item saving; /* where the saver is busy */
	mono_t memory_touched;
	uint32_t events;       /* of the decision, as last saved */

	struct bus *bus;
	struct view view;
	code_set codes;        /* as last told */
	bool updating;         /* as last told */
	mono_t window;         /* until when, as last kept */
	struct notify notify;
	struct bluetooth bluetooth;
	char *text;            /* a decision's line */
	size_t text_size;
};

/* The whole program: argv in, exit status out. */
int bmsd_main(int argc, char *argv[]);

/* --- turn.c --- */
/* One turn: everything that is due, the decision, and its consequences. */
void bmsd_turn(struct bmsd *d);
/* Makes the view show what is known now. */
void bmsd_fill_view(struct bmsd *d, mono_t now);
/* Notes an event of a port for the capture; struct port_hooks. */
void bmsd_told(void *data, const char *port, mono_t now,
	       const struct session_event *event);
/* A turn is wanted; struct port_hooks. */
void bmsd_wake(void *data);

/* --- lines.c --- */
/* Takes the lines, all floating, where they are not held and it is time. */
void lines_open(struct bmsd *d, mono_t now);
/* Reads the remote terminals. */
void lines_read(struct bmsd *d);
/*
 * Writes what has been decided and reads it back. 0, or -errno: then all
 * outputs have been asked to float, the lines have been given back and will
 * be taken again in a second. An LED or a heartbeat that fails is only
 * told of.
 */
int lines_write(struct bmsd *d, mono_t now);
/* Looks whether the kernel keeps outputs driven after a crash, and says so
 * when that changes. */
void lines_persist(struct bmsd *d, mono_t now);
/* Floats all outputs and gives the lines back. */
void lines_close(struct bmsd *d);
/*
 * For the end, after a turn: within an update, where the decision lets it,
 * leaves load-disconnect driven to a holder, floats all others and gives them
 * back. False where it does not, and has touched nothing.
 */
bool lines_hold(struct bmsd *d);
/* When the lines want their next turn: to be read back, or for an edge of
 * the heartbeat or of an LED. After now. */
mono_t lines_next(const struct bmsd *d, mono_t now);

/* --- keep.c --- */
/* Opens the state folder and locks it. 0, or -EEXIST with a line in the
 * log: another instance runs. A folder that cannot be used is only told. */
int keep_open(struct bmsd *d);
/* Brings back what was changed beside the file: before anything is made of
 * the settings, and after the file has been read anew. */
void keep_load_settings(struct bmsd *d, struct settings *settings);
void keep_apply_settings(struct bmsd *d, struct settings *settings);
/* Brings mode, serials and memory back into the spine. */
void keep_load(struct bmsd *d, mono_t now);
/* Notices what has to be saved; cheap. */
void keep_look(struct bmsd *d, mono_t now);
/* The item has changed and has to be saved, soon. */
void keep_touch(struct bmsd *d, enum keep_item item, mono_t now);
/* Saves what is due, one item at a time, without waiting for the disk. */
void keep_save(struct bmsd *d, mono_t now);
/* Saves all that has changed, whenever it is due. Waits for the disk: for
 * the end, with the lines given back. */
void keep_flush(struct bmsd *d, mono_t now);
void keep_close(struct bmsd *d);

/* --- orders.c --- */
/* Carries out what an operator asks for; struct order_handler. */
int bmsd_carry_out(void *data, const struct order *order,
		   char text[ORDER_ERROR_SIZE]);

/* --- codes.c --- */
/* Tells the journal and D-Bus of codes that have come or gone since the
 * call before. */
void codes_tell(struct bmsd *d);

/* --- reload.c --- */
/* Makes spine, ports, texts and the view for settings, taking over from what
 * there is. 0, or -ENOMEM: then nothing has changed. d owns settings after
 * it. */
int bmsd_apply(struct bmsd *d, struct settings *settings, mono_t now);
/* The same for settings that take the place of others, with lines and
 * capture. As bmsd_apply(). */
int bmsd_change(struct bmsd *d, struct settings *settings);
/* Follows SIGHUP. A bad file keeps the old settings and says so. */
void bmsd_reload(struct bmsd *d);
/* Starts the capture that the settings ask for. */
void bmsd_capture(struct bmsd *d);
/* Frees what bmsd_apply() made. */
void bmsd_forget(struct bmsd *d);

#endif
