# SPDX-License-Identifier: MIT
# What the scripts for tests/vm/run --systemd share (bash, sourced): the
# installed daemon in a bed of a simulated chip and simulated batteries,
# what chip and unit say, and counting. What "make install DESTDIR=" made is
# looked for in $BMS_BUILDDIR/vm/root.
#
#	bed_make || finish	once, first
#	check TEXT COMMAND...	as often as there is something to show
#	finish			last
# shellcheck shell=bash
set -u
unit=vebus-bms-ng.service
name=org.vebusbmsng
dir=/run/bms-test
chip=/sys/kernel/config/gpio-sim/bms
checks=0
failures=0

# check TEXT COMMAND...: one result; what it says is shown where it fails.
check() {
	local text=$1
	shift
	checks=$((checks + 1))
	"$@" >/run/check.log 2>&1 && { echo "ok: $text"; return; }
	failures=$((failures + 1))
	echo "FAILED: $text"
	tail -n 20 /run/check.log
	return 1
}

finish() {
	echo "$(((checks - failures) * 100 / (checks ? checks : 1)))%:" \
		"Checks: $checks, Failures: $failures, Errors: 0"
	[ "$failures" = 0 ] && [ "$checks" != 0 ]
	exit
}

exec {nothing}<> <(:)

# breathe [SECONDS]: between two looks. Who looks on without it takes all of
# a processor, and makes the daemon late that it looks at.
breathe() { read -rt "${1-0.02}" -u "$nothing"; }

# until_true SECONDS COMMAND...: the longer it has not come, the less often it
# is looked for: a look mostly begins a process, which is dear in here. Not so
# at the lines, which may be as they should for half a second only.
until_true() {
	local end=$((SECONDS + $1)) ms=20 most=400 pause
	shift
	[ "$1" != are ] || most=90
	until "$@"; do
		[ "$SECONDS" -le "$end" ] || return
		printf -v pause 0.%03d "$ms"
		breathe "$pause"
		ms=$((ms * 3 / 2 < most ? ms * 3 / 2 : most))
	done
	return 0
}

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo $((t / 1000)); }

# past MS: whether so many have passed since $at. It begins no process, for
# what asks again and again.
past() {
	local t=${EPOCHREALTIME/[.,]/}
	[ $((t / 1000 - at)) -ge "$1" ]
}

# --- the bed ----------------------------------------------------------------

# What the README says beside "make install".
install_files() {
	cp -R --preserve=mode "$BMS_BUILDDIR/vm/root/." / || return
	systemd-sysusers && udevadm control --reload &&
		systemctl daemon-reload && systemctl reload dbus.service &&
		journalctl --update-catalog
}

make_chip() {
	local config=/sys/kernel/config debug=/sys/kernel/debug
	mountpoint -q $config || mount -t configfs config $config
	mountpoint -q $debug || mount -t debugfs debug $debug
	mkdir -p $chip/bank0 && echo 28 >$chip/bank0/num_lines &&
		echo bms >$chip/bank0/label && echo 1 >$chip/live &&
		lines=/sys/devices/platform/$(cat $chip/dev_name) &&
		lines=$lines/$(cat $chip/bank0/chip_name) &&
		udevadm settle
}

# What the installed udev rule does with it.
is_gpios() {
	local is
	is=$(stat -c %G:%a "/dev/$(cat $chip/bank0/chip_name)")
	[ "$is" = gpio:660 ] || { echo "$is"; return 1; }
}

make_sim() {
	local port
	mkdir -p $dir && cd $dir || return
	"$BMS_BUILDDIR/tests/sim/bms-sim" --bus $dir/rack:1-2 --mk3 $dir/mk3 \
		--control $dir/control --soc 60 >$dir/sim.log 2>&1 &
	until_true 10 grep -q ready $dir/sim.log || return
	for port in rack mk3; do
		chgrp dialout "$(readlink -f $dir/$port)" &&
			chmod 660 "$(readlink -f $dir/$port)" || return
	done
}

# tell COMMAND: one of the simulator's (tests/sim/README.md).
tell() {
	perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => shift) or die "$!\n";
		$s->print("@ARGV\n");
		my $answer = $s->getline;
		print $answer;
		exit $answer !~ /^ok/;' $dir/control "$@"
}

make_config() {
	cat >/etc/vebus-bms-ng.conf <<-END
		[general]
		batteries = 2
		[bus rack]
		device = $dir/rack
		protocol = jk-pb
		addresses = 1-2
		[inverter]
		device = $dir/mk3
		[gpio]
		chip = bms
		remote-l =
		remote-h =
		[protection]
		release-hold = 5
		END
}

# The unit is installed and not started; two batteries on $dir/rack and an
# inverter/charger on $dir/mk3 answer.
bed_make() {
	check "files installed" install_files &&
		check "chip made" make_chip &&
		check "udev gives it to the group gpio" is_gpios &&
		check "simulators started" make_sim &&
		check "configuration written" make_config
}

# --- what chip and unit say -------------------------------------------------

# The two disconnect lines: H driven high, L driven low, . not driven, h
# nobody's and high, ? not readable. Without a process of its own, for it is
# a clock as well.
outputs() {
	local row base=none offset level
	local -A held=()
	while IFS= read -r row; do
		if [[ $row =~ ^gpiochip[0-9]+:\ GPIOs\ ([0-9]+)- ]]; then
			base=none
			[[ $row != *bms* ]] || base=${BASH_REMATCH[1]}
		elif [[ $base != none && $row =~ ^\ gpio-([0-9]+) ]]; then
			offset=$((BASH_REMATCH[1] - base))
			held[$offset]=${row##*)}
		fi
	done </sys/kernel/debug/gpio
	outputs=
	for offset in 17 27; do
		level='?'
		read -r level <"$lines/sim_gpio$offset/value"
		case ${held[$offset]-free}$level in
		*"?") outputs+=? ;;
		" out"*1) outputs+=H ;;
		" out"*0) outputs+=L ;;
		free1) outputs+=h ;;
		*) outputs+=. ;;
		esac
	done
}

are() {
	outputs
	[ "$outputs" = "$1" ] || { echo "outputs $outputs"; return 1; }
}

# stay OUTPUTS MS: fails where they are ever otherwise.
stay() {
	local at
	at=$(now_ms)
	until past "$2"; do
		are "$1" || return
		breathe 0.05
	done
	return 0
}

show() { systemctl show -P "$1" $unit; }
is() { [ "$(show "$1")" = "$2" ] || { show "$1"; return 1; }; }
has_pid() { local pid; pid=$(show MainPID); [ "$pid" != 0 ] &&
	[ "$pid" != "$1" ]; }

# Any of its lines is the daemon's.
holds_lines() { grep -q '|vebus-bms-ng ' /sys/kernel/debug/gpio; }

property() {
	busctl --system get-property $name /org/vebusbmsng $name.Bms1 "$1"
}

# row FAULT EFFECT MS BOUND
row() {
	printf '| %-32s | %-26s | %8d | %6d |\n' "$@"
	check "$1: $2 within $4 ms" [ "$3" -le "$4" ]
}
