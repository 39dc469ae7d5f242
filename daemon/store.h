/* SPDX-License-Identifier: MIT */
/*
 * Small files in the state folder that survive a power cut: each is either
 * the old one or the new one, never half of both, and never believed
 * without its checksum. A folder that is missing, full or read-only costs
 * what would have been kept, and nothing else.
 *
 * A file is one line of text, "vebus-bms-ng state 1 LENGTH CRC32", and then
 * the content as it was given.
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
 * Replaces the file name by len bytes (0..STORE_CONTENT_MAX). 0 when it is
 * on the disk, or -errno: then the old one still stands.
 */
int store_save(int dirfd, const char *name, const void *content, size_t len);

/*
 * Reads the file name into buf. 0 with its length in *ret_len, or -errno:
 * -ENOENT where there is none, -EFBIG where size is too small, -EBADMSG
 * where the checksum does not close. A file that is not believed is moved
 * to "name.bad", so that it is told once; from then on there is none.
 */
int store_load(int dirfd, const char *name, void *buf, size_t size,
	       size_t *ret_len);

#endif
