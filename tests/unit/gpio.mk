# SPDX-License-Identifier: MIT
# gpio/ over a libgpiod that the test programs define themselves. That of
# 2.x is tested everywhere: where only 1.6 is installed, with a header of
# our own that builds against libgpiod 2 compare with the real one.
gpio_fixture = \
	tests/unit/gpio_fixture.c tests/unit/gpio_fixture.h \
	tests/unit/fake_gpiod_board.c tests/unit/fake_gpiod.h
gpio_v1 = $(gpio_fixture) tests/unit/fake_gpiod_v1.c
gpio_v2 = $(gpio_fixture) tests/unit/fake_gpiod_v2.c \
	tests/unit/fake_gpiod_v2_same.c tests/unit/fake-gpiod-v2/gpiod.h
EXTRA_DIST += $(gpio_v1) $(gpio_v2)

gpio_tests = \
	tests/unit/test-gpio-virtual tests/unit/test-gpio-held \
	tests/unit/test-gpio-v2 tests/unit/test-gpio-find-v2
tests_unit_test_gpio_virtual_SOURCES = tests/unit/test-gpio-virtual.c
tests_unit_test_gpio_virtual_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_gpio_virtual_LDADD = $(TEST_LIBS)
tests_unit_test_gpio_held_SOURCES = tests/unit/test-gpio-held.c
tests_unit_test_gpio_held_CFLAGS = $(TEST_CFLAGS)
tests_unit_test_gpio_held_LDADD = $(TEST_LIBS)
if GPIOD_V2
gpio_v2_cflags = $(TEST_CFLAGS) $(GPIOD_CFLAGS)
gpio_v2_backend =
else
gpio_v2_cflags = -I$(srcdir)/tests/unit/fake-gpiod-v2 $(TEST_CFLAGS)
gpio_v2_backend = gpio/gpiod_v2.c
gpio_tests += tests/unit/test-gpio-v1 tests/unit/test-gpio-find-v1
tests_unit_test_gpio_v1_SOURCES = tests/unit/test-gpio.c $(gpio_v1)
tests_unit_test_gpio_v1_CFLAGS = $(TEST_CFLAGS) $(GPIOD_CFLAGS)
tests_unit_test_gpio_v1_LDADD = $(TEST_LIBS)
tests_unit_test_gpio_find_v1_SOURCES = \
	tests/unit/test-gpio-find.c $(gpio_v1)
tests_unit_test_gpio_find_v1_CFLAGS = $(TEST_CFLAGS) $(GPIOD_CFLAGS)
tests_unit_test_gpio_find_v1_LDADD = $(TEST_LIBS)
endif
tests_unit_test_gpio_v2_SOURCES = \
	tests/unit/test-gpio.c $(gpio_v2) $(gpio_v2_backend)
tests_unit_test_gpio_v2_CFLAGS = $(gpio_v2_cflags)
tests_unit_test_gpio_v2_LDADD = $(TEST_LIBS)
tests_unit_test_gpio_find_v2_SOURCES = \
	tests/unit/test-gpio-find.c $(gpio_v2) $(gpio_v2_backend)
tests_unit_test_gpio_find_v2_CFLAGS = $(gpio_v2_cflags)
tests_unit_test_gpio_find_v2_LDADD = $(TEST_LIBS)
check_PROGRAMS += $(gpio_tests)
TESTS += $(gpio_tests)
