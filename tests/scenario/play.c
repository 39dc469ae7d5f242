/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "tests/scenario/script.h"

/* What is not so among what is expected; NULL where all is. */
static const struct fact *first_false(const struct step *step,
				      const struct world_ops *ops, void *world)
{
	for (unsigned int i = 0; i < step->n_facts; i++) {
		if (!ops->holds(world, &step->fact[i]))
			return &step->fact[i];
	}
	return NULL;
}

/* A scenario that is being run. */
struct play {
	const struct script *script;
	const struct world_ops *ops;
	void *world;
	char *error;
};

static bool fail(struct play *p, const struct step *step, const char *when,
		 const char *what)
{
	int n = snprintf(p->error, SCRIPT_ERROR_SIZE,
			 "%s:%u: expected %s%s; seen at %.3f s: ",
			 p->script->path, step->line, when, what,
			 (double)p->ops->now_ms(p->world) / 1000);

	if (n < SCRIPT_ERROR_SIZE)
		p->ops->describe(p->world, p->error + n,
				 SCRIPT_ERROR_SIZE - (unsigned int)n);
	return false;
}

static void pass_to(struct play *p, uint64_t until_ms)
{
	while (p->ops->now_ms(p->world) < until_ms)
		p->ops->pass(p->world, until_ms);
}

static bool play_at(struct play *p, const struct step *step)
{
	if (p->ops->now_ms(p->world) > step->from_ms + p->ops->late_ms) {
		snprintf(p->error, SCRIPT_ERROR_SIZE,
			 "%s:%u: that time is over: it is %.3f s",
			 p->script->path, step->line,
			 (double)p->ops->now_ms(p->world) / 1000);
		return false;
	}
	pass_to(p, step->from_ms);
	return true;
}

static bool play_do(struct play *p, const struct step *step)
{
	if (p->ops->act(p->world, &step->action))
		return true;
	snprintf(p->error, SCRIPT_ERROR_SIZE,
		 "%s:%u: that cannot be done here", p->script->path,
		 step->line);
	return false;
}

static bool play_expect(struct play *p, const struct step *step)
{
	const struct fact *fact = first_false(step, p->ops, p->world);

	return !fact || fail(p, step, "", fact->text);
}

static bool play_within(struct play *p, const struct step *step)
{
	uint64_t start = p->ops->now_ms(p->world);
	uint64_t end = start + step->to_ms + p->ops->late_ms;
	const struct fact *fact;
	char when[64];

	while ((fact = first_false(step, p->ops, p->world)) &&
	       p->ops->now_ms(p->world) < end)
		p->ops->pass(p->world, end);
	snprintf(when, sizeof(when), "%s %.3f s ", fact ? "within" :
		 "not before", (double)(fact ? step->to_ms : step->from_ms) /
		 1000);
	if (fact)
		return fail(p, step, when, fact->text);
	if (p->ops->now_ms(p->world) - start + p->ops->early_ms >=
	    step->from_ms)
		return true;
	return fail(p, step, when, step->fact[step->n_facts - 1].text);
}

static bool play_for(struct play *p, const struct step *step)
{
	uint64_t end = p->ops->now_ms(p->world) + step->to_ms;
	const struct fact *fact;

	while (!(fact = first_false(step, p->ops, p->world)) &&
	       p->ops->now_ms(p->world) < end)
		p->ops->pass(p->world, end);
	return !fact || fail(p, step, "to last: ", fact->text);
}

static bool play_step(struct play *p, const struct step *step)
{
	switch (step->kind) {
	case STEP_AT:
		return play_at(p, step);
	case STEP_AFTER:
		pass_to(p, p->ops->now_ms(p->world) + step->from_ms);
		return true;
	case STEP_DO:
		return play_do(p, step);
	case STEP_EXPECT:
		return play_expect(p, step);
	case STEP_WITHIN:
		return play_within(p, step);
	case STEP_FOR:
		return play_for(p, step);
	}
	return false;
}

bool script_run(const struct script *script, const struct world_ops *ops,
		void *world, char error[SCRIPT_ERROR_SIZE])
{
	struct play play = { script, ops, world, error };

	for (unsigned int i = 0; i < script->n_steps; i++) {
		if (!play_step(&play, &script->step[i]))
			return false;
	}
	return true;
}
