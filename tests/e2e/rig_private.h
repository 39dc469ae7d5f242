/* SPDX-License-Identifier: MIT */
/* What the parts of the rig share. */
#ifndef BMS_TESTS_RIG_PRIVATE_H
#define BMS_TESTS_RIG_PRIVATE_H

#include <sys/types.h>
#include <systemd/sd-bus.h>

#include "tests/e2e/rig.h"

#define RIG_NAME "org.vebusbmsng"
#define RIG_ROOT "/org/vebusbmsng"

enum { TEXT_SIZE = 8192, START_MS = 20000 };

struct rig {
	struct rig_options options;
	char dir[64];
	char path[256];
	char settings[4096];
	char printed[65536];
	char answer[TEXT_SIZE];
	char text[TEXT_SIZE];
	pid_t bus_pid;
	pid_t sim_pid;
	pid_t daemon_pid;
	sd_bus *bus;
	int control;
	int changes; /* signals seen; a wait looks again when it moves */
};

/* Numbers of the virtual chip's lines, as the configuration names them. */
struct rig_line_row {
	const char *key;
	int offset;
};

extern const struct rig_line_row rig_lines[LINE_COUNT];

/* The bus's address into rig->text. */
void rig_bus_address(struct rig *rig);
/* Starts a program of the build; its output goes to a file in the folder. */
pid_t rig_start(struct rig *rig, const char *out, char *const argv[]);
const char *rig_program(const char *name, char buf[1024]);
/* Waits for a child with a deadline; its status. */
int rig_reap(pid_t pid, uint32_t timeout_ms);
/* Signals a child, if there is one, and waits for it. */
void rig_end(pid_t pid, int signal);
/* Waits until a file exists, the way a process says that it is ready. */
void rig_until_file(struct rig *rig, const char *name);
void rig_file_text(const char *path, char *buf, size_t size);

void rig_start_bus(struct rig *rig);
void rig_start_sim(struct rig *rig);
void rig_connect_sim(struct rig *rig);
void rig_write_conf(struct rig *rig);
void rig_connect_bus(struct rig *rig);
/* Handles what has come; else sleeps until something comes or 100 ms. */
void rig_turn(struct rig *rig);
/* Prints the logs' ends, for a test that is about to fail. */
void rig_show_log(struct rig *rig);

#endif
