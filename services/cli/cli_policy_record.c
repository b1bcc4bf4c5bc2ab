/*
 * cli_policy_record - prints a decision record in the order in which a person asks: what, why, what
 * now, on which facts
 *
 * Nothing is left out but digests and ids; those who need them take the JSON.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy_record.h"

#include <string.h>

enum { LABEL_COLUMNS = 16, MINUTES_IN_HOUR = 60 };

/* ---- values ---- */

static const char *
enum_name(const ProtobufCEnumDescriptor *descriptor, int value)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(descriptor, value);
    return found != NULL ? found->name : "?";
}

static void
add_codes(char *const *codes, size_t count, struct buf *out)
{
    for (size_t i = 0; i < count; i++)
        buf_printf(out, "%s%s", i > 0 ? ", " : "", codes[i]);
}

/* `otherwise` says what it means that there is none. */
static void
add_date(const Common__V1__Date *date, const char *otherwise, struct buf *out)
{
    if (date != NULL && date->year != 0)
        buf_printf(out, "%04d-%02d-%02d", date->year, date->month, date->day);
    else
        buf_add_text(out, otherwise);
}

static void
add_part(int count, const char *unit, struct buf *out)
{
    if (count != 0)
        buf_printf(out, "%s%d %s%s", out->size_bytes > 0 ? " " : "", count, unit,
                   count == 1 ? "" : "s");
}

static void
add_span(const Common__V1__Value__Span *span, struct buf *out)
{
    struct buf text = {0};
    add_part(span->months, "month", &text);
    add_part(span->days, "day", &text);
    add_part(span->working_days, "working day", &text);
    add_part(span->working_minutes / MINUTES_IN_HOUR, "working hour", &text);
    add_part(span->working_minutes % MINUTES_IN_HOUR, "working minute", &text);
    if (span->unlimited || span->none)
        buf_add_text(&text, span->unlimited ? "unlimited" : "none");
    else if (text.size_bytes == 0)
        buf_add_text(&text, span->calendar[0] != 0 ? "0 working days" : "0 days");
    if (span->calendar[0] != 0)
        buf_printf(&text, " of %s", span->calendar);
    buf_add(out, text.bytes, text.size_bytes);
    buf_free(&text);
}

static void
add_money(const Common__V1__Money *money, struct buf *out)
{
    struct money amount = {.minor = money->minor};
    char text[MONEY_TEXT_SIZE];
    snprintf(amount.currency_code, sizeof amount.currency_code, "%s", money->currency_code);
    money_print(amount, text);
    buf_add_text(out, text);
}

static void
add_value(const Common__V1__Value *value, struct buf *out)
{
    switch (value == NULL ? COMMON__V1__VALUE__KIND__NOT_SET : value->kind_case) {
    case COMMON__V1__VALUE__KIND_CODE:
        buf_add_text(out, value->code);
        break;
    case COMMON__V1__VALUE__KIND_CODES:
        add_codes(value->codes->codes, value->codes->n_codes, out);
        break;
    case COMMON__V1__VALUE__KIND_NUMBER:
        buf_printf(out, "%lld", (long long)value->number);
        break;
    case COMMON__V1__VALUE__KIND_FLAG:
        buf_add_text(out, value->flag ? "yes" : "no");
        break;
    case COMMON__V1__VALUE__KIND_BASIS_POINTS:
        buf_printf(out, "%d.%02d %%", value->basis_points / 100, value->basis_points % 100);
        break;
    case COMMON__V1__VALUE__KIND_MONEY:
        add_money(value->money, out);
        break;
    case COMMON__V1__VALUE__KIND_SPAN:
        add_span(value->span, out);
        break;
    case COMMON__V1__VALUE__KIND_DATE:
        add_date(value->date, "no day", out);
        break;
    case COMMON__V1__VALUE__KIND_TIME:
        buf_add_text(out, value->time);
        break;
    case COMMON__V1__VALUE__KIND_TEXT:
        buf_add_text(out, value->text);
        break;
    default:
        buf_add_text(out, "not known");
    }
}

/* ---- lines ---- */

/* One line beneath a head; longer ones go on at the same indent. */
static void
print_line(const struct cli_policy *run, const char *label, enum cli_colour colour,
           struct buf *text)
{
    fprintf(run->out, "  %s%-*s%s", colour == CLI_PLAIN ? "" : cli_paint(run, colour),
            LABEL_COLUMNS, label, colour == CLI_PLAIN ? "" : cli_paint(run, CLI_PLAIN));
    size_t label_columns = strlen(label) < LABEL_COLUMNS ? LABEL_COLUMNS : strlen(label) + 1;
    if (strlen(label) >= LABEL_COLUMNS)
        fputc(' ', run->out);
    cli_terminal_wrap(run->out, (int)label_columns + 2, run->width_columns, buf_text(text));
    buf_clear(text);
}

static void
print_head(const struct cli_policy *run, const char *head)
{
    fprintf(run->out, "\n%s%s%s\n", cli_paint(run, CLI_BOLD), head, cli_paint(run, CLI_PLAIN));
}

static void
print_computed(const struct cli_policy *run, const Common__V1__Computed *computed, struct buf *line)
{
    add_value(computed->value, line);
    if (computed->explanation[0] != 0)
        buf_printf(line, ": %s", computed->explanation);
    print_line(run, computed->name, CLI_PLAIN, line);
}

/* ---- the parts of a record ---- */

static enum cli_colour
outcome_colour(Common__V1__Decision__Outcome outcome)
{
    switch (outcome) {
    case COMMON__V1__DECISION__OUTCOME__GRANTED:
    case COMMON__V1__DECISION__OUTCOME__PARTLY_GRANTED:
        return CLI_GREEN;
    case COMMON__V1__DECISION__OUTCOME__DENIED:
        return CLI_RED;
    default:
        return CLI_YELLOW;
    }
}

static void
print_outcome(const struct cli_policy *run, const Common__V1__Decision *record,
              const char *language, struct buf *line)
{
    fprintf(run->out, "%s%s%s (%s)", cli_paint(run, outcome_colour(record->outcome)),
            enum_name(&common__v1__decision__outcome__descriptor, (int)record->outcome),
            cli_paint(run, CLI_PLAIN), record->reason);
    if (record->deciding_clause_id[0] != 0)
        fprintf(run->out, " by %s", record->deciding_clause_id);
    fputc('\n', run->out);
    for (size_t i = 0; i < record->n_sentences; i++) {
        const Common__V1__Decision__Sentence *sentence = record->sentences[i];
        if (strcmp(language, sentence->language) != 0)
            continue;
        fprintf(run->out, "\n  ");
        cli_terminal_wrap(run->out, 2, run->width_columns, sentence->text);
    }
    if (record->n_remedies == 0 && record->n_computed == 0)
        return;
    print_head(run, "What follows");
    if (record->n_remedies > 0) {
        add_codes(record->remedies, record->n_remedies, line);
        print_line(run, "remedies", CLI_PLAIN, line);
    }
    for (size_t i = 0; i < record->n_computed; i++)
        print_computed(run, record->computed[i], line);
}

static void
print_needed(const struct cli_policy *run, const Common__V1__Decision *record, struct buf *line)
{
    if (record->n_needed > 0)
        print_head(run, "Still needed");
    for (size_t i = 0; i < record->n_needed; i++) {
        const Common__V1__Decision__Needed *needed = record->needed[i];
        buf_printf(line, "asked for by %s", needed->clause_id);
        if (needed->by_date != NULL) {
            buf_add_text(line, ", until ");
            add_date(needed->by_date, "", line);
        }
        if (needed->n_instead > 0) {
            buf_add_text(line, "; or ");
            add_codes(needed->instead, needed->n_instead, line);
        }
        print_line(run, needed->name, CLI_YELLOW, line);
    }
    if (record->appeal == NULL)
        return;
    print_head(run, "How to have it looked at again");
    const char *method = record->appeal->method;
    buf_printf(line, "%s%sby %s", method, method[0] != 0 ? ", " : "", record->appeal->clause_id);
    if (record->appeal->by_date != NULL) {
        buf_add_text(line, ", until ");
        add_date(record->appeal->by_date, "", line);
    }
    print_line(run, "appeal", CLI_PLAIN, line);
}

static void
print_entitlements(const struct cli_policy *run, const Common__V1__Decision *record,
                   struct buf *line)
{
    if (record->n_entitlements > 0)
        print_head(run, "Covered on the day");
    for (size_t i = 0; i < record->n_entitlements; i++) {
        const Common__V1__Entitlement *covered = record->entitlements[i];
        buf_printf(line, "%s%s%s from ", covered->cost_class,
                   covered->component[0] != 0 ? ", " : "", covered->component);
        add_date(covered->start_date, "no day", line);
        buf_add_text(line, covered->last_date != NULL ? " until " : ", ");
        add_date(covered->last_date, "no limit", line);
        buf_printf(line, "%s (%s)", covered->is_paused ? ", paused" : "", covered->clause_id);
        print_line(run, enum_name(&common__v1__entitlement__layer__descriptor, (int)covered->layer),
                   CLI_PLAIN, line);
    }
}

/* "; last_date 2027-03-15 (delivered 2026-03-15 + 1 year)"; an amount that explains itself is told
 * once. */
static void
add_computed(const Common__V1__Computed *computed, struct buf *line)
{
    struct buf value = {0};
    add_value(computed->value, &value);
    buf_printf(line, "; %s %s", computed->name, buf_text(&value));
    if (computed->explanation[0] != 0 && strcmp(computed->explanation, buf_text(&value)) != 0)
        buf_printf(line, " (%s)", computed->explanation);
    buf_free(&value);
}

static void
print_steps(const struct cli_policy *run, const Common__V1__Decision *record, struct buf *line)
{
    print_head(run, "Clauses, in the order in which they were looked at");
    for (size_t i = 0; i < record->n_steps; i++) {
        const Common__V1__Step *step = record->steps[i];
        buf_add_text(line, step->clause_id);
        if (step->parameter[0] != 0)
            buf_printf(line, "/%s", step->parameter);
        if (step->rule[0] != 0)
            buf_printf(line, "[%s]", step->rule);
        if (step->value != NULL) {
            buf_add_text(line, " = ");
            add_value(step->value, line);
        }
        if (step->lifted_by[0] != 0)
            buf_printf(line, ", lifted by %s", step->lifted_by);
        for (size_t k = 0; k < step->n_computed; k++)
            add_computed(step->computed[k], line);
        enum cli_colour colour = step->result == COMMON__V1__STEP__RESULT__GRANTS   ? CLI_GREEN
                                 : step->result == COMMON__V1__STEP__RESULT__DENIES ? CLI_RED
                                                                                    : CLI_PLAIN;
        print_line(run, enum_name(&common__v1__step__result__descriptor, (int)step->result), colour,
                   line);
    }
}

static void
print_pins(const struct cli_policy *run, const Common__V1__Decision *record, struct buf *line)
{
    print_head(run, "Versions");
    for (size_t i = 0; i < record->n_pins; i++) {
        const Common__V1__Decision__Pin *pin = record->pins[i];
        add_date(pin->date, "day not known", line);
        buf_printf(line, ": version %lld", (long long)pin->policy_version);
        if (pin->is_before_first)
            buf_add_text(line, ", before the first version");
        if (pin->n_statutory_layers > 0) {
            buf_add_text(line, ", with ");
            add_codes(pin->statutory_layers, pin->n_statutory_layers, line);
        }
        print_line(run, pin->moment, CLI_PLAIN, line);
    }
}

static void
print_facts(const struct cli_policy *run, const Common__V1__Decision *record, struct buf *line)
{
    print_head(run, "Facts that were read");
    for (size_t i = 0; i < record->n_facts; i++) {
        const Common__V1__Fact *fact = record->facts[i];
        buf_printf(line, "%s = ", fact->name);
        add_value(fact->value, line);
        if (fact->source[0] != 0)
            buf_printf(line, ", says %s", fact->source);
        if (fact->n_evidence > 0) {
            buf_add_text(line, ", with ");
            add_codes(fact->evidence, fact->n_evidence, line);
        }
        bool is_known = fact->value != NULL;
        print_line(
            run, is_known ? enum_name(&common__v1__fact__trust__descriptor, (int)fact->trust) : "-",
            is_known ? CLI_PLAIN : CLI_DIM, line);
    }
    for (size_t i = 0; i < record->n_unit_facts; i++) {
        const Common__V1__UnitFact *fact = record->unit_facts[i];
        buf_printf(line, "%s%s", fact->serial, fact->date != NULL ? " " : "");
        add_date(fact->date, "", line);
        for (size_t k = 0; k < fact->n_details; k++) {
            buf_printf(line, ", %s ", fact->details[k]->name);
            add_codes(fact->details[k]->values, fact->details[k]->n_values, line);
        }
        print_line(run, fact->kind, CLI_PLAIN, line);
    }
}

void
cli_policy_record_print(const struct cli_policy *run, const Common__V1__Decision *record,
                        const char *language)
{
    struct buf line = {0};
    print_outcome(run, record, language, &line);
    print_needed(run, record, &line);
    print_entitlements(run, record, &line);
    print_steps(run, record, &line);
    print_pins(run, record, &line);
    print_facts(run, record, &line);
    buf_free(&line);
}
