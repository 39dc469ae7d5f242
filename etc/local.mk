# SPDX-License-Identifier: MIT
# What belongs beside the programs.
check_PROGRAMS += etc/gen-texts
etc_gen_texts_SOURCES = etc/gen-texts.c etc/gen-gatt.c etc/gen-web.c \
	etc/gen-texts.h daemon/ctl/words.c daemon/ctl/words.h
etc_gen_texts_LDADD = libbms.a

sysusersdir = $(prefix)/lib/sysusers.d
udevrulesdir = $(prefix)/lib/udev/rules.d

dist_dbuspolicy_DATA = etc/org.vebusbmsng.conf
dist_udevrules_DATA = etc/60-vebus-bms-ng.rules
EXTRA_DIST += etc/vebus-bms-ng.conf etc/vebus-bms-ng.sysusers

# Writes what comes from tables anew, after a change of one of them.
update-texts: etc/gen-texts$(EXEEXT)
	etc/gen-texts$(EXEEXT) conf > $(srcdir)/etc/vebus-bms-ng.conf
	etc/gen-texts$(EXEEXT) catalog > \
		$(srcdir)/systemd/vebus-bms-ng.catalog
	for page in vebus-bms-ng.conf.5.in vebus-bms-ng-gatt.7 \
			vebus-bms-ngd.8; do \
		etc/gen-texts$(EXEEXT) man < $(srcdir)/man/$$page > \
			page.tmp && cat page.tmp > $(srcdir)/man/$$page && \
		rm page.tmp || exit; done
	etc/gen-texts$(EXEEXT) web < $(srcdir)/tools/web/vebus-bms-ng.html > \
		page.tmp && \
		cat page.tmp > $(srcdir)/tools/web/vebus-bms-ng.html && \
		rm page.tmp
.PHONY: update-texts

# An existing configuration is never overwritten, and only taken away where
# nobody has changed it.
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(sysconfdir)' '$(DESTDIR)$(sysusersdir)'
	test -e '$(DESTDIR)$(sysconfdir)/vebus-bms-ng.conf' || \
		$(INSTALL_DATA) '$(srcdir)/etc/vebus-bms-ng.conf' \
			'$(DESTDIR)$(sysconfdir)/vebus-bms-ng.conf'
	$(INSTALL_DATA) '$(srcdir)/etc/vebus-bms-ng.sysusers' \
		'$(DESTDIR)$(sysusersdir)/vebus-bms-ng.conf'
uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/vebus-bms-ng.conf'
	if cmp -s '$(srcdir)/etc/vebus-bms-ng.conf' \
		'$(DESTDIR)$(sysconfdir)/vebus-bms-ng.conf'; then \
		rm -f '$(DESTDIR)$(sysconfdir)/vebus-bms-ng.conf'; fi
