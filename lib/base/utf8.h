/* SPDX-License-Identifier: MIT */
/* Text from outside, made fit to be handed on. */
#ifndef BMS_UTF8_H
#define BMS_UTF8_H

#include <stddef.h>

/*
 * Copies text, cut to size (1 or more), as valid UTF-8: a bus daemon throws
 * out whoever sends it anything else, and packs send junk. What is not
 * UTF-8, and control characters, become '?'. NULL is an empty text.
 */
void utf8_copy(char *buf, size_t size, const char *text);

#endif
