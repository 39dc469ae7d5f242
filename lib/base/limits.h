/* SPDX-License-Identifier: MIT */
/*
 * The upper bound of every count that comes from outside. The number of
 * batteries has none here: its arrays are the caller's.
 */
#ifndef BMS_LIMITS_H
#define BMS_LIMITS_H

enum {
	BMS_CELLS_MAX = 32,       /* cells in one battery */
	BMS_TEMPERATURES_MAX = 8, /* sensors in one battery */
	BMS_BUSES_MAX = 64,       /* [bus] sections */
	BMS_BUS_ADDRESSES_MAX = 32,
	BMS_UNITS_MAX = 32,       /* VE.Bus short addresses, mk3.md 13 */
	BMS_SERIAL_SIZE = 32,     /* with the closing NUL */
	BMS_MODEL_SIZE = 32,
	BMS_FIRMWARE_SIZE = 24,
	BMS_NAME_SIZE = 32,       /* name of a [bus] section */
	BMS_PATH_SIZE = 256,
	BMS_LINE_NAME_SIZE = 32,
	BMS_REASON_TEXT_SIZE = 80
};

#endif
