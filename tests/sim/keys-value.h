/* SPDX-License-Identifier: MIT */
/*
 * What the two halves of the keys share: values before they are text, and the
 * half whose keys begin with "mk".
 */
#ifndef SIM_KEYS_VALUE_H
#define SIM_KEYS_VALUE_H

#include "keys.h"

/* A number with so many decimals, or a text when there is one. */
struct value {
	double number;
	int decimals;
	const char *text;
};

static inline struct value number(double x)
{
	return (struct value){ .number = x };
}

static inline struct value decimals(double x, int n)
{
	return (struct value){ .number = x, .decimals = n };
}

static inline struct value text(const char *s)
{
	return (struct value){ .text = s };
}

void value_text(struct value v, char *ret_value);
/* "batt.3.soc": the number, and the name behind it; NULL when it is none. */
const char *value_numbered(const char *key, const char *prefix,
			   unsigned first, unsigned last, unsigned *ret_n);

/* keys-mk.c */
bool key_get_mk(const struct sim *sim, const char *key, char *ret_value);

#endif
