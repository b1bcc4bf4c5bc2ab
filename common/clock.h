/*
 * clock - business time, real time, and time that only grows
 *
 * Business time is what cases are decided by; also SQL gets it as a parameter. With
 * AFTERCARE_TEST_CLOCK=FILE (one line: signed seconds to add to real time) it can be moved; every
 * process that was started with the file follows a change at its next reading. Deadlines of
 * calls, tokens and principals use real time, whatever the file says.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/base.h"

/* Reads the file's name from the environment. A file that cannot be read or understood ends the
 * process with a message. */
void clock_init(void);

/* Forgets the file, so that a leak checker sees none. */
void clock_deinit(void);

/* Business time, microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now_us(void);

/* Seconds that the test clock adds now; 0 without one. */
int64_t clock_offset_s(void);

/* Whether this process runs with a test clock. */
bool clock_is_test(void);

/* The file that moves the clock; NULL without one. Timers watch it. */
const char *clock_test_path(void);

/* Real time, milliseconds since 1970. */
int64_t clock_real_ms(void);

/* Milliseconds since some moment before the process began; never goes back. */
int64_t clock_mono_ms(void);

/* The same in microseconds. */
int64_t clock_mono_us(void);

/* "2026-03-15T09:30:00.25Z" for microseconds since 1970; fraction cut to what is not zero.
 * `ret_text` has CLOCK_TEXT_SIZE bytes. */
enum { CLOCK_TEXT_SIZE = 40 };
void clock_print_us(int64_t unix_us, char *ret_text);

/* RFC 3339 with any offset, fraction to the microsecond, years 0001 to 9999; false if it is not
 * that. */
bool clock_parse_us(const char *text, int64_t *ret_unix_us);
