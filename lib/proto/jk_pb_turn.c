/* SPDX-License-Identifier: MIT */
#include "lib/proto/jk_pb_turn.h"

/* How long the answering packs have the bus after a failed exchange. */
enum { AFTER_FAULT_MS = 500 };

/* When that pack may be asked for its status. */
static mono_t ready(const struct jk_pb_bus *bus, const struct jk_pb_pack *pack)
{
	mono_t at = { 0 };

	if (!pack->answering && !pack->known)
		at = pack->due;
	if (pack->turn == 0)
		return at;
	return mono_max(at, mono_add_ms(pack->asked, bus->pace_ms));
}

/* The pack of that kind that waits longest for its turn; NULL if none. */
static struct jk_pb_pack *longest_waiting(struct jk_pb_bus *bus,
					  bool answering, mono_t now)
{
	struct jk_pb_pack *found = NULL;

	for (size_t i = 0; i < bus->n_packs; i++) {
		struct jk_pb_pack *p = &bus->pack[i];

		if (p->answering != answering ||
		    !mono_reached(now, ready(bus, p)))
			continue;
		if (!found || p->turn < found->turn)
			found = p;
	}
	return found;
}

static bool errand_due(const struct jk_pb_pack *pack, mono_t now,
		       enum jk_pb_kind *ret_kind)
{
	static const enum jk_pb_kind order[] = { JK_PB_ABOUT, JK_PB_SETTINGS };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		if (mono_reached(now, pack->errand[order[i]].due)) {
			*ret_kind = order[i];
			return true;
		}
	}
	return false;
}

/* An answering pack whose settings or about are due, and only when the bus
 * can afford it: fast is the answering pack that waits longest. */
static struct jk_pb_pack *errand_pack(struct jk_pb_bus *bus,
				      const struct jk_pb_pack *fast,
				      mono_t now, enum jk_pb_kind *ret_kind)
{
	if (!fast || bus->turn < bus->errand_turn + 2 ||
	    fast->turn <= bus->errand_fail_turn)
		return NULL;
	for (size_t i = 0; i < bus->n_packs; i++) {
		struct jk_pb_pack *p = &bus->pack[i];

		if (p->answering && errand_due(p, now, ret_kind))
			return p;
	}
	return NULL;
}

/* A pack that does not answer, where it is one's turn. */
static struct jk_pb_pack *slow_pack(struct jk_pb_bus *bus,
				    const struct jk_pb_pack *fast, mono_t now)
{
	struct jk_pb_pack *slow = longest_waiting(bus, false, now);

	if (!slow || !fast)
		return slow;
	/* A failed errand takes up to 2 s; that is enough for one round. */
	if (fast->turn <= bus->errand_fail_turn)
		return NULL;
	if (fast->turn <= bus->fail_turn &&
	    mono_elapsed_ms(bus->fail_time, now) < AFTER_FAULT_MS)
		return NULL;
	/* Just fallen silent: once a round, like the others. */
	if (slow->known && slow->turn > fast->turn)
		return NULL;
	return slow;
}

bool jk_pb_choose(struct jk_pb_bus *bus, mono_t now)
{
	struct jk_pb_pack *fast = longest_waiting(bus, true, now);
	struct jk_pb_pack *pack = slow_pack(bus, fast, now);
	enum jk_pb_kind goal = JK_PB_STATUS;

	if (!pack)
		pack = errand_pack(bus, fast, now, &goal);
	if (!pack)
		pack = fast;
	if (!pack)
		return false;
	bus->now = (struct jk_pb_exchange){
		.active = true,
		.pack = (uint8_t)(pack - bus->pack),
		.goal = goal,
		.asked = goal,
		.attempt = 1,
	};
	if (goal != JK_PB_STATUS) {
		bus->errand_turn = bus->turn;
		return true;
	}
	pack->turn = ++bus->turn;
	pack->asked = now;
	if (pack->shy >= JK_PB_SHY_TIMES || pack->wake)
		bus->now.asked = JK_PB_SETTINGS;
	return true;
}

mono_t jk_pb_earliest_due(const struct jk_pb_bus *bus)
{
	mono_t due = MONO_NEVER;

	for (size_t i = 0; i < bus->n_packs; i++)
		due = mono_min(due, ready(bus, &bus->pack[i]));
	return due;
}
