/*
 * clock - the system's clocks, and the file that moves business time
 *
 * With a test clock the file is looked at (stat) at every reading, so that all processes follow at
 * once; it is read again when its modification time, size or inode differ. Without one, a reading
 * is one clock_gettime.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { US_PER_S = 1000000, OFFSET_S_MAX = 1000000000 };

static struct {
    char *path; /* NULL: no test clock */
    int64_t offset_s;
    struct stat seen;
} test;

/* One line, signed seconds. False: not that. */
static bool
read_offset(int64_t *ret_offset_s)
{
    FILE *file = fopen(test.path, "re");
    if (file == NULL)
        return false;
    char line[64] = "";
    bool is_read = fgets(line, sizeof line, file) != NULL;
    fclose(file);
    if (!is_read)
        return false;
    char *end;
    errno = 0;
    long long offset_s = strtoll(line, &end, 10);
    bool is_good = end != line && (*end == '\n' || *end == 0) && errno == 0 &&
                   offset_s <= OFFSET_S_MAX && offset_s >= -OFFSET_S_MAX;
    if (is_good)
        *ret_offset_s = offset_s;
    return is_good;
}

/* A file that is gone or half written for a moment leaves the offset as it was. */
static void
follow_file(void)
{
    struct stat now;
    if (stat(test.path, &now) != 0)
        return;
    if (now.st_mtim.tv_sec == test.seen.st_mtim.tv_sec &&
        now.st_mtim.tv_nsec == test.seen.st_mtim.tv_nsec && now.st_size == test.seen.st_size &&
        now.st_ino == test.seen.st_ino)
        return;
    if (read_offset(&test.offset_s))
        test.seen = now;
}

void
clock_init(void)
{
    const char *path = getenv("AFTERCARE_TEST_CLOCK");
    mem_free(test.path);
    memset(&test, 0, sizeof test);
    if (path == NULL || path[0] == 0)
        return;
    test.path = mem_copy_text(path);
    if (!read_offset(&test.offset_s)) {
        fprintf(stderr,
                "aftercare: AFTERCARE_TEST_CLOCK: \"%s\" is not a file with one line of signed "
                "seconds\n",
                path);
        exit(2);
    }
    follow_file();
}

void
clock_deinit(void)
{
    mem_free(test.path);
    memset(&test, 0, sizeof test);
}

static int64_t
read_us(clockid_t id)
{
    struct timespec now;
    CHECK(clock_gettime(id, &now) == 0);
    return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

int64_t
clock_offset_s(void)
{
    if (test.path == NULL)
        return 0;
    follow_file();
    return test.offset_s;
}

int64_t
clock_now_us(void)
{
    return read_us(CLOCK_REALTIME) + clock_offset_s() * US_PER_S;
}

bool
clock_is_test(void)
{
    return test.path != NULL;
}

const char *
clock_test_path(void)
{
    return test.path;
}

int64_t
clock_real_ms(void)
{
    return read_us(CLOCK_REALTIME) / 1000;
}

int64_t
clock_mono_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
    return clock_mono_us() / 1000;
}

/* Days since 1970-01-01 of a civil day, and back, by Euclidean affine functions over 400-year eras
 * (C. Neri, L. Schneider, Software: Practice and Experience 53(4), 2023, describe the family). */
static int64_t
days_from_civil(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

void
clock_print_us(int64_t unix_us, char *ret_text)
{
    int64_t seconds = unix_us / US_PER_S;
    int64_t fraction = unix_us % US_PER_S;
    if (fraction < 0) {
        fraction += US_PER_S;
        seconds--;
    }
    time_t whole = (time_t)seconds;
    struct tm tm;
    CHECK(gmtime_r(&whole, &tm) != NULL);
    /* strftime's %Y does not pad to four digits. */
    size_t size = (size_t)snprintf(ret_text, CLOCK_TEXT_SIZE, "%04d", tm.tm_year + 1900);
    size += strftime(ret_text + size, CLOCK_TEXT_SIZE - size, "-%m-%dT%H:%M:%S", &tm);
    if (fraction != 0) {
        size += (size_t)snprintf(ret_text + size, CLOCK_TEXT_SIZE - size, ".%06d", (int)fraction);
        while (ret_text[size - 1] == '0')
            size--;
    }
    CHECK(size + 2 <= CLOCK_TEXT_SIZE);
    ret_text[size] = 'Z';
    ret_text[size + 1] = 0;
}

/* Reads exactly `count` digits and moves on. */
static bool
take_number(const char **text, int count, int min, int max, int *ret_number)
{
    int number = 0;
    for (int i = 0; i < count; i++) {
        char c = (*text)[i];
        if (c < '0' || c > '9')
            return false;
        number = number * 10 + (c - '0');
    }
    *text += count;
    *ret_number = number;
    return number >= min && number <= max;
}

static bool
take_char(const char **text, const char *any_of)
{
    if (**text == 0 || strchr(any_of, **text) == NULL)
        return false;
    (*text)++;
    return true;
}

static bool
take_fraction(const char **text, int *ret_us)
{
    int us = 0;
    int scale = US_PER_S / 10;
    const char *start = *text;
    for (; **text >= '0' && **text <= '9'; (*text)++) {
        us += (**text - '0') * scale;
        scale /= 10;
        if (*text - start >= 9)
            return false;
    }
    *ret_us = us;
    return *text > start;
}

/* "Z" or "+01:00", in seconds east of Greenwich. */
static bool
take_offset(const char **text, int *ret_offset_s)
{
    *ret_offset_s = 0;
    if (take_char(text, "Zz"))
        return true;
    int sign = **text == '-' ? -1 : 1;
    int hours, minutes;
    if (!take_char(text, "+-") || !take_number(text, 2, 0, 23, &hours) || !take_char(text, ":") ||
        !take_number(text, 2, 0, 59, &minutes))
        return false;
    *ret_offset_s = sign * (hours * 3600 + minutes * 60);
    return true;
}

static int
month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && is_leap ? 29 : days[month - 1];
}

bool
clock_parse_us(const char *text, int64_t *ret_unix_us)
{
    int year, month, day, hour, minute, second, us = 0, offset_s;
    if (!take_number(&text, 4, 1, 9999, &year) || !take_char(&text, "-") ||
        !take_number(&text, 2, 1, 12, &month) || !take_char(&text, "-") ||
        !take_number(&text, 2, 1, month_days(year, month), &day) || !take_char(&text, "Tt") ||
        !take_number(&text, 2, 0, 23, &hour) || !take_char(&text, ":") ||
        !take_number(&text, 2, 0, 59, &minute) || !take_char(&text, ":") ||
        !take_number(&text, 2, 0, 59, &second))
        return false;
    if (take_char(&text, ".") && !take_fraction(&text, &us))
        return false;
    if (!take_offset(&text, &offset_s) || *text != 0)
        return false;
    int64_t seconds =
        days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset_s;
    *ret_unix_us = seconds * US_PER_S + us;
    return true;
}
