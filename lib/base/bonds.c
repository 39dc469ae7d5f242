/* SPDX-License-Identifier: MIT */
#include "lib/base/bonds.h"

#include <string.h>

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/* "00:11:22:AA:BB:CC", with whatever behind it. */
static bool begins_with_address(const char *text)
{
	for (size_t i = 0; i < BONDS_ADDRESS_SIZE - 1; i++) {
		if (i % 3 == 2 ? text[i] != ':' : !is_hex(text[i]))
			return false;
	}
	return true;
}

static bool is_address(const char *text)
{
	return strlen(text) == BONDS_ADDRESS_SIZE - 1 &&
	       begins_with_address(text);
}

static bool is_of(const struct bond *bond, const char *adapter,
		  const char *device)
{
	return (!adapter || strcmp(bond->adapter, adapter) == 0) &&
	       strcmp(bond->device, device) == 0;
}

bool bonds_has(const struct bonds *bonds, const char *adapter,
	       const char *device)
{
	for (uint32_t i = 0; i < bonds->n; i++) {
		if (is_of(&bonds->bond[i], adapter, device))
			return true;
	}
	return false;
}

int bonds_add(struct bonds *bonds, const char *adapter, const char *device)
{
	struct bond *bond = &bonds->bond[bonds->n];

	if (!is_address(adapter) || !is_address(device))
		return -1;
	if (bonds_has(bonds, adapter, device))
		return 0;
	if (bonds->n == BONDS_MAX)
		return -1;
	strcpy(bond->adapter, adapter);
	strcpy(bond->device, device);
	bonds->n++;
	return 0;
}

bool bonds_remove(struct bonds *bonds, const char *adapter,
		  const char *device)
{
	uint32_t left = 0;
	bool found;

	for (uint32_t i = 0; i < bonds->n; i++) {
		if (!is_of(&bonds->bond[i], adapter, device))
			bonds->bond[left++] = bonds->bond[i];
	}
	found = left < bonds->n;
	bonds->n = left;
	return found;
}

void bonds_encode(const struct bonds *bonds, struct text *t)
{
	for (uint32_t i = 0; i < bonds->n; i++) {
		text_str(t, bonds->bond[i].adapter);
		text_char(t, ' ');
		text_str(t, bonds->bond[i].device);
		text_char(t, '\n');
	}
}

static int decode_line(const char line[BONDS_LINE_SIZE], struct bonds *ret)
{
	struct bond bond;
	const size_t len = BONDS_ADDRESS_SIZE - 1;

	if (!begins_with_address(line) || line[len] != ' ' ||
	    !begins_with_address(line + len + 1) ||
	    line[BONDS_LINE_SIZE - 1] != '\n')
		return -1;
	memcpy(bond.adapter, line, len);
	memcpy(bond.device, line + len + 1, len);
	bond.adapter[len] = '\0';
	bond.device[len] = '\0';
	return bonds_add(ret, bond.adapter, bond.device);
}

int bonds_decode(const char *text, size_t len, struct bonds *ret)
{
	size_t at = 0;

	memset(ret, 0, sizeof(*ret));
	for (; at + BONDS_LINE_SIZE <= len; at += BONDS_LINE_SIZE) {
		if (decode_line(text + at, ret) < 0)
			break;
	}
	if (at == len)
		return 0;
	memset(ret, 0, sizeof(*ret));
	return -1;
}
