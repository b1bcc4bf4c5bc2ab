/*
 * certificate_rules_test - what stands on a certificate, in each language, whatever names hold
 */
// SPDX-License-Identifier: Apache-2.0
#include "certificate_rules.h"

#include <string.h>

#include "common/buf.h"
#include "common/message.h"
#include "common/policy/policy_text_fixture.h"

static struct read_fixture files;
static const struct policy *policy;
static struct buf page;

static int
set_up(void **state UNUSED)
{
    policy = text_open(&files, &(struct text_edits){{NULL}, {NULL}});
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    buf_free(&page);
    read_end(&files);
    return 0;
}

static Common__V1__Entitlement *
layer(Common__V1__Entitlement__Layer kind, const char *cost_class, const char *clause_id,
      struct date last)
{
    Common__V1__Entitlement *made = arena_alloc(files.arena, sizeof *made);
    common__v1__entitlement__init(made);
    made->layer = kind;
    made->cost_class = (char *)cost_class;
    made->clause_id = (char *)clause_id;
    made->start_date = message_date(files.arena, (struct date){2026, 3, 15});
    made->last_date = message_date(files.arena, last);
    return made;
}

#define LAYER(name) COMMON__V1__ENTITLEMENT__LAYER__##name

/* A certificate of a unit with two layers of ours, one by law without end, one of a component. */
static const char *
print(size_t language, const char *order_number, bool has_layers)
{
    Common__V1__Entitlement *layers[] = {
        layer(LAYER(COMMERCIAL), "parts", "warranty.period", (struct date){2027, 3, 15}),
        layer(LAYER(COMMERCIAL), "labour", "warranty.period", (struct date){2027, 3, 15}),
        layer(LAYER(STATUTORY), "parts", "eu_consumer_sample.conformity", (struct date){0}),
        layer(LAYER(COMMERCIAL), "parts", "warranty.period", (struct date){2036, 3, 15}),
    };
    layers[3]->component = "compressor";
    layers[2]->is_paused = true;
    Common__V1__Decision__Sentence english = COMMON__V1__DECISION__SENTENCE__INIT;
    Common__V1__Decision__Sentence german = COMMON__V1__DECISION__SENTENCE__INIT;
    english.language = "en";
    english.text = "It is covered.";
    german.language = "de";
    german.text = "Es ist gedeckt.";
    Common__V1__Decision__Sentence *sentences[] = {&german, &english};
    Common__V1__Decision__Pin case_pin = COMMON__V1__DECISION__PIN__INIT;
    Common__V1__Decision__Pin sale_pin = COMMON__V1__DECISION__PIN__INIT;
    case_pin.moment = "case";
    case_pin.policy_version = 9;
    sale_pin.moment = "sale";
    sale_pin.policy_version = 7;
    Common__V1__Decision__Pin *pins[] = {&case_pin, &sale_pin};
    Common__V1__Decision decision = COMMON__V1__DECISION__INIT;
    decision.n_entitlements = has_layers ? COUNT_OF(layers) : 0;
    decision.entitlements = layers;
    decision.n_sentences = 2;
    decision.sentences = sentences;
    decision.n_pins = 2;
    decision.pins = pins;
    struct unit unit = {.serial = "SN-1",
                        .sku = "wm-7",
                        .order_number = order_number,
                        .replaces_serial = "",
                        .days[ENTITLEMENT_DELIVERED] = {2026, 3, 15}};
    struct product product = {.name = "Waschmaschine & \"mehr\"", .brand = ""};
    const struct certificate certificate = {.policy = policy,
                                            .language = language,
                                            .unit = &unit,
                                            .product = &product,
                                            .decision = &decision,
                                            .date = {2026, 11, 2}};
    buf_clear(&page);
    certificate_print(files.arena, &certificate, &page);
    return buf_text(&page);
}

static void
assert_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("it does not hold: %s", part);
}

static size_t
count(const char *text, const char *part)
{
    size_t found = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part))
        found++;
    return found;
}

static void
it_names_the_unit_the_company_and_the_terms(void **state UNUSED)
{
    const char *text = print(0, "O-1", true);
    assert_holds(text, "<html lang=\"en\">");
    assert_holds(text, "<h1>Warranty certificate</h1>");
    assert_holds(text, "<title>Warranty certificate SN-1</title>");
    assert_holds(text, "As of November 2, 2026");
    assert_holds(text, "Example Appliances GmbH");
    assert_holds(text, "<dd>SN-1</dd>");
    assert_holds(text, "<dt>Delivered</dt><dd>March 15, 2026</dd>");
    assert_holds(text, "It is covered.");
    assert_holds(text, "The terms are those of version 7 of our policy.");
    assert_holds(text, "@media print");
    assert_int_equal(count(text, "<dt>Brand</dt>"), 0);
}

static void
layers_that_differ_in_what_they_pay_for_are_one_row(void **state UNUSED)
{
    const char *text = print(0, "", true);
    assert_int_equal(count(text, "<tr><th scope=\"row\">"), 3);
    assert_holds(text, "<tr><th scope=\"row\">Our warranty</th><td>parts and labour</td>"
                       "<td>March 15, 2026</td><td>March 15, 2027</td><td>1.1</td></tr>");
    assert_holds(text, "<td>parts (compressors only)</td>");
    assert_holds(text, "<th scope=\"row\">By law</th>");
    assert_holds(text, "without limit (being repaired: the time stands still)");
}

static void
without_cover_there_is_no_table(void **state UNUSED)
{
    assert_int_equal(count(print(0, "", false), "<table>"), 0);
}

static void
it_speaks_the_readers_language(void **state UNUSED)
{
    const char *text = print(1, "", true);
    assert_holds(text, "<html lang=\"de\">");
    assert_holds(text, "Garantieurkunde");
    assert_holds(text, "Es ist gedeckt.");
    assert_holds(text, "15. März 2027");
    assert_holds(text, "Nach dem Gesetz");
    assert_holds(text, "<dt>Geliefert</dt><dd>15. März 2026</dd>");
}

static void
names_are_words_and_no_markup(void **state UNUSED)
{
    const char *text = print(0, "<script>\"&'</script>", true);
    assert_int_equal(count(text, "<script"), 0);
    assert_holds(text, "&lt;script&gt;&quot;&amp;&#39;&lt;/script&gt;");
    assert_holds(text, "Waschmaschine &amp; &quot;mehr&quot;");
}

static void
equal_input_gives_equal_bytes(void **state UNUSED)
{
    const char *first = arena_copy_text(files.arena, print(0, "O", true));
    assert_string_equal(print(0, "O", true), first);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_names_the_unit_the_company_and_the_terms),
        cmocka_unit_test(layers_that_differ_in_what_they_pay_for_are_one_row),
        cmocka_unit_test(without_cover_there_is_no_table),
        cmocka_unit_test(it_speaks_the_readers_language),
        cmocka_unit_test(names_are_words_and_no_markup),
        cmocka_unit_test(equal_input_gives_equal_bytes),
    };
    int failed = cmocka_run_group_tests(tests, set_up, tear_down);
    arena_deinit();
    zone_deinit();
    return failed;
}
