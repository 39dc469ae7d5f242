# SPDX-License-Identifier: MIT
EXTRA_DIST += systemd/vebus-bms-ng.service.in
CLEANFILES += systemd/vebus-bms-ng.service
systemdsystemunit_DATA = systemd/vebus-bms-ng.service

systemd/vebus-bms-ng.service: systemd/vebus-bms-ng.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(SED) 's|[@]sbindir[@]|$(sbindir)|g' \
		'$(srcdir)/systemd/vebus-bms-ng.service.in' > $@.tmp && \
	mv $@.tmp $@
