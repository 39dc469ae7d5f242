/* SPDX-License-Identifier: MIT */
/*
 * What is on the air (G1, G2), taken from a decision: the same figures that
 * D-Bus shows, in the form that each of the three encoders takes. What is
 * unknown stays unknown. One table says what each code means in the numbers,
 * levels and flags of Instant Readout.
 */
#ifndef BMS_FILL_H
#define BMS_FILL_H

#include "lib/gatt/readout.h"
#include "lib/gatt/service.h"
#include "lib/gatt/standard.h"
#include "lib/mk3/reading.h"

/* Bytes of one record of service_record_rows, and how many batteries fit
 * into a value. */
enum { FILL_RECORD_SIZE = 12 };
enum { FILL_RECORDS_MAX = SERVICE_VALUE_MAX / FILL_RECORD_SIZE };

struct fill_source {
	mono_t now;
	const struct settings *settings;
	const struct bms_state *state;
	const struct bms_output *output; /* of the last step */
	/* NULL: no [inverter] section. */
	const struct inverter_reading *inverter;
	enum bms_mode mode;
	/* The line as it was read back: "high", "floating", "" unknown. */
	const char *pre_alarm;
	const char *serial;  /* of this BMS; NULL: it has none */
	const char *version; /* of this program */
};

/* Memory for the texts and the list of a page's values. */
struct fill_texts {
	char codes[SERVICE_VALUE_MAX + 1];
	char charge_reasons[SERVICE_VALUE_MAX + 1];
	char discharge_reasons[SERVICE_VALUE_MAX + 1];
	char reasons[SERVICE_VALUE_MAX + 1];
	char serial[BMS_SERIAL_SIZE];
	char model[BMS_MODEL_SIZE];
	char firmware[BMS_FIRMWARE_SIZE];
	struct service_record record[FILL_RECORDS_MAX];
};

/*
 * For an advertisement. The temperature is that of the warmest cell. Where
 * the batteries have more than READOUT_CELLS cells together, the first cell
 * is the lowest of all, the second the highest, and there are no others.
 */
void fill_readout(const struct fill_source *source,
		  struct readout_values *ret);

/* The error number that readers know for a code; 0 where there is none. */
uint8_t fill_error(enum code code);

/* Its texts are the source's, or static. */
void fill_standard(const struct fill_source *source,
		   struct standard_values *ret);

/*
 * battery, from 1, is the one that the reader has selected; of one that
 * there is not, all is unknown but its number. ret points into texts, which
 * must live as long.
 */
void fill_service(const struct fill_source *source, uint32_t battery,
		  struct fill_texts *texts, struct service_values *ret);

#endif
