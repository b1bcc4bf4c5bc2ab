/*
 * entitlement_print - names, and the explanation of a date in English
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/entitlement/entitlement_private.h"

/* ---- names ---- */

const char *
entitlement_layer_name(enum entitlement_layer layer)
{
    static const char *const names[] = {NULL,       "STATUTORY", "COMMERCIAL",
                                        "EXTENDED", "REPAIR",    "GOODWILL"};
    return (unsigned)layer < COUNT_OF(names) ? names[layer] : NULL;
}

const char *
entitlement_event_name(enum entitlement_event event)
{
    static const char *const names[] = {"ordered",   "purchased",  "delivered",
                                        "installed", "registered", "manufactured"};
    return (unsigned)event < COUNT_OF(names) ? names[event] : NULL;
}

const char *
entitlement_fact_kind_name(enum entitlement_fact_kind kind)
{
    static const char *const names[] = {
        "event",          "taken_in",     "handed_back", "repaired", "replaced", "plan_bought",
        "plan_cancelled", "plan_renewed", "transferred", "goodwill", "voided",   "corrected"};
    return (unsigned)kind < COUNT_OF(names) ? names[kind] : NULL;
}

/* ---- explanations ---- */

static void
print_date(struct date date, struct buf *out)
{
    date_print(date, buf_room(out, DATE_TEXT_SIZE));
    out->size_bytes += DATE_TEXT_LENGTH;
}

/* "1 year", "2 months", "3 days". */
static void
print_amount(int amount, const char *unit, struct buf *out)
{
    buf_add_text(out, " + ");
    buf_add_number(out, amount);
    buf_add_char(out, ' ');
    buf_add_text(out, unit);
    if (amount != 1)
        buf_add_char(out, 's');
}

/* " + 1 year + 10 days"; nothing for no length. */
static void
print_length(int months, int days, struct buf *out)
{
    if (months != 0 && months % 12 == 0)
        print_amount(months / 12, "year", out);
    else if (months != 0)
        print_amount(months, "month", out);
    if (days != 0)
        print_amount(days, "day", out);
}

/* "delivered 2026-03-15 + 90 days". */
static void
print_origin(const char *what, const struct entitlement_step *step, struct buf *out)
{
    buf_add_text(out, what);
    buf_add_char(out, ' ');
    print_date(step->from_date, out);
    print_length(step->months, step->days, out);
}

/* "ended 2026-08-19 (transferred)". */
static void
print_end(const struct entitlement_step *step, struct buf *out)
{
    buf_add_text(out, "ended ");
    print_date(step->date, out);
    buf_printf(out, " (%s)", entitlement_fact_kind_name(step->fact->kind));
}

/* A step that adds to the one before begins with a space, which the first one loses. */
static void
print_sum(const struct entitlement_step *step, const char *why, struct buf *out)
{
    size_t start_bytes = out->size_bytes;
    print_length(step->months, step->days, out);
    if (out->size_bytes == start_bytes)
        return;
    out->size_bytes--;
    memmove(out->bytes + start_bytes, out->bytes + start_bytes + 1, out->size_bytes - start_bytes);
    buf_add_text(out, why);
}

void
entitlement_step_print(const struct entitlement_step *step, struct buf *out)
{
    switch (step->kind) {
    case ENTITLEMENT_STEP_ANCHOR:
        print_origin(entitlement_event_name(step->fact->event), step, out);
        break;
    case ENTITLEMENT_STEP_BASE:
        print_origin("base until", step, out);
        break;
    case ENTITLEMENT_STEP_REPAIR:
        print_origin(step->fact->kind == ENTITLEMENT_FACT_HANDED_BACK ? "handed back" : "repaired",
                     step, out);
        break;
    case ENTITLEMENT_STEP_SPAN:
        print_sum(step, "", out);
        break;
    case ENTITLEMENT_STEP_PAUSE:
        print_sum(step, " in repair", out);
        break;
    case ENTITLEMENT_STEP_REMAINING:
        print_origin("replaced", step, out);
        buf_add_text(out, step->days != 0 ? " left" : "");
        break;
    case ENTITLEMENT_STEP_RESTART:
        print_origin("replaced", step, out);
        break;
    case ENTITLEMENT_STEP_GOODWILL:
        print_origin("granted until", step, out);
        break;
    case ENTITLEMENT_STEP_IN_HANDS:
        print_sum(step, " until replaced", out);
        break;
    case ENTITLEMENT_STEP_END:
        print_end(step, out);
        break;
    }
}

void
entitlement_interval_print(const struct entitlement_interval *interval, struct buf *out)
{
    size_t start_bytes = out->size_bytes;
    if (interval->is_undetermined)
        buf_add_text(out, "no anchor known");
    else if (interval->step_count == 0)
        buf_add_text(out, interval->is_empty ? "base without limit" : "without limit");
    for (size_t i = 0; i < interval->step_count; i++) {
        const struct entitlement_step *step = &interval->steps[i];
        size_t before_bytes = out->size_bytes;
        if (before_bytes > start_bytes)
            buf_add_text(out, step->kind == ENTITLEMENT_STEP_END ? ", " : " ");
        size_t joined_bytes = out->size_bytes;
        entitlement_step_print(step, out);
        if (out->size_bytes == joined_bytes)
            out->size_bytes = before_bytes;
    }
}
