# SPDX-License-Identifier: MIT
# Compiler flags and the --enable switches.

# BMS_FLAGS(VARIABLE, FLAG...): adds each flag that compiler and linker take.
AC_DEFUN([BMS_FLAGS], [
	for bms_flag in $2; do
		AC_MSG_CHECKING([whether $CC takes $bms_flag])
		bms_saved_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $bms_flag"
		AC_LINK_IFELSE([AC_LANG_SOURCE(
			[[#include <string.h>
			int main(void) { return 0; }]])],
			[AC_MSG_RESULT([yes]); $1="$$1 $bms_flag"],
			[AC_MSG_RESULT([no])])
		CFLAGS=$bms_saved_CFLAGS
	done
])

# BMS_NEED_FLAG(VARIABLE, FLAG, SWITCH): a switch that cannot be had is an
# error, not something left out in silence.
AC_DEFUN([BMS_NEED_FLAG], [
	bms_had=$$1
	BMS_FLAGS([$1], [$2])
	AS_IF([test "x$$1" = "x$bms_had"],
		[AC_MSG_ERROR([$3: $CC does not take $2])])
])

# Before AC_PROG_CC, which would set -O2: counted branches are those of the
# source only without optimisation.
AC_DEFUN([BMS_DEFAULT_CFLAGS], [
	AC_ARG_ENABLE([gcov],
		[AS_HELP_STRING([--enable-gcov], [count executed branches])])
	AS_IF([test "x$enable_gcov" = xyes],
		[: ${CFLAGS="-g -O0"}], [: ${CFLAGS="-g -O2"}])
])

AC_DEFUN([BMS_OPTIONS], [
	BMS_WARN=
	BMS_HARDEN=
	BMS_HARDEN_LDFLAGS=
	BMS_EXTRA=
	FUZZ_LDFLAGS=
	BMS_FLAGS([BMS_WARN], [-std=gnu11 -Wall -Wextra -Wconversion -Wshadow \
		-Wswitch-enum -Wmissing-prototypes -Wstrict-prototypes \
		-Wformat=2 -Wvla -Wundef])

	AC_ARG_ENABLE([werror],
		[AS_HELP_STRING([--enable-werror], [warnings are errors])])
	AS_IF([test "x$enable_werror" = xyes], [BMS_WARN="$BMS_WARN -Werror"])

	AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers],
		[address and undefined behaviour sanitizers])])
	AS_IF([test "x$enable_sanitizers" = xyes], [
		BMS_NEED_FLAG([BMS_EXTRA], [-fsanitize=address,undefined],
			[--enable-sanitizers])
		BMS_EXTRA="$BMS_EXTRA -fno-sanitize-recover=all"
		BMS_EXTRA="$BMS_EXTRA -fno-omit-frame-pointer"
	])
	AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" = xyes])

	AS_IF([test "x$enable_gcov" = xyes],
		[BMS_NEED_FLAG([BMS_EXTRA], [--coverage], [--enable-gcov])])

	AC_ARG_ENABLE([fuzzer], [AS_HELP_STRING([--enable-fuzzer],
		[build the fuzz targets for libFuzzer (CC=clang)])])
	AS_IF([test "x$enable_fuzzer" = xyes], [
		BMS_NEED_FLAG([BMS_EXTRA],
			[-fsanitize=fuzzer-no-link,address,undefined],
			[--enable-fuzzer])
		FUZZ_LDFLAGS="-fsanitize=fuzzer"
	])
	AC_SUBST([FUZZ_LDFLAGS])
	AM_CONDITIONAL([FUZZER], [test "x$enable_fuzzer" = xyes])

	AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening],
		[no stack protector, fortify, PIE or RELRO])])
	AS_IF([test "x$enable_hardening" != xno], [
		BMS_FLAGS([BMS_HARDEN], [-fstack-protector-strong \
			-fstack-clash-protection -fcf-protection -fPIE])
		# Fortified calls need optimisation (the probe fails without),
		# and hide from the sanitizers what those report better.
		AS_IF([test "x$enable_sanitizers$enable_gcov$enable_fuzzer" = x],
			[BMS_FLAGS([BMS_HARDEN],
				["-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])])
		BMS_FLAGS([BMS_HARDEN_LDFLAGS],
			[-pie -Wl,-z,relro -Wl,-z,now])
	])

	AC_SUBST([BMS_CFLAGS], ["$BMS_WARN $BMS_HARDEN $BMS_EXTRA"])
	AC_SUBST([BMS_LDFLAGS], ["$BMS_HARDEN_LDFLAGS $BMS_EXTRA"])
])
