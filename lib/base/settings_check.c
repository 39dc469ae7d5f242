/* SPDX-License-Identifier: MIT */
/*
 * What no single value shows: missing keys, pairs that contradict each
 * other, buses that do not fit their protocol or their time. One rule a
 * function, one table of them; each tells its first breach.
 */
#include "lib/base/settings.h"

#include <string.h>

#include "lib/base/settings_parse.h"
#include "lib/proto/proto.h"

struct breach {
	const char *section;
	const char *key;
	struct text t;
};

/* Starts the sentence "key: " about that key. */
static struct text *breach_at(struct breach *b, const char *section,
			      const char *key)
{
	b->section = section;
	b->key = key;
	text_str(&b->t, key);
	text_str(&b->t, ": ");
	return &b->t;
}

static bool is_given(const struct setting_row *row, const void *base)
{
	char buf[BMS_PATH_SIZE];
	struct text t = text_in(buf, sizeof(buf));

	setting_load(row, base, &t);
	/* A number that must be given starts as 0, which is below its
	 * range. */
	return *buf && !(row->type == SETTING_NUMBER && strcmp(buf, "0") == 0);
}

static bool check_bus_given(const struct settings *s, struct breach *b)
{
	if (s->n_buses > 0)
		return true;
	b->section = "";
	b->key = "";
	text_str(&b->t, "there is no [bus NAME] section; allowed: 1 to 64 of "
		 "them, one for each tty that batteries are on");
	return false;
}

static bool check_required(const struct settings *s, struct breach *b)
{
	for (size_t i = 0; i < n_setting_rows; i++) {
		const struct setting_row *row = &setting_rows[i];
		bool of_bus = strcmp(row->section, "bus") == 0;
		uint32_t n = of_bus ? s->n_buses : 1;

		for (uint32_t bus = 0; row->required && bus < n; bus++) {
			const void *base = of_bus ? (const void *)&s->bus[bus]
						  : (const void *)s;

			if (is_given(row, base))
				continue;
			breach_at(b, of_bus ? s->bus[bus].name : row->section,
				  row->key);
			text_str(&b->t, "is missing; allowed: ");
			settings_allowed(row, &b->t);
			return false;
		}
	}
	return true;
}

static bool check_path(const char *path, const char *section,
		       const char *key, struct breach *b)
{
	if (!*path || *path == '/')
		return true;
	breach_at(b, section, key);
	text_char(&b->t, '"');
	text_str(&b->t, path);
	text_str(&b->t, "\" is not a full path; allowed: a path that starts "
		 "with /");
	return false;
}

static bool check_paths(const struct settings *s, struct breach *b)
{
	for (uint32_t i = 0; i < s->n_buses; i++)
		if (!check_path(s->bus[i].device, s->bus[i].name, "device", b))
			return false;
	return check_path(s->inverter.device, "inverter", "device", b) &&
	       check_path(s->capture.file, "capture", "file", b);
}

static bool same_device(const char *device, const char *where,
			const char *section, const char *other,
			struct breach *b)
{
	if (!*device || strcmp(device, other) != 0)
		return false;
	breach_at(b, section, "device");
	text_str(&b->t, device);
	text_str(&b->t, " is already the tty of [");
	text_str(&b->t, where);
	text_str(&b->t, "]; allowed: one section for each tty");
	return true;
}

static bool check_devices(const struct settings *s, struct breach *b)
{
	char where[BMS_NAME_SIZE + 4];

	for (uint32_t i = 0; i < s->n_buses; i++) {
		struct text t = text_in(where, sizeof(where));

		text_str(&t, "bus ");
		text_str(&t, s->bus[i].name);
		for (uint32_t j = i + 1; j < s->n_buses; j++)
			if (same_device(s->bus[i].device, where,
					s->bus[j].name, s->bus[j].device, b))
				return false;
		if (s->inverter.present &&
		    same_device(s->bus[i].device, where, "inverter",
				s->inverter.device, b))
			return false;
	}
	return true;
}

static bool check_protocols(const struct settings *s, struct breach *b)
{
	for (uint32_t i = 0; i < s->n_buses; i++) {
		const char *name = s->bus[i].protocol;

		if (!*name || proto_find(name))
			continue;
		breach_at(b, s->bus[i].name, "protocol");
		text_char(&b->t, '"');
		text_str(&b->t, name);
		text_str(&b->t, "\" is not known; allowed: ");
		for (const struct proto *p = protos; p->name; p++) {
			text_str(&b->t, p == protos ? "" : ", ");
			text_str(&b->t, p->name);
		}
		return false;
	}
	return true;
}

static bool check_addresses(const struct settings *s, struct breach *b)
{
	for (uint32_t i = 0; i < s->n_buses; i++) {
		const struct settings_bus *bus = &s->bus[i];
		const struct proto *p = proto_find(bus->protocol);

		for (unsigned int n = 0; p && n < bus->n_addresses; n++) {
			if (bus->addresses[n] >= p->address_min &&
			    bus->addresses[n] <= p->address_max)
				continue;
			breach_at(b, bus->name, "addresses");
			text_str(&b->t, "no battery can have address ");
			text_uint(&b->t, bus->addresses[n]);
			text_str(&b->t, " with protocol ");
			text_str(&b->t, p->name);
			text_str(&b->t, "; allowed: ");
			text_uint(&b->t, p->address_min);
			text_str(&b->t, " to ");
			text_uint(&b->t, p->address_max);
			return false;
		}
	}
	return true;
}

static bool check_count(const struct settings *s, struct breach *b)
{
	uint32_t n = settings_n_batteries(s);

	/* What is missing altogether is told by another rule. */
	if (s->general.batteries == 0 || n == 0 ||
	    (int64_t)n == s->general.batteries)
		return true;
	breach_at(b, "general", "batteries");
	text_int(&b->t, s->general.batteries);
	text_str(&b->t, " batteries are wanted, but the buses have ");
	text_uint(&b->t, n);
	text_str(&b->t, n == 1 ? " address" : " addresses");
	text_str(&b->t, " together; both must be the same number");
	return false;
}

/* B8: the arithmetic is in the message. */
static bool check_cycle(const struct settings *s, struct breach *b)
{
	for (uint32_t i = 0; i < s->n_buses; i++) {
		const struct settings_bus *bus = &s->bus[i];
		const struct proto *p = proto_find(bus->protocol);
		uint32_t baud = p && bus->baud == 0 ? p->default_baud
						    : bus->baud;
		uint64_t each = p ? p->cycle_ms(baud) : 0;
		uint64_t all = each * bus->n_addresses;

		if (all <= (uint64_t)s->protection.lost_warning_ms)
			continue;
		breach_at(b, bus->name, "addresses");
		text_uint(&b->t, bus->n_addresses);
		text_str(&b->t, " batteries x ");
		text_uint(&b->t, each);
		text_str(&b->t, " ms at ");
		text_uint(&b->t, baud);
		text_str(&b->t, " baud = ");
		text_fixed(&b->t, (int64_t)all, 3);
		text_str(&b->t, " s, longer than lost-warning (");
		text_fixed(&b->t, s->protection.lost_warning_ms, 3);
		text_str(&b->t, " s); allowed: fewer batteries on this bus, a "
			 "higher baud, or a longer lost-warning");
		return false;
	}
	return true;
}

/* "17" and "GPIO17" are one line of a Raspberry Pi. */
static const char *line_number(const char *line)
{
	return strncmp(line, "GPIO", 4) == 0 ? line + 4 : line;
}

static bool check_lines_once(const struct settings *s, struct breach *b)
{
	for (unsigned int j = 1; j < LINE_COUNT; j++) {
		const char *line = s->gpio.line[j];

		for (unsigned int i = 0; *line && i < j; i++) {
			if (strcmp(line_number(line),
				   line_number(s->gpio.line[i])) != 0)
				continue;
			breach_at(b, "gpio",
				  settings_line_key((enum settings_line)j));
			text_str(&b->t, "line ");
			text_str(&b->t, line);
			text_str(&b->t, " is already ");
			text_str(&b->t,
				 settings_line_key((enum settings_line)i));
			text_str(&b->t, "; allowed: each line once");
			return false;
		}
	}
	return true;
}

static bool is_raspberry_pi(const char *chip)
{
	static const char *const labels[] = {
		"auto", "pinctrl-bcm", "pinctrl-rp1"
	};

	for (size_t i = 0; i < ARRAY_SIZE(labels); i++)
		if (strncmp(chip, labels[i], strlen(labels[i])) == 0)
			return true;
	return false;
}

/*
 * GPIO0 to GPIO8 are pulled up from reset until somebody takes them
 * (BCM2835 ARM Peripherals, 6.2; interop.md 6.2): on them a Raspberry Pi
 * that boots or hangs would say "allowed".
 */
static bool check_lines_pulled_down(const struct settings *s,
				    struct breach *b)
{
	for (unsigned int i = LINE_LOAD_DISCONNECT;
	     i <= LINE_CHARGE_DISCONNECT; i++) {
		const char *n = line_number(s->gpio.line[i]);

		if (!is_raspberry_pi(s->gpio.chip) || n[0] < '0' ||
		    n[0] > '8' || n[1])
			continue;
		breach_at(b, "gpio", settings_line_key((enum settings_line)i));
		text_str(&b->t, "GPIO");
		text_str(&b->t, n);
		text_str(&b->t, " of a Raspberry Pi is pulled up until the "
			 "system has started, which would mean allowed; "
			 "allowed: GPIO9 to GPIO27");
		return false;
	}
	return true;
}

/* high must be above low by gap or more (stored units). */
struct order {
	const char *section;
	const char *low;
	const char *high;
	int32_t gap;
	bool zero_is_off; /* of low */
};

static const struct order orders[] = {
	{ "protection", "cell-low-hard", "cell-low", 10, false },
	/* bms-facts.md 3: the pre-alarm trips 0.05 V or more earlier. */
	{ "protection", "cell-low", "cell-pre-alarm", 50, false },
	/* The pre-alarm clears 0.05 V above its trip (B2): not later than
	 * the loads come back. */
	{ "protection", "cell-pre-alarm", "cell-low-clear", 50, false },
	{ "protection", "cell-high-clear", "cell-high", 50, false },
	{ "protection", "cell-high", "cell-high-hard", 10, false },
	{ "protection", "lost-warning", "lost-alarm", 100, false },
	{ "battery-monitor", "discharge-floor", "low-soc-warning", 10, true },
};

static int32_t stored(const struct settings *s, const struct setting_row *row)
{
	int32_t value;

	memcpy(&value, (const char *)s + row->offset, sizeof(value));
	return value;
}

static bool is_default(const struct settings *s,
		       const struct setting_row *row)
{
	char buf[BMS_PATH_SIZE];
	struct text t = text_in(buf, sizeof(buf));

	setting_load(row, s, &t);
	return strcmp(buf, row->default_text) == 0;
}

static void say_value(const struct settings *s, const struct setting_row *row,
		      struct text *t)
{
	setting_load(row, s, t);
	text_char(t, ' ');
	text_str(t, row->unit);
}

static bool check_order(const struct settings *s, const struct order *o,
			struct breach *b)
{
	const struct setting_row *low = settings_row(o->section, o->low);
	const struct setting_row *high = settings_row(o->section, o->high);
	const struct setting_row *at;

	if (!low || !high || (o->zero_is_off && stored(s, low) == 0) ||
	    stored(s, high) - stored(s, low) >= o->gap)
		return true;
	/* The line to name is the one that somebody wrote. */
	at = is_default(s, high) ? low : high;
	breach_at(b, o->section, at->key);
	text_str(&b->t, o->high);
	text_str(&b->t, " (");
	say_value(s, high, &b->t);
	text_str(&b->t, ") must be above ");
	text_str(&b->t, o->low);
	text_str(&b->t, " (");
	say_value(s, low, &b->t);
	text_str(&b->t, ") by ");
	setting_number(low, o->gap, &b->t);
	text_char(&b->t, ' ');
	text_str(&b->t, low->unit);
	text_str(&b->t, " or more");
	return false;
}

typedef bool (*rule_fn)(const struct settings *s, struct breach *b);

static const rule_fn rules[] = {
	check_bus_given,
	check_required,
	check_paths,
	check_devices,
	check_protocols,
	check_addresses,
	check_count,
	check_cycle,
	check_lines_once,
	check_lines_pulled_down,
};

const size_t n_settings_rules = ARRAY_SIZE(rules) + ARRAY_SIZE(orders);

int settings_check_rule(const struct settings *s, size_t rule,
			const char **ret_section, const char **ret_key,
			char error[SETTINGS_ERROR_SIZE])
{
	struct breach b = { .t = text_in(error, SETTINGS_ERROR_SIZE) };
	bool kept = rule < ARRAY_SIZE(rules) ?
		rules[rule](s, &b) :
		check_order(s, &orders[rule - ARRAY_SIZE(rules)], &b);

	if (kept)
		return 0;
	*ret_section = b.section;
	*ret_key = b.key;
	return -1;
}

int settings_check(const struct settings *s, const char **ret_section,
		   const char **ret_key, char error[SETTINGS_ERROR_SIZE])
{
	for (size_t i = 0; i < n_settings_rules; i++)
		if (settings_check_rule(s, i, ret_section, ret_key, error) < 0)
			return -1;
	return 0;
}
