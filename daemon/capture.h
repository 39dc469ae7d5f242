/* SPDX-License-Identifier: MIT */
/*
 * Writes what the sessions see into a file that is capped in size, in the
 * format of lib/base/capture.h. Lines wait in memory and go out when the
 * loop is idle or 64 KiB have come together. A disk that fails or is full
 * ends the capture and nothing else; no line is ever broken: the file ends
 * with whole lines.
 */
#ifndef BMS_CAPTURE_FILE_H
#define BMS_CAPTURE_FILE_H

#include "lib/base/capture.h"

struct capture;

/*
 * Starts a capture of at most max_size_mib in path, mode 0600. What a run
 * before left there becomes "path.old" (that is where the crash is that
 * somebody looks for); anything that is not a regular file is left alone.
 * program is the version, config settings_identity(). 0 or -errno.
 */
int capture_open(struct capture **ret_capture, const char *path,
		 int32_t max_size_mib, const char *program, uint32_t config);

/*
 * Notes one event. 0, or once -errno when the capture has ended here: -EFBIG
 * because it is full, else because the disk does not take it; afterwards
 * nothing is noted and 0 returned. NULL is fine: no capture.
 */
int capture_note(struct capture *capture, mono_t time, const char *port,
		 enum capture_word word, const uint8_t *bytes, size_t len);

/* Notes what was kept of the bank, which is to be taken by the first turn
 * (spine_remember()). As capture_note(). */
int capture_note_kept(struct capture *capture, mono_t time,
		      const uint8_t *bytes, size_t len);

/* Writes what waits. To be called when there is nothing better to do. As
 * capture_note(). */
int capture_flush(struct capture *capture);

/* Writes what waits and closes the file. NULL is fine; returns NULL. */
struct capture *capture_close(struct capture *capture);

#endif
