# SPDX-License-Identifier: MIT
# What the Bluetooth scripts for tests/vm/run --systemd share (bash, sourced
# behind bed.sh): a virtual air with the daemon's controller and phones, under
# Debian's own bluetooth.service, and what a phone makes of it.
#
#	air_make || finish	behind bed_make
#	sections FUNCTION...	what there is to check, in turn
#
# hci1 is the phone of tests/vm/phone. What is bonded is kept in the bed's
# overlay and gone with it.
# shellcheck shell=bash
bms=hci0 # the daemon's
bluez=bluetooth.service
phones=1
slow=60 # seconds for what nobody has a bound for, on a busy machine
btvirt=

has_adapter() {
	busctl get-property org.bluez "/org/bluez/hci$1" org.bluez.Adapter1 \
		Address >/dev/null 2>&1
}

has_adapters() {
	local n
	n=$(busctl call org.bluez / org.freedesktop.DBus.ObjectManager \
		GetManagedObjects | grep -o '"/org/bluez/hci[0-9]*"' |
		sort -u | wc -l)
	[ "$n" -gt "$phones" ] || { echo "$n adapters"; return 1; }
}

plug_adapters() {
	LD_PRELOAD=$BMS_BUILDDIR/tests/vm/one-event.so \
		btvirt -l$((phones + 1)) >/run/btvirt.log 2>&1 &
	btvirt=$!
}

unplug_adapters() {
	kill "$btvirt"
	wait "$btvirt" 2>/dev/null
}

# This kernel has nothing to gather randomness from, and would need a minute:
# RNDADDENTROPY (random(4)) says that what it gets is some.
seed() {
	perl -e 'ioctl(STDIN, 0x40085203, pack("iia32", 256, 32,
		join("", map { chr(int(rand(256))) } 1 .. 32)))
		or die "$!\n"' </dev/random
}

plug_in() {
	plug_adapters
	check "virtual controllers" until_true $slow \
		[ -e "/sys/class/bluetooth/hci$phones" ] &&
		check "bluetoothd started" systemctl start $bluez &&
		check "it has them" until_true $slow has_adapters
}

air_make() {
	printf '[bluetooth]\nadapter = %s\n' $bms >>/etc/vebus-bms-ng.conf
	seed
	plug_in && air_start
}

# Everything is well, and the daemon advertises.
air_start() {
	check "started" systemctl start $unit &&
		check "both high" until_true $slow are HH &&
		check "it advertises" until_true $slow is_state advertising
}

# As it was at first: of bonds, settings and adapters nothing is left.
air_again() {
	stop_listening
	systemctl stop $unit $bluez
	systemctl reset-failed
	unplug_adapters
	rm -rf /var/lib/bluetooth/* /var/lib/vebus-bms-ng/*
	phones=1
	plug_in && air_start
}

# crashes UNIT: not killed by a test, it has ended itself, by a fault of its
# own.
crashes() {
	journalctl --sync
	journalctl -b -o cat -u "$1" |
		grep -cE 'Main process exited.*status=(6/ABRT|11/SEGV)'
}

# one_by_one FUNCTION...: fails where bluetoothd has crashed in one of them,
# whose results are none then. Those of the ones before it stand.
one_by_one() {
	local section had kept
	had=$(crashes $bluez)
	for section; do
		kept=("$checks" "$failures")
		"$section"
		[ "$(crashes $bluez)" != "$had" ] || continue
		checks=${kept[0]} failures=${kept[1]}
		return 1
	done
	return 0
}

# sections FUNCTION...: both ends of every link are adapters of one bluetoothd
# here, and Debian's (5.66 and 5.82) does not always survive that. What it has
# not survived says nothing of the daemon: then all is begun once more, twice
# at most, and how often is told. The daemon has to survive that as well.
sections() {
	local tries=3
	until one_by_one "$@" || [ $((--tries)) = 0 ]; do
		echo "bluetoothd crashed: from the beginning"
		air_again || break
	done
	check "bluetoothd has survived one of three" [ $tries != 0 ]
	check "the daemon has never crashed" [ "$(crashes $unit)" = 0 ]
	echo "| bluetoothd crashed $(crashes $bluez) times |"
}

phone() { "$BMS_BUILDDIR/tests/vm/phone" "$@"; }

# Of hci0, then of the phones, one a line.
addresses() {
	local i
	for ((i = 0; i <= phones; i++)); do
		busctl get-property org.bluez /org/bluez/hci$i \
			org.bluez.Adapter1 Address | cut -d '"' -f 2
	done
}

# --- on the air -------------------------------------------------------------

# Goes on listening until it is ended, or bluetoothd is.
listening=
listen() {
	: >/run/air
	"$BMS_BUILDDIR/tests/vm/phone" -t 600 advertisement 100000 \
		>/run/air 2>/run/air.log &
	listening=$!
}

stop_listening() {
	[ -n "$listening" ] || return 0
	kill "$listening" 2>/dev/null
	wait "$listening" 2>/dev/null
	listening=
}

heard() { wc -l </run/air; }

# heard_more THAN
heard_more() { [ "$(heard)" -gt "$1" ] || { cat /run/air.log; return 1; }; }

# The last one, decoded.
readout() {
	tail -n 1 /run/air | "$BMS_BUILDDIR/tests/vm/readout" "$key"
}

# says NAME=VALUE...: the last one on the air.
says() {
	local record word
	record=" $(readout) "
	for word; do
		[[ $record == *" $word "* ]] || { echo "$record"; return 1; }
	done
}

# --- on D-Bus ---------------------------------------------------------------

bluetooth() {
	busctl --system get-property $name /org/vebusbmsng \
		$name.Bluetooth1 "$1"
}

is_on() { is_state advertising || is_state connected; }

# is_state WORD
is_state() {
	[ "$(bluetooth State)" = "s \"$1\"" ] ||
		{ bluetooth State; bluetooth StateText; return 1; }
}

read_key() {
	key=$(busctl --system call $name /org/vebusbmsng $name.Bluetooth1 \
		GetKey | cut -d '"' -f 2)
	[[ $key =~ ^[0-9a-f]{32}$ ]] || { echo "key $key"; return 1; }
}
