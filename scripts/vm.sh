# SPDX-License-Identifier: MIT
# What scripts/check does in tests/vm (bash, sourced by it): the tests on a
# simulated GPIO chip, on this machine's system and on the other one of the
# two Debian releases, each built there by tests/vm/build.
#
# What tests/vm/local.mk names runs alone in the kernel, every script
# tests/vm/test-* as a service of its systemd; test-run runs here.
# shellcheck shell=bash

vm_releases='bookworm trixie'

# One a line.
vm_programs() { make -s -C "$build" print-vm-tests | tail -n 1 | xargs -n 1; }
vm_scripts() {
	find tests/vm -name 'test-*' ! -name '*.*' ! -name test-run | sort -r
}
# The other release's tree has no browser: the page is tried on one system.
vm_scripts_other() { vm_scripts | grep -v /test-bluetooth-page; }

# vm_test LOG COMMAND...: when its turn comes, with the turn's processor in
# $BMS_VM_CPU; leaves LOG.log and LOG.trs, as make check does.
vm_test() {
	local log=$1 result=FAIL turn
	shift
	trap 'kill "$!"; exit' TERM
	read -rN 2 turn <&"$vm_turns"
	SECONDS=0
	BMS_VM_CPU=$turn "$@" >"$log.log" 2>&1 &
	wait "$!"
	case $? in
	0) result=PASS ;;
	77) result=SKIP ;;
	esac
	printf ':test-result: %s\n:seconds: %d\n' $result $SECONDS >"$log.trs"
	printf %s "$turn" >&"$vm_turns"
}

# vm_start NAME DIR ROOT: builds and begins all of them, those first that wait
# longest and compute least.
vm_start() {
	local name=$1 dir=$2 root=$3 scripts program into=() run
	scripts=$(vm_scripts)
	[ "$root" = / ] ||
		{ into=(--root "$root"); scripts=$(vm_scripts_other); }
	rm -rf "$dir/vm"
	mkdir -p "$dir/vm"
	try "$name: build and make install DESTDIR" \
		nice tests/vm/build "${into[@]}" "$dir" || return
	: >"$dir/vm/begun"
	run=(env BMS_BUILDDIR="$dir" tests/vm/run --deadline 900
		--root "$root")
	for program in $scripts; do
		vm_test "$dir/vm/${program##*/}" \
			"${run[@]}" --systemd "$program" &
	done
	for program in $(vm_programs); do
		vm_test "$dir/vm/${program##*/}" \
			"${run[@]}" "$dir/$program" &
	done
}

# vm_count NAME DIR PROGRAM...: what became of those that were begun.
vm_count() {
	local name=$1 at=$2/vm program
	shift 2
	[ -e "$at/begun" ] || return
	for program in "$@"; do
		program=${program##*/}
		[ -e "$at/$program.trs" ] ||
			{ fail "$name: $program has no end"; continue; }
		say "$name: $program:" $(sed 's/.*: //' "$at/$program.trs") "s"
		if grep -q SKIP "$at/$program.trs"; then
			tail -n 1 "$at/$program.log"
		else
			grep -hE '^(\||[0-9]+%: Checks)' "$at/$program.log"
		fi
		count_log "$at/$program.trs"
	done
}

# vm_other RELEASE: begins them on that one's files.
vm_other() {
	local tree
	try "$1: a tree of it" nice tests/vm/debian "$1" &&
		tree=$(tests/vm/debian "$1") &&
		try "$1: the kernel runs on that tree" \
			tests/vm/run --root "$tree" /usr/bin/grep -x \
			"VERSION_CODENAME=$1" /etc/os-release &&
		vm_start "$1" "$build/$1" "$tree"
}

# Where they cannot be run, one line says why and each counts as skipped.
# They wait more than they compute, so five run at a time on two processors,
# while the other release's are being built.
check_vm() {
	local own name program all turn
	heading "in a kernel with a simulated GPIO chip"
	own=$(. /etc/os-release && say "${VERSION_CODENAME-$ID}")
	program=$(vm_programs)
	[ -n "$program" ] || { fail "tests/vm has no programs"; return; }
	all="$program $(vm_scripts)"
	try "a program runs in it" tests/vm/run /usr/bin/true || {
		[ $? != 77 ] || for program in $all; do
			skip "${program##*/}: the same"
		done
		return
	}
	trap 'kill $(jobs -p) 2>/dev/null' EXIT
	trap 'exit 130' HUP INT TERM
	rm -f "$build"/vm/begun "$build"/*/vm/begun
	exec {vm_turns}<> <(:)
	for ((turn = 0; turn < 5 * jobs / 2; turn++)); do
		printf %02d $((turn % jobs % 100)) >&"$vm_turns"
	done
	vm_start "$own" "$build" /
	vm_test "$build/vm/test-run" tests/vm/test-run &
	for name in $vm_releases; do
		[ "$name" = "$own" ] || vm_other "$name"
	done
	wait
	exec {vm_turns}>&-
	vm_count "$own" "$build" $all test-run
	for name in $vm_releases; do
		[ "$name" = "$own" ] ||
			vm_count "$name" "$build/$name" \
				$(vm_programs) $(vm_scripts_other)
	done
}
