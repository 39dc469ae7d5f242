# SPDX-License-Identifier: MIT
include lib/base/local.mk
include lib/core/local.mk
include lib/proto/local.mk
include lib/mk3/local.mk
include lib/gatt/local.mk
