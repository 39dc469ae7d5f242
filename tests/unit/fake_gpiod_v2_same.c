/* SPDX-License-Identifier: MIT */
/*
 * Compiles only where fake-gpiod-v2/gpiod.h agrees with <gpiod.h>: with the
 * real libgpiod 2 each prototype is declared twice, and C refuses two that
 * differ; the values are compared with numbers, here as well as where
 * <gpiod.h> is the fake one.
 */
#include <gpiod.h>

#define FAKE_GPIOD_V2_PROTOTYPES_ONLY
#include "tests/unit/fake-gpiod-v2/gpiod.h"

_Static_assert(GPIOD_LINE_VALUE_ERROR == -1, "value");
_Static_assert(GPIOD_LINE_VALUE_INACTIVE == 0, "value");
_Static_assert(GPIOD_LINE_VALUE_ACTIVE == 1, "value");
_Static_assert(GPIOD_LINE_DIRECTION_AS_IS == 1, "direction");
_Static_assert(GPIOD_LINE_DIRECTION_INPUT == 2, "direction");
_Static_assert(GPIOD_LINE_DIRECTION_OUTPUT == 3, "direction");
_Static_assert(GPIOD_LINE_EDGE_NONE == 1, "edge");
_Static_assert(GPIOD_LINE_EDGE_RISING == 2, "edge");
_Static_assert(GPIOD_LINE_EDGE_FALLING == 3, "edge");
_Static_assert(GPIOD_LINE_EDGE_BOTH == 4, "edge");
_Static_assert(GPIOD_LINE_BIAS_AS_IS == 1, "bias");
_Static_assert(GPIOD_LINE_BIAS_UNKNOWN == 2, "bias");
_Static_assert(GPIOD_LINE_BIAS_DISABLED == 3, "bias");
_Static_assert(GPIOD_LINE_BIAS_PULL_UP == 4, "bias");
_Static_assert(GPIOD_LINE_BIAS_PULL_DOWN == 5, "bias");
_Static_assert(GPIOD_LINE_DRIVE_PUSH_PULL == 1, "drive");
_Static_assert(GPIOD_LINE_DRIVE_OPEN_DRAIN == 2, "drive");
_Static_assert(GPIOD_LINE_DRIVE_OPEN_SOURCE == 3, "drive");
