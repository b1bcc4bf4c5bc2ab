/*
 * policy_canon_calendars - calendars and the lists of holidays that they use, so that a version
 * stays what it was when a list gets another year
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_canon_parts.h"

#include <stdlib.h>
#include <string.h>

static void
write_hours(struct policy_canon *canon, const char *key, const struct calendar_hours *hours)
{
    policy_canon_open(canon, key, '[');
    for (size_t i = 0; i < hours->interval_count; i++) {
        const struct calendar_interval *interval = &hours->intervals[i];
        policy_canon_key(canon, NULL);
        buf_printf(canon->out, "\"%02d:%02d-%02d:%02d\"", interval->start_minute / 60,
                   interval->start_minute % 60, interval->end_minute / 60,
                   interval->end_minute % 60);
    }
    policy_canon_close(canon, ']');
}

static void
write_week(struct policy_canon *canon, const struct calendar_hours week[7])
{
    static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    policy_canon_open(canon, "week", '{');
    for (size_t day = 0; day < COUNT_OF(days); day++)
        if (week[day].interval_count > 0)
            write_hours(canon, days[day], &week[day]);
    policy_canon_close(canon, '}');
}

static void
write_exceptions(struct policy_canon *canon, const struct calendar_source *source)
{
    policy_canon_open(canon, "exceptions", '[');
    for (size_t i = 0; i < source->exception_count; i++) {
        const struct calendar_exception *exception = &source->exceptions[i];
        policy_canon_open(canon, NULL, '{');
        policy_canon_date(canon, "from", exception->first_date);
        policy_canon_date(canon, "to", exception->last_date);
        policy_canon_text(canon, "name", exception->name);
        if (exception->hours.interval_count > 0)
            write_hours(canon, "open", &exception->hours);
        else
            policy_canon_text(canon, "closed", "yes");
        policy_canon_close(canon, '}');
    }
    policy_canon_close(canon, ']');
}

static void
write_calendar(struct policy_canon *canon, const struct calendar_source *source)
{
    policy_canon_open(canon, source->name, '{');
    policy_canon_text(canon, "time_zone", source->time_zone);
    write_week(canon, source->week);
    policy_canon_open(canon, "holidays", '[');
    for (size_t i = 0; i < source->holiday_list_count; i++)
        policy_canon_text(canon, NULL, source->holiday_lists[i]->code);
    policy_canon_close(canon, ']');
    write_exceptions(canon, source);
    policy_canon_close(canon, '}');
}

/* ---- holidays ---- */

/* As holiday_parse_on reads it. */
static const char *
print_on(struct arena *arena, const struct holiday *rule)
{
    static const char *const nth[] = {"first", "second", "third", "fourth", "fifth"};
    static const char *const days[] = {"monday", "tuesday",  "wednesday", "thursday",
                                       "friday", "saturday", "sunday"};
    static const char *const months[] = {"january",   "february", "march",    "april",
                                         "may",       "june",     "july",     "august",
                                         "september", "october",  "november", "december"};
    char date[DATE_TEXT_SIZE];
    const char *base = "";
    switch (rule->kind) {
    case HOLIDAY_FIXED:
        return arena_printf(arena, "%02d-%02d", rule->month, rule->day);
    case HOLIDAY_ONCE:
        date_print(rule->date, date);
        return arena_copy_text(arena, date);
    case HOLIDAY_EASTER:
        base = "easter";
        break;
    case HOLIDAY_ORTHODOX_EASTER:
        base = "orthodox_easter";
        break;
    case HOLIDAY_WEEKDAY:
        base = arena_printf(arena, "%s %s of %s", rule->nth < 0 ? "last" : nth[rule->nth - 1],
                            days[rule->weekday - 1], months[rule->month - 1]);
    }
    if (rule->offset_days == 0)
        return base;
    return arena_printf(arena, "%s %c %d", base, rule->offset_days < 0 ? '-' : '+',
                        abs(rule->offset_days));
}

/* A rule's names in other languages are taken over as they were read; `stays` is said by nothing.
 */
static void
write_rule(struct policy_canon *canon, const struct policy_node *node, const struct holiday *rule)
{
    policy_canon_open(canon, NULL, '{');
    for (const struct policy_node *child = node->children; child != NULL; child = child->next) {
        bool is_move = strcmp(child->key, "move") == 0;
        if (strcmp(child->key, "on") == 0)
            policy_canon_text(canon, "on", print_on(canon->arena, rule));
        else if (!is_move || rule->move != HOLIDAY_STAYS)
            policy_canon_text(canon, child->key, child->text);
    }
    policy_canon_close(canon, '}');
}

static void
write_holidays(struct policy_canon *canon, const struct policy_read_holidays *holidays)
{
    const struct policy_node *rules = policy_node_get(holidays->node, "rules");
    size_t i = 0;
    policy_canon_open(canon, holidays->list.code, '{');
    if (holidays->list.source[0] != 0)
        policy_canon_text(canon, "source", holidays->list.source);
    policy_canon_open(canon, "rules", '[');
    for (const struct policy_node *node = rules->children; node != NULL; node = node->next)
        write_rule(canon, node, &holidays->list.rules[i++]);
    policy_canon_close(canon, ']');
    policy_canon_close(canon, '}');
}

void
policy_canon_write_calendars(struct policy_canon *canon)
{
    const struct policy_reader *reader = canon->reader;
    policy_canon_open(canon, "calendars", '{');
    for (size_t i = 0; i < reader->calendar_count; i++)
        write_calendar(canon, &reader->calendars[i].source);
    policy_canon_close(canon, '}');
    policy_canon_open(canon, "holidays", '{');
    for (size_t i = 0; i < reader->holiday_count; i++)
        if (reader->holidays[i].is_used)
            write_holidays(canon, &reader->holidays[i]);
    policy_canon_close(canon, '}');
}
