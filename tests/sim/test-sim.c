/* SPDX-License-Identifier: MIT */
/*
 * The simulator against captures of real packs and real MKs, and its physics
 * against common sense: what the daemon is tried on must itself be right.
 */
#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bus.h"
#include "keys.h"
#include "mk3frame.h"
#include "pack.h"
#include "test-sim-vectors.h"
#include "test-sim.h"

/* --- JK-PB ------------------------------------------------------------- */

static const uint16_t triggers[] = {
	JK_REG_STATUS, JK_REG_SETTINGS, JK_REG_ABOUT,
};

START_TEST(crcs_match_the_table_for_all_addresses)
{
	uint8_t frame[] = { 0, 0x10, 0, 0, 0, 1, 2, 0, 0, 0, 0 };
	unsigned address = (unsigned)_i + 1;

	frame[0] = (uint8_t)address;
	for (unsigned r = 0; r < ARRAY_SIZE(triggers); r++) {
		put_be(frame + 2, 2, triggers[r]);
		put_le(frame + 9, 2, crc16(frame, 9));
		ck_assert_uint_eq(get_be(frame + 9, 2),
				  jk_crcs[address - 1][r]);
	}
	jk_encode_ack((uint8_t)address, JK_REG_STATUS, 1, frame);
	ck_assert_uint_eq(get_be(frame + 6, 2), jk_crcs[address - 1][3]);
}
END_TEST

START_TEST(sums_of_captured_blocks_close)
{
	static const char *const blocks[] = {
		status_block, settings_block, about_block, discharging_block,
		settings_block_2,
	};
	uint8_t block[BYTES_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		ck_assert_uint_eq(from_hex(blocks[i], block), JK_BLOCK);
		ck_assert_uint_eq(sum8(block, JK_BLOCK - 1),
				  block[JK_BLOCK - 1]);
	}
}
END_TEST

/* What the capture says, read off by hand. */
static const struct jk_status captured_status = {
	.cell_mv = { 3293, 3293, 3293, 3293, 3293, 3293, 3294, 3293, 3294,
		     3294, 3294, 3294, 3294, 3293, 3294, 3293 },
	.lead_mohm = { 51, 52, 63, 66, 77, 88, 102, 113, 119, 113, 102, 98, 90,
		       68, 64, 54 },
	.v = {
		[JKS_CELL_MASK] = 0xFFFF, [JKS_AVERAGE_MV] = 3293,
		[JKS_DELTA_MV] = 1, [JKS_MAX_INDEX] = 1, [JKS_MOS_DC] = 203,
		[JKS_PACK_MV] = 52695, [JKS_T1_DC] = 195, [JKS_T2_DC] = 198,
		[JKS_SOC_PCT] = 55, [JKS_REMAINING_MAH] = 155219,
		[JKS_FULL_MAH] = 280000, [JKS_CYCLES] = 62,
		[JKS_THROUGHPUT_MAH] = 17414022, [JKS_SOH_PCT] = 100,
		[JKS_RUN_S] = 48570884, [JKS_CHARGE_FET] = 1,
		[JKS_DISCHARGE_FET] = 1, [JKS_SENSORS] = 0xFF,
		[JKS_PACK_10MV] = 5269, [JKS_MOS2_DC] = 203,
		[JKS_T4_DC] = 194, [JKS_T5_DC] = 199,
	},
};

struct span {
	unsigned from, to;
};

static void ck_same(const uint8_t *a, const uint8_t *b,
		    const struct span *spans, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (unsigned at = spans[i].from; at <= spans[i].to; at++)
			ck_assert_msg(a[at] == b[at], "byte %u: %02X %02X", at,
				      a[at], b[at]);
}

START_TEST(status_block_of_the_capture_can_be_rebuilt)
{
	static const struct span documented[] = {
		{ 0, 191 }, { 194, 200 }, { 214, 215 }, { 234, 237 },
		{ 254, 259 },
	};
	uint8_t captured[BYTES_MAX], built[JK_BLOCK];

	from_hex(status_block, captured);
	jk_encode_status(&captured_status, 0, built);
	ck_same(captured, built, documented, ARRAY_SIZE(documented));
	ck_assert_uint_eq(sum8(built, JK_BLOCK - 1), built[JK_BLOCK - 1]);
}
END_TEST

START_TEST(current_is_signed_and_power_is_a_magnitude)
{
	uint8_t captured[BYTES_MAX], built[JK_BLOCK];
	struct jk_status s = { .v = { [JKS_CURRENT_MA] = -7980,
				      [JKS_POWER_MW] = 415243,
				      [JKS_T1_DC] = -125,
				      [JKS_BALANCE_MA] = -2000 } };

	from_hex(discharging_block, captured);
	ck_assert_int_eq(jk_status_value(captured, JKS_CURRENT_MA), -7980);
	ck_assert_int_eq(jk_status_value(captured, JKS_POWER_MW), 415243);
	ck_assert_int_eq(jk_status_value(captured, JKS_MIN_INDEX), 4);
	jk_encode_status(&s, 0, built);
	ck_assert_mem_eq(built + 154, captured + 154, 8);
	ck_assert_int_eq(jk_status_value(built, JKS_T1_DC), -125);
	ck_assert_int_eq(jk_status_value(built, JKS_BALANCE_MA), -2000);
}
END_TEST

static const struct jk_settings captured_settings = { .v = {
	[JKC_SLEEP_MV] = 3500, [JKC_UVP_MV] = 2700, [JKC_UVPR_MV] = 2901,
	[JKC_OVP_MV] = 3650, [JKC_OVPR_MV] = 3444, [JKC_BALANCE_DELTA_MV] = 5,
	[JKC_SOC100_MV] = 3445, [JKC_SOC0_MV] = 2900, [JKC_RCV_MV] = 3450,
	[JKC_RFV_MV] = 3350, [JKC_POWER_OFF_MV] = 2500,
	[JKC_CHARGE_MA] = 60000, [JKC_CHARGE_OC_S] = 3,
	[JKC_CHARGE_OCR_S] = 60, [JKC_DISCHARGE_MA] = 100000,
	[JKC_DISCHARGE_OC_S] = 300, [JKC_DISCHARGE_OCR_S] = 60,
	[JKC_SHORT_RELEASE_S] = 5, [JKC_BALANCE_MA] = 2000,
	[JKC_COT_DC] = 350, [JKC_COTR_DC] = 320, [JKC_DOT_DC] = 350,
	[JKC_DOTR_DC] = 320, [JKC_CUT_DC] = 50, [JKC_CUTR_DC] = 70,
	[JKC_MOS_OT_DC] = 800, [JKC_MOS_OTR_DC] = 700, [JKC_CELLS] = 16,
	[JKC_CHARGE_ON] = 1, [JKC_DISCHARGE_ON] = 1, [JKC_BALANCE_ON] = 1,
	[JKC_CAPACITY_MAH] = 280000, [JKC_SHORT_US] = 1500,
	[JKC_BALANCE_START_MV] = 3440, [JKC_ADDRESS] = 3,
} };

START_TEST(settings_block_of_the_capture_can_be_rebuilt)
{
	static const struct span documented[] = {
		{ 0, 141 }, { 270, 273 },
	};
	uint8_t captured[BYTES_MAX], built[JK_BLOCK];

	from_hex(settings_block, captured);
	jk_encode_settings(&captured_settings, 0, built);
	ck_same(captured, built, documented, ARRAY_SIZE(documented));
	from_hex(settings_block_2, captured);
	ck_assert_int_eq(jk_setting_value(captured, JKC_CUT_DC), 20);
	ck_assert_int_eq(jk_setting_value(captured, JKC_CAPACITY_MAH), 230000);
}
END_TEST

START_TEST(about_block_of_the_capture_can_be_rebuilt)
{
	static const struct span documented[] = {
		{ 0, 45 }, { 78, 97 }, { 102, 117 },
	};
	static const struct jk_about about = {
		.model = "JK_PB2A16S20P", .hardware = "15A",
		.firmware = "15.41", .user_name = "JK-BMS", .date = "240914",
		.serial = "40119000000", .run_s = 48572700,
		.power_on_count = 22,
	};
	uint8_t captured[BYTES_MAX], built[JK_BLOCK];

	from_hex(about_block, captured);
	jk_encode_about(&about, 0, built);
	ck_same(captured, built, documented, ARRAY_SIZE(documented));
	ck_assert_mem_eq(built + 62, "987654", 7);
	ck_assert_mem_eq(built + 118, "123456", 7);
}
END_TEST

START_TEST(requests_are_understood_and_acknowledged_as_captured)
{
	uint8_t frame[BYTES_MAX], wanted[BYTES_MAX], built[BYTES_MAX];
	size_t n = from_hex(jk_frames[_i].request, frame), n_wanted;
	struct jk_request req;

	ck_assert(jk_decode_request(frame, n, &req));
	frame[2] ^= 0x01;
	ck_assert(!jk_decode_request(frame, n, &req));
	frame[2] ^= 0x01;
	ck_assert(!jk_decode_request(frame, n - 1, &req));
	ck_assert(jk_decode_request(frame, n, &req));
	if (!jk_frames[_i].answer)
		return;
	n_wanted = from_hex(jk_frames[_i].answer, wanted);
	if (req.function == 0x03)
		jk_encode_read(req.address, 0, built);
	else
		jk_encode_ack(req.address, req.reg, req.count, built);
	ck_assert_mem_eq(built, wanted, n_wanted);
}
END_TEST

/* --- MK3 frames -------------------------------------------------------- */

static size_t receive(struct mk3_receiver *rx, const uint8_t *p, size_t n,
		      uint8_t *ret_counted)
{
	size_t got = 0;

	for (size_t i = 0; i < n; i++) {
		size_t here = mk3_receive(rx, p[i], (int64_t)i, ret_counted);

		if (here)
			got = here;
	}
	return got;
}

START_TEST(checksums_of_captured_frames_close)
{
	uint8_t frame[BYTES_MAX] = { 0 };
	size_t n = from_hex(mk3_frames[_i].hex, frame);

	ck_assert_msg(mk3_checksum(frame, n - 1) == frame[n - 1], "%s",
		      mk3_frames[_i].id);
	ck_assert_uint_eq((frame[0] & 0x7FU) + 2, n);
}
END_TEST

START_TEST(captured_host_frames_are_received)
{
	uint8_t frame[BYTES_MAX], counted[MK3_COUNTED_MAX];
	size_t n = from_hex(mk3_frames[_i].hex, frame);
	struct mk3_receiver rx = { 0 };

	if (mk3_frames[_i].direction != 'T')
		return;
	ck_assert_uint_eq(receive(&rx, frame, n, counted), n - 2);
	ck_assert_mem_eq(counted, frame + 1, n - 2);
	ck_assert_uint_eq(rx.bad, 0);
}
END_TEST

START_TEST(receiver_finds_the_frame_behind_rubbish)
{
	uint8_t stream[BYTES_MAX], counted[MK3_COUNTED_MAX];
	struct mk3_receiver rx = { 0 };
	size_t n = from_hex("0000" "07FF5624DB11004253" "02FF56A9", stream);

	ck_assert_uint_eq(receive(&rx, stream, n, counted), 2);
	ck_assert_uint_eq(counted[1], 'V');
	ck_assert_uint_eq(rx.bad, 1);
}
END_TEST

START_TEST(a_frame_that_stops_half_way_is_forgotten)
{
	uint8_t stream[BYTES_MAX], counted[MK3_COUNTED_MAX];
	struct mk3_receiver rx = { 0 };
	size_t n = from_hex("02FF56A9", stream);

	receive(&rx, stream, 2, counted);
	for (size_t i = 0; i < n; i++)
		if (mk3_receive(&rx, stream[i], 400 * NS_PER_MS, counted))
			return;
	ck_abort_msg("not found");
}
END_TEST

/* --- behaviour --------------------------------------------------------- */

static struct bank bank;

static void make_bank(void)
{
	struct rng rng = { 1 };

	bank_init(&bank, 1, 1, 16, 280, &rng);
	bank_set_soc(&bank.battery[0], 50);
}

START_TEST(current_divides_over_parallel_strings)
{
	struct bank_demand demand = { .fixed_a = -100 };
	struct rng rng = { 2 };

	bank_init(&bank, 4, 2, 8, 100, &rng);
	for (unsigned i = 0; i < 4; i++)
		bank_set_soc(&bank.battery[i], 60);
	bank_step(&bank, &demand, 1);
	ck_assert_double_eq_tol(bank.battery[0].current_a,
				bank.battery[1].current_a, 1e-9);
	ck_assert_double_eq_tol(bank.battery[0].current_a +
				bank.battery[2].current_a, -100, 1e-6);
	bank.battery[3].discharge_fet = false;
	bank_step(&bank, &demand, 1);
	ck_assert_double_eq_tol(bank.battery[0].current_a, -100, 1e-6);
	ck_assert_double_eq_tol(bank.battery[2].current_a, 0, 1e-6);
}
END_TEST

START_TEST(a_full_cell_rests_at_3400_mv)
{
	struct bank_demand demand = { .charger_a = 28, .charger_v = 58 };
	struct bank_battery *b = &bank.battery[0];

	for (unsigned c = 0; c < 16; c++)
		b->cell[c].charge_ah = b->cell[c].capacity_ah;
	bank_step(&bank, &demand, 300);
	ck_assert_double_gt(bank_cell_v(b, 0), 3.55);
	demand.charger_a = 0;
	bank_step(&bank, &demand, 3600);
	ck_assert_double_lt(bank_cell_v(b, 0), 3.46);
	ck_assert_double_gt(bank_cell_v(b, 0), 3.38);
}
END_TEST

START_TEST(a_pack_cuts_its_own_charge_fet_last)
{
	struct pack pack;

	pack_init(&pack, &bank.battery[0], 1, 1, 1, 280, 1);
	pack.cell_force_mv[4] = 3849;
	pack_step(&pack, 1 * NS_PER_S);
	pack_step(&pack, 3 * NS_PER_S);
	ck_assert(bank.battery[0].charge_fet);
	pack.cell_force_mv[4] = 3850;
	pack_step(&pack, 4 * NS_PER_S);
	pack_step(&pack, 5 * NS_PER_S);
	ck_assert(!bank.battery[0].charge_fet);
	ck_assert(bank.battery[0].discharge_fet);
	ck_assert_uint_eq(pack_alarms(&pack), 1U << JK_ALARM_CELL_OV);
	pack.cell_force_mv[4] = PACK_AUTO;
	pack_step(&pack, 6 * NS_PER_S);
	ck_assert(bank.battery[0].charge_fet);
}
END_TEST

START_TEST(balancing_moves_cells_together)
{
	struct bank_demand demand = { 0 };
	struct pack pack;
	int32_t before_mv;

	pack_init(&pack, &bank.battery[0], 1, 1, 1, 280, 1);
	bank_set_soc(&bank.battery[0], 100);
	bank_shift_cell(&bank.battery[0].cell[3], 2);
	before_mv = pack_max_cell_mv(&pack) - pack_min_cell_mv(&pack);
	for (int i = 1; i < 3600; i++) {
		pack_step(&pack, i * NS_PER_S);
		bank_step(&bank, &demand, 10);
	}
	ck_assert_int_lt(pack_max_cell_mv(&pack) - pack_min_cell_mv(&pack),
			 before_mv / 2);
}
END_TEST

/* poll(2) was asked, and then the processor was somebody else's for long. */
START_TEST(what_came_unseen_is_not_held_against_the_client)
{
	static struct bus bus;
	char link[] = "/tmp/test-sim.XXXXXX";
	int64_t now_ns = NS_PER_S;

	ck_assert_ptr_nonnull(mkdtemp(link));
	ck_assert_int_eq(rmdir(link), 0);
	ck_assert_int_eq(pty_open(&bus.pty, link, 115200, NS_PER_MS), 0);
	ck_assert_int_eq(write(bus.pty.slave, "a", 1), 1);
	bus.pty.quiet = true;
	bus_run(&bus, now_ns, 20 * NS_PER_MS);
	ck_assert_uint_eq(bus.pty.rx.count, 1);
	ck_assert_int_eq(bus.slack_ns, 20 * NS_PER_MS);
	pty_unplug(&bus.pty);
}
END_TEST

START_TEST(keys_compare_numbers_as_numbers)
{
	ck_assert(key_compare("9", "<", "10"));
	ck_assert(key_compare("10.0", "=", "10"));
	ck_assert(key_compare("off", "=", "off"));
	ck_assert(key_compare("none", "!=", "3"));
	ck_assert(!key_compare("none", "<", "3"));
	ck_assert(!key_compare("none", ">=", "3"));
}
END_TEST

static Suite *make_suite(void)
{
	Suite *suite = suite_create("sim");
	TCase *jk = tcase_create("jkpb"), *frames = tcase_create("frames");
	TCase *behaviour = tcase_create("behaviour");
	int n_frames = (int)ARRAY_SIZE(mk3_frames);

	tcase_add_loop_test(jk, crcs_match_the_table_for_all_addresses, 0, 15);
	tcase_add_test(jk, sums_of_captured_blocks_close);
	tcase_add_test(jk, status_block_of_the_capture_can_be_rebuilt);
	tcase_add_test(jk, current_is_signed_and_power_is_a_magnitude);
	tcase_add_test(jk, settings_block_of_the_capture_can_be_rebuilt);
	tcase_add_test(jk, about_block_of_the_capture_can_be_rebuilt);
	tcase_add_loop_test(jk,
		requests_are_understood_and_acknowledged_as_captured, 0,
		(int)ARRAY_SIZE(jk_frames));
	tcase_add_loop_test(frames, checksums_of_captured_frames_close, 0,
			    n_frames);
	tcase_add_loop_test(frames, captured_host_frames_are_received, 0,
			    n_frames);
	tcase_add_test(frames, receiver_finds_the_frame_behind_rubbish);
	tcase_add_test(frames, a_frame_that_stops_half_way_is_forgotten);
	tcase_add_checked_fixture(behaviour, make_bank, NULL);
	tcase_add_test(behaviour, current_divides_over_parallel_strings);
	tcase_add_test(behaviour, a_full_cell_rests_at_3400_mv);
	tcase_add_test(behaviour, a_pack_cuts_its_own_charge_fet_last);
	tcase_add_test(behaviour, balancing_moves_cells_together);
	tcase_add_test(behaviour,
		       what_came_unseen_is_not_held_against_the_client);
	tcase_add_test(behaviour, keys_compare_numbers_as_numbers);
	suite_add_tcase(suite, jk);
	suite_add_tcase(suite, frames);
	suite_add_tcase(suite, behaviour);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(make_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
