/*
 * entitlement_driver - answers ledgers to the Python model, a case a line
 *
 * A line is a question as JSON: serial, at, known_at_us (absent: all), facts, terms. Days are
 * "YYYY-MM-DD", kinds and events their names, spans {"months", "days"} or "none" or "unlimited".
 * The answer has the intervals, or the reason of the refusal. Each explanation is added up again
 * here: a wrong one is no answer.
 */
// SPDX-License-Identifier: Apache-2.0
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/entitlement/entitlement.h"
#include "common/entitlement/entitlement_steps.h"

static const char *
text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int
number_of(const json_t *object, const char *key)
{
    return (int)json_integer_value(json_object_get(object, key));
}

static bool
flag_of(const json_t *object, const char *key)
{
    return json_is_true(json_object_get(object, key));
}

/* Absent where the key is; a day that is none is kept as such. */
static struct date
date_of(const json_t *object, const char *key)
{
    const char *text = text_of(object, key);
    struct date date = {0};
    if (text != NULL && !date_parse(text, &date))
        date = (struct date){.year = -1};
    return date;
}

/* The place of a name among those of an enum; -1 if it is none. */
static int
enum_of(const json_t *object, const char *key, const char *(*name_of)(unsigned))
{
    const char *text = text_of(object, key);
    for (unsigned i = 0; text != NULL && i < 32; i++)
        if (name_of(i) != NULL && strcmp(name_of(i), text) == 0)
            return (int)i;
    return -1;
}

static const char *
layer_name(unsigned layer)
{
    return entitlement_layer_name(layer);
}

static const char *
kind_name(unsigned kind)
{
    return entitlement_fact_kind_name(kind);
}

static const char *
event_name(unsigned event)
{
    return entitlement_event_name(event);
}

static const char *
coverage_name(unsigned coverage)
{
    static const char *const names[] = {"open", "covered", "not_covered"};
    return coverage < COUNT_OF(names) ? names[coverage] : NULL;
}

static const char *
carry_over_name(unsigned carry_over)
{
    static const char *const names[] = {"remaining", "restart", "longer_of"};
    return carry_over < COUNT_OF(names) ? names[carry_over] : NULL;
}

static int
enum_or_zero(const json_t *object, const char *key, const char *(*name_of)(unsigned))
{
    return json_object_get(object, key) != NULL ? enum_of(object, key, name_of) : 0;
}

static void
read_cost_classes(struct arena *arena, const json_t *list, struct entitlement_fact *fact)
{
    size_t count = json_array_size(list);
    const char **classes = arena_alloc(arena, (count + 1) * sizeof classes[0]);
    for (size_t i = 0; i < count; i++)
        classes[i] = json_string_value(json_array_get(list, i));
    fact->cost_classes = classes;
    fact->cost_class_count = count;
}

static void
read_fact(struct arena *arena, const json_t *told, struct entitlement_fact *fact)
{
    *fact = (struct entitlement_fact){
        .fact_id = text_of(told, "fact_id"),
        .serial = text_of(told, "serial"),
        .kind = (enum entitlement_fact_kind)enum_of(told, "kind", kind_name),
        .event = (enum entitlement_event)enum_or_zero(told, "event", event_name),
        .date = date_of(told, "date"),
        .record_us = json_integer_value(json_object_get(told, "record_us")),
        .corrects_fact_id = text_of(told, "corrects"),
        .repair_id = text_of(told, "repair_id"),
        .coverage = (enum entitlement_coverage)enum_or_zero(told, "coverage", coverage_name),
        .fault_code = text_of(told, "fault_code"),
        .component = text_of(told, "component"),
        .has_succeeded = flag_of(told, "has_succeeded"),
        .old_serial = text_of(told, "old_serial"),
        .received_date = date_of(told, "received"),
        .contract_id = text_of(told, "contract_id"),
        .renews_contract_id = text_of(told, "renews"),
        .plan = text_of(told, "plan"),
        .last_date = date_of(told, "last"),
        .voided_layers = (unsigned)number_of(told, "voided_layers"),
        .clause_id = text_of(told, "clause_id"),
    };
    read_cost_classes(arena, json_object_get(told, "cost_classes"), fact);
}

static struct entitlement_span
span_of(const json_t *object, const char *key)
{
    const json_t *span = json_object_get(object, key);
    const char *text = json_string_value(span);
    return (struct entitlement_span){.months = number_of(span, "months"),
                                     .days = number_of(span, "days"),
                                     .is_none = text != NULL && strcmp(text, "none") == 0,
                                     .is_unlimited =
                                         text != NULL && strcmp(text, "unlimited") == 0};
}

static void
read_term(const json_t *told, struct entitlement_terms *term)
{
    *term = (struct entitlement_terms){
        .layer = (enum entitlement_layer)enum_of(told, "layer", layer_name),
        .clause_id = text_of(told, "clause_id"),
        .cost_class = text_of(told, "cost_class"),
        .component = text_of(told, "component"),
        .plan = text_of(told, "plan"),
        .span = span_of(told, "span"),
        .pauses = flag_of(told, "pauses"),
        .counts_all_repairs = flag_of(told, "counts_all_repairs"),
        .has_pause_max = json_object_get(told, "pause_max") != NULL,
        .pause_max = span_of(told, "pause_max"),
        .carry_over =
            (enum entitlement_carry_over)enum_or_zero(told, "carry_over", carry_over_name),
        .at_least = span_of(told, "at_least"),
        .is_transferable = flag_of(told, "is_transferable"),
    };
    const json_t *anchors = json_object_get(told, "anchors");
    term->anchor_count = json_array_size(anchors);
    for (size_t i = 0; i < term->anchor_count && i < ENTITLEMENT_ANCHORS_MAX; i++) {
        const json_t *anchor = json_array_get(anchors, i);
        term->anchors[i] = (struct entitlement_anchor){
            .event = (enum entitlement_event)enum_of(anchor, "event", event_name),
            .months = number_of(anchor, "months"),
            .days = number_of(anchor, "days")};
    }
}

/* ---- answers ---- */

static json_t *
date_json(struct date date)
{
    char text[DATE_TEXT_SIZE];
    if (date_is_absent(date))
        return json_null();
    date_print(date, text);
    return json_string(text);
}

/* `probe`: a day that is asked about beside the day of the question; absent: none. */
static json_t *
interval_json(const struct entitlement_interval *interval, struct date probe)
{
    CHECK(entitlement_steps_add_up(interval));
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:o, s:o, s:o, s:b, s:o, s:b, s:s?, s:o, s:b}",
        "layer", entitlement_layer_name(interval->layer), "clause_id", interval->clause_id,
        "cost_class", interval->cost_class, "component", interval->component, "contract_id",
        interval->contract_id, "repair_id", interval->repair_id, "serial", interval->serial,
        "is_undetermined", interval->is_undetermined, "start", date_json(interval->start_date),
        "last", date_json(interval->last_date), "term_last", date_json(interval->term_last_date),
        "is_paused", interval->is_paused, "in_repair_since", date_json(interval->in_repair_since),
        "is_empty", interval->is_empty, "ended_by", interval->ended_by_fact_id, "cut",
        date_json(interval->cut_date), "is_probe_covered",
        !date_is_absent(probe) && entitlement_covers(interval, probe));
}

static json_t *
answer(struct arena *arena, const json_t *told)
{
    const json_t *facts = json_object_get(told, "facts"), *terms = json_object_get(told, "terms");
    const json_t *known_at = json_object_get(told, "known_at_us");
    struct entitlement_question question = {
        .serial = text_of(told, "serial"),
        .at = date_of(told, "at"),
        .known_at_us = known_at != NULL ? json_integer_value(known_at) : INT64_MAX,
        .fact_count = json_array_size(facts),
        .term_count = json_array_size(terms),
    };
    struct entitlement_fact *fact_list =
        arena_alloc(arena, (question.fact_count + 1) * sizeof fact_list[0]);
    for (size_t i = 0; i < question.fact_count; i++)
        read_fact(arena, json_array_get(facts, i), &fact_list[i]);
    struct entitlement_terms *term_list =
        arena_alloc(arena, (question.term_count + 1) * sizeof term_list[0]);
    for (size_t i = 0; i < question.term_count; i++)
        read_term(json_array_get(terms, i), &term_list[i]);
    question.facts = fact_list;
    question.terms = term_list;

    struct entitlement_ledger ledger;
    struct fault fault = {0};
    if (entitlement_compute(arena, &question, &ledger, &fault) != OK)
        return json_pack("{s:s, s:s}", "fault", fault.reason, "message", fault.message);
    json_t *intervals = json_array();
    for (size_t i = 0; i < ledger.interval_count; i++)
        json_array_append_new(intervals,
                              interval_json(&ledger.intervals[i], date_of(told, "probe")));
    return json_pack("{s:o, s:o}", "sale", date_json(ledger.sale_date), "intervals", intervals);
}

int
main(void)
{
    char *line = NULL;
    size_t room_bytes = 0;
    ssize_t size_bytes;
    while ((size_bytes = getline(&line, &room_bytes, stdin)) > 0) {
        json_error_t error;
        json_t *told = json_loadb(line, (size_t)size_bytes, 0, &error);
        CHECK(told != NULL);
        struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
        json_t *answered = answer(arena, told);
        CHECK(answered != NULL);
        json_dumpf(answered, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(answered);
        json_decref(told);
        arena_free(&arena);
    }
    free(line);
    arena_deinit();
    return 0;
}
