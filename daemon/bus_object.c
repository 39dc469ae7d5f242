/* SPDX-License-Identifier: MIT */
#include "daemon/bus_object.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/utf8.h"

static void fill(struct bus_object *object, const struct view *view)
{
	union snapshot *next = object->next;

	switch (object->kind) {
	case BUS_OBJECT_BMS:
		snapshot_bms(view, &next->bms);
		break;
	case BUS_OBJECT_HISTORY:
		snapshot_history(view, &object->shown->history,
				 &next->history);
		break;
	case BUS_OBJECT_SETTINGS:
		snapshot_settings(view, &next->settings);
		break;
	case BUS_OBJECT_BLUETOOTH:
		snapshot_bluetooth(view, &next->bluetooth);
		break;
	case BUS_OBJECT_BATTERY:
		snapshot_battery(view, object->index, &next->battery);
		break;
	case BUS_OBJECT_INVERTER:
		snapshot_inverter(view, &next->inverter);
		break;
	case BUS_OBJECT_BUS:
		snapshot_bus(view, object->index, &object->shown->bus,
			     &next->bus);
		break;
	case BUS_OBJECT_KIND_COUNT:
		break;
	}
}

/* The memory of the reasons goes with the contents, so each of the two
 * keeps its own. */
static void show_next(struct bus_object *object)
{
	union snapshot shown = *object->shown;

	*object->shown = *object->next;
	*object->next = shown;
}

void bus_tree_publish(struct bus_tree *tree, const struct view *view,
		      sd_bus *bus)
{
	const char *names[BUS_PROPERTIES_MAX];

	for (size_t i = 0; i < tree->n; i++) {
		struct bus_object *object = &tree->object[i];
		size_t n;

		fill(object, view);
		n = bus_table_changes(object->kind, object->shown,
				      object->next, names);
		/* Also where nothing differs: the age is not compared. */
		show_next(object);
		if (!bus || n == 0)
			continue;
		(void)sd_bus_emit_properties_changed_strv(
			bus, object->path, bus_table_interface(object->kind),
			(char **)(uintptr_t)names);
	}
}

static bool reasons_new(struct snapshot_reasons *reasons, size_t n)
{
	reasons->max = n;
	reasons->item = calloc(n ? n : 1, sizeof(*reasons->item));
	return reasons->item != NULL;
}

static bool snapshot_new(union snapshot **ret, enum bus_object_kind kind,
			 size_t n_reasons)
{
	union snapshot *snapshot = calloc(1, sizeof(*snapshot));

	*ret = snapshot;
	if (!snapshot)
		return false;
	switch (kind) {
	case BUS_OBJECT_BMS:
		return reasons_new(&snapshot->bms.charge_reasons,
				   n_reasons) &&
		       reasons_new(&snapshot->bms.discharge_reasons,
				   n_reasons);
	case BUS_OBJECT_BATTERY:
		return reasons_new(&snapshot->battery.reasons, n_reasons);
	case BUS_OBJECT_HISTORY:
	case BUS_OBJECT_SETTINGS:
	case BUS_OBJECT_BLUETOOTH:
	case BUS_OBJECT_INVERTER:
	case BUS_OBJECT_BUS:
	case BUS_OBJECT_KIND_COUNT:
		return true;
	}
	return true;
}

static void snapshot_free(union snapshot *snapshot, enum bus_object_kind kind)
{
	if (snapshot && kind == BUS_OBJECT_BMS) {
		free(snapshot->bms.charge_reasons.item);
		free(snapshot->bms.discharge_reasons.item);
	}
	if (snapshot && kind == BUS_OBJECT_BATTERY)
		free(snapshot->battery.reasons.item);
	free(snapshot);
}

static char *path_of(const struct view *view, enum bus_object_kind kind,
		     uint32_t index)
{
	char battery[sizeof(BUS_ROOT) + 32];
	char *path = NULL;

	switch (kind) {
	case BUS_OBJECT_BMS:
	case BUS_OBJECT_HISTORY:
	case BUS_OBJECT_SETTINGS:
	case BUS_OBJECT_BLUETOOTH:
		return strdup(BUS_ROOT);
	case BUS_OBJECT_BATTERY:
		snprintf(battery, sizeof(battery), BUS_ROOT "/battery/%u",
			 index + 1);
		return strdup(battery);
	case BUS_OBJECT_INVERTER:
		return strdup(BUS_ROOT "/inverter");
	case BUS_OBJECT_BUS:
		if (sd_bus_path_encode(BUS_ROOT "/bus",
				       view->bus[index].name, &path) < 0)
			return NULL;
		return path;
	case BUS_OBJECT_KIND_COUNT:
		return NULL;
	}
	return NULL;
}

static void object_done(struct bus_object *object)
{
	object->slot = sd_bus_slot_unref(object->slot);
	snapshot_free(object->shown, object->kind);
	snapshot_free(object->next, object->kind);
	free(object->path);
}

static uint32_t count_of(const struct view *view, enum bus_object_kind kind)
{
	switch (kind) {
	case BUS_OBJECT_BMS:
	case BUS_OBJECT_HISTORY:
	case BUS_OBJECT_SETTINGS:
	case BUS_OBJECT_BLUETOOTH:
		return 1;
	case BUS_OBJECT_BATTERY:
		return view->state->n_batteries;
	case BUS_OBJECT_INVERTER:
		return view->inverter ? 1 : 0;
	case BUS_OBJECT_BUS:
		return view->n_buses;
	case BUS_OBJECT_KIND_COUNT:
		return 0;
	}
	return 0;
}

static size_t count_all(const struct view *view)
{
	size_t n = 0;

	for (uint32_t kind = 0; kind < BUS_OBJECT_KIND_COUNT; kind++)
		n += count_of(view, (enum bus_object_kind)kind);
	return n;
}

static bool object_make(struct bus_object *object, const struct view *view,
			enum bus_object_kind kind, uint32_t index)
{
	size_t n_reasons = bms_reasons_max(
		kind == BUS_OBJECT_BMS ? view->state->n_batteries : 1);

	object->kind = kind;
	object->index = index;
	object->path = path_of(view, kind, index);
	return object->path &&
	       snapshot_new(&object->shown, kind, n_reasons) &&
	       snapshot_new(&object->next, kind, n_reasons);
}

void bus_tree_done(struct bus_tree *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		object_done(&tree->object[i]);
	free(tree->object);
	*tree = (struct bus_tree){ 0 };
}

int bus_tree_make(const struct view *view, struct bus_tree *ret_tree)
{
	struct bus_tree tree = { 0 };

	tree.object = calloc(count_all(view), sizeof(*tree.object));
	if (!tree.object)
		return -ENOMEM;
	for (uint32_t kind = 0; kind < BUS_OBJECT_KIND_COUNT; kind++) {
		uint32_t n = count_of(view, (enum bus_object_kind)kind);

		for (uint32_t i = 0; i < n; i++) {
			if (!object_make(&tree.object[tree.n++], view,
					 (enum bus_object_kind)kind, i)) {
				bus_tree_done(&tree);
				return -ENOMEM;
			}
		}
	}
	bus_tree_publish(&tree, view, NULL);
	*ret_tree = tree;
	return 0;
}

/* What is constant for as long as an object is there. */
static bool is_constant(const struct bus_object *object,
			const struct view *view)
{
	const struct snapshot_battery *battery = &object->shown->battery;
	char name[BMS_NAME_SIZE];
	uint32_t bus = 0;
	uint8_t address = 0;

	if (object->kind == BUS_OBJECT_BUS) {
		utf8_copy(name, sizeof(name), view->bus[object->index].name);
		return strcmp(name, object->shown->bus.name) == 0;
	}
	if (object->kind != BUS_OBJECT_BATTERY)
		return true;
	settings_battery(view->settings, object->index, &bus, &address);
	utf8_copy(name, sizeof(name), view->settings->bus[bus].name);
	return address == battery->address &&
	       strcmp(name, battery->bus) == 0;
}

bool bus_tree_fits(const struct bus_tree *tree, const struct view *view)
{
	size_t n[BUS_OBJECT_KIND_COUNT] = { 0 };

	for (size_t i = 0; i < tree->n; i++)
		n[tree->object[i].kind]++;
	for (uint32_t kind = 0; kind < BUS_OBJECT_KIND_COUNT; kind++) {
		if (n[kind] != count_of(view, (enum bus_object_kind)kind))
			return false;
	}
	for (size_t i = 0; i < tree->n; i++) {
		if (!is_constant(&tree->object[i], view))
			return false;
	}
	return true;
}

int bus_tree_add(struct bus_tree *tree, sd_bus *bus)
{
	for (size_t i = 0; i < tree->n; i++) {
		struct bus_object *object = &tree->object[i];
		int r = sd_bus_add_object_vtable(
			bus, &object->slot, object->path,
			bus_table_interface(object->kind),
			bus_table_vtable(object->kind), object->shown);

		if (r < 0)
			return r;
	}
	return 0;
}

void bus_tree_remove(struct bus_tree *tree)
{
	for (size_t i = 0; i < tree->n; i++)
		tree->object[i].slot = sd_bus_slot_unref(tree->object[i].slot);
}

void bus_tree_announce(const struct bus_tree *tree, sd_bus *bus, bool added)
{
	for (size_t i = 0; i < tree->n; i++) {
		const struct bus_object *object = &tree->object[i];

		if (strcmp(object->path, BUS_ROOT) == 0)
			continue;
		if (added)
			(void)sd_bus_emit_object_added(bus, object->path);
		else
			(void)sd_bus_emit_object_removed(bus, object->path);
	}
}
