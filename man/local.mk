# SPDX-License-Identifier: MIT
dist_man_MANS = man/vebus-bms-ngd.8 \
	man/vebus-bms-ng-dbus.5 man/vebus-bms-ngctl.1
# The tables of vebus-bms-ng.conf(5) come from the settings table.
man_MANS += man/vebus-bms-ng.conf.5
EXTRA_DIST += man/vebus-bms-ng.conf.5.in
CLEANFILES += man/vebus-bms-ng.conf.5

man/vebus-bms-ng.conf.5: man/vebus-bms-ng.conf.5.in etc/gen-conf$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) man && \
	$(SED) 's|[@]sysconfdir@|$(sysconfdir)|g' \
		'$(srcdir)/man/vebus-bms-ng.conf.5.in' | \
		etc/gen-conf$(EXEEXT) man > $@.tmp && mv $@.tmp $@
