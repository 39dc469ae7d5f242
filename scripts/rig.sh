# SPDX-License-Identifier: MIT
# A private bench for the programs (bash), for scripts/demo and
# tests/scripts/leaks: a temporary folder, a bus of its own, the simulator,
# the daemon. All that they print comes as lines of one stream, each with a
# letter before it. Whatever way the script ends, everything that was started
# is ended by its process id and the folder goes.
#
# Nothing of the machine is used: not its system bus, configuration, state
# folder, GPIO or ttys.
# shellcheck shell=bash

rig=
rig_pids=()

# rig_run LETTER COMMAND...: its output and messages, marked, in the stream;
# its id in $rig_pid.
rig_run() {
	local letter=$1
	shift
	"$@" > >(sed -u "s/^/$letter /"; echo "$letter ended") \
		2>&1 8>&- 9>&- </dev/null &
	rig_pid=$!
	rig_pids+=("$rig_pid")
} >&8

# rig_read SECONDS: the next line of the stream in $rig_line.
rig_read() { IFS= read -r -t "$1" -u 8 rig_line; }

rig_alive() { kill -0 "$1" 2>/dev/null; }

# rig_stop PID SECONDS: asks it to end and waits; its status, or 1 where it
# had to be killed.
rig_stop() {
	local pid=$1 tenths=$(($2 * 10))
	kill -TERM "$pid" 2>/dev/null
	while rig_alive "$pid" && [ "$tenths" -gt 0 ]; do
		sleep 0.1
		tenths=$((tenths - 1))
	done
	if rig_alive "$pid"; then
		kill -KILL "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
		return 1
	fi
	wait "$pid" 2>/dev/null
}

rig_end() {
	local i
	trap '' INT TERM HUP
	for ((i = ${#rig_pids[@]} - 1; i >= 0; i--)); do
		rig_stop "${rig_pids[i]}" 5
	done
	rig_pids=()
	[ -z "$rig" ] || rm -rf "$rig"
	rig=
}

rig_begin() {
	rig=$(mktemp -d "${TMPDIR:-/tmp}/vebus-bms-ng.XXXXXX") || return 1
	trap rig_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir "$rig/state"
	mkfifo "$rig/stream" "$rig/address" && exec 8<>"$rig/stream"
}

# A bus of our own; DBUS_SESSION_BUS_ADDRESS says where.
rig_bus() {
	local address=
	exec 7<>"$rig/address"
	rig_run B dbus-daemon --session --nofork --nopidfile --nosyslog \
		--address="unix:path=$rig/bus" --print-address=7
	IFS= read -r -t 10 -u 7 address
	exec 7>&-
	[ -n "$address" ] || { echo "dbus-daemon did not start"; return 1; }
	export DBUS_SESSION_BUS_ADDRESS=$address
}

# rig_sim ARGUMENT...: the simulator, its ttys in $rig.
rig_sim() {
	rig_run S "$build/tests/sim/bms-sim" --control "$rig/control" "$@"
	sim_pid=$rig_pid
}

# rig_daemon [WRAPPER...]: the daemon with $rig/conf.
rig_daemon() {
	rig_run D "$@" "$build/vebus-bms-ngd" -c "$rig/conf" \
		--session-bus --state-dir "$rig/state"
	daemon_pid=$rig_pid
}

# rig_conf LINE...: four JK-PB batteries and an MK3, virtual lines, the
# shortest hold; then the lines given.
rig_conf() {
	cat >"$rig/conf" <<-END
		[general]
		batteries = 4
		[bus rack]
		device = $rig/rack
		protocol = jk-pb
		addresses = 1-4
		[inverter]
		device = $rig/mk3
		[gpio]
		chip = virtual
		remote-l =
		remote-h =
		[protection]
		release-hold = 5
		[battery-monitor]
		low-soc-warning = 1
		discharge-floor = 0
		END
	[ $# = 0 ] || printf '%s\n' "$@" >>"$rig/conf"
}
