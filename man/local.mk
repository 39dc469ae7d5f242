# SPDX-License-Identifier: MIT
dist_man_MANS = man/vebus-bms-ngd.8 \
	man/vebus-bms-ng-dbus.5 man/vebus-bms-ng-gatt.7 \
	man/vebus-bms-ngctl.1
# The lists in vebus-bms-ng.conf(5), vebus-bms-ng-gatt(7) and
# vebus-bms-ngd(8) are written by "make update-texts".
man_MANS += man/vebus-bms-ng.conf.5
EXTRA_DIST += man/vebus-bms-ng.conf.5.in
CLEANFILES += man/vebus-bms-ng.conf.5

man/vebus-bms-ng.conf.5: man/vebus-bms-ng.conf.5.in Makefile
	$(AM_V_GEN)$(MKDIR_P) man && \
	$(SED) 's|[@]sysconfdir@|$(sysconfdir)|g' \
		'$(srcdir)/man/vebus-bms-ng.conf.5.in' > $@.tmp && \
	mv $@.tmp $@
