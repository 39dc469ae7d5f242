/* SPDX-License-Identifier: MIT */
/*
 * JK-PB wire format: plain values to the 300-byte blocks that a pack sends, the
 * acknowledges, and the requests that a master sends. Knows nothing of a bus or
 * of time. Values stand in enumerated arrays so that the layout is one table.
 */
#ifndef SIM_JKPB_H
#define SIM_JKPB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JK_CELLS 32
#define JK_BLOCK 300
#define JK_ACK 8

enum jk_register {
	JK_REG_CHARGE = 0x1070,
	JK_REG_DISCHARGE = 0x1074,
	JK_REG_BALANCE = 0x1078,
	JK_REG_ALARMS = 0x12A0,
	JK_REG_ABOUT = 0x161C,
	JK_REG_SETTINGS = 0x161E,
	JK_REG_STATUS = 0x1620,
};

enum jk_alarm {
	JK_ALARM_MOS_OT = 1,
	JK_ALARM_CELL_OV = 4,
	JK_ALARM_CHARGE_OT = 8,
	JK_ALARM_CHARGE_UT = 9,
	JK_ALARM_CELL_UV = 11,
	JK_ALARM_DISCHARGE_OT = 15,
};

enum jk_status_field {
	JKS_CELL_MASK, JKS_AVERAGE_MV, JKS_DELTA_MV, JKS_MAX_INDEX,
	JKS_MIN_INDEX, JKS_MOS_DC, JKS_LEAD_ALARMS, JKS_PACK_MV, JKS_POWER_MW,
	JKS_CURRENT_MA, JKS_T1_DC, JKS_T2_DC, JKS_ALARMS, JKS_BALANCE_MA,
	JKS_BALANCE_STATE, JKS_SOC_PCT, JKS_REMAINING_MAH, JKS_FULL_MAH,
	JKS_CYCLES, JKS_THROUGHPUT_MAH, JKS_SOH_PCT, JKS_PRECHARGE,
	JKS_RUN_S, JKS_CHARGE_FET, JKS_DISCHARGE_FET, JKS_BALANCER,
	JKS_SENSORS, JKS_HEATER, JKS_PACK_10MV, JKS_HEATER_MA, JKS_MOS2_DC,
	JKS_T4_DC, JKS_T5_DC,
	JKS_COUNT
};

struct jk_status {
	uint16_t cell_mv[JK_CELLS];
	uint16_t lead_mohm[JK_CELLS];
	int64_t v[JKS_COUNT];
};

enum jk_setting {
	JKC_SLEEP_MV, JKC_UVP_MV, JKC_UVPR_MV, JKC_OVP_MV, JKC_OVPR_MV,
	JKC_BALANCE_DELTA_MV, JKC_SOC100_MV, JKC_SOC0_MV, JKC_RCV_MV,
	JKC_RFV_MV, JKC_POWER_OFF_MV, JKC_CHARGE_MA, JKC_CHARGE_OC_S,
	JKC_CHARGE_OCR_S, JKC_DISCHARGE_MA, JKC_DISCHARGE_OC_S,
	JKC_DISCHARGE_OCR_S, JKC_SHORT_RELEASE_S, JKC_BALANCE_MA, JKC_COT_DC,
	JKC_COTR_DC, JKC_DOT_DC, JKC_DOTR_DC, JKC_CUT_DC, JKC_CUTR_DC,
	JKC_MOS_OT_DC, JKC_MOS_OTR_DC, JKC_CELLS, JKC_CHARGE_ON,
	JKC_DISCHARGE_ON, JKC_BALANCE_ON, JKC_CAPACITY_MAH, JKC_SHORT_US,
	JKC_BALANCE_START_MV, JKC_ADDRESS, JKC_FEATURES,
	JKC_COUNT
};

struct jk_settings {
	int64_t v[JKC_COUNT];
};

struct jk_about {
	char model[16], hardware[8], firmware[8], user_name[16], date[8];
	char serial[12];
	uint32_t run_s, power_on_count;
};

/* Encoders fill a whole block of JK_BLOCK bytes, sum included. */
void jk_encode_status(const struct jk_status *s, uint8_t counter,
		      uint8_t *ret_block);
void jk_encode_settings(const struct jk_settings *s, uint8_t counter,
			uint8_t *ret_block);
void jk_encode_about(const struct jk_about *a, uint8_t counter,
		     uint8_t *ret_block);

/* The value that a block holds: for tests that compare with captures. */
int64_t jk_status_value(const uint8_t *block, enum jk_status_field field);
int64_t jk_setting_value(const uint8_t *block, enum jk_setting field);

/* FC16 acknowledge of a write of count registers, JK_ACK bytes. */
void jk_encode_ack(uint8_t address, uint16_t reg, uint16_t count,
		   uint8_t *ret_ack);
/* FC03 answer with one u32; returns its length. */
size_t jk_encode_read(uint8_t address, uint32_t value, uint8_t *ret_frame);

struct jk_request {
	uint8_t address, function;
	uint16_t reg, count;
	uint32_t value;
};

/*
 * Whether the n bytes are exactly one request with a right CRC: FC03, or FC16
 * of one or two registers.
 */
bool jk_decode_request(const uint8_t *p, size_t n, struct jk_request *ret_req);

#endif
