/* Tests of finding routes: a table of our own, and every generated route. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>

#include "common/buf.h"
#include "contract_all.h"
#include "route.h"

static const struct contract_segment things[] = {{"v1", -1}, {"things", -1}};
static const struct contract_segment thing[] = {{"v1", -1}, {"things", -1}, {NULL, 0}};
static const struct contract_segment special[] = {{"v1", -1}, {"things", -1}, {"special", -1}};
static const struct contract_segment parts[] = {
    {"v1", -1}, {"things", -1}, {NULL, 0}, {"parts", -1}, {NULL, 3}};

static const struct contract_route routes[] = {
    {.verb = CONTRACT_GET, .path = "list", .segments = things, .segment_count = 2, .suffix = ""},
    {.verb = CONTRACT_POST, .path = "create", .segments = things, .segment_count = 2, .suffix = ""},
    {.verb = CONTRACT_GET, .path = "get", .segments = thing, .segment_count = 3, .suffix = ""},
    {.verb = CONTRACT_POST,
     .path = "close",
     .segments = thing,
     .segment_count = 3,
     .suffix = ":close"},
    {.verb = CONTRACT_GET,
     .path = "special",
     .segments = special,
     .segment_count = 3,
     .suffix = ""},
    {.verb = CONTRACT_DELETE, .path = "part", .segments = parts, .segment_count = 5, .suffix = ""},
};

static struct arena *arena;
static struct route_table *table;
static struct route_match match;
static struct fault fault;

static int
setup(void **state UNUSED)
{
    arena = arena_new(ARENA_BUDGET_BYTES);
    table = route_table_new(routes, COUNT_OF(routes));
    return 0;
}

static int
teardown(void **state UNUSED)
{
    route_table_free(&table);
    arena_free(&arena);
    arena_deinit();
    return 0;
}

/* The path of the route that was found; "unknown", "other method" or "malformed". */
static const char *
find(const char *method, const char *path)
{
    enum err err = route_find(table, arena, path, route_verb(method), &match, &fault);
    if (err != OK)
        return "malformed";
    if (match.verbs == 0)
        return "unknown";
    return match.route != NULL ? match.route->path : "other method";
}

static void
a_path_finds_its_route_and_values(void **state UNUSED)
{
    assert_string_equal(find("GET", "/v1/things"), "list");
    assert_string_equal(find("POST", "/v1/things"), "create");
    assert_string_equal(find("DELETE", "/v1/things/a/parts/b"), "part");
    assert_int_equal(match.value_count, 2);
    assert_string_equal(match.values[0], "a");
    assert_string_equal(match.values[1], "b");
    assert_int_equal(match.fields[1], 3);
}

static void
a_literal_goes_before_a_variable(void **state UNUSED)
{
    assert_string_equal(find("GET", "/v1/things/special"), "special");
    assert_string_equal(find("GET", "/v1/things/specialx"), "get");
    assert_string_equal(find("DELETE", "/v1/things/special/parts/b"), "part");
}

static void
head_is_routed_as_get(void **state UNUSED)
{
    assert_string_equal(find("HEAD", "/v1/things/a"), "get");
}

static void
unknown_paths_are_told_from_unknown_methods(void **state UNUSED)
{
    static const char *const unknown[] = {"",
                                          "/",
                                          "*",
                                          "v1/things",
                                          "/v1",
                                          "/v1/thing",
                                          "/v1/things/",
                                          "//v1/things",
                                          "/v1//things",
                                          "/v1/things/a/parts",
                                          "/v1/things/a/parts/b/c",
                                          "/V1/things",
                                          "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"};
    for (size_t i = 0; i < COUNT_OF(unknown); i++)
        assert_string_equal(find("GET", unknown[i]), "unknown");
    assert_string_equal(find("PUT", "/v1/things"), "other method");
    assert_int_equal(match.verbs, 1U << CONTRACT_GET | 1U << CONTRACT_POST);
    assert_string_equal(find("BREW", "/v1/things"), "other method");
    assert_string_equal(find("get", "/v1/things"), "other method");
}

static void
the_text_after_the_last_colon_is_a_verb_where_there_is_such_a_verb(void **state UNUSED)
{
    assert_string_equal(find("POST", "/v1/things/a:close"), "close");
    assert_string_equal(match.values[0], "a");
    assert_string_equal(find("POST", "/v1/things/a:b:close"), "close");
    assert_string_equal(match.values[0], "a:b");
    assert_string_equal(find("GET", "/v1/things/a:b"), "get");
    assert_string_equal(match.values[0], "a:b");
    assert_string_equal(find("GET", "/v1/things/a:close"), "other method");
    assert_string_equal(find("GET", "/v1/things/a%3Aclose"), "get");
    assert_string_equal(match.values[0], "a:close");
    assert_string_equal(find("POST", "/v1/things/:close"),
                        "other method"); /* no value before the verb */
}

static void
segments_are_decoded_one_by_one(void **state UNUSED)
{
    assert_string_equal(find("GET", "/v1/things/a%2Fb%20%c3%bc+"), "get");
    assert_string_equal(match.values[0], "a/b \xc3\xbc+");
    assert_string_equal(find("GET", "/v1/%74hings"), "list");
}

static void
bad_encodings_are_malformed(void **state UNUSED)
{
    static const char *const bad[] = {"%",         "%4",     "%zz",  "a%00b",       "%ff",
                                      "%c3",       "%2e%2e", "..",   ".",           "%c0%af",
                                      "%ed%a0%80", "a%0",    "\xff", "%f5%80%80%80"};
    char path[64];
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        snprintf(path, sizeof path, "/v1/things/%s", bad[i]);
        assert_string_equal(find("GET", path), "malformed");
        assert_string_equal(fault.reason, "PATH_MALFORMED");
    }
}

static void
what_is_encoded_decodes_to_itself(void **state UNUSED)
{
    struct buf out = {0};
    char text[300];
    for (unsigned i = 1; i < 128; i++)
        text[i - 1] = (char)i;
    strcpy(text + 127, "\xc3\xbc\xe2\x82\xac");
    route_encode(&out, text);
    const char *encoded = buf_text(&out);
    assert_null(strpbrk(encoded, "/:?#[]@!$&'()*+,;= \""));
    char *copy = arena_copy_text(arena, encoded);
    assert_true(route_decode(copy, false));
    assert_string_equal(copy, text);
    buf_free(&out);
}

/* Fills a route's variables with "x1", "x2" ... */
static void
print_path(const struct contract_route *route, char *ret_path, size_t size)
{
    size_t at = 0;
    for (size_t i = 0; i < route->segment_count; i++) {
        const char *literal = route->segments[i].literal;
        at += (size_t)(literal != NULL ? snprintf(ret_path + at, size - at, "/%s", literal)
                                       : snprintf(ret_path + at, size - at, "/x%zu", i));
    }
    snprintf(ret_path + at, size - at, "%s", route->suffix);
}

static void
every_generated_route_is_found_by_its_own_path(void **state UNUSED)
{
    struct route_table *all = route_table_new(contract_all_routes, contract_all_routes_count);
    assert_true(contract_all_routes_count > 0);
    for (size_t i = 0; i < contract_all_routes_count; i++) {
        const struct contract_route *route = &contract_all_routes[i];
        char path[512];
        print_path(route, path, sizeof path);
        assert_int_equal(route_find(all, arena, path, (int)route->verb, &match, &fault), OK);
        assert_ptr_equal(match.route, route);
        size_t variables = 0;
        for (size_t s = 0; s < route->segment_count; s++)
            variables += route->segments[s].literal == NULL;
        assert_int_equal(match.value_count, variables);
    }
    route_table_free(&all);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_path_finds_its_route_and_values),
        TEST(a_literal_goes_before_a_variable),
        TEST(head_is_routed_as_get),
        TEST(unknown_paths_are_told_from_unknown_methods),
        TEST(the_text_after_the_last_colon_is_a_verb_where_there_is_such_a_verb),
        TEST(segments_are_decoded_one_by_one),
        TEST(bad_encodings_are_malformed),
        TEST(what_is_encoded_decodes_to_itself),
        TEST(every_generated_route_is_found_by_its_own_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
