# SPDX-License-Identifier: MIT
# What the scripts about an update of the daemon itself share (bash, sourced
# behind bed.sh). No kernel may do their work for them: this one keeps outputs
# driven after their owner's end.
# shellcheck shell=bash
program=/usr/sbin/vebus-bms-ngd

persist() {
	echo "$1" >/sys/module/pinctrl_bcm2835/parameters/persist_gpio_outputs
}

call() {
	busctl --system call $name /org/vebusbmsng $name.Bms1 "$1"
}

# Both high, and then a window: the charge line floats.
begin_update() {
	check "started" systemctl start $unit &&
		check "both high" until_true 60 are HH &&
		check "BeginUpdate" call BeginUpdate &&
		check "the charge line floats" until_true 10 are H.
}

# Notes whatever the outputs are that they must not be, without an end of its
# own: the discharge line otherwise than driven, the charge line driven.
look() {
	: >/run/seen
	rm -f /run/look-no-more
	while [ ! -e /run/look-no-more ]; do
		outputs
		[ "$outputs" = H. ] || echo "$outputs" >>/run/seen
		breathe
	done
}

look_begin() { look & looking=$!; }
look_end() { : >/run/look-no-more; wait "$looking"; }
nothing_seen() { sort /run/seen | uniq -c; [ ! -s /run/seen ]; }

# Every change of how the line is held, by the kernel.
watch_begin() {
	"$BMS_BUILDDIR/tests/vm/watch" "/dev/$(cat $chip/bank0/chip_name)" 17 \
		>/run/watched 2>&1 &
	watching=$!
	until_true 10 grep -q watching /run/watched
}
watch_end() { kill "$watching"; wait "$watching"; }
nothing_watched() { cat /run/watched; [ "$(cat /run/watched)" = watching ]; }

# fails_after WHAT: the program now does that, and $at is when it was told
# to restart. Looks on until the discharge line floats: not before 119 s, at
# 130 s at the latest, and the charge line all the while.
fails_after() {
	local left
	while are H. >/dev/null && ! past 140000; do
		breathe 0.1
	done
	left=$(($(now_ms) - at))
	check "it $1: both float then" are ..
	row "update, then it $1" "discharge line floats" "$left" 130000
	check "it $1: driven for 119 s" [ "$left" -ge 119000 ]
	check "it $1: and they stay so" stay .. 5000
}

# mended COMMAND...: which puts the program back.
mended() {
	"$@"
	systemctl reset-failed $unit
	at=$(now_ms)
	systemctl restart --no-block $unit
	check "mended: the discharge line returns" until_true 120 are H.
	row "program mended" "discharge line high" $(($(now_ms) - at)) 60000
	check "EndUpdate" until_true 20 call EndUpdate
	check "both high" until_true 30 are HH
}
