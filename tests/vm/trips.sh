# SPDX-License-Identifier: MIT
# How long it takes from a high or low cell to its line, again and again, for
# scripts of tests/vm/run --systemd (bash, sourced behind bed.sh): the same
# beside whatever else goes on.
#
#	make_teller	once, first
#	trip_all WHAT	for each a row for the median and one for the worst
# shellcheck shell=bash
trips=3
bound=5000      # from a cell to its line, quiet or not: median,
worst=16500     # and each, for one processor does all of this

# One connection for all commands: a process for each would count as well.
make_teller() {
	coproc teller { perl -MIO::Socket::UNIX -e '
		my $s = IO::Socket::UNIX->new(Peer => shift) or die "$!\n";
		$| = 1;
		while (<STDIN>) { $s->print($_); print scalar $s->getline; }
		' $dir/control; }
	say_to_sim "load 0"
}

say_to_sim() {
	local answer
	echo "$1" >&"${teller[1]}"
	read -rt 10 -u "${teller[0]}" answer
	[[ $answer == ok* ]] || { echo "$answer"; return 1; }
}

# Without sleeping long: what is waited for is the figure.
soon() {
	until are "$1" >/dev/null; do
		! past "$2" || return
		read -rt 0.003 -u "$nothing"
	done
	return 0
}

# trip_rows WHAT LINE MS...
trip_rows() {
	local what=$1 line=$2 took
	shift 2
	mapfile -t took < <(printf '%s\n' "$@" | sort -n)
	row "$what" "$line, median of $trips" \
		$(((took[(trips - 1) / 2] + took[trips / 2]) / 2)) $bound
	row "$what" "and the worst" "${took[trips - 1]}" $worst
}

# trip_all WHAT: a cell goes high, and the charge line floats; one of the
# other battery goes low beside it, and so does the load line.
trip_all() {
	local i at high=() low=()
	for ((i = 0; i < trips; i++)); do
		at=$(now_ms)
		check "$1: a cell goes high" say_to_sim \
			"cell 2 7 force 3760" || return
		soon H. $worst
		high+=($(($(now_ms) - at)))
		at=$(now_ms)
		check "$1: another goes low" say_to_sim \
			"cell 1 4 force 2490" || return
		soon .. $worst
		low+=($(($(now_ms) - at)))
		check "$1: and both well again" eval \
			'say_to_sim "cell 2 7 auto" &&
			say_to_sim "cell 1 4 auto"'
		check "$1: both lines high" until_true 30 are HH
	done
	trip_rows "$1, a high cell" "charge floats" "${high[@]}"
	trip_rows "$1, a low cell" "loads float" "${low[@]}"
}
