/* SPDX-License-Identifier: MIT */
/*
 * What the test of the page for a browser is played with: the bytes that
 * the encoders give for four states, and what the decoder makes of what the
 * page has written.
 *
 *	record                JSON: for each state the bytes, in hex, of each
 *	                      characteristic that can be read
 *	record understand     reads lines "0101 e803" (characteristic, bytes),
 *	                      prints what each asks for
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/gatt/service.h"
#include "lib/gatt/standard.h"

enum { BATTERIES = 4, CELLS = 16 };

static struct service_number known(int64_t value)
{
	return (struct service_number){ .known = true, .value = value };
}

/* The second one is silent. */
static struct service_record records[BATTERIES];

static void fill_records(void)
{
	for (int i = 0; i < BATTERIES; i++) {
		struct service_record *r = &records[i];

		r->online = known(i != 1);
		r->bypassed = known(0);
		if (i == 1)
			continue;
		r->charge_allowed = known(1);
		r->discharge_allowed = known(i != 3);
		r->soc_permille = known(229 + i);
		r->min_cell_mv = known(3200 + i);
		r->max_cell_mv = known(3261 + i);
		r->temperature_dc = known(-15 + i);
	}
}

static void fill_status(struct service_values *v)
{
	v->soc_permille = known(229);
	v->voltage_mv = known(51849);
	v->current_ma = known(-50500);
	v->power_mw = known(-2618375);
	v->consumed_mah = known(308200);
	v->time_remaining_s = known(3 * 3600 + 25 * 60 + 7);
	v->mode = "on";
	v->allowed_to_charge = "yes";
	v->allowed_to_discharge = "yes";
	v->pre_alarm = "low";
	v->remote_on = known(1);
	v->updating = known(0);
	v->charge_limit_ma = known(51000);
	v->discharge_limit_ma = known(84900);
}

static void fill_bank(struct service_values *v)
{
	fill_records();
	v->balancer = "imbalanced";
	v->min_cell_mv = known(3200);
	v->max_cell_mv = known(3264);
	v->min_temperature_dc = known(-15);
	v->max_temperature_dc = known(205);
	v->batteries = known(BATTERIES);
	v->cells = known(BATTERIES * CELLS);
	v->series = known(1);
	v->parallel = known(BATTERIES);
	v->nominal_mv = known(51200);
	v->capacity_mah = known(400000);
	v->record = records;
	v->n_records = BATTERIES;
}

/* One cell and one sensor cannot be read; names may hold anything. */
static void fill_battery(struct service_values *v, int number)
{
	v->selected = known(number);
	v->serial = number == 1 ? "4091234567" : "4091234569";
	v->model = "<b>JK</b> & Söhne";
	v->firmware = "15.41";
	v->reasons = "";
	v->battery_capacity_mah = known(100000);
	v->battery_mv = known(51851);
	v->battery_ma = known(-12500);
	v->battery_dc = known(-15);
	v->battery_soc_permille = known(228 + number);
	v->cycles = known(117);
	v->cell_mv.n = CELLS;
	for (int i = 0; i < CELLS; i++)
		v->cell_mv.value[i] = known_i32(3220 + i);
	v->cell_mv.value[4].known = false;
	v->cell_mv.value[6].value = 3200;
	v->cell_dc.n = 3;
	v->cell_dc.value[0] = known_i32(-15);
	v->cell_dc.value[2] = known_i32(20);
}

static void fill_rest(struct service_values *v)
{
	for (size_t i = 0; i < HISTORY_COUNT; i++)
		v->history[i] = known(1000 * ((int64_t)i + 1));
	v->history[HISTORY_AH_DRAWN] = known((int64_t)1 << 40);
	v->history[HISTORY_FULL_CHARGE_AGE] = known(40 * 86400 + 3600);
	v->history[HISTORY_MIN_TEMPERATURE] = known(-105);
	v->charged_voltage = known(14000);
	v->tail_current = known(40);
	v->charged_time = known(180000);
	v->low_soc_warning = known(120);
	v->discharge_floor = known(100);
	v->bluetooth = known(1);
}

static const struct service_values *fill(const char *state,
					 struct service_values *v)
{
	memset(v, 0, sizeof(*v));
	if (strcmp(state, "nothing") == 0)
		return v;
	fill_status(v);
	fill_bank(v);
	fill_battery(v, strcmp(state, "third") == 0 ? 3 : 1);
	fill_rest(v);
	if (strcmp(state, "low") != 0)
		return v;
	v->soc_permille = known(95);
	v->current_ma = known(20250);
	v->allowed_to_charge = "no";
	v->allowed_to_discharge = "pre-alarm";
	v->codes = "W-B01 A-B09 W-Z99";
	v->charge_reasons = "charge-hot:3.1:51.5:50.0\n"
			    "battery-charge-switch:2::\n+7";
	v->discharge_reasons = "cell-low:2.7:2.791:2.800\n"
			       "cell-low:2.8:2.810:2.800\n"
			       "remote-off:::\nwho-knows:1:2:3";
	v->cell_mv.value[2].value = 3199;
	records[2].max_cell_mv = known(3301);
	return v;
}

static void print_bytes(bool first, uint16_t uuid, const uint8_t *bytes,
			int n)
{
	printf("%s\n\t\"%04x\": \"", first ? "" : ",", uuid);
	for (int i = 0; i < n; i++)
		printf("%02x", bytes[i]);
	putchar('"');
}

/* Of Device Information, what browsers read out. */
static const enum standard_id device[] = {
	STANDARD_MAKER, STANDARD_MODEL, STANDARD_SOFTWARE };

static void print_state(const char *state)
{
	static const struct standard_values standard = {
		.maker = "vebus-bms-ng", .model = "BMS", .software = "0.1.0",
	};
	static const struct standard_values empty;
	struct service_values values;
	uint8_t bytes[SERVICE_VALUE_MAX];
	bool first = true;

	fill(state, &values);
	for (size_t i = 0; i < n_service_rows; i++) {
		const struct service_row *row = &service_rows[i];
		int n = service_read(row, &values, 0, bytes, sizeof(bytes));

		if (n < 0)
			continue;
		print_bytes(first, row->uuid, bytes, n);
		first = false;
	}
	for (size_t i = 0; i < ARRAY_SIZE(device); i++) {
		int n = standard_encode(device[i],
					values.mode ? &standard : &empty,
					bytes, sizeof(bytes));

		print_bytes(false, standard_rows[device[i]].uuid, bytes, n);
	}
}

static void print_states(void)
{
	static const char *const states[] = {
		"bank", "third", "low", "nothing" };

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		printf("%s\"%s\": {", i ? ",\n" : "{", states[i]);
		print_state(states[i]);
		printf("}");
	}
	puts("}");
}

static const char *command_word(enum bms_command_kind command)
{
	for (size_t i = 0; i < n_service_commands; i++) {
		if (service_commands[i].command == command)
			return service_commands[i].word;
	}
	return "?";
}

static void print_order(const struct service_order *order)
{
	switch (order->writes) {
	case SERVICE_WRITES_MODE:
		printf("mode %s\n", order->mode);
		break;
	case SERVICE_WRITES_SOC:
		printf("soc %d permille\n", order->command.value);
		break;
	case SERVICE_WRITES_COMMAND:
		printf("command %s\n", command_word(order->command.kind));
		break;
	case SERVICE_WRITES_BATTERY:
		printf("battery %u\n", order->battery);
		break;
	case SERVICE_WRITES_SETTING:
		printf("%s %d\n", order->setting->key, order->value);
		break;
	case SERVICE_WRITES_NOTHING:
		puts("nothing");
		break;
	}
}

static const struct service_row *find_row(unsigned long uuid)
{
	for (size_t i = 0; i < n_service_rows; i++) {
		if (service_rows[i].uuid == uuid)
			return &service_rows[i];
	}
	return NULL;
}

static int understand_line(const char *line)
{
	const struct service_row *row;
	struct service_order order;
	uint8_t bytes[SERVICE_VALUE_MAX];
	size_t n = 0;
	char *at;
	int r;

	row = find_row(strtoul(line, &at, 16));
	if (!row || *at++ != ' ')
		return -EINVAL;
	for (; at[0] && at[1] && n < sizeof(bytes); at += 2) {
		char digits[3] = { at[0], at[1], '\0' };

		bytes[n++] = (uint8_t)strtoul(digits, NULL, 16);
	}
	r = service_write(row, bytes, n, 0, &order);
	if (r < 0)
		printf("%04x is refused: %d\n", row->uuid, r);
	else
		print_order(&order);
	return 0;
}

int main(int argc, char **argv)
{
	char line[2 * SERVICE_VALUE_MAX + 16];

	if (argc == 1) {
		print_states();
	} else if (argc == 2 && strcmp(argv[1], "understand") == 0) {
		while (fgets(line, sizeof(line), stdin)) {
			line[strcspn(line, "\n")] = '\0';
			if (understand_line(line) < 0)
				return EXIT_FAILURE;
		}
	} else {
		fputs("usage: record [understand]\n", stderr);
		return EXIT_FAILURE;
	}
	return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
