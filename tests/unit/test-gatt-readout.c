/* SPDX-License-Identifier: MIT */
/*
 * What an Instant Readout advertisement says (G1): captures of devices and
 * the examples of interop.md 1.8, and every field on its own against a
 * decoder that knows the page's tables and nothing of ours.
 */
#include <string.h>

#include "lib/gatt/readout.h"
#include "tests/unit/gatt_unit.h"

#define K(n) { n, true }

static const char own_key[] = "00112233445566778899aabbccddeeff";
static const char shunt_key[] = "aff4d0995b7d1e176c0c33ecb9e70dcd";
static const char sense_key[] = "0da694539597f9cf6c613cde60d7bf05";

/* Of the examples B to D: io 0x1514 and alarms 0x11515 when all is well. */
#define FITTED \
	.charge_allowed = K(1), .aux_on = K(1), .remote_on = K(1), \
	.alternator_allowed = K(1), .high_current = K(0), \
	.high_bms_temperature = K(0), .cable = K(0), .high_temperature = K(0)

static const struct vector {
	enum instant_readout record;
	uint16_t product;
	const char *key;
	const char *data;
	struct readout_values values;
} vectors[] = {
	/* 02, a SmartShunt: 12.54 V, no temperature */
	{ INSTANT_READOUT_BATTERY_MONITOR, 0xa389, shunt_key,
	  "100289a302bb01af129087600b9b97bc2c32867c8238da",
	  { .voltage_mv = K(12540), .current_ma = K(0), .consumed_mah = K(0),
	    .soc_permille = K(1000) } },
	/* 02, a Battery Sense: 12.22 V, 22.5 degC */
	{ INSTANT_READOUT_BATTERY_MONITOR, 0xa3a4, sense_key,
	  "1000a4a3025f150d8dcbff517f30eb65e76b22a04ac4e1",
	  { .voltage_mv = K(12220), .temperature_dc = K(225) } },
	/* A: a real plaintext of a Lynx Smart BMS */
	{ INSTANT_READOUT_BMS, 0xa3e5, own_key,
	  "1002e5a30a3412003ab8ba7e2766b9f3b2d9dbd4f6a45678",
	  { .error = K(0), .time_remaining_s = K(14400 * 60),
	    .voltage_mv = K(26990), .current_ma = K(-600),
	    .contactor_closed = K(1), .charge_allowed = K(1),
	    .discharge_allowed = K(1), .relay_on = K(0), .aux_on = K(1),
	    .remote_on = K(1), .alternator_allowed = K(1),
	    .low_cell = K(0), .high_current = K(0),
	    .high_bms_temperature = K(0), .contactor_resistance = K(0),
	    .load_disconnect = K(0), .low_soc = K(0),
	    .soc_permille = K(995), .consumed_mah = K(4400) } },
	/* B: normal */
	{ INSTANT_READOUT_BMS, 0xa3e4, own_key,
	  "1002e4a30a01000014e34d293b2e980408026a008f46c80b",
	  { FITTED, .error = K(0), .voltage_mv = K(13280),
	    .current_ma = K(-12300), .discharge_allowed = K(1),
	    .low_cell = K(0), .load_disconnect = K(0), .low_soc = K(0),
	    .soc_permille = K(874), .consumed_mah = K(25300),
	    .temperature_dc = K(250) } },
	/* C: pre-alarm */
	{ INSTANT_READOUT_BMS, 0xa3e4, own_key,
	  "1002e4a30a020000de4eb72a191699ccac0f4a28ab03c2d2",
	  { FITTED, .error = K(0), .time_remaining_s = K(45 * 60),
	    .voltage_mv = K(12400), .current_ma = K(-45200),
	    .discharge_allowed = K(1), .low_cell = K(READOUT_WARNING),
	    .load_disconnect = K(READOUT_WARNING), .low_soc = K(0),
	    .soc_permille = K(100), .consumed_mah = K(90000),
	    .temperature_dc = K(200) } },
	/* D: a low cell has disconnected the loads */
	{ INSTANT_READOUT_BMS, 0xa3e4, own_key,
	  "1002e4a30affff0013c5724dc8f15e8c60dad14a076a017d",
	  { FITTED, .error = K(14), .time_remaining_s = K(0),
	    .voltage_mv = K(11200), .current_ma = K(0),
	    .discharge_allowed = K(0), .low_cell = K(READOUT_ALARM),
	    .load_disconnect = K(READOUT_ALARM),
	    .low_soc = K(READOUT_ALARM), .soc_permille = K(0) } },
	/* E: nothing is known */
	{ INSTANT_READOUT_BMS, 0xa3e4, own_key,
	  "1002e4a30a000000fd1b045135f69f20eff7226a607c7cd4",
	  { .error = { 0, false } } },
	/* F */
	{ INSTANT_READOUT_BATTERY_MONITOR, 0xa389, own_key,
	  "100289a302a50000e8f6951db78931731b14a997f25665",
	  { .voltage_mv = K(13280), .current_ma = K(-12345),
	    .consumed_mah = K(25300), .soc_permille = K(874),
	    .temperature_dc = K(250) } },
	/* G */
	{ INSTANT_READOUT_SMART_LITHIUM, 0xa0e6, own_key,
	  "1002e6a005a60000974a9635d06a3b6ecfe52a2158e7c747",
	  { .bms_flags = K(0x06000000), .error_flags = K(0),
	    .voltage_mv = K(13260), .temperature_dc = K(250),
	    .cell_mv = { K(3320), K(3330), K(3310), K(3300) },
	    .balancer = K(1) } },
};

START_TEST(a_device_says_the_same_in_the_same_bytes)
{
	const struct vector *v = &vectors[_i];
	uint8_t key[16], want[32], data[READOUT_SIZE_MAX + 1];
	size_t n = gatt_bytes(v->data, want, sizeof(want));

	gatt_bytes(v->key, key, sizeof(key));
	/* What nobody reads differs between devices. */
	want[1] = 0x02;
	for (size_t size = 0; size < n; size++) {
		memset(data, 0xa5, sizeof(data));
		ck_assert_int_eq(readout_encode(v->record, &v->values,
			v->product, 1, key, data, size), -1);
		for (size_t i = 0; i < sizeof(data); i++)
			ck_assert_uint_eq(data[i], 0xa5);
	}
	ck_assert_int_eq(readout_encode(v->record, &v->values, v->product,
		(uint16_t)(want[5] | want[6] << 8), key, data, n), (int)n);
	ck_assert_mem_eq(data, want, n);
	ck_assert_uint_eq(data[n], 0xa5);
}
END_TEST

/* Plaintexts of real batteries, interop.md 1.8. */
static const struct {
	const char *payload;
	struct readout_values values;
} lithium[] = {
	{ "000000060000c7e3f1f8ffffff2c35b5",
	  { .bms_flags = K(0x06000000), .voltage_mv = K(13240),
	    .cell_mv = { K(3310), K(3310), K(3310), K(3310) },
	    .balancer = K(3), .temperature_dc = K(130) } },
	{ "000000060000c7e3f1f8ffffff2c15b6",
	  { .bms_flags = K(0x06000000), .voltage_mv = K(13240),
	    .cell_mv = { K(3310), K(3310), K(3310), K(3310) },
	    .balancer = K(1), .temperature_dc = K(140) } },
	{ "00000006000047a3d1682c1a8d500acd",
	  { .bms_flags = K(0x06000000), .voltage_mv = K(26400),
	    .cell_mv = { K(3310), K(3300), K(3300), K(3300), K(3300),
			 K(3290), K(3300), K(3300) },
	    .balancer = K(0), .temperature_dc = K(370) } },
	{ "000000060000cce592b95c2e997b1ad0",
	  { .bms_flags = K(0x06000000), .voltage_mv = K(26830),
	    .cell_mv = { K(3360), K(3350), K(3350), K(3360), K(3350),
			 K(3350), K(3350), K(3360) },
	    .balancer = K(1), .temperature_dc = K(400) } },
};

START_TEST(a_real_batterys_record_is_made_again)
{
	uint8_t want[16], payload[READOUT_PAYLOAD_MAX];

	gatt_bytes(lithium[_i].payload, want, sizeof(want));
	ck_assert_int_eq(readout_payload(INSTANT_READOUT_SMART_LITHIUM,
					 &lithium[_i].values, payload), 16);
	ck_assert_mem_eq(payload, want, 16);
}
END_TEST

/* The second value of this SmartShunt is set to none, ours is always the
 * temperature: all before it and behind it is the same. */
START_TEST(a_device_without_a_second_value_says_the_rest)
{
	static const struct readout_values values = {
		.voltage_mv = K(12530), .current_ma = K(0),
		.consumed_mah = K(50000), .soc_permille = K(500) };
	uint8_t key[16], want[32], data[READOUT_SIZE_MAX];
	size_t n = gatt_bytes("100289a302b040af925d09a4d89aa0128bdef48c6298a9",
			      want, sizeof(want));
	uint8_t nonce[AES_BLOCK_SIZE] = { want[5], want[6] };

	gatt_bytes(shunt_key, key, sizeof(key));
	ck_assert_int_eq(readout_encode(INSTANT_READOUT_BATTERY_MONITOR,
		&values, 0xa389, (uint16_t)(want[5] | want[6] << 8), key,
		data, sizeof(data)), (int)n);
	ck_assert_mem_eq(data, want, READOUT_HEADER_SIZE);
	ck_assert_int_eq(aes128_ctr(key, nonce, want + 8, n - 8), 0);
	ck_assert_int_eq(aes128_ctr(key, nonce, data + 8, n - 8), 0);
	memset(want + 8 + 6, 0xff, 2);
	want[8 + 8] = (uint8_t)((want[8 + 8] & ~3) | 2);
	ck_assert_mem_eq(data, want, n);
}
END_TEST

START_TEST(there_is_no_record_for_off)
{
	static const struct readout_values none;
	uint8_t key[16] = { 0 }, data[READOUT_SIZE_MAX];

	ck_assert_int_eq(readout_payload(INSTANT_READOUT_OFF, &none, data),
			 -1);
	ck_assert_int_eq(readout_encode(INSTANT_READOUT_OFF, &none, 0, 0, key,
					data, sizeof(data)), -1);
}
END_TEST

/* The page's tables once more: a raw number is read, then made a value. */
static int64_t field(const uint8_t *payload, unsigned int start,
		     unsigned int bits, bool is_signed)
{
	int64_t n = 0;

	for (unsigned int i = bits; i-- > 0;)
		n = n * 2 + (payload[(start + i) / 8] >> (start + i) % 8 & 1);
	return is_signed && n >> (bits - 1) ? n - ((int64_t)1 << bits) : n;
}

struct place {
	enum instant_readout record;
	unsigned int start, bits;
	bool is_signed;
	size_t value;
	double unit;   /* of ours in one of the field's: value = raw * unit */
	double origin; /* + this */
	int64_t low, high, unknown; /* raw */
};

#define AT(name) offsetof(struct readout_values, name)
#define BMS INSTANT_READOUT_BMS
#define MON INSTANT_READOUT_BATTERY_MONITOR
#define LIT INSTANT_READOUT_SMART_LITHIUM
#define YES(start, name) { BMS, start, 2, false, AT(name), -1, 2, 1, 2, 0 }
#define LVL(start, name) { BMS, start, 2, false, AT(name), 1, -1, 1, 3, 0 }
#define CELL(n) { LIT, 48 + 7 * n, 7, false, AT(cell_mv[n]), 10, 2600, \
		  0, 0x7e, 0x7f }

static const struct place places[] = {
	{ BMS, 0, 8, false, AT(error), 1, 0, 0, 255, 0 },
	{ BMS, 8, 16, false, AT(time_remaining_s), 60, 0, 0, 0xfffe, 0xffff },
	{ BMS, 24, 16, true, AT(voltage_mv), 10, 0, -32768, 32766, 32767 },
	{ BMS, 40, 16, true, AT(current_ma), 100, 0, -32768, 32766, 32767 },
	YES(56, contactor_closed), YES(58, charge_allowed),
	YES(60, discharge_allowed), YES(62, relay_on), YES(64, aux_on),
	YES(66, remote_on), YES(68, alternator_allowed),
	LVL(72, low_cell), LVL(74, high_current),
	LVL(76, high_bms_temperature), LVL(78, contactor_resistance),
	LVL(80, cable), LVL(82, load_disconnect), LVL(84, low_soc),
	LVL(88, high_temperature),
	{ BMS, 90, 10, false, AT(soc_permille), 1, 0, 0, 1000, 1023 },
	{ BMS, 100, 20, false, AT(consumed_mah), 100, 0, 0, 0xffffe,
	  0xfffff },
	{ BMS, 120, 7, false, AT(temperature_dc), 10, -400, 0, 126, 127 },
	{ MON, 0, 16, false, AT(time_remaining_s), 60, 0, 0, 0xfffe, 0xffff },
	{ MON, 16, 16, true, AT(voltage_mv), 10, 0, -32768, 32766, 32767 },
	{ MON, 48, 16, false, AT(temperature_dc), 0.1, -2731.5, 0, 0xfffe,
	  0xffff },
	{ MON, 66, 22, true, AT(current_ma), 1, 0, -0x200000, 0x1ffffe,
	  0x1fffff },
	{ MON, 88, 20, false, AT(consumed_mah), 100, 0, 0, 0xffffe,
	  0xfffff },
	{ MON, 108, 10, false, AT(soc_permille), 1, 0, 0, 1000, 1023 },
	{ LIT, 0, 32, false, AT(bms_flags), 1, 0, 0, INT32_MAX, 0 },
	{ LIT, 32, 16, false, AT(error_flags), 1, 0, 0, 0xffff, 0 },
	CELL(0), CELL(1), CELL(2), CELL(3), CELL(4), CELL(5), CELL(6),
	CELL(7),
	{ LIT, 104, 12, false, AT(voltage_mv), 10, 0, 0, 0xffe, 0xfff },
	{ LIT, 116, 4, false, AT(balancer), 1, 0, 0, 3, 15 },
	{ LIT, 120, 7, false, AT(temperature_dc), 10, -400, 0, 126, 127 },
};

static int64_t raw_of(const struct place *place, maybe_i32 value)
{
	struct readout_values values = { .error = { 0, false } };
	uint8_t payload[READOUT_PAYLOAD_MAX];

	memcpy((char *)&values + place->value, &value, sizeof(value));
	ck_assert_int_gt(readout_payload(place->record, &values, payload), 0);
	return field(payload, place->start, place->bits, place->is_signed);
}

static void check_value(const struct place *place, int32_t value)
{
	int64_t raw = raw_of(place, (maybe_i32){ value, true });
	double unit = place->unit < 0 ? -place->unit : place->unit;
	double away = raw * place->unit + place->origin - value;
	double low = place->unit < 0 ? place->high : place->low;
	double high = place->unit < 0 ? place->low : place->high;

	/* 48 V is not 40.94 V; what rounds into the range is in it. */
	if (place->record == LIT && place->value == AT(voltage_mv) &&
	    raw == place->unknown)
		ck_assert(value <= -5 || value >= 40945);
	else if (place->record == LIT && place->value == AT(voltage_mv))
		ck_assert(value > -5 && value < 40945 && away <= unit / 2 &&
			  away >= -unit / 2);
	else if (value <= low * place->unit + place->origin)
		ck_assert_int_eq(raw, (int64_t)low);
	else if (value >= high * place->unit + place->origin)
		ck_assert_int_eq(raw, (int64_t)high);
	else if (place->value == AT(time_remaining_s))
		ck_assert(away <= 0 && away > -unit);
	else
		ck_assert(away <= unit / 2 && away >= -unit / 2);
}

/* Every field: in its range to half of its unit (a time to less than one,
 * and never more than there is), outside of it the end that is next, and
 * what is unknown is its mark. */
START_TEST(a_field_says_what_it_was_told)
{
	const struct place *place = &places[_i];
	uint64_t seed = unit_seed();
	double low = place->low * place->unit + place->origin;
	double high = place->high * place->unit + place->origin;

	ck_assert_int_eq(raw_of(place, (maybe_i32){ 77, false }),
			 place->unknown);
	check_value(place, INT32_MIN);
	check_value(place, INT32_MAX);
	for (int32_t n = -200; n <= 200; n++) {
		check_value(place, n);
		if (low > -2e9 && high < 2e9) {
			check_value(place, (int32_t)low + n);
			check_value(place, (int32_t)high + n);
		}
	}
	for (int i = 0; i < 2000; i++) {
		check_value(place, (int32_t)unit_between(&seed, INT32_MIN,
							 INT32_MAX));
		check_value(place, (int32_t)unit_between(&seed, -50000,
							 50000));
	}
}
END_TEST

/* A reader takes it for an enumeration, and fails on two (interop.md 1.7);
 * it fails on 0x4000, too. */
START_TEST(only_one_reason_of_an_alarm_is_sent)
{
	static const struct { int32_t told; int64_t sent; } reasons[] = {
		{ 0, 0 }, { 1, 1 }, { 0x21, 1 }, { 0x2000, 0x2000 },
		{ 0x0c, 4 }, { 0x4000, 0x2000 }, { -1, 0 },
		{ INT32_MAX, 0x2000 },
	};
	struct place place = { MON, 32, 16, false, AT(alarm_reason), 1, 0, 0,
			       0, 0 };

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		ck_assert_int_eq(raw_of(&place, known_i32(reasons[i].told)),
				 reasons[i].sent);
	ck_assert_int_eq(raw_of(&place, UNKNOWN_I32), 0);
}
END_TEST

/* A field never reaches into another one, whatever it holds. */
START_TEST(a_field_leaves_the_others_alone)
{
	const struct place *place = &places[_i];
	struct readout_values values = { .error = { 0, false } };
	uint8_t before[READOUT_PAYLOAD_MAX], after[READOUT_PAYLOAD_MAX];
	static const int32_t extremes[] = { INT32_MIN, -1, 0, 1, INT32_MAX };
	int n = readout_payload(place->record, &values, before);

	for (size_t e = 0; e < ARRAY_SIZE(extremes); e++) {
		maybe_i32 value = { extremes[e], true };

		memcpy((char *)&values + place->value, &value, sizeof(value));
		ck_assert_int_eq(readout_payload(place->record, &values,
						 after), n);
		for (unsigned int bit = 0; bit < (unsigned int)n * 8; bit++)
			if (bit < place->start ||
			    bit >= place->start + place->bits)
				ck_assert_int_eq(field(before, bit, 1, false),
						 field(after, bit, 1, false));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("gatt-readout");
	TCase *tcase = tcase_create("readout");

	tcase_add_loop_test(tcase, a_device_says_the_same_in_the_same_bytes,
			    0, (int)ARRAY_SIZE(vectors));
	tcase_add_loop_test(tcase, a_real_batterys_record_is_made_again, 0,
			    (int)ARRAY_SIZE(lithium));
	tcase_add_test(tcase, a_device_without_a_second_value_says_the_rest);
	tcase_add_test(tcase, there_is_no_record_for_off);
	tcase_add_loop_test(tcase, a_field_says_what_it_was_told, 0,
			    (int)ARRAY_SIZE(places));
	tcase_add_test(tcase, only_one_reason_of_an_alarm_is_sent);
	tcase_add_loop_test(tcase, a_field_leaves_the_others_alone, 0,
			    (int)ARRAY_SIZE(places));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
