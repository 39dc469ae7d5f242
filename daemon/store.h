/* SPDX-License-Identifier: MIT */
/*
 * Small files in the state folder that survive a power cut at any moment:
 * what was saved last, or where that was being written what was saved
 * before it; never half of both, and never believed without its checksum.
 * A folder that is missing, full or read-only costs what would have been
 * kept, and nothing else.
 *
 * Each name has two slots, the files "name.0" and "name.1", which are
 * written in turn and in place: the one that is not being written stands
 * all the while, also on a disk that reorders what it is told. The first one
 * of all is written as "name.new", so that there is none until it is whole.
 *
 * A slot is a line of text, "vebus-bms-ng state 2 SEQUENCE LENGTH CRC32", and
 * then the content as it was given; the checksum is over "SEQUENCE LENGTH\n"
 * and the content. Of two slots that are whole the one with the higher
 * sequence counts. What stands behind the content means nothing.
 */
#ifndef BMS_STORE_H
#define BMS_STORE_H

#include <stddef.h>
#include <stdint.h>

enum {
	STORE_CONTENT_MAX = 1 << 20,
	STORE_NAME_MAX = 64, /* lower-case letters, digits, "-" */
};

/* Opens the folder, which is made where it is missing (its parent is not):
 * its descriptor, to be closed by the caller, or -errno. */
int store_open(const char *path);

/*
 * Saves len bytes (0..STORE_CONTENT_MAX) as name. 0 when they are on the
 * disk, which may take seconds, or -errno: then what was saved before still
 * stands.
 */
int store_save(int dirfd, const char *name, const void *content, size_t len);

/*
 * Reads what was saved last as name into buf. 0 with its length in
 * *ret_len, or -errno: -ENOENT where there is none, -EFBIG where size is too
 * small, -EBADMSG where there are slots and none is whole. Then they are
 * moved to "name.0.bad" and "name.1.bad", so that it is told once; from then
 * on there is none.
 */
int store_load(int dirfd, const char *name, void *buf, size_t size,
	       size_t *ret_len);

#endif
