# SPDX-License-Identifier: MIT
# The page for a browser, in Chromium. With the sanitizers it would be the
# same script and the same page a second time.
check_PROGRAMS += tests/web/record
tests_web_record_SOURCES = tests/web/record.c
tests_web_record_LDADD = libbms.a
EXTRA_DIST += tests/web/stand-in.js tests/web/test-page \
	tests/web/test-page.js
if !SANITIZERS
TESTS += tests/web/test-page
endif
