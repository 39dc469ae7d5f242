# SPDX-License-Identifier: MIT
# Compiler flags and the --enable switches.

# BMS_CFLAG(VARIABLE, FLAG...): adds each flag that the compiler takes.
AC_DEFUN([BMS_CFLAG], [
	for bms_flag in $2; do
		AC_MSG_CHECKING([whether $CC takes $bms_flag])
		bms_saved_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $bms_flag"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
			[AC_MSG_RESULT([yes]); $1="$$1 $bms_flag"],
			[AC_MSG_RESULT([no])])
		CFLAGS=$bms_saved_CFLAGS
	done
])

AC_DEFUN([BMS_OPTIONS], [
	BMS_WARN=
	BMS_HARDEN=
	BMS_EXTRA=
	BMS_CFLAG([BMS_WARN], [-Wall -Wextra -Wconversion -Wshadow
		-Wswitch-enum -Wmissing-prototypes -Wstrict-prototypes
		-Wformat=2 -Wvla -Wundef])

	AC_ARG_ENABLE([werror],
		[AS_HELP_STRING([--enable-werror], [warnings are errors])])
	AS_IF([test "x$enable_werror" = xyes], [BMS_WARN="$BMS_WARN -Werror"])

	AC_ARG_ENABLE([sanitizers], [AS_HELP_STRING([--enable-sanitizers],
		[address and undefined behaviour sanitizers])])
	AS_IF([test "x$enable_sanitizers" = xyes],
		[BMS_EXTRA="$BMS_EXTRA -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"])
	AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" = xyes])

	AC_ARG_ENABLE([gcov],
		[AS_HELP_STRING([--enable-gcov], [count executed branches])])
	AS_IF([test "x$enable_gcov" = xyes],
		[BMS_EXTRA="$BMS_EXTRA --coverage -O0"])

	AC_ARG_ENABLE([fuzzer], [AS_HELP_STRING([--enable-fuzzer],
		[build the fuzz targets for libFuzzer (clang)])])
	AS_IF([test "x$enable_fuzzer" = xyes], [
		BMS_EXTRA="$BMS_EXTRA -fsanitize=fuzzer-no-link,address,undefined"
		FUZZ_LDFLAGS="-fsanitize=fuzzer"
	])
	AC_SUBST([FUZZ_LDFLAGS])
	AM_CONDITIONAL([FUZZER], [test "x$enable_fuzzer" = xyes])

	AC_ARG_ENABLE([hardening], [AS_HELP_STRING([--disable-hardening],
		[no stack protector, fortify, PIE or RELRO])])
	AS_IF([test "x$enable_hardening" != xno], [
		BMS_CFLAG([BMS_HARDEN], [-fstack-protector-strong
			-fstack-clash-protection -fcf-protection -fPIE])
		# glibc's fortified calls need optimisation and hide from the
		# sanitizers what they would report better.
		AS_IF([test "x$enable_sanitizers$enable_gcov$enable_fuzzer" = x],
			[BMS_HARDEN="$BMS_HARDEN -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"])
		BMS_HARDEN_LDFLAGS="-pie -Wl,-z,relro -Wl,-z,now"
	])

	AC_SUBST([BMS_CFLAGS], ["$BMS_WARN $BMS_HARDEN $BMS_EXTRA"])
	AC_SUBST([BMS_LDFLAGS], ["$BMS_HARDEN_LDFLAGS $BMS_EXTRA"])
])
