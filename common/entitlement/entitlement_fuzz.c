/*
 * entitlement_fuzz - bytes as facts and terms: a refusal with a reason, or a ledger that adds up
 *
 * Bytes choose from few names and days, so that facts meet each other: serials replace each other,
 * repairs overlap, contracts renew each other, corrections point anywhere. Some bytes make values
 * that no caller should send: days that are none, enums out of range, spans too long.
 */
// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "common/entitlement/entitlement.h"
#include "common/entitlement/entitlement_steps.h"

enum { FACTS_MAX = 48, TERMS_MAX = 12, BUDGET_BYTES = 4 * 1024 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes);

struct input {
    const uint8_t *bytes;
    size_t left_bytes;
};

static unsigned
take(struct input *input, unsigned bound)
{
    if (input->left_bytes == 0)
        return 0;
    input->left_bytes--;
    return *input->bytes++ % bound;
}

static const char *
take_name(struct input *input)
{
    static const char *const names[] = {NULL, "", "a", "b", "c", "d"};
    return names[take(input, COUNT_OF(names))];
}

static const char *
take_id(struct input *input)
{
    static const char *const ids[] = {"f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7",
                                      "f8", "f9", "fa", "fb", "fc", "fd", "fe", ""};
    return ids[take(input, COUNT_OF(ids))];
}

static struct date
take_date(struct input *input)
{
    unsigned days = take(input, 256) * 7 + take(input, 256);
    switch (take(input, 32)) {
    case 0:
        return (struct date){0};
    case 1:
        return (struct date){2024, 2, (int)days};
    case 2:
        return (struct date){9999, 12, 31};
    case 3:
        return (struct date){1, 1, 1};
    default:
        return date_add((struct date){2023, 12, 1}, 0, (int)days);
    }
}

static struct entitlement_span
take_span(struct input *input)
{
    static const int months[] = {0, 1, 6, 12, 24, -1, ENTITLEMENT_MONTHS_MAX, 120};
    static const int days[] = {0, 1, 30, 90, ENTITLEMENT_DAYS_MAX, ENTITLEMENT_DAYS_MAX + 1, 0, 0};
    unsigned kind = take(input, 16);
    if (kind < 2)
        return (struct entitlement_span){.is_none = kind == 0, .is_unlimited = kind == 1};
    return (struct entitlement_span){.months = months[take(input, COUNT_OF(months))],
                                     .days = days[take(input, COUNT_OF(days))]};
}

static void
take_fact(struct input *input, struct entitlement_fact *fact)
{
    static const char *const classes[] = {"a", "b", NULL};
    *fact = (struct entitlement_fact){
        .fact_id = take_id(input),
        .serial = take_name(input),
        .kind = (enum entitlement_fact_kind)take(input, ENTITLEMENT_FACT_KIND_COUNT + 1),
        .event = (enum entitlement_event)take(input, ENTITLEMENT_EVENT_COUNT + 1),
        .date = take_date(input),
        .record_us = (int64_t)(take(input, 256) + 19600) * INT64_C(1000000000000) / 10,
        .corrects_fact_id = take_id(input),
        .repair_id = take_name(input),
        .coverage = (enum entitlement_coverage)take(input, 4),
        .component = take_name(input),
        .cost_classes = classes,
        .cost_class_count = take(input, COUNT_OF(classes) + 1),
        .has_succeeded = take(input, 2) != 0,
        .old_serial = take_name(input),
        .contract_id = take_name(input),
        .renews_contract_id = take_name(input),
        .plan = take_name(input),
        .voided_layers = take(input, 256),
    };
    fact->received_date = take(input, 2) != 0 ? take_date(input) : (struct date){0};
    fact->last_date = take(input, 2) != 0 ? take_date(input) : fact->date;
}

static void
take_term(struct input *input, struct entitlement_terms *term)
{
    *term = (struct entitlement_terms){
        .layer = (enum entitlement_layer)(take(input, 6) + 1),
        .clause_id = take_name(input),
        .cost_class = take_name(input),
        .component = take_name(input),
        .plan = take_name(input),
        .span = take_span(input),
        .anchor_count = take(input, ENTITLEMENT_ANCHORS_MAX + 2),
        .pauses = take(input, 4) != 0,
        .counts_all_repairs = take(input, 2) != 0,
        .has_pause_max = take(input, 2) != 0,
        .pause_max = take_span(input),
        .carry_over = (enum entitlement_carry_over)take(input, 4),
        .at_least = take_span(input),
        .is_transferable = take(input, 2) != 0,
    };
    for (size_t i = 0; i < 3; i++)
        term->anchors[i] = (struct entitlement_anchor){
            .event = (enum entitlement_event)take(input, ENTITLEMENT_EVENT_COUNT),
            .days = (int)take(input, 100)};
}

/* What holds for every interval. */
static void
check_interval(const struct entitlement_interval *interval, struct date at, struct buf *text)
{
    CHECK(entitlement_layer_name(interval->layer) != NULL);
    CHECK(entitlement_steps_add_up(interval));
    CHECK(interval->has_last_date == !date_is_absent(interval->last_date));
    CHECK(!interval->is_paused || entitlement_covers(interval, at));
    if (interval->is_undetermined || interval->is_empty) {
        CHECK(!entitlement_covers(interval, at) && !interval->is_paused);
    } else {
        CHECK(date_is_valid(interval->start_date));
        CHECK(entitlement_covers(interval, interval->start_date));
        CHECK(date_is_absent(interval->in_repair_since) ||
              entitlement_covers(interval, interval->in_repair_since));
    }
    buf_clear(text);
    entitlement_interval_print(interval, text);
    CHECK(text->size_bytes > 0);
}

static void
check_ledger(const struct entitlement_ledger *ledger, const struct entitlement_question *question)
{
    static const int order[] = {0, 2, 1, 3, 0, 4}; /* by layer */
    struct buf text = {0};
    for (size_t i = 0; i < ledger->interval_count; i++) {
        check_interval(&ledger->intervals[i], question->at, &text);
        CHECK(i == 0 || order[ledger->intervals[i - 1].layer] <= order[ledger->intervals[i].layer]);
    }
    for (size_t i = 0; i < ledger->fact_count; i++)
        CHECK(ledger->facts[i]->record_us <= question->known_at_us);
    buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size_bytes)
{
    struct input input = {bytes, size_bytes};
    struct entitlement_fact facts[FACTS_MAX];
    struct entitlement_terms terms[TERMS_MAX];
    struct entitlement_question question = {.facts = facts, .terms = terms};
    question.serial = take_name(&input);
    question.at = take_date(&input);
    question.known_at_us =
        take(&input, 2) != 0 ? INT64_MAX : INT64_C(1700000000000000) + take(&input, 256);
    question.term_count = take(&input, TERMS_MAX + 1);
    for (size_t i = 0; i < question.term_count; i++)
        take_term(&input, &terms[i]);
    while (question.fact_count < FACTS_MAX && input.left_bytes > 0)
        take_fact(&input, &facts[question.fact_count++]);
    struct arena *arena = arena_new(BUDGET_BYTES);
    struct entitlement_ledger ledger;
    struct fault fault = {0};
    enum err err = entitlement_compute(arena, &question, &ledger, &fault);
    if (err == OK)
        check_ledger(&ledger, &question);
    else
        CHECK(fault.code == err && fault.reason[0] != 0 && fault.message[0] != 0);
    arena_free(&arena);
    return 0;
}
