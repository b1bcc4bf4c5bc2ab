/*
 * log - JSON lines on stderr; the message is a constant text, what varies are fields
 *
 *     {"time":"2026-03-15T09:30:00.250Z","level":"info","service":"warranty","message":"started"}
 *
 * Lines are collected and written once per turn of the loop (log_flush); a reader that is too slow
 * loses lines, which is counted, and never stops the daemon. A field marked personal in its
 * contract is never logged.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Levels below are dropped. With a loop, lines leave in its LOG phase; without one at once. */
struct loop;
void log_init(const char *service, enum log_level level);
void log_attach(struct loop *loop);
void log_deinit(void);
bool log_is_on(enum log_level level);

/* log_event(LOG_INFO, "replica lost", "service", "%s", name, "in_flight", "%u", count, NULL): pairs
 * of name and printf format with its arguments would be unreadable, so a line is built in steps: */
struct log_line;
struct log_line *
log_begin(enum log_level level,
          const char *message); /* NULL if the level is off: the rest does nothing */
void log_text(struct log_line *line, const char *name, const char *value);
void log_number(struct log_line *line, const char *name, int64_t value);
void log_end(struct log_line *line);

void log_flush(void);
