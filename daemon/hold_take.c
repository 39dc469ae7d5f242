/* SPDX-License-Identifier: MIT */
/* The program that follows, at its holder's socket. */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/hold.h"
#include "daemon/hold_wire.h"
#include "lib/core/update.h"

/* Less than this is no time to take anything over. */
enum { HOLD_LEFT_MIN_MS = 1000, HOLD_TRY_MS = 10 };

/* connect(2); where others are waiting it says EAGAIN. */
static int reach(int fd, const struct sockaddr_un *address)
{
	int r = -EAGAIN;

	for (int ms = 0; r == -EAGAIN && ms < HOLD_ANSWER_MS;
	     ms += HOLD_TRY_MS) {
		if (ms > 0)
			(void)poll(NULL, 0, HOLD_TRY_MS);
		r = connect(fd, (const struct sockaddr *)address,
			    sizeof(*address)) < 0 ? -errno : 0;
	}
	return r == -ECONNREFUSED ? -ENOENT : r;
}

static int join(const char *dir)
{
	struct sockaddr_un address;
	int r = hold_address(dir, &address);
	int fd;

	if (r < 0)
		return r;
	fd = hold_socket();
	if (fd < 0)
		return fd;
	r = reach(fd, &address);
	if (r == 0 && !hold_is_ours(fd))
		r = -EPERM;
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}

/* Something has come, or the other end has gone, in time. */
static bool await(int fd)
{
	return hold_poll(fd, POLLIN);
}

/* The other end has gone, whatever it has said before. One that has stopped
 * must not keep the line for ever. */
static void await_end(int fd)
{
	if (!hold_poll(fd, 0))
		hold_kill(fd);
}

static int say(int fd, enum hold_word word)
{
	const struct hold_message message = { .word = word };

	return hold_send(fd, &message, -1);
}

/* Asks with that word for what only HOLD_LINE answers. */
static int get(int fd, enum hold_word word, struct hold_message *ret,
	       int *ret_line)
{
	int r = say(fd, word);

	if (r < 0)
		return r;
	if (!await(fd))
		return -ETIMEDOUT;
	r = hold_receive(fd, ret, ret_line);
	if (r == 0 && ret->word != HOLD_LINE)
		r = -EBADMSG;
	return r;
}

static bool is_possible(mono_t until, mono_t now)
{
	return !mono_before(until, mono_add_ms(now, HOLD_LEFT_MIN_MS)) &&
	       !mono_before(mono_add_ms(now, UPDATE_KEEP_MS), until);
}

int hold_take(struct hold *hold, const char *dir, mono_t now)
{
	struct hold_message answer;
	int line = -1;
	int fd = join(dir);
	int r;

	*hold = (struct hold){ 0 };
	if (fd < 0)
		return fd;
	r = get(fd, HOLD_TAKE, &answer, &line);
	if (r == 0 && (line < 0 || !is_possible(answer.until, now)))
		r = -EBADMSG;
	*hold = (struct hold){ .there = true, .fd = fd, .line.fd = -1 };
	if (line >= 0) {
		hold->line = answer.line;
		hold->line.fd = line;
		hold->until = answer.until;
	}
	if (r < 0)
		hold_float(hold);
	return r;
}

int hold_ask(const char *dir, mono_t now, struct gpio_held *ret_line,
	     mono_t *ret_until)
{
	struct hold_message answer;
	int fd = join(dir);
	int r;

	if (fd < 0)
		return fd;
	r = get(fd, HOLD_ASK, &answer, NULL);
	if (r == -ETIMEDOUT)
		hold_kill(fd);
	close(fd);
	if (r < 0)
		return r;
	if (!mono_before(now, answer.until))
		return -ETIME;
	*ret_line = answer.line;
	*ret_until = answer.until;
	return 0;
}

static void end(struct hold *hold)
{
	if (hold->line.fd >= 0)
		close(hold->line.fd);
	close(hold->fd);
	*hold = (struct hold){ 0 };
}

bool hold_decided(struct hold *hold)
{
	if (!hold->there || hold->decided)
		return false;
	/* Its end is waited for only where another one is to begin. */
	(void)say(hold->fd, HOLD_DECIDED);
	hold->decided = true;
	return true;
}

void hold_float(struct hold *hold)
{
	if (!hold->there)
		return;
	if (hold->line.fd >= 0)
		(void)gpio_float_held(&hold->line);
	if (!hold->decided)
		(void)say(hold->fd, HOLD_FLOAT);
	await_end(hold->fd);
	end(hold);
}

int hold_leave(struct hold *hold)
{
	struct hold_message answer;
	int r = 0;

	if (!hold->there)
		return 0;
	if (!hold->decided)
		r = get(hold->fd, HOLD_ASK, &answer, NULL);
	if (hold->decided || r < 0)
		await_end(hold->fd);
	end(hold);
	return r;
}
