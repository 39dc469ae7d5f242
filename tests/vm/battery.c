/* SPDX-License-Identifier: MIT */
#include "tests/vm/battery.h"

#include <check.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "tests/vm/chip.h"

enum { CELLS = 16, REST_MV = 3300 };

static void open_tty(struct battery *b)
{
	struct termios tio;

	b->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(b->master, 0);
	ck_assert_int_eq(unlockpt(b->master), 0);
	ck_assert_int_eq(ptsname_r(b->master, b->tty, sizeof(b->tty)), 0);
	/* Held open, so that the line never hangs up. */
	b->slave = open(b->tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ge(b->slave, 0);
	ck_assert_int_eq(tcgetattr(b->slave, &tio), 0);
	cfmakeraw(&tio);
	cfsetspeed(&tio, B115200);
	ck_assert_int_eq(tcsetattr(b->slave, TCSANOW, &tio), 0);
}

void battery_open(struct battery *b, int line, int n)
{
	*b = (struct battery){
		.first_mv = REST_MV,
		.last_mv = REST_MV,
		.request.reg = JK_REG_STATUS,
		.line = line,
	};
	ck_assert_int_le(n, BATTERY_LINES);
	open_tty(b);
	b->chip = chip_watch(line, n);
}

void battery_receive(struct battery *b, uint64_t now_us)
{
	ssize_t n = read(b->master, b->rx + b->n_rx,
			 sizeof(b->rx) - b->n_rx);

	ck_assert_int_gt(n, 0);
	for (b->n_rx += (size_t)n; b->n_rx >= BATTERY_REQUEST;
	     b->n_rx -= BATTERY_REQUEST) {
		ck_assert(jk_decode_request(b->rx, BATTERY_REQUEST,
					    &b->request));
		memmove(b->rx, b->rx + BATTERY_REQUEST,
			b->n_rx - BATTERY_REQUEST);
		b->asked = true;
		b->asked_us = now_us;
	}
}

void battery_change(struct battery *b)
{
	struct gpio_v2_line_info_changed change;
	int line;

	ck_assert_int_eq(read(b->chip, &change, sizeof(change)),
			 sizeof(change));
	line = (int)change.info.offset - b->line;
	b->driven[line] = change.info.flags & GPIO_V2_LINE_FLAG_OUTPUT;
	b->changed_us[line] = change.timestamp_ns / 1000;
}

static void encode_status(struct battery *b, uint8_t *block)
{
	struct jk_status s = {
		.v = {
			[JKS_CELL_MASK] = (1 << CELLS) - 1,
			[JKS_T1_DC] = 250, [JKS_T2_DC] = 251,
			[JKS_T4_DC] = 252, [JKS_T5_DC] = 253,
			[JKS_MOS_DC] = 270, [JKS_SOC_PCT] = 60,
			[JKS_REMAINING_MAH] = 60000,
			[JKS_FULL_MAH] = 100000, [JKS_SOH_PCT] = 100,
			[JKS_CHARGE_FET] = 1, [JKS_DISCHARGE_FET] = 1,
		},
	};

	for (size_t i = 0; i < CELLS; i++)
		s.cell_mv[i] = REST_MV;
	s.cell_mv[0] = b->first_mv;
	s.cell_mv[CELLS - 1] = b->last_mv;
	for (size_t i = 0; i < CELLS; i++)
		s.v[JKS_PACK_MV] += s.cell_mv[i];
	jk_encode_status(&s, b->counter++, block);
}

void battery_encode(struct battery *b, uint8_t ret_answer[BATTERY_ANSWER])
{
	static const struct jk_settings settings = {
		.v = { [JKC_CELLS] = CELLS, [JKC_CAPACITY_MAH] = 100000 },
	};
	static const struct jk_about about = {
		.model = "JK_PB2A16S20P", .hardware = "15A",
		.firmware = "15.30", .serial = "40000000001",
	};

	if (b->request.reg == JK_REG_SETTINGS)
		jk_encode_settings(&settings, b->counter++, ret_answer);
	else if (b->request.reg == JK_REG_ABOUT)
		jk_encode_about(&about, b->counter++, ret_answer);
	else
		encode_status(b, ret_answer);
	ret_answer[JK_BLOCK] = 0;
	jk_encode_ack(1, b->request.reg, 1, ret_answer + JK_BLOCK + 1);
}

void battery_put(const struct battery *b, const uint8_t *bytes, size_t n)
{
	ck_assert_int_eq(write(b->master, bytes, n), (ssize_t)n);
}

void battery_answer(struct battery *b)
{
	uint8_t answer[BATTERY_ANSWER];

	battery_encode(b, answer);
	battery_put(b, answer, sizeof(answer));
	b->asked = false;
}
