/*
 * holiday_parse - what stands after `on:` and `move:` in a list of holidays
 *
 * A reader walks over the text; each read_ function takes what it knows and leaves the rest, or
 * takes nothing and answers false.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/calendar/holiday.h"

#include <stdio.h>
#include <string.h>

enum { WORD_SIZE = 20, NUMBER_DIGITS_MAX = 3 };

static const char *const ordinals[] = {"first", "second", "third", "fourth", "fifth", NULL};
static const char *const weekdays[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday",    NULL};
static const char *const months[] = {"january",  "february", "march",  "april",     "may",
                                     "june",     "july",     "august", "september", "october",
                                     "november", "december", NULL};
static const char *const moves[] = {[HOLIDAY_STAYS] = "stays",
                                    [HOLIDAY_TO_MONDAY] = "monday",
                                    [HOLIDAY_SUNDAY_TO_MONDAY] = "sunday_to_monday",
                                    [HOLIDAY_TO_NEAREST] = "nearest",
                                    [HOLIDAY_TO_NEXT_FREE] = "next_free",
                                    NULL};

/* The place of a word in a list that NULL ends; -1 if it is not there. */
static int
find_word(const char *const words[], const char *word)
{
    for (int i = 0; words[i] != NULL; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

static void
skip_spaces(const char **at)
{
    while (**at == ' ')
        (*at)++;
}

/* A run of small letters and underscores, which may be empty, and the spaces after it. No word that
 * is known is so long that it would be cut. */
static void
read_word(const char **at, char ret_word[WORD_SIZE])
{
    size_t size = strspn(*at, "abcdefghijklmnopqrstuvwxyz_");
    (void)snprintf(ret_word, WORD_SIZE, "%.*s", (int)size, *at);
    *at += size;
    skip_spaces(at);
}

/* A number of exactly `digit_count` digits, or of 1 .. NUMBER_DIGITS_MAX if that is 0. */
static bool
read_number(const char **at, size_t digit_count, int *ret_number)
{
    size_t size = strspn(*at, "0123456789");
    if (size == 0 || (digit_count == 0 ? size > NUMBER_DIGITS_MAX : size != digit_count))
        return false;
    *ret_number = 0;
    for (size_t i = 0; i < size; i++)
        *ret_number = *ret_number * 10 + (*at)[i] - '0';
    *at += size;
    return true;
}

/* Nothing, or a sign and a number of days; then the end. */
static bool
read_offset(const char *at, int *ret_offset_days)
{
    *ret_offset_days = 0;
    if (*at == 0)
        return true;
    int sign = *at == '-' ? -1 : 1;
    if (*at != '+' && *at != '-')
        return false;
    at++;
    skip_spaces(&at);
    if (!read_number(&at, 0, ret_offset_days) || *ret_offset_days > HOLIDAY_OFFSET_DAYS_MAX)
        return false;
    *ret_offset_days *= sign;
    skip_spaces(&at);
    return *at == 0;
}

static bool
parse_fixed(const char *at, struct holiday *rule)
{
    rule->kind = HOLIDAY_FIXED;
    if (!read_number(&at, 2, &rule->month) || *at++ != '-' || !read_number(&at, 2, &rule->day))
        return false;
    return *at == 0 && date_is_valid((struct date){2000, rule->month, rule->day});
}

/* What follows the ordinal: "monday of may + 1". */
static bool
parse_weekday(const char *at, const char *ordinal, struct holiday *rule)
{
    char weekday[WORD_SIZE];
    char of[WORD_SIZE];
    char month[WORD_SIZE];
    rule->kind = HOLIDAY_WEEKDAY;
    rule->nth = strcmp(ordinal, "last") == 0 ? -1 : find_word(ordinals, ordinal) + 1;
    read_word(&at, weekday);
    read_word(&at, of);
    read_word(&at, month);
    if (rule->nth == 0 || strcmp(of, "of") != 0)
        return false;
    rule->weekday = find_word(weekdays, weekday) + 1;
    rule->month = find_word(months, month) + 1;
    return rule->weekday > 0 && rule->month > 0 && read_offset(at, &rule->offset_days);
}

static bool
parse_words(const char *at, struct holiday *rule)
{
    char word[WORD_SIZE];
    read_word(&at, word);
    bool is_easter = strcmp(word, "easter") == 0;
    if (!is_easter && strcmp(word, "orthodox_easter") != 0)
        return parse_weekday(at, word, rule);
    rule->kind = is_easter ? HOLIDAY_EASTER : HOLIDAY_ORTHODOX_EASTER;
    return read_offset(at, &rule->offset_days);
}

bool
holiday_parse_on(const char *text, struct holiday *rule)
{
    struct holiday read = {.move = rule->move,
                           .first_year = rule->first_year,
                           .last_year = rule->last_year,
                           .name = rule->name,
                           .line = rule->line};
    if (date_parse(text, &read.date))
        read.kind = HOLIDAY_ONCE;
    else if (!parse_fixed(text, &read) && !parse_words(text, &read))
        return false;
    *rule = read;
    return true;
}

bool
holiday_parse_move(const char *text, enum holiday_move *ret_move)
{
    int move = find_word(moves, text);
    if (move < 0)
        return false;
    *ret_move = (enum holiday_move)move;
    return true;
}
