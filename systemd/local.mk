# SPDX-License-Identifier: MIT
EXTRA_DIST += systemd/vebus-bms-ng.service.in
CLEANFILES += systemd/vebus-bms-ng.service
systemdsystemunit_DATA = systemd/vebus-bms-ng.service

# Written by "make update-texts".
catalogdir = $(prefix)/lib/systemd/catalog
dist_catalog_DATA = systemd/vebus-bms-ng.catalog

systemd/vebus-bms-ng.service: systemd/vebus-bms-ng.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(SED) 's|[@]sbindir[@]|$(sbindir)|g' \
		'$(srcdir)/systemd/vebus-bms-ng.service.in' > $@.tmp && \
	mv $@.tmp $@
