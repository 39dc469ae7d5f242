# SPDX-License-Identifier: MIT
# A system's files to work on, of which nothing is ever written (bash,
# sourced). For whoever is root in a mount namespace of its own.
# shellcheck shell=bash

# overlay_make LOWER AT FOLDER...: mounts at AT/root what LOWER has; what is
# written there is in memory. /tmp and /run are empty but for the folders,
# which are put where they are found here.
overlay_make() {
	local lower=$1 at=$2 root=$2/root folder
	shift 2
	case $lower in *[,:\\]*)
		echo "overlayfs cannot take a folder named $lower"
		return 1
	esac
	mount -t tmpfs -o size=600M,mode=755 vm "$at" &&
		mkdir "$at/upper" "$at/work" "$root" &&
		mount -t overlay -o "lowerdir=$lower,upperdir=$at/upper"$(
			),workdir="$at/work" root "$root" &&
		mount -t tmpfs -o mode=1777 tmp "$root/tmp" &&
		mount -t tmpfs -o mode=755 run "$root/run" || return
	for folder; do
		mkdir -p "$root$folder" &&
			mount --bind "$folder" "$root$folder" || return
	done
}
