# SPDX-License-Identifier: MIT
# What the Bluetooth scripts for tests/vm/run --systemd share (bash, sourced
# behind bed.sh): a virtual air with the daemon's controller hci0 and phones,
# under Debian's own bluetooth.service, and what a phone makes of it.
#
#	air_make [PHONES] || finish	behind bed_make
#
# hci1 is the phone of tests/vm/phone. What is bonded is kept in the bed's
# overlay and gone with it.
# shellcheck shell=bash
bluez=bluetooth.service
phones=1
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

air_make() {
	phones=${1-1}
	printf '[bluetooth]\nadapter = hci0\n' >>/etc/vebus-bms-ng.conf
	seed
	plug_adapters
	check "virtual controllers" until_true 20 \
		[ -e "/sys/class/bluetooth/hci$phones" ] &&
		check "bluetoothd started" systemctl start $bluez &&
		check "it has them" until_true 20 has_adapters
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
listen() {
	: >/run/air
	"$BMS_BUILDDIR/tests/vm/phone" -t 600 advertisement 100000 \
		>/run/air 2>/run/air.log &
	listening=$!
}

stop_listening() {
	kill "$listening"
	wait "$listening" 2>/dev/null
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
