/* SPDX-License-Identifier: MIT */
/*
 * Loaded before btvirt (LD_PRELOAD), gives its loop one event at a time. Of
 * several, dealing with one may free what the next is about, which is called
 * all the same: on a busy machine, where a timer is due while a command waits
 * that ends it, btvirt crashes within minutes (seen with BlueZ 5.82).
 */
#include <stddef.h>
#include <sys/epoll.h>

int epoll_wait(int epfd, struct epoll_event *events, int maxevents,
	       int timeout)
{
	(void)maxevents;
	return epoll_pwait(epfd, events, 1, timeout, NULL);
}
