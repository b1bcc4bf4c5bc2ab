/*
 * policy_page_property_test - what the page prints for a reader is what the engine reads for them
 *
 * For readers at random, each parameter is looked for on the page that staff see: everywhere that
 * the page names the parameter, it must print the engine's value and no other. A reader who has
 * said everything sees no exceptions; for one who has not, what holds in general is compared, and
 * then each exception by a reader who is that exception.
 *
 * The seed is printed; AFTERCARE_TEST_SEED replays it. AFTERCARE_TEST_LONG takes 1,000 readers.
 */
// SPDX-License-Identifier: Apache-2.0
#include <time.h>

#include "common/html.h"
#include "common/policy/policy_template.h"
#include "common/policy/policy_text_fixture.h"
#include "common/policy/policy_words.h"

enum { SHORT_COUNT = 25, LONG_COUNT = 1000, SCRATCH_BYTES = 64 << 20 };

static struct read_fixture files;
static struct arena *scratch; /* of one reader */
static const struct policy *policy;
static struct policy_formatter *formatters[2];
static uint64_t random_state;
static int reader_count;

static uint32_t
pick(uint32_t bound)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(random_state >> 33) % bound;
}

/* A value of each axis: a leaf, or with `is_vague` perhaps a wider one or none. */
static struct policy_subject
pick_reader(bool is_vague)
{
    struct policy_subject reader = {0};
    for (int axis = 0; axis < POLICY_AXIS_COUNT; axis++) {
        int first = policy->axes.first[axis];
        int count = policy->axes.end[axis] - first;
        if (count == 0 || (is_vague && pick(2) == 0))
            continue;
        int value = first + (int)pick((uint32_t)count);
        while (!is_vague && policy->axes.values[value].end > value + 1)
            value++;
        (void)policy_subject_set(&policy->axes, &reader, (enum policy_axis)axis,
                                 policy->axes.values[value].code);
    }
    return reader;
}

/* ---- what should stand there ---- */

/* Text with ordinary spaces: whether a line may break at one is nothing of the value's. */
static void
add_spaced(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        bool is_space = strncmp(text, "\u00a0", 2) == 0;
        buf_add_char(out, is_space ? ' ' : *text);
        text += is_space;
    }
}

/* The value as the page prints it in a form: as elements, or in the line. */
static const char *
print_value(size_t language, enum policy_parameter parameter, const struct policy_value *value,
            enum policy_grammar grammar, bool is_in_line)
{
    struct buf words = {0}, html = {0};
    bool is_list = policy_format_is_list(value);
    policy_format_value(formatters[language], parameter, value, grammar, !(is_list && is_in_line),
                        &words);
    if (is_list && is_in_line)
        html_escape(&html, buf_text(&words)); /* lists have no amounts */
    else
        add_spaced(&html, buf_text(&words));
    const char *text = arena_copy_text(scratch, buf_text(&html));
    buf_free(&words);
    buf_free(&html);
    return text;
}

/* Whether `at` is the engine's value in some form, up to the end of its element. */
static bool
is_reading(size_t language, enum policy_parameter parameter, const struct policy_reading *reading,
           const char *at)
{
    for (int grammar = POLICY_NOMINATIVE; grammar <= POLICY_ALTERNATIVE; grammar++) {
        for (int is_in_line = 0; is_in_line < 2; is_in_line++) {
            const char *text = print_value(language, parameter, &reading->value,
                                           (enum policy_grammar)grammar, is_in_line);
            if (reading->rival != NULL)
                text =
                    arena_printf(scratch,
                                 language == 0 ? "%s or %s (whichever is better for you)"
                                               : "%s oder %s (je nachdem, was für Sie besser ist)",
                                 text,
                                 print_value(language, parameter, &reading->rival_value,
                                             (enum policy_grammar)grammar, is_in_line));
            size_t size = strlen(text);
            if (strncmp(at, text, size) == 0 &&
                (strncmp(at + size, "</span>", 7) == 0 || strncmp(at + size, "</td>", 5) == 0 ||
                 strncmp(at + size, "</dd>", 5) == 0 || strncmp(at + size, "</ul>", 5) == 0 ||
                 strncmp(at + size, "</ol>", 5) == 0))
                return true;
        }
    }
    return false;
}

/* ---- looking ---- */

/* Compares every place of the page that names the parameter; with `is_whole`, all of them must be
 * the reading, else those that are neither an exception's cell nor branch. Answers how many. */
static int
compare_places(const char *page, size_t language, enum policy_parameter parameter,
               const struct policy_subject *reader, bool is_whole)
{
    struct policy_reading reading = policy_read_value(scratch, policy, parameter, reader);
    const char *name = policy_parameter_row(parameter)->name;
    char *key = arena_printf(scratch, " data-parameter=\"%s\"", name);
    int found = 0;
    int branch_count = 0;
    for (const char *at = page; (at = strstr(at, key)) != NULL;) {
        bool is_cell = strncmp(at - 3, "<td", 3) == 0;
        at += strlen(key);
        if (*at == '>') {
            /* Cells of exceptions are not the reader's; inside branches too. */
            if (!is_reading(language, parameter, &reading, at + 1) &&
                (is_whole || (!is_cell && branch_count < 2)))
                fail_msg("%s is not %s at: %.200s", name,
                         policy_value_print(scratch, &reading.value), at + 1);
            found++;
            continue;
        }
        assert_true(strncmp(at, " data-value=\"", 13) == 0);
        struct buf canonical = {0};
        html_escape(&canonical, policy_value_print(scratch, &reading.value));
        bool is_same = strncmp(at + 13, buf_text(&canonical), canonical.size_bytes) == 0 &&
                       at[13 + canonical.size_bytes] == '"';
        buf_free(&canonical);
        if (!is_same && (is_whole || branch_count == 0))
            fail_msg("%s chose the wrong branch: %.100s", name, at);
        branch_count++;
        found++;
    }
    return found;
}

/* Whether the clause's text names the parameter outside of branches, or not at all: then it is on
 * the page that staff see. */
static bool
must_be_printed(size_t language, enum policy_parameter parameter)
{
    const struct policy_parameter_row *row = policy_parameter_row(parameter);
    const struct policy_clause *clause = policy_find_clause(policy, row->clause_id);
    struct fault fault;
    const struct policy_template *text =
        policy_template_parse(scratch, clause->text.texts[language], &fault);
    struct policy_codes names = policy_template_parameters(scratch, text);
    bool is_named = false, is_outside = false;
    for (size_t i = 0; i < names.count; i++)
        is_named = is_named || strcmp(names.codes[i], row->parameter) == 0;
    for (size_t i = 0; i < text->part_count; i++)
        is_outside = is_outside || (text->parts[i].parameter != NULL &&
                                    strcmp(text->parts[i].parameter, row->parameter) == 0);
    return is_outside || !is_named;
}

static const char *
print_page(size_t language, const struct policy_subject *reader, struct buf *out)
{
    struct policy_page page = {.policy = policy,
                               .language = language,
                               .reader = reader,
                               .shows_internal = true,
                               .formatter = formatters[language]};
    struct buf html = {0};
    policy_page_html(&page, &html);
    buf_clear(out);
    add_spaced(out, buf_text(&html));
    buf_free(&html);
    return buf_text(out);
}

static void
property_a_reader_who_has_said_everything_sees_the_engines_values(void **state UNUSED)
{
    struct buf out = {0};
    int compared = 0;
    for (int i = 0; i < reader_count; i++) {
        arena_free(&scratch);
        scratch = arena_new(SCRATCH_BYTES);
        struct policy_subject reader = pick_reader(false);
        size_t language = pick(2);
        const char *page = print_page(language, &reader, &out);
        assert_null(strstr(page, "<table"));
        for (int j = 0; j < POLICY_PARAMETER_COUNT; j++) {
            enum policy_parameter parameter = (enum policy_parameter)j;
            int found = compare_places(page, language, parameter, &reader, true);
            if (found == 0 && must_be_printed(language, parameter))
                fail_msg("%s is not on the page", policy_parameter_row(parameter)->name);
            compared += found;
        }
    }
    print_message("%d values compared\n", compared);
    buf_free(&out);
}

static void
property_a_vague_reader_sees_what_holds_in_general(void **state UNUSED)
{
    struct buf out = {0};
    for (int i = 0; i < reader_count; i++) {
        arena_free(&scratch);
        scratch = arena_new(SCRATCH_BYTES);
        struct policy_subject reader = pick_reader(true);
        size_t language = pick(2);
        const char *page = print_page(language, &reader, &out);
        for (int j = 0; j < POLICY_PARAMETER_COUNT; j++) {
            enum policy_parameter parameter = (enum policy_parameter)j;
            int found = compare_places(page, language, parameter, &reader, false);
            if (found == 0 && must_be_printed(language, parameter))
                fail_msg("%s is not on the page", policy_parameter_row(parameter)->name);
        }
    }
    buf_free(&out);
}

/* What a table of the general reader says to a reader: its narrowest row around them. Rows are
 * found by the words for their selectors. */
static const char *
read_table(const char *page, enum policy_parameter parameter, const struct policy_subject *reader)
{
    const char *name = policy_parameter_row(parameter)->name;
    char *cell = arena_printf(scratch, "<td data-parameter=\"%s\">", name);
    const char *best = NULL;
    int best_depth = -1;
    for (size_t i = policy->rule_first[parameter]; i < policy->rule_first[parameter + 1]; i++) {
        const struct policy_rule *rule = &policy->rules[i];
        struct buf who = {0};
        if (!policy_when_matches(&policy->axes, &rule->when, reader))
            continue;
        for (uint32_t left = rule->when.named; left != 0; left &= left - 1) {
            int axis = __builtin_ctz(left);
            buf_add_text(&who, who.size_bytes > 0 ? " + " : "");
            html_escape(&who,
                        policy_words_who(policy, 0, policy_axis_row((enum policy_axis)axis)->name,
                                         policy->axes.values[rule->when.values[axis]].code));
        }
        char *head = arena_printf(scratch, "<th scope=\"row\">%s</th>",
                                  rule->when.named == 0 ? "everything else" : buf_text(&who));
        buf_free(&who);
        for (const char *at = page; (at = strstr(at, head)) != NULL; at++) {
            const char *end = strstr(at, "</tr>");
            const char *found = strstr(at, cell);
            if (found != NULL && found < end && rule->when.depth > best_depth) {
                best = found + strlen(cell);
                best_depth = rule->when.depth;
            }
        }
    }
    return best;
}

/* Who is looked up in the table by their own case finds the engine's value. */
static void
property_the_general_table_tells_each_reader_their_value(void **state UNUSED)
{
    static const enum policy_parameter tables[] = {POLICY_WARRANTY_PERIOD_LENGTH,
                                                   POLICY_RETURNS_WINDOW_LENGTH,
                                                   POLICY_RETURNS_WINDOW_EXCHANGE_LENGTH,
                                                   POLICY_REPAIR_CHARGES_CHARGE,
                                                   POLICY_PARTS_AVAILABILITY_LENGTH,
                                                   POLICY_EXTENDED_PERIOD_LENGTH,
                                                   POLICY_EXTENDED_FEES_FEE,
                                                   POLICY_TRAINING_FEES_FEE,
                                                   POLICY_NETWORK_ONSITE_FEE};
    struct buf out = {0};
    const char *page = print_page(0, NULL, &out);
    for (int i = 0; i < 20 * reader_count; i++) {
        arena_free(&scratch);
        scratch = arena_new(SCRATCH_BYTES);
        struct policy_subject reader = pick_reader(false);
        enum policy_parameter parameter = tables[pick(COUNT_OF(tables))];
        /* The general page knows no law that applies to some only. */
        struct policy_reading reading = {.value =
                                             policy_find_rule(policy, parameter, &reader)->value};
        const char *cell = read_table(page, parameter, &reader);
        assert_non_null(cell);
        if (!is_reading(0, parameter, &reading, cell))
            fail_msg("%s is not %s at: %.100s", policy_parameter_row(parameter)->name,
                     policy_value_print(scratch, &reading.value), cell);
    }
    buf_free(&out);
}

int
main(void)
{
    const char *seed = getenv("AFTERCARE_TEST_SEED");
    const char *is_long = getenv("AFTERCARE_TEST_LONG");
    reader_count = is_long != NULL && is_long[0] != '\0' ? LONG_COUNT : SHORT_COUNT;
    random_state =
        seed != NULL && seed[0] != '\0' ? strtoull(seed, NULL, 10) : (uint64_t)time(NULL);
    print_message("%d readers, AFTERCARE_TEST_SEED=%llu\n", reader_count,
                  (unsigned long long)random_state);
    policy = text_open(&files, NULL);
    for (size_t i = 0; i < COUNT_OF(formatters); i++)
        formatters[i] = policy_formatter_new(policy, i);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(property_a_reader_who_has_said_everything_sees_the_engines_values),
        cmocka_unit_test(property_a_vague_reader_sees_what_holds_in_general),
        cmocka_unit_test(property_the_general_table_tells_each_reader_their_value),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    for (size_t i = 0; i < COUNT_OF(formatters); i++)
        policy_formatter_free(&formatters[i]);
    arena_free(&scratch);
    read_end(&files);
    arena_deinit();
    zone_deinit();
    return failed;
}
