/* SPDX-License-Identifier: MIT */
/*
 * What an MK answers, frame by frame (mk3.md 3, 4, 5). Raw numbers stay raw
 * where the scale has to be read from the unit. Replies longer than they
 * need to be are accepted (2, padding).
 */
#ifndef BMS_MK3_REPLY_H
#define BMS_MK3_REPLY_H

#include "lib/mk3/frame.h"
#include "lib/mk3/scale.h"

/* 'V', 3.1 */
enum { MK3_MODE_WRONG_BUS = 'W', MK3_MODE_NO_ADDRESS = 'B' };

struct mk3_version {
	uint32_t version;
	uint8_t mode; /* MK3_MODE_..., or the address that is selected */
};

/* 'L', 3.4, and the appended LED bytes */
struct mk3_leds {
	maybe_i32 on; /* both unknown when the MK says so: 1F 1F */
	maybe_i32 blink;
	maybe_i32 alarms; /* bits 0..3 pre-alarms, 4..7 alarms */
	maybe_i32 error;  /* number, 0..31 */
	maybe_i32 error_flags;
};

/* F 0, 4.1 */
struct mk3_dc {
	uint16_t voltage;
	uint32_t inverter_current; /* 24 bits */
	uint32_t charger_current;  /* 24 bits */
	uint8_t period;
};

/* F 1 to F 4, 4.2 */
struct mk3_ac {
	uint8_t mains_factor;
	uint8_t inverter_factor;
	uint8_t state;    /* may be junk */
	uint8_t phase;    /* 1..4 */
	uint8_t n_phases; /* 1..4 with phase 1, else 0: not told */
	uint16_t mains_voltage;
	int16_t mains_current;
	uint16_t out_voltage;
	int16_t out_current; /* signed whatever info 3 says, 14.9 */
	uint8_t period;
};

/* F 5, 4.3 */
struct mk3_config {
	uint8_t leds_on;
	uint8_t leds_blink;
	uint8_t status;
	uint8_t inputs; /* byte 5 as it is */
	uint16_t limit_min_da;
	uint16_t limit_max_da;
	uint16_t limit_da;
	uint8_t switch_register;
};

/* Answer to a query of the bus, 9 */
struct mk3_other {
	uint8_t whom; /* MK3_QUERY_... */
	uint32_t version;
};

/* W X Y Z and their lower-case forms, 5 */
struct mk3_winmon_frame {
	char letter;
	uint8_t code; /* command, or MK3_CODE_FIRST and up: reply */
	const uint8_t *data; /* within the frame */
	size_t len;
};

/* Each is true where the frame is one of its kind and complete. */
bool mk3_reply_version(const struct mk3_frame *frame,
		       struct mk3_version *ret_version);
bool mk3_reply_leds(const struct mk3_frame *frame, struct mk3_leds *ret_leds);
bool mk3_reply_appended_leds(const struct mk3_frame *frame,
			     struct mk3_leds *ret_leds);
bool mk3_reply_address(const struct mk3_frame *frame, uint8_t *ret_address);
bool mk3_reply_dc(const struct mk3_frame *frame, struct mk3_dc *ret_dc);
bool mk3_reply_ac(const struct mk3_frame *frame, struct mk3_ac *ret_ac);
bool mk3_reply_config(const struct mk3_frame *frame,
		      struct mk3_config *ret_config);
bool mk3_reply_other(const struct mk3_frame *frame,
		     struct mk3_other *ret_other);
/* F 7, 4: a bit for each short address in use, address 0 the lowest. */
bool mk3_reply_map(const struct mk3_frame *frame, uint32_t *ret_addresses);
bool mk3_reply_winmon(const struct mk3_frame *frame,
		      struct mk3_winmon_frame *ret_winmon);

/*
 * RAM info, 5.3, which short winmon frames may spread over two replies of
 * the same letter. Each frame is taken in turn; both are complete when
 * "complete" says so. All zero is a fresh one.
 */
struct mk3_ram_info {
	bool complete;
	bool has_sc;
	uint16_t sc;
	struct mk3_scale scale; /* valid when complete */
};

/* False where the frame is not part of such a reply. */
bool mk3_ram_info_take(struct mk3_ram_info *info,
		       const struct mk3_winmon_frame *winmon);

/* Setting info, 5.4, in the same way. "usable" as soon as scale and offset
 * are there; not "usable" when complete: the unit has no such setting. */
struct mk3_setting_reply {
	bool complete;
	bool usable;
	struct mk3_setting_info info;
};

bool mk3_setting_info_take(struct mk3_setting_reply *reply,
			   const struct mk3_winmon_frame *winmon);

#endif
