/* SPDX-License-Identifier: MIT */
/*
 * The objects on D-Bus: which there are, and keeping what they show in
 * step with the view.
 */
#ifndef BMS_BUS_OBJECT_H
#define BMS_BUS_OBJECT_H

#include "daemon/bus_table.h"

struct bus_object {
	enum bus_object_kind kind;
	uint32_t index; /* from 0, of its kind */
	char *path;
	sd_bus_slot *slot;
	union snapshot *shown; /* what Get answers */
	union snapshot *next;
};

struct bus_tree {
	size_t n;
	struct bus_object *object;
};

/* Makes the objects that the view calls for and fills them. 0 or -ENOMEM;
 * ret_tree must be empty (all zero). */
int bus_tree_make(const struct view *view, struct bus_tree *ret_tree);
/* Also takes the objects off the bus. All zero is fine, before and after. */
void bus_tree_done(struct bus_tree *tree);

/* True where the view still calls for the same objects. */
bool bus_tree_fits(const struct bus_tree *tree, const struct view *view);

/* Puts all objects on a connection. 0 or -errno. */
int bus_tree_add(struct bus_tree *tree, sd_bus *bus);
/* Takes them off again; harmless where they are not on one. */
void bus_tree_remove(struct bus_tree *tree);

/* Announces the objects below the root as added or removed. */
void bus_tree_announce(const struct bus_tree *tree, sd_bus *bus, bool added);

/*
 * Fills anew what is shown and emits one PropertiesChanged an object for
 * what differs; bus may be NULL: then nothing is emitted.
 */
void bus_tree_publish(struct bus_tree *tree, const struct view *view,
		      sd_bus *bus);

#endif
