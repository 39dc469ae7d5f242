/* SPDX-License-Identifier: MIT */
/*
 * A scenario file: what an installation is, what happens to it, and what is
 * expected of it, in words that an installer reads. README.md has the
 * format. Reading a file and running it are the same for every world that
 * it is run in; a world is the core alone, or the whole daemon.
 */
#ifndef BMS_TESTS_SCRIPT_H
#define BMS_TESTS_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>

enum {
	SCRIPT_STEPS_MAX = 256,
	SCRIPT_FACTS_MAX = 12,
	SCRIPT_WORD_SIZE = 64,
	SCRIPT_SETTINGS_MAX = 16,
	SCRIPT_ERROR_SIZE = 4096,
	SCRIPT_FILES_MAX = 512,
};

enum action_kind {
	ACTION_CELLS, ACTION_ALL_CELLS, ACTION_CELL,
	ACTION_PACK_VOLTAGE, ACTION_PACK_AUTO,
	ACTION_TEMPERATURE, ACTION_ALL_TEMPERATURES, ACTION_SENSOR,
	ACTION_SENSOR_BROKEN, ACTION_SENSORS_NONE,
	ACTION_CURRENT, ACTION_ALL_CURRENTS, ACTION_CURRENT_UNKNOWN,
	ACTION_CHARGE, ACTION_ALL_CHARGES, ACTION_CHARGE_UNKNOWN,
	ACTION_SILENT, ACTION_ANSWERS, ACTION_GARBLED,
	ACTION_CHARGE_SWITCH, ACTION_DISCHARGE_SWITCH,
	ACTION_PROTECTS, ACTION_PROTECTS_NOT, ACTION_BALANCES,
	ACTION_CAPACITY, ACTION_CAPACITY_UNKNOWN, ACTION_CELL_COUNT,
	ACTION_SERIAL, ACTION_CHARGE_WISH, ACTION_DISCHARGE_WISH,
	ACTION_REMOTE, ACTION_MODE, ACTION_LINES, ACTION_PERSIST,
	ACTION_CLOCK_BACK, ACTION_SETTING,
	ACTION_BYPASS, ACTION_BYPASS_END,
	ACTION_SET_CHARGE, ACTION_SYNCHRONISE,
	ACTION_BEGIN_UPDATE, ACTION_END_UPDATE, ACTION_RESTART,
	ACTION_INVERTER_LINK, ACTION_INVERTER_VOLTAGE, ACTION_INVERTER_OBEYS,
	ACTION_COUNT
};

/* What the pattern of the kind has numbers and a word for. */
struct action {
	enum action_kind kind;
	uint32_t battery; /* from 1 */
	uint32_t cell;    /* from 1; also a sensor */
	double value;     /* in the unit of the pattern */
	double second;
	char word[SCRIPT_WORD_SIZE];
};

enum fact_kind {
	FACT_ATC, FACT_ATD, FACT_PRE_ALARM,
	FACT_REASON, FACT_NO_REASON, FACT_NO_REASONS,
	FACT_CODE, FACT_NO_CODE, FACT_NO_CODES,
	FACT_CHARGE_LIMIT, FACT_CHARGE_BELOW, FACT_CHARGE_ABOVE,
	FACT_CHARGE_LIMIT_UNKNOWN,
	FACT_DISCHARGE_LIMIT, FACT_DISCHARGE_BELOW, FACT_DISCHARGE_ABOVE,
	FACT_DISCHARGE_LIMIT_UNKNOWN,
	FACT_INVERTER, FACT_INVERTER_CURRENT,
	FACT_VOLTAGE, FACT_VOLTAGE_UNKNOWN, FACT_CURRENT,
	FACT_CHARGE, FACT_CHARGE_UNKNOWN,
	FACT_CONSUMED, FACT_TIME_REMAINING, FACT_TIME_REMAINING_UNKNOWN,
	FACT_LOWEST_CELL, FACT_HIGHEST_CELL,
	FACT_SERIES, FACT_PARALLEL, FACT_CAPACITY,
	FACT_BALANCER, FACT_LOW_POWER, FACT_NO_LOW_POWER,
	FACT_COUNT
};

struct fact {
	enum fact_kind kind;
	double value;
	double tolerance; /* half of the last digit that was written */
	uint32_t battery;
	uint32_t cell;
	char word[SCRIPT_WORD_SIZE];
	char text[SCRIPT_WORD_SIZE * 2]; /* as written */
};

enum step_kind {
	STEP_AT,     /* time passes until from_ms after the start */
	STEP_AFTER,  /* from_ms pass */
	STEP_DO,
	STEP_EXPECT, /* now */
	STEP_WITHIN, /* not before from_ms, and by to_ms */
	STEP_FOR,    /* all the time until to_ms have passed */
};

struct step {
	enum step_kind kind;
	unsigned int line;
	uint64_t from_ms;
	uint64_t to_ms;
	struct action action;
	unsigned int n_facts;
	struct fact fact[SCRIPT_FACTS_MAX];
};

struct script_setting {
	const char *section;
	char key[SCRIPT_WORD_SIZE];
	char value[SCRIPT_WORD_SIZE];
};

struct script {
	char path[512];
	uint32_t batteries;
	uint32_t cells;     /* of each battery */
	uint32_t series;    /* batteries of a string */
	double capacity_ah; /* of each battery */
	bool daemon;        /* also against the whole daemon */
	bool inverter;
	bool remote;        /* the terminals are fitted */
	unsigned int n_settings;
	struct script_setting setting[SCRIPT_SETTINGS_MAX];
	unsigned int n_steps;
	struct step step[SCRIPT_STEPS_MAX];
};

/* Where a scenario is run. */
struct world_ops {
	uint64_t (*now_ms)(void *world); /* since the start */
	/* Lets at most until then pass; may come back earlier, but not
	 * without any time having passed. */
	void (*pass)(void *world, uint64_t until_ms);
	/* false where this world cannot do that. */
	bool (*act)(void *world, const struct action *action);
	bool (*holds)(void *world, const struct fact *fact);
	/* Everything that may explain why not, into buf. */
	void (*describe)(void *world, char *buf, unsigned int size);
	/* What a limit in time may be missed by, for worlds in real time. */
	uint64_t early_ms;
	uint64_t late_ms;
};

/* Parts "key = value" and finds the section of the key. */
bool script_setting(const char *text, struct script_setting *ret_setting);

/* false with "file:line: what is wrong" in error. */
bool script_read(struct script *script, const char *path,
		 char error[SCRIPT_ERROR_SIZE]);

/* false with "file:line: expected ...; seen ..." in error. */
bool script_run(const struct script *script, const struct world_ops *ops,
		void *world, char error[SCRIPT_ERROR_SIZE]);

/* The bank's nominal voltage as the settings have it: "12", "24", "48". */
const char *script_nominal_voltage(const struct script *script);

/* The .scn files of a folder, sorted; their number. Only those for the
 * daemon where so wanted. The memory is the function's. */
unsigned int script_files(const char *folder, bool daemon,
			  const char *const **ret_paths);

#endif
