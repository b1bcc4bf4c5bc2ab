/*
 * log - lines are built in one buffer and written to stderr once per turn
 *
 * stderr is written to only while poll says that it takes more; what it does not take waits, up to
 * BACKLOG_BYTES_MAX, beyond which whole lines are dropped and counted. A write ends with a line
 * where it can, because several daemons may share one pipe or file.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/clock.h"
#include "common/loop.h"
#include "common/stat.h"

enum { BACKLOG_BYTES_MAX = 1024 * 1024, WRITE_BYTES = 4096 };

STAT(lines_lost, "log.lines.lost", STAT_COUNTER, "",
     "Log lines dropped because stderr was not read.");

struct log_line {
    size_t start; /* of the line in the buffer */
};

static struct {
    const char *service;
    enum log_level level;
    struct loop *loop;
    struct loop_hook hook;
    struct buf out;
    struct log_line line;
    char second[CLOCK_TEXT_SIZE]; /* the time of the last line, to the second, printed once */
    int64_t second_s;
} state = {.service = "aftercare", .level = LOG_INFO};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

void
log_init(const char *service, enum log_level level)
{
    state.service = service;
    state.level = level;
}

static bool
on_flush(void *context UNUSED)
{
    log_flush();
    return false;
}

void
log_attach(struct loop *loop)
{
    state.loop = loop;
    state.hook = (struct loop_hook){.run = on_flush};
    loop_add_hook(loop, LOOP_LOG, &state.hook);
}

void
log_deinit(void)
{
    log_flush();
    if (state.loop != NULL)
        loop_remove_hook(state.loop, LOOP_LOG, &state.hook);
    state.loop = NULL;
    buf_free(&state.out);
}

bool
log_is_on(enum log_level level)
{
    return level >= state.level;
}

/* "2026-03-15T09:30:00.250Z": the part to the second is printed once a second. */
static void
add_time(struct buf *out)
{
    int64_t now_us = clock_now_us();
    int64_t second_s = now_us / 1000000;
    if (second_s != state.second_s) {
        clock_print_us(second_s * 1000000, state.second);
        state.second_s = second_s;
    }
    int ms = (int)(now_us / 1000 % 1000);
    char fraction[] = {'.', (char)('0' + ms / 100), (char)('0' + ms / 10 % 10),
                       (char)('0' + ms % 10), 'Z'};
    buf_add(out, state.second, strlen(state.second) - 1);
    buf_add(out, fraction, sizeof fraction);
}

struct log_line *
log_begin(enum log_level level, const char *message)
{
    if (!log_is_on(level))
        return NULL;
    struct buf *out = &state.out;
    if (out->size_bytes > BACKLOG_BYTES_MAX) {
        lines_lost.value++;
        return NULL;
    }
    state.line.start = out->size_bytes;
    buf_add_text(out, "{\"time\":\"");
    add_time(out);
    buf_add_text(out, "\",\"level\":\"");
    buf_add_text(out, level_names[level]);
    buf_add_text(out, "\",\"service\":\"");
    buf_add_text(out, state.service);
    buf_add_text(out, "\",\"message\":");
    buf_add_json(out, message, strlen(message));
    if (clock_is_test())
        log_number(&state.line, "test_clock_s", clock_offset_s());
    return &state.line;
}

static void
add_name(const char *name)
{
    buf_add_text(&state.out, ",\"");
    buf_add_text(&state.out, name);
    buf_add_text(&state.out, "\":");
}

void
log_text(struct log_line *line, const char *name, const char *value)
{
    if (line == NULL)
        return;
    add_name(name);
    buf_add_json(&state.out, value, strlen(value));
}

void
log_number(struct log_line *line, const char *name, int64_t value)
{
    if (line == NULL)
        return;
    add_name(name);
    char digits[24];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[--at] = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (value < 0)
        digits[--at] = '-';
    buf_add(&state.out, digits + at, sizeof digits - at);
}

void
log_end(struct log_line *line)
{
    if (line == NULL)
        return;
    buf_add_text(&state.out, "}\n");
    if (state.loop == NULL)
        log_flush();
}

/* The bytes to write next: whole lines if one ends within WRITE_BYTES. */
static size_t
piece_size(const char *bytes, size_t size_bytes)
{
    if (size_bytes <= WRITE_BYTES)
        return size_bytes;
    const char *end = memrchr(bytes, '\n', WRITE_BYTES);
    return end != NULL ? (size_t)(end - bytes) + 1 : WRITE_BYTES;
}

/* Pieces of a pipe's atomic size are not mixed with those of others, and do not block after
 * POLLOUT. */
void
log_flush(void)
{
    struct buf *out = &state.out;
    size_t done = 0;
    while (done < out->size_bytes) {
        struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
        if (poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0)
            break;
        size_t size = piece_size(out->bytes + done, out->size_bytes - done);
        ssize_t written = write(STDERR_FILENO, out->bytes + done, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    if (done == 0)
        return;
    memmove(out->bytes, out->bytes + done, out->size_bytes - done);
    out->size_bytes -= done;
}
