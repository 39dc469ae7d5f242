# SPDX-License-Identifier: MIT
# What scripts/demo and scripts/check share (bash): the packages, the copy
# of the tree to build from, and one build folder's life.
#
# Everything made is below build/ (or the folder that BMS_BUILD names).
# shellcheck shell=bash

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd "$top" || exit 1
build=${BMS_BUILD:-build}
case $build in /*) ;; *) build=$top/$build ;; esac
jobs=$(nproc 2>/dev/null || echo 1)
# What is made once, for every build folder.
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vebus-bms-ng

say() { printf '%s\n' "$*"; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# --- packages ---------------------------------------------------------------

package_installed() {
	local status
	status=$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null) &&
		[ "$status" = installed ]
}

# packages_of USE...: what stands in scripts/packages for these, one a line.
packages_of() {
	local use package
	while read -r use package; do
		case " $* " in *" $use "*) say "$package" ;; esac
	done < <(grep -v '^#' scripts/packages) | sort -u
}

# packages_missing USE...: one name a line, nothing where all is there.
packages_missing() {
	local package name found
	while read -r package; do
		found=
		for name in ${package//|/ }; do
			package_installed "$name" && found=yes
		done
		[ -n "$found" ] || say "${package%%|*}"
	done < <(packages_of "$@")
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	elif [ -t 0 ]; then
		sudo "$@"
	else
		sudo -n "$@"
	fi
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" \
		</dev/null
}

# packages_need USE...: installs what is missing, or says what to install.
packages_need() {
	local missing
	if ! command -v dpkg-query >/dev/null; then
		say "No dpkg here: taking it that everything in" \
			"scripts/packages is installed."
		return
	fi
	missing=$(packages_missing "$@" | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
		die "Not installed: $missing
Install them as root: apt-get install $missing"
	fi
	say "Installing by apt: $missing"
	# A machine with current lists needs no update, a fresh one does.
	apt install --no-install-recommends $missing && return
	say "Updating apt's lists, then once more."
	apt update || apt update || say "apt-get update failed"
	apt install --no-install-recommends $missing ||
		die "Could not install: $missing"
}

# --- the tree ---------------------------------------------------------------

# Every file of the project, one a line.
tree_files() {
	if [ -e .git ] && git ls-files -co --exclude-standard 2>/dev/null; then
		return
	fi
	find . \( -path './build*' -o -name autom4te.cache -o -name .git \) \
		-prune -o -type f ! -name Makefile.in ! -name configure \
		! -name aclocal.m4 -print | sed 's,^\./,,'
}

# $build/src: links to the tree's files, so that what autoreconf makes is
# not strewn over the tree, and an edit is seen at once.
tree_link() {
	local file src=$build/src
	mkdir -p "$src"
	find "$src" -xtype l -delete
	while read -r file; do
		[ -e "$file" ] || continue
		[ "$src/$file" -ef "$file" ] && continue
		mkdir -p "$src/$(dirname "$file")"
		ln -sfn "$top/$file" "$src/$file"
	done < <(tree_files)
	if [ ! -e "$src/configure" ] || [ -n "$(find -L "$src" \
		\( -name '*.mk' -o -name '*.am' -o -name '*.ac' \
		-o -name bms-options.m4 \) -newer "$src/configure")" ]; then
		(cd "$src" && autoreconf -fi) >"$build/autoreconf.log" 2>&1 || {
			cat "$build/autoreconf.log"
			return 1
		}
		touch "$src/configure"
	fi
}

# One script at a time in a build folder; the lock is let go by tree_unlock
# or at the end.
tree_lock() {
	mkdir -p "$build" || die "$build: cannot be made"
	exec 9>"$build/.lock" || die "$build belongs to someone else"
	flock -n 9 || {
		say "Waiting for another build in $build"
		flock 9
	}
}

tree_unlock() { exec 9>&-; }

# tree_configure DIR ARGUMENT...: configures once, and again from clean
# where the arguments differ from those of last time.
tree_configure() {
	local dir=$1 stamp
	shift
	stamp="$build $*"
	mkdir -p "$dir"
	if [ -e "$dir/Makefile" ] && [ "$stamp" = \
		"$(cat "$dir/.configured" 2>/dev/null)" ]; then
		return 0
	fi
	[ ! -e "$dir/Makefile" ] || make -C "$dir" clean >/dev/null 2>&1
	(cd "$dir" && "$build/src/configure" "$@") \
		>"$dir/configure.log" 2>&1 || {
		tail -n 20 "$dir/configure.log"
		return 1
	}
	say "$stamp" >"$dir/.configured"
}
