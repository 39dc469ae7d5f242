/* SPDX-License-Identifier: MIT */
#include "daemon/spine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/json.h"
#include "lib/base/bytes.h"
#include "lib/core/memory.h"

enum {
	INPUT_UNKNOWN = 0xff,
	INPUT_FAILED = 0x01,
	INPUT_FAILED_NOW = 0x02,
	INPUT_COMMAND = 5, /* where a command begins; without one, the end */
	INPUT_LEFT_OVER = 12, /* likewise */
};

static uint8_t level_encode(maybe_i32 level)
{
	if (!level.known)
		return INPUT_UNKNOWN;
	return level.value ? 1 : 0;
}

static void put(uint8_t *bytes, uint32_t value, int n)
{
	for (int i = 0; i < n; i++)
		bytes[i] = (uint8_t)(value >> 8 * i);
}

size_t spine_input_encode(const struct spine_input *input,
			  uint8_t bytes[SPINE_INPUT_SIZE])
{
	const struct bms_left_over *left = &input->left_over;
	bool left_over = left->window_ms > 0 || left->held_ms > 0;

	bytes[0] = level_encode(input->remote_l);
	bytes[1] = level_encode(input->remote_h);
	bytes[2] = (uint8_t)input->mode;
	bytes[3] = (uint8_t)((input->lines_failed ? INPUT_FAILED : 0) |
			     (input->lines_failed_now ? INPUT_FAILED_NOW : 0));
	bytes[4] = input->lines_persist ? 1 : 0;
	if (input->command.kind == BMS_COMMAND_NONE && !left_over)
		return INPUT_COMMAND;
	bytes[INPUT_COMMAND] = (uint8_t)input->command.kind;
	put(bytes + INPUT_COMMAND + 1, (uint32_t)input->command.value, 4);
	put(bytes + INPUT_COMMAND + 5, input->command.battery, 2);
	if (!left_over)
		return INPUT_LEFT_OVER;
	put(bytes + INPUT_LEFT_OVER, left->window_ms, 4);
	put(bytes + INPUT_LEFT_OVER + 4, left->held_ms, 4);
	return SPINE_INPUT_SIZE;
}

static int command_decode(const uint8_t *bytes, size_t len,
			  struct spine_input *ret)
{
	struct bytes b = bytes_of(bytes, len);
	struct bms_left_over left = { 0 };
	uint8_t kind = bytes_u8(&b);
	int32_t value = bytes_sle32(&b);
	uint16_t battery = bytes_le16(&b);

	if (b.left > 0) {
		left.window_ms = bytes_le32(&b);
		left.held_ms = bytes_le32(&b);
	}
	if (b.is_short || b.left > 0 || kind >= BMS_COMMAND_COUNT)
		return -EINVAL;
	ret->command.kind = (enum bms_command_kind)kind;
	ret->command.value = value;
	ret->command.battery = battery;
	ret->left_over = left;
	return 0;
}

static int level_decode(uint8_t byte, maybe_i32 *ret)
{
	if (byte != INPUT_UNKNOWN && byte > 1)
		return -EINVAL;
	*ret = byte == INPUT_UNKNOWN ? UNKNOWN_I32 : known_i32(byte);
	return 0;
}

int spine_input_decode(const uint8_t *bytes, size_t len,
		       struct spine_input *ret)
{
	struct spine_input input = { .mode = BMS_MODE_ON };

	if (len < 2 || len > SPINE_INPUT_SIZE ||
	    level_decode(bytes[0], &input.remote_l) < 0 ||
	    level_decode(bytes[1], &input.remote_h) < 0)
		return -EINVAL;
	if (len > 2) {
		if (bytes[2] > BMS_MODE_ON)
			return -EINVAL;
		input.mode = (enum bms_mode)bytes[2];
	}
	if (len > 3) {
		input.lines_failed = bytes[3] & INPUT_FAILED;
		input.lines_failed_now = bytes[3] & INPUT_FAILED_NOW;
	}
	if (len > 4)
		input.lines_persist = bytes[4] != 0;
	if (len > INPUT_COMMAND &&
	    command_decode(bytes + INPUT_COMMAND, len - INPUT_COMMAND,
			   &input) < 0)
		return -EINVAL;
	*ret = input;
	return 0;
}

struct spine *spine_free(struct spine *spine)
{
	if (!spine)
		return NULL;
	for (uint32_t i = 0; spine->port && i < spine->n_ports; i++)
		free(spine->port[i].talk.state);
	free(spine->port);
	free(spine->report);
	free(spine->told_reason);
	free(spine->state.battery);
	free(spine->state.reason);
	free(spine);
	return NULL;
}

static int spine_bus(struct spine_port *port, const struct settings_bus *bus)
{
	struct proto_config config = { .n_addresses = bus->n_addresses };
	void *state;

	port->name = bus->name;
	port->proto = proto_find(bus->protocol);
	if (!port->proto)
		return -EINVAL;
	config.baud = bus->baud ? bus->baud : port->proto->default_baud;
	memcpy(config.addresses, bus->addresses, sizeof(config.addresses));
	port->state_size = port->proto->state_size;
	state = calloc(1, port->state_size);
	if (!state)
		return -ENOMEM;
	port->proto->init(state, &config);
	talk_init(&port->talk, port->proto->session, state);
	return 0;
}

static int spine_inverter(struct spine *spine, struct spine_port *port)
{
	port->state_size = mk3_state_size();
	spine->mk3 = calloc(1, port->state_size);
	if (!spine->mk3)
		return -ENOMEM;
	port->name = "inverter";
	mk3_init(spine->mk3);
	talk_init(&port->talk, &mk3_session_ops, spine->mk3);
	return 0;
}

static int spine_ports(struct spine *spine)
{
	const struct settings *s = spine->settings;

	spine->n_ports = s->n_buses + (s->inverter.present ? 1 : 0);
	spine->port = calloc(spine->n_ports + 1u, sizeof(*spine->port));
	if (!spine->port)
		return -ENOMEM;
	for (uint32_t i = 0; i < s->n_buses; i++) {
		int r = spine_bus(&spine->port[i], &s->bus[i]);

		if (r < 0)
			return r;
	}
	if (!s->inverter.present)
		return 0;
	return spine_inverter(spine, &spine->port[s->n_buses]);
}

static int spine_memory(struct spine *spine, uint32_t n)
{
	size_t n_reasons = bms_reasons_max(n);
	struct bms_battery *batteries = calloc(n + 1u, sizeof(*batteries));
	struct reason *reasons = calloc(n_reasons + 1u, sizeof(*reasons));

	spine->state.battery = batteries;
	spine->state.reason = reasons;
	spine->told_reason = calloc(n_reasons + 1u, sizeof(*reasons));
	spine->report = calloc((spine->n_ports + 1u) * TALK_REPORTS_MAX,
			       sizeof(*spine->report));
	if (!batteries || !reasons || !spine->told_reason || !spine->report)
		return -ENOMEM;
	bms_init(&spine->state, batteries, n, reasons);
	return 0;
}

struct spine *spine_new(const struct settings *settings)
{
	uint32_t n = settings_n_batteries(settings);
	struct spine *spine = calloc(1, sizeof(*spine));

	if (!spine)
		return NULL;
	spine->settings = settings;
	if (spine_ports(spine) < 0 || spine_memory(spine, n) < 0)
		return spine_free(spine);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t bus;
		uint8_t address;

		settings_battery(settings, i, &bus, &address);
		spine->port[bus].battery[address] = i + 1;
	}
	return spine;
}

uint32_t spine_find(const struct spine *spine, const char *name)
{
	for (uint32_t i = 0; i < spine->n_ports; i++) {
		if (strcmp(spine->port[i].name, name) == 0)
			return i;
	}
	return UINT32_MAX;
}

void spine_known(struct spine *spine, uint32_t port, uint8_t address,
		 const char *serial)
{
	struct bms_battery *battery;
	uint32_t n;

	if (port >= spine->n_ports)
		return;
	n = spine->port[port].battery[address];
	if (n == 0 || strlen(serial) >= sizeof(battery->serial))
		return;
	battery = &spine->state.battery[n - 1];
	memcpy(battery->serial, serial, strlen(serial) + 1);
}

int spine_remember(struct spine *spine, const uint8_t *bytes, size_t len,
		   uint64_t away_ms)
{
	return memory_decode(&spine->state, spine->settings, bytes, len,
			     away_ms) == 0 ? 0 : -EINVAL;
}

/* The same device, spoken to in the same way. */
static bool spine_port_same(const struct spine *a, uint32_t ia,
			    const struct spine *b, uint32_t ib)
{
	const struct settings_bus *x, *y;

	if (!a->port[ia].proto || !b->port[ib].proto)
		return a->port[ia].proto == b->port[ib].proto &&
		       strcmp(a->settings->inverter.device,
			      b->settings->inverter.device) == 0;
	x = &a->settings->bus[ia];
	y = &b->settings->bus[ib];
	return strcmp(x->device, y->device) == 0 &&
	       strcmp(x->protocol, y->protocol) == 0 && x->baud == y->baud &&
	       x->n_addresses == y->n_addresses &&
	       memcmp(x->addresses, y->addresses, x->n_addresses) == 0;
}

static void spine_adopt_port(struct spine *to, uint32_t i, struct spine *from,
			     uint32_t old)
{
	struct talk *mine = &to->port[i].talk;
	struct talk *theirs = &from->port[old].talk;
	void *unused = mine->state;

	*mine = *theirs;
	theirs->state = unused;
	to->port[i].pace_ms = from->port[old].pace_ms;
	if (to->port[i].proto)
		return;
	to->mk3 = mine->state;
	from->mk3 = unused;
	to->command = from->command;
	to->commanded = from->commanded;
}

static void spine_adopt_batteries(struct spine *to, uint32_t i,
				  const struct spine *from, uint32_t old)
{
	const struct spine_port *mine = &to->port[i];
	const struct spine_port *theirs = &from->port[old];

	for (uint32_t address = 0; address <= UINT8_MAX; address++) {
		uint32_t a = mine->battery[address];
		uint32_t b = theirs->battery[address];

		if (a > 0 && b > 0)
			to->state.battery[a - 1] = from->state.battery[b - 1];
	}
}

/* True where every battery is in its old place: nothing of the bank as a
 * whole has to be judged anew. */
static bool spine_bank_same(const struct spine *to, const struct spine *from,
			    const uint32_t *kept)
{
	if (to->state.n_batteries != from->state.n_batteries)
		return false;
	for (uint32_t i = 0; i < to->settings->n_buses; i++) {
		if (kept[i] == UINT32_MAX ||
		    memcmp(to->port[i].battery, from->port[kept[i]].battery,
			   sizeof(to->port[i].battery)) != 0)
			return false;
	}
	return true;
}

static void spine_adopt_state(struct spine *to, const struct spine *from,
			      bool bank_same)
{
	struct bms_state *mine = &to->state;
	const struct bms_state *theirs = &from->state;

	if (bank_same) {
		struct bms_battery *battery = mine->battery;
		struct reason *reason = mine->reason;

		*mine = *theirs;
		mine->battery = battery;
		mine->reason = reason;
		return;
	}
	mine->started = theirs->started;
	mine->start = theirs->start;
	mine->last_now = theirs->last_now;
	mine->remote = theirs->remote;
	mine->pre_alarm_high = theirs->pre_alarm_high;
	mine->pre_alarm_since = theirs->pre_alarm_since;
	/* What has tripped stays so until there is evidence against it. */
	memcpy(mine->bank, theirs->bank, sizeof(mine->bank));
	mine->obedience = theirs->obedience;
	mine->balance = theirs->balance;
	mine->history = theirs->history;
	mine->codes = theirs->codes;
	mine->events = theirs->events;
}

/* What was told is not told again where the capture goes on, too. */
static void spine_adopt_told(struct spine *to, const struct spine *from)
{
	size_t n = from->told_output.n_reasons;

	if (to->state.n_batteries != from->state.n_batteries ||
	    settings_identity(to->settings) !=
	    settings_identity(from->settings))
		return;
	to->told = from->told;
	to->told_output = from->told_output;
	memcpy(to->told_reason, from->told_reason,
	       n * sizeof(*to->told_reason));
}

/* By what was decided last an order is judged until the next step. */
static void spine_adopt_output(struct spine *to, const struct spine *from)
{
	to->output = from->output;
	to->output.reasons = to->state.reason;
	to->output.n_reasons = 0;
}

void spine_adopt(struct spine *to, struct spine *from, uint32_t *kept)
{
	bool bank_same;

	for (uint32_t i = 0; i < to->n_ports; i++) {
		uint32_t old = spine_find(from, to->port[i].name);

		kept[i] = UINT32_MAX;
		if (old == UINT32_MAX ||
		    !to->port[i].proto != !from->port[old].proto)
			continue;
		spine_adopt_batteries(to, i, from, old);
		if (!spine_port_same(to, i, from, old))
			continue;
		spine_adopt_port(to, i, from, old);
		kept[i] = old;
	}
	bank_same = spine_bank_same(to, from, kept);
	spine_adopt_state(to, from, bank_same);
	if (bank_same)
		spine_adopt_output(to, from);
	spine_adopt_told(to, from);
}

/* Reports of one port, as the core wants them. */
static size_t spine_collect(const struct spine_port *port,
			    struct bms_report *reports)
{
	size_t n = 0;

	for (uint32_t i = 0; i < port->talk.n_reports; i++) {
		const struct talk_report *told = &port->talk.report[i];
		uint32_t battery = port->battery[told->address];

		if (battery == 0)
			continue;
		reports[n++] = (struct bms_report){
			.battery = battery - 1,
			.sample = told->is_sample ? &told->sample : NULL,
			.fault = told->fault,
		};
	}
	return n;
}

void spine_step(struct spine *spine, mono_t now,
		const struct spine_input *input, bool lines_failed)
{
	const struct settings_gpio *gpio = &spine->settings->gpio;
	struct bms_input in = {
		.now = now,
		.reports = spine->report,
		.remote_fitted = gpio->line[LINE_REMOTE_L][0] != '\0' ||
				 gpio->line[LINE_REMOTE_H][0] != '\0',
		.remote_l = input->remote_l,
		.remote_h = input->remote_h,
		.mode = input->mode,
		.bluetooth = input->bluetooth,
		.lines_failed = lines_failed,
		.lines_persist = input->lines_persist,
		.inverter = spine->mk3 ? mk3_reading(spine->mk3) : NULL,
		.command = input->command,
		.left_over = input->left_over,
	};

	for (uint32_t i = 0; i < spine->n_ports; i++)
		in.n_reports += spine_collect(&spine->port[i],
					      spine->report + in.n_reports);
	bms_step(&spine->state, spine->settings, &in, &spine->output);
	for (uint32_t i = 0; i < spine->n_ports; i++)
		talk_clear(&spine->port[i].talk);
}

void spine_step_failed(struct spine *spine, mono_t now,
		       const struct spine_input *input)
{
	struct spine_input again = *input;

	again.command = (struct bms_command){ .kind = BMS_COMMAND_NONE };
	spine_step(spine, now, &again, true);
}

static bool same(maybe_i32 a, maybe_i32 b)
{
	return a.known == b.known && (!a.known || a.value == b.value);
}

bool spine_command(struct spine *spine)
{
	const struct inverter_command *want = &spine->output.inverter;
	struct inverter_command *had = &spine->command;

	if (!spine->mk3)
		return false;
	if (spine->commanded && want->state == had->state &&
	    same(want->charge_current_ma, had->charge_current_ma) &&
	    same(want->soc_permille, had->soc_permille))
		return false;
	*had = *want;
	spine->commanded = true;
	mk3_command(spine->mk3, want);
	return true;
}

bool spine_pace(struct spine *spine, uint32_t port)
{
	struct spine_port *p = &spine->port[port];
	uint32_t ms = spine->output.poll_ms;

	if (!p->talk.ops->pace || p->pace_ms == ms)
		return false;
	p->pace_ms = ms;
	p->talk.ops->pace(p->talk.state, ms);
	return true;
}

static bool spine_told_same(const struct spine *spine)
{
	const struct bms_output *a = &spine->told_output;
	const struct bms_output *b = &spine->output;

	if (!spine->told || a->atc_high != b->atc_high ||
	    a->atd_high != b->atd_high ||
	    a->pre_alarm_high != b->pre_alarm_high || a->codes != b->codes ||
	    a->n_reasons != b->n_reasons)
		return false;
	for (size_t i = 0; i < a->n_reasons; i++) {
		if (spine->told_reason[i].kind != b->reasons[i].kind ||
		    spine->told_reason[i].battery != b->reasons[i].battery)
			return false;
	}
	return true;
}

bool spine_tell(struct spine *spine, mono_t now, struct text *t)
{
	size_t n = spine->output.n_reasons;

	if (spine_told_same(spine))
		return false;
	spine->told = true;
	spine->told_output = spine->output;
	if (n > 0)
		memcpy(spine->told_reason, spine->output.reasons,
		       n * sizeof(*spine->told_reason));
	json_decision(t, now, &spine->output);
	return true;
}
