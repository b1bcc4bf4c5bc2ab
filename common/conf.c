/*
 * conf - reads the tables from the environment, names every mistake, prints --help
 *
 * Every name that begins with AFTERCARE_ is judged: a shared key, a key of this daemon, anything
 * under the prefix of another daemon (one environment serves them all, and only that daemon knows
 * its keys), or a variable of our tools. The daemons are those that were built with this one
 * (AFTERCARE_SERVICES, from CMakeLists.txt).
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/conf.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { NAME_SIZE = 128, HINT_EDITS_MAX = 3 };

/* Daemons, apart from this one: their prefixes. */
static const char *const services[] = {AFTERCARE_SERVICES};

/* Variables of scripts/, tests/ and docker-compose.yml, which daemons may inherit. Their names are
 * judged too: a test clock that is not followed because of its name would be a bad surprise. */
static const char *const tool_variables[] = {
    "admin_database", "build",         "keys",        "pages",     "port",      "test_clock",
    "test_count",     "test_database", "test_length", "test_long", "test_seed", "token",
};

/* "AFTERCARE_GATEWAY_LISTEN"; `service` NULL for shared keys. */
static void
make_name(const char *service, const char *key, char *ret_name)
{
    snprintf(ret_name, NAME_SIZE, "AFTERCARE_%s%s%s", service != NULL ? service : "",
             service != NULL ? "_" : "", key);
    for (char *c = ret_name; *c != 0; c++)
        *c = (char)toupper((unsigned char)*c);
}

static bool
parse_number(const char *text, const char **ret_rest, int64_t *ret_number)
{
    char *end;
    errno = 0;
    *ret_number = strtoll(text, &end, 10);
    *ret_rest = end;
    return isdigit((unsigned char)text[0]) && errno == 0;
}

static bool
parse_duration(const char *text, int64_t *ret_ms)
{
    static const struct {
        const char *unit;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    const char *rest;
    int64_t number;
    if (!parse_number(text, &rest, &number))
        return false;
    for (size_t i = 0; i < COUNT_OF(units); i++)
        if (strcmp(rest, units[i].unit) == 0)
            return !__builtin_mul_overflow(number, units[i].ms, ret_ms);
    return false;
}

static bool
is_in_bounds(const struct conf_key *key, int64_t number)
{
    return number >= key->number_min && number <= key->number_max;
}

/* What a good value looks like, for the message. */
static const char *
expected(const struct conf_key *key, char *ret_text, size_t size_bytes)
{
    const char *form =
        key->type == CONF_TYPE_UINT ? "a number" : "a duration as 250ms, 30s, 5m, 24h or 7d";
    const char *unit = key->type == CONF_TYPE_UINT ? "" : " ms";
    if (key->type == CONF_TYPE_FLAG)
        snprintf(ret_text, size_bytes, "yes or no");
    else
        snprintf(ret_text, size_bytes, "%s, %" PRId64 " to %" PRId64 "%s", form, key->number_min,
                 key->number_max, unit);
    return ret_text;
}

static bool
set_value(const struct conf_key *key, const char *text)
{
    int64_t number;
    const char *rest;
    switch (key->type) {
    case CONF_TYPE_TEXT:
        *(const char **)key->target = text;
        return true;
    case CONF_TYPE_FLAG:
        *(bool *)key->target = strcmp(text, "yes") == 0;
        return strcmp(text, "yes") == 0 || strcmp(text, "no") == 0;
    case CONF_TYPE_UINT:
        if (!parse_number(text, &rest, &number) || *rest != 0 || !is_in_bounds(key, number))
            return false;
        *(unsigned *)key->target = (unsigned)number;
        return true;
    case CONF_TYPE_DURATION:
        if (!parse_duration(text, &number) || !is_in_bounds(key, number))
            return false;
        *(int64_t *)key->target = number;
        return true;
    }
    return false;
}

static bool
read_table(const char *service, const char *prefix, const struct conf_key *keys)
{
    bool is_good = true;
    for (const struct conf_key *key = keys; key != NULL && key->name != NULL; key++) {
        char name[NAME_SIZE], form[NAME_SIZE];
        make_name(prefix, key->name, name);
        const char *text = getenv(name);
        if (text == NULL)
            text = key->fallback;
        if (text == NULL || (key->fallback == NULL && text[0] == 0))
            fprintf(stderr, "aftercare-%s: %s must be set: %s\n", service, name, key->sentence);
        else if (!set_value(key, text))
            fprintf(stderr, "aftercare-%s: %s: \"%s\" is not %s\n", service, name, text,
                    expected(key, form, sizeof form));
        else
            continue;
        is_good = false;
    }
    return is_good;
}

/* How many letters have to be put in, taken out or replaced to make `b` of `a` (Levenshtein). */
static size_t
count_edits(const char *a, const char *b)
{
    size_t row[NAME_SIZE];
    size_t b_length = strlen(b);
    for (size_t j = 0; j <= b_length; j++)
        row[j] = j;
    for (size_t i = 0; a[i] != 0; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_length; j++) {
            size_t best = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            if (diagonal + 1 < best)
                best = diagonal + 1;
            if (row[j] + 1 < best)
                best = row[j] + 1;
            row[j + 1] = best;
        }
    }
    return row[b_length];
}

/* A name of the environment, and the nearest of those that are known. */
struct search {
    char name[NAME_SIZE];
    char nearest[NAME_SIZE];
    size_t edit_count; /* between the two; 0: it is known */
};

static void
compare(struct search *search, const char *prefix, const char *key)
{
    char known[NAME_SIZE];
    make_name(prefix, key, known);
    size_t edit_count = count_edits(search->name, known);
    if (edit_count >= search->edit_count)
        return;
    search->edit_count = edit_count;
    memcpy(search->nearest, known, sizeof known);
}

static void
compare_table(struct search *search, const char *prefix, const struct conf_key *keys)
{
    for (const struct conf_key *key = keys; key != NULL && key->name != NULL; key++)
        compare(search, prefix, key->name);
}

static bool
is_of_other_daemon(const char *service, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(services); i++) {
        char prefix[NAME_SIZE];
        make_name(services[i], "", prefix);
        if (strcmp(services[i], service) != 0 && strncmp(name, prefix, strlen(prefix)) == 0)
            return true;
    }
    return false;
}

static bool
is_known(const char *service, const struct conf_key *shared, const struct conf_key *own,
         struct search *search)
{
    search->edit_count = SIZE_MAX;
    compare_table(search, NULL, shared);
    compare_table(search, service, own);
    for (size_t i = 0; i < COUNT_OF(tool_variables); i++)
        compare(search, NULL, tool_variables[i]);
    return search->edit_count == 0 || is_of_other_daemon(service, search->name);
}

static bool
refuse_unknown(const char *service, const struct conf_key *shared, const struct conf_key *own)
{
    static const char ours[] = "AFTERCARE_";
    bool is_good = true;
    for (char **variable = environ; *variable != NULL; variable++) {
        struct search search;
        if (strncmp(*variable, ours, strlen(ours)) != 0)
            continue;
        snprintf(search.name, sizeof search.name, "%.*s", (int)strcspn(*variable, "="), *variable);
        if (is_known(service, shared, own, &search))
            continue;
        fprintf(stderr, "aftercare-%s: %s is not a key of this daemon; ", service, search.name);
        if (search.edit_count <= HINT_EDITS_MAX)
            fprintf(stderr, "did you mean %s?\n", search.nearest);
        else
            fprintf(stderr, "--help lists them\n");
        is_good = false;
    }
    return is_good;
}

bool
conf_read(const char *service, const struct conf_key *shared, const struct conf_key *own)
{
    bool is_good = read_table(service, NULL, shared);
    is_good &= read_table(service, service, own);
    is_good &= refuse_unknown(service, shared, own);
    return is_good;
}

static void
print_table(const char *prefix, const struct conf_key *keys)
{
    for (const struct conf_key *key = keys; key != NULL && key->name != NULL; key++) {
        char name[NAME_SIZE], form[NAME_SIZE];
        make_name(prefix, key->name, name);
        printf("  %s\n      %s\n", name, key->sentence);
        if (key->type != CONF_TYPE_TEXT)
            printf("      %s.", expected(key, form, sizeof form));
        else
            printf("     ");
        if (key->fallback == NULL)
            printf(" Must be set.\n");
        else
            printf(" Default: %s\n", key->fallback[0] != 0 ? key->fallback : "(empty)");
    }
}

void
conf_print(const char *service, const struct conf_key *shared, const struct conf_key *own)
{
    printf("Configuration is read from the environment, once.\n\nOwn keys of aftercare-%s:\n",
           service);
    print_table(service, own);
    printf("\nKeys that all daemons share:\n");
    print_table(NULL, shared);
}
