/* SPDX-License-Identifier: MIT */
/*
 * Lines for people on stderr: "token: what: why, what happens next". Under
 * systemd each line starts with its priority ("<3>"), which the journal
 * takes off; elsewhere it starts with the program's name. Some are entries
 * with fields of their own, for the journal only.
 *
 * lib/ never logs. A failure is told once, where the device can be named.
 */
#ifndef BMS_LOG_H
#define BMS_LOG_H

/* The numbers of syslog(3). */
enum log_level {
	LOG_LEVEL_ERROR = 3,
	LOG_LEVEL_WARNING = 4,
	LOG_LEVEL_NOTICE = 5,
	LOG_LEVEL_INFO = 6,
};

/* Where the journal takes entries. */
#define LOG_JOURNAL "/run/systemd/journal/socket"

/* Finds out whether stderr is the journal, whose entries then go to the
 * socket of that name. Before it: not. */
void log_init(const char *journal);

/* The same in a new process that has let go of all descriptors but stderr. */
void log_reopen(const char *journal);

/*
 * One line. token is what it is about: "config", "rack", "lines". The line
 * is cut at about 8000 characters; control characters become "?".
 */
void log_line(enum log_level level, const char *token, const char *format,
	      ...) __attribute__((format(printf, 3, 4)));

/*
 * One line with fields beside it, which the journal keeps and searches.
 * fields: "NAME=value\n" for each, nothing in them from outside. Where
 * stderr is not the journal, or the journal takes no entry now, this is
 * log_line(). Never waits.
 */
void log_entry(enum log_level level, const char *fields, const char *token,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
