/* SPDX-License-Identifier: MIT */
#include "daemon/check.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/hold.h"
#include "daemon/log.h"
#include "daemon/taken.h"
#include "gpio/gpio.h"
#include "lib/proto/proto.h"

static void check_bus(const struct settings_bus *bus)
{
	const struct proto *proto = proto_find(bus->protocol);
	uint32_t baud = bus->baud;

	if (baud == 0 && proto)
		baud = proto->default_baud;
	printf("  bus %s: %s at %u baud on %s, address", bus->name,
	       proto ? proto->title : bus->protocol, (unsigned int)baud,
	       bus->device);
	for (uint32_t i = 0; i < bus->n_addresses; i++)
		printf("%s %u", i > 0 ? "," : "",
		       (unsigned int)bus->addresses[i]);
	putchar('\n');
}

void check_print(const char *path, const struct settings *settings)
{
	const struct settings_general *general = &settings->general;

	printf("%s: ok\n", path);
	printf("  %u batteries, nominal voltage ",
	       (unsigned int)settings_n_batteries(settings));
	if (general->nominal_voltage_v > 0)
		printf("%d V\n", (int)general->nominal_voltage_v);
	else
		printf("found out from the batteries\n");
	for (uint32_t i = 0; i < settings->n_buses; i++)
		check_bus(&settings->bus[i]);
	if (settings->inverter.present)
		printf("  inverter: MK3 on %s\n", settings->inverter.device);
	else
		printf("  inverter: none\n");
	printf("  lines on chip %s:", settings->gpio.chip);
	for (int i = 0; i < LINE_COUNT; i++) {
		if (settings->gpio.line[i][0] != '\0')
			printf(" %s %s",
			       settings_line_key((enum settings_line)i),
			       settings->gpio.line[i]);
	}
	putchar('\n');
}

static bool check_float_these(const struct settings_gpio *lines,
			      struct gpio_held *held)
{
	char error[GPIO_ERROR_SIZE];
	struct gpio *gpio;

	if (gpio_open(&gpio, lines, held, error) < 0) {
		log_line(LOG_LEVEL_ERROR, "lines",
			 "%s, not all outputs have been made to float",
			 error);
		return false;
	}
	gpio_close(gpio);
	return true;
}

/* What a restart within an update holds is its holder's: that line floats
 * by itself, whatever becomes of the program that follows. */
static bool check_held(const struct options *options, struct gpio_held *ret)
{
	mono_t now = clock_mono();
	mono_t until;

	if (hold_ask(options->run_dir, now, ret, &until) < 0)
		return false;
	log_line(LOG_LEVEL_NOTICE, "update",
		 "load-disconnect is held over a restart, %u s at most, every "
		 "other output floats",
		 (unsigned int)(mono_elapsed_ms(now, until) / 1000));
	return true;
}

int check_float(const struct options *options)
{
	struct settings *settings = calloc(1, sizeof(*settings));
	struct gpio_held line;
	struct gpio_held *held = check_held(options, &line) ? &line : NULL;
	bool good = settings;

	/* First, and whatever is wrong with the configuration since. */
	if (settings && taken_find(options->run_dir, settings) == 0)
		good = check_float_these(&settings->gpio, held);
	if (settings && config_load(options->config, settings, stderr) == 0)
		good = check_float_these(&settings->gpio, held) && good;
	else
		good = false;
	free(settings);
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
