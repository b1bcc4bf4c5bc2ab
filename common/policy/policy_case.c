/*
 * policy_case - a case as a person writes it: the file of `aftercare policy decide --facts`
 *
 *     question: warranty.claim
 *     at: 2026-11-02                          # the day asked about
 *     decided: 2026-11-02T10:00:00Z           # noon of that day, where it is missing
 *     id: 01900000-0000-7000-8000-000000000001
 *     subject: warranty/claims/1
 *     replaces: ...                           # the decision before
 *     serial: SN-1
 *     facts:
 *       delivered: 2026-03-15                 # our own record
 *       cause: {value: wear, trust: stated, source: claim, evidence: [fault_photo]}
 *     unit:
 *       - {id: f1, kind: delivered, date: 2026-03-15, recorded: 2026-03-15T08:00:00Z}
 *       - {id: f2, kind: replaced, date: 2026-05-20, serial: SN-2, old_serial: SN-1}
 *
 * Values are read by the kind that the catalogue gives the fact. Trust is stated, documented, found
 * or recorded (where it is missing). Everything but question and day may be missing. Codes must be
 * the policy's: one that it does not know would count as a reason or cause that nobody accepts.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_case_parts.h"

#include "common/policy/policy_case_names.h"
#include "common/policy/policy_decide_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
policy_case_refuse(struct case_reader *reader, const struct policy_node *node, const char *reason,
                   const char *what)
{
    policy_problem_add(reader->problems, POLICY_ERROR, reason, node->place, NULL, "%s%s%s",
                       node->key == NULL ? "" : node->key, node->key == NULL ? "" : ": ", what);
}

const char *
policy_case_day_wrong(struct case_reader *reader, const char *text, const char *form)
{
    static const char day[] = "0000-00-00";
    struct date date;
    for (size_t i = 0; day[i] != 0; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (day[i] == '0' ? !is_digit : text[i] != day[i])
            return form;
    }
    const char *begin = arena_printf(reader->arena, "%.10s", text);
    return date_parse(begin, &date) ? form
                                    : arena_printf(reader->arena, "there is no day %s", begin);
}

/* The text of a scalar child; `otherwise` where there is none. */
static const char *
text_of(struct case_reader *reader, const struct policy_node *map, const char *key,
        const char *otherwise)
{
    const struct policy_node *node = policy_node_get(map, key);
    if (node == NULL)
        return otherwise;
    if (node->kind == POLICY_NODE_SCALAR)
        return node->text;
    policy_case_refuse(reader, node, "VALUE_WRONG", "a text is asked for");
    return otherwise;
}

bool
policy_case_texts(struct case_reader *reader, const struct policy_node *node,
                  struct policy_codes *ret_codes)
{
    if (node->kind == POLICY_NODE_SCALAR) {
        const char **codes = arena_alloc(reader->arena, sizeof *codes);
        codes[0] = node->text;
        *ret_codes = (struct policy_codes){codes, 1};
        return true;
    }
    const char **codes = arena_alloc(reader->arena, node->child_count * sizeof *codes);
    *ret_codes = (struct policy_codes){codes, 0};
    if (node->kind != POLICY_NODE_LIST || node->child_count > POLICY_CODES_MAX)
        return false;
    for (const struct policy_node *child = node->children; child != NULL; child = child->next) {
        if (child->kind != POLICY_NODE_SCALAR)
            return false;
        codes[ret_codes->count++] = child->text;
    }
    return true;
}

/* ---- facts ---- */

static bool
parse_number(const char *text, int64_t *ret_number)
{
    char *end;
    errno = 0;
    *ret_number = strtoll(text, &end, 10);
    return errno == 0 && end != text && *end == 0;
}

/* What the value of a kind looks like; NULL: it was read. Whether the fact may have it is asked
 * afterwards. */
static const char *
parse_value(struct case_reader *reader, const char *text, enum policy_fact_kind kind,
            struct policy_fact *fact)
{
    int64_t time_us;
    switch (kind) {
    case POLICY_FACT_CODE:
    case POLICY_FACT_TEXT:
        fact->code = text;
        return NULL;
    case POLICY_FACT_FLAG:
        return decide_flag_parse(text, &fact->flag) ? NULL : "yes or no is asked for";
    case POLICY_FACT_NUMBER:
        return parse_number(text, &fact->number)
                   ? NULL
                   : "a whole number is asked for, from 0 to 9007199254740991";
    case POLICY_FACT_DATE:
        return date_parse(text, &fact->date)
                   ? NULL
                   : policy_case_day_wrong(reader, text, "a day is asked for, as 2026-03-15");
    case POLICY_FACT_TIME:
        if (!decide_time_parse(text, &time_us))
            return policy_case_day_wrong(reader, text,
                                         "a time is asked for, as 2026-03-15T09:30:00Z");
        fact->time_s = divide_floor(time_us, 1000000);
        return NULL;
    case POLICY_FACT_MONEY:
        break;
    }
    return money_parse(text, &fact->money) ? NULL : "an amount is asked for, as 49.00 EUR";
}

static bool
parse_trust(const char *text, enum policy_trust *ret_trust)
{
    static const char *const names[] = {"stated", "documented", "found", "recorded"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (strcmp(names[i], text) == 0) {
            *ret_trust = (enum policy_trust)(POLICY_STATED + i);
            return true;
        }
    }
    return false;
}

/* The parts of `{value, trust, source, evidence}`. Answers the value; NULL after an error. */
static const struct policy_node *
read_parts(struct case_reader *reader, const struct policy_node *node, struct policy_fact *fact)
{
    const struct policy_node *value = NULL;
    for (const struct policy_node *part = node->children; part != NULL; part = part->next) {
        struct policy_codes evidence = {0};
        bool is_text = part->kind == POLICY_NODE_SCALAR;
        if (strcmp(part->key, "value") == 0 && is_text) {
            value = part;
        } else if (strcmp(part->key, "source") == 0 && is_text) {
            fact->source = part->text;
        } else if (strcmp(part->key, "evidence") == 0 &&
                   policy_case_texts(reader, part, &evidence)) {
            fact->evidence = evidence.codes;
            fact->evidence_count = evidence.count;
        } else if (strcmp(part->key, "trust") != 0 || !is_text ||
                   !parse_trust(part->text, &fact->trust)) {
            policy_case_refuse(
                reader, part, "FACT_WRONG",
                "a fact has value, trust (stated, documented, found, recorded), source and "
                "evidence");
            return NULL;
        }
    }
    if (value == NULL)
        policy_case_refuse(reader, node, "FACT_WRONG", "it has no value");
    return value;
}

/* "unknown" says that a fact is not known, unless it is a code of the fact's own list. */
static bool
says_unknown(const struct case_reader *reader, const struct policy_node *value,
             const struct policy_fact_row *row)
{
    if (value->is_null)
        return true;
    return !value->is_quoted && strcmp(value->text, "unknown") == 0 &&
           (row == NULL || row->kind != POLICY_FACT_CODE ||
            !policy_has_code(reader->policy, row->list, value->text));
}

static void
check_value(struct case_reader *reader, const struct policy_node *node,
            const struct policy_fact_row *row, const struct policy_fact *fact)
{
    const struct policy_set set = {&reader->policy, 1};
    const char *reason;
    const char *wrong = decide_fact_wrong(reader->arena, &set, row, fact, &reason);
    if (wrong != NULL)
        policy_case_refuse(reader, node, reason, wrong);
}

static void
read_fact(struct case_reader *reader, const struct policy_node *node, struct policy_fact *fact)
{
    const struct policy_fact_row *row = policy_find_fact(node->key);
    *fact = (struct policy_fact){
        .name = node->key, .is_known = true, .trust = POLICY_RECORDED, .source = ""};
    if (row == NULL && !policy_has_code(reader->policy, "document", node->key)) {
        const char *nearest = policy_nearest('f', node->key);
        const char *what = "there is no such fact";
        if (nearest != NULL)
            what = arena_printf(reader->arena, "there is no such fact; is it %s?", nearest);
        policy_case_refuse(reader, node, "FACT_UNKNOWN", what);
        return;
    }
    const struct policy_node *value =
        node->kind == POLICY_NODE_MAP ? read_parts(reader, node, fact) : node;
    if (value == NULL)
        return;
    if (value->kind != POLICY_NODE_SCALAR) {
        policy_case_refuse(reader, node, "FACT_WRONG", "a value is asked for");
        return;
    }
    if (says_unknown(reader, value, row)) {
        fact->is_known = false;
        return;
    }
    const char *what =
        parse_value(reader, value->text, row == NULL ? POLICY_FACT_FLAG : row->kind, fact);
    if (what != NULL)
        policy_case_refuse(reader, node, "FACT_WRONG", what);
    else
        check_value(reader, node, row, fact);
}

static void
read_facts(struct case_reader *reader, const struct policy_node *map)
{
    if (map == NULL)
        return;
    if (map->kind != POLICY_NODE_MAP || map->child_count > POLICY_CASE_FACTS_MAX) {
        policy_case_refuse(reader, map, "FACT_WRONG",
                           "a map of facts is asked for, of 256 at most");
        return;
    }
    struct policy_fact *facts = arena_alloc(reader->arena, map->child_count * sizeof *facts);
    for (const struct policy_node *node = map->children; node != NULL; node = node->next)
        read_fact(reader, node, &facts[reader->question->fact_count++]);
    reader->question->facts = facts;
}

/* ---- the case ---- */

static void
refuse_unknown_keys(struct case_reader *reader, const struct policy_node *map)
{
    static const char *const keys[] = {"question", "at",     "decided", "id",  "subject",
                                       "replaces", "serial", "facts",   "unit"};
    for (const struct policy_node *node = map->children; node != NULL; node = node->next) {
        size_t i = 0;
        while (i < COUNT_OF(keys) && strcmp(keys[i], node->key) != 0)
            i++;
        if (i == COUNT_OF(keys))
            policy_case_refuse(reader, node, "KEY_UNKNOWN", "a case has no such part");
    }
}

static void
read_head(struct case_reader *reader, const struct policy_node *map)
{
    struct policy_case *question = reader->question;
    const char *name = text_of(reader, map, "question", "");
    const struct policy_node *asked = policy_node_get(map, "question");
    const struct policy_node *at = policy_node_get(map, "at");
    int found = policy_find_question(name);
    if (found < 0)
        policy_case_refuse(reader, asked == NULL ? map : asked, "QUESTION_WRONG",
                           policy_case_questions(reader->arena, name));
    else
        question->question = (enum policy_question)found;
    const char *day = text_of(reader, map, "at", "");
    if (!date_parse(day, &question->at_date)) {
        policy_case_refuse(reader, at == NULL ? map : at, "QUESTION_WRONG",
                           at == NULL
                               ? "the day asked about is missing, as at: 2026-11-02"
                               : policy_case_day_wrong(
                                     reader, day, "the day asked about is written as 2026-11-02"));
        return;
    }
    const char *decided = text_of(reader, map, "decided", NULL);
    question->decide_us = (date_to_days(question->at_date) * 24 + 12) * 3600 * 1000000;
    if (decided != NULL && !decide_time_parse(decided, &question->decide_us))
        policy_case_refuse(
            reader, policy_node_get(map, "decided"), "QUESTION_WRONG",
            policy_case_day_wrong(reader, decided,
                                  "the time of the decision is written as 2026-11-02T10:30:00Z"));
    question->decision_id = text_of(reader, map, "id", "");
    question->subject = text_of(reader, map, "subject", "");
    question->replaces_decision_id = text_of(reader, map, "replaces", "");
    question->serial = text_of(reader, map, "serial", "");
    if (question->serial[0] == 0)
        question->serial = "unit";
}

struct policy_case *
policy_case_read(struct arena *arena, const struct policy *policy, const struct policy_file *file,
                 struct policy_problems *problems)
{
    size_t errors = problems->error_count;
    struct policy_node *map = policy_node_read(file, POLICY_FILE_BYTES_MAX, problems);
    if (map == NULL)
        return NULL;
    struct policy_case *question = arena_alloc(arena, sizeof *question);
    struct case_reader reader = {arena, policy, problems, question};
    if (map->kind != POLICY_NODE_MAP) {
        policy_case_refuse(&reader, map, "QUESTION_WRONG", "a map is asked for");
        return NULL;
    }
    refuse_unknown_keys(&reader, map);
    read_head(&reader, map);
    if (problems->error_count == errors) {
        read_facts(&reader, policy_node_get(map, "facts"));
        policy_case_read_unit(&reader, policy_node_get(map, "unit"));
    }
    return problems->error_count == errors ? question : NULL;
}
