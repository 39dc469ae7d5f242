# SPDX-License-Identifier: MIT
# What belongs beside the programs. The configuration file and the manual
# page's tables come from the settings table through gen-conf.
noinst_PROGRAMS += etc/gen-conf
etc_gen_conf_SOURCES = etc/gen-conf.c
etc_gen_conf_LDADD = libbms.a

sysusersdir = $(prefix)/lib/sysusers.d
udevrulesdir = $(prefix)/lib/udev/rules.d

dist_dbuspolicy_DATA = etc/org.vebusbmsng.conf
dist_udevrules_DATA = etc/60-vebus-bms-ng.rules
EXTRA_DIST += etc/vebus-bms-ng.conf etc/vebus-bms-ng.sysusers

# Writes the shipped file anew, after a change of the settings table.
update-conf: etc/gen-conf$(EXEEXT)
	etc/gen-conf$(EXEEXT) conf > $(srcdir)/etc/vebus-bms-ng.conf
.PHONY: update-conf

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
