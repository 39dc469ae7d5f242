/* SPDX-License-Identifier: MIT */
/* One daemon for one state folder: two must never drive the same lines. */
#ifndef BMS_LOCK_H
#define BMS_LOCK_H

/*
 * Takes the lock of the folder dirfd, whose name is dir for people. A
 * descriptor that holds it until it is closed or the process ends; -EEXIST
 * with a line in the log where another instance holds it; or -errno.
 */
int lock_take(int dirfd, const char *dir);

#endif
