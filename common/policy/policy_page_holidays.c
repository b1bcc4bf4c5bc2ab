/*
 * policy_page_holidays - which public holidays a calendar keeps, by name in the reader's language
 *
 * Names stand in the lists of holidays, where the policy's tree has them in all languages; one that
 * a language lacks is printed as it is called in the list. A page has no clock: it names the
 * holidays, not their days of a year. What had ended when the version came into force is left out;
 * a draft, which has no such day, leaves out all that ends.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_node.h"
#include "common/policy/policy_page_private.h"

#include <stdlib.h>
#include <string.h>

enum { NAMES_MAX = CALENDAR_LISTS_MAX * HOLIDAY_RULES_MAX };

struct names {
    const char *items[NAMES_MAX];
    size_t count;
};

static const struct policy_node *
child_of(const struct policy_node *map, const char *key)
{
    return map == NULL ? NULL : policy_node_get(map, key);
}

/* The last year in which a rule gives a day; INT_MAX: it does not end. */
static int
last_year(const struct policy_node *rule)
{
    const struct policy_node *to = child_of(rule, "to");
    struct holiday holiday = {0};
    if (holiday_parse_on(child_of(rule, "on")->text, &holiday) && holiday.kind == HOLIDAY_ONCE)
        return holiday.date.year;
    return to == NULL ? INT_MAX : (int)strtol(to->text, NULL, 10);
}

static bool
is_kept(const struct page_writer *writer, const struct policy_node *rule)
{
    struct date from = writer->policy->effective_from;
    return last_year(rule) >= (date_is_absent(from) ? INT_MAX : from.year);
}

/* "de-AT" reads what stands under it, else what stands under "de". */
static const char *
name_of(const struct page_writer *writer, const struct policy_node *rule)
{
    const char *tag = writer->policy->languages[writer->page->language];
    char primary[16];
    size_t size = strcspn(tag, "-");
    const struct policy_node *name = child_of(rule, tag);
    if (name == NULL && size < sizeof primary) {
        memcpy(primary, tag, size);
        primary[size] = 0;
        name = child_of(rule, primary);
    }
    return (name != NULL ? name : child_of(rule, "name"))->text;
}

/* Lists share days, and one holiday may have several rules. */
static void
add_name(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) == 0)
            return;
    }
    if (names->count < NAMES_MAX)
        names->items[names->count++] = name;
}

static void
add_list(const struct page_writer *writer, const char *code, struct names *names)
{
    const struct policy_node *list = child_of(child_of(writer->policy->tree, "holidays"), code);
    const struct policy_node *rules = child_of(list, "rules");
    for (const struct policy_node *rule = rules == NULL ? NULL : rules->children; rule != NULL;
         rule = rule->next) {
        if (is_kept(writer, rule))
            add_name(names, name_of(writer, rule));
    }
}

void
page_add_holidays(const struct page_writer *writer, const struct calendar *calendar,
                  struct buf *out)
{
    const struct policy_node *source =
        child_of(child_of(writer->policy->tree, "calendars"), calendar_name(calendar));
    const struct policy_node *codes = child_of(source, "holidays");
    struct names *names = arena_alloc(writer->arena, sizeof *names);
    for (const struct policy_node *code = codes == NULL ? NULL : codes->children; code != NULL;
         code = code->next)
        add_list(writer, code->text, names);
    if (names->count == 0)
        return;
    struct buf joined = {0};
    policy_format_join(writer->formatter, names->items, names->count, false, &joined);
    policy_words_fill(page_word(writer, "page.calendar_holidays"), buf_text(&joined), NULL, NULL,
                      out);
    buf_free(&joined);
}
