/* Tests of problem documents: which status, and what they tell. */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <jansson.h>
#include <stdlib.h>

#include "problem.h"

static unsigned
status_of(enum err code, const char *reason)
{
    struct problem problem = {.domain = "warranty"};
    fault_set(&problem.fault, code, reason, "because");
    return problem_status(&problem);
}

static void
every_code_has_its_status(void **state UNUSED)
{
    static const struct {
        enum err code;
        unsigned status;
    } wanted[] = {
        {ERR_CANCELLED, 503},
        {ERR_UNKNOWN, 503},
        {ERR_INVALID_ARGUMENT, 400},
        {ERR_DEADLINE_EXCEEDED, 503},
        {ERR_NOT_FOUND, 404},
        {ERR_ALREADY_EXISTS, 409},
        {ERR_PERMISSION_DENIED, 403},
        {ERR_RESOURCE_EXHAUSTED, 429},
        {ERR_FAILED_PRECONDITION, 409},
        {ERR_ABORTED, 409},
        {ERR_OUT_OF_RANGE, 400},
        {ERR_UNIMPLEMENTED, 501},
        {ERR_INTERNAL, 500},
        {ERR_UNAVAILABLE, 503},
        {ERR_DATA_LOSS, 500},
        {ERR_UNAUTHENTICATED, 401},
        {ERR_KEY_USED, 500},
        {(enum err)77, 500},
    };
    for (size_t i = 0; i < COUNT_OF(wanted); i++)
        assert_int_equal(status_of(wanted[i].code, "X"), wanted[i].status);
}

static void
some_reasons_have_their_own(void **state UNUSED)
{
    assert_int_equal(status_of(ERR_FAILED_PRECONDITION, "VERSION_MISMATCH"), 412);
    assert_int_equal(status_of(ERR_FAILED_PRECONDITION, "IDEMPOTENCY_KEY_REUSED"), 422);
    assert_int_equal(status_of(ERR_FAILED_PRECONDITION, "IF_MATCH_MISSING"), 428);
    assert_int_equal(status_of(ERR_UNIMPLEMENTED, "METHOD_NOT_ALLOWED"), 405);
    assert_int_equal(status_of(ERR_INVALID_ARGUMENT, "MEDIA_TYPE_UNSUPPORTED"), 415);
    assert_int_equal(status_of(ERR_INVALID_ARGUMENT, "JSON_TOO_LARGE"), 413);
    assert_int_equal(status_of(ERR_RESOURCE_EXHAUSTED, "BODY_TOO_LARGE"), 413);
    assert_int_equal(status_of(ERR_RESOURCE_EXHAUSTED, "RATE_LIMITED"), 429);
    assert_int_equal(status_of(ERR_RESOURCE_EXHAUSTED, "OVERLOADED"), 503);
    assert_int_equal(status_of(ERR_OUT_OF_RANGE, "RESYNC"), 410);
}

static json_t *
write_out(const struct problem *problem)
{
    struct buf out = {0};
    problem_write(&out, problem);
    json_t *json = json_loads(buf_text(&out), JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    buf_free(&out);
    return json;
}

static const char *
text_of(const json_t *json, const char *name)
{
    const char *text = json_string_value(json_object_get(json, name));
    return text != NULL ? text : "";
}

static void
a_refusal_is_told_with_its_place(void **state UNUSED)
{
    struct problem problem = {.domain = "warranty", .trace_id = "abc"};
    fault_set(&problem.fault, ERR_INVALID_ARGUMENT, "FIELD_TOO_LONG", "say \"less\"\n");
    strcpy(problem.fault.field, "contact.email");
    problem.fault.line = 2;
    problem.fault.column = 7;
    json_t *json = write_out(&problem);
    assert_string_equal(text_of(json, "type"), "about:blank");
    assert_string_equal(text_of(json, "title"), "Bad Request");
    assert_int_equal(json_integer_value(json_object_get(json, "status")), 400);
    assert_string_equal(text_of(json, "detail"), "say \"less\"\n");
    assert_string_equal(text_of(json, "reason"), "FIELD_TOO_LONG");
    assert_string_equal(text_of(json, "domain"), "warranty");
    assert_string_equal(text_of(json, "code"), "INVALID_ARGUMENT");
    assert_string_equal(text_of(json, "field"), "contact.email");
    assert_int_equal(json_integer_value(json_object_get(json, "line")), 2);
    assert_int_equal(json_integer_value(json_object_get(json, "column")), 7);
    assert_string_equal(text_of(json, "trace_id"), "abc");
    json_decref(json);
}

static void
every_fault_of_a_content_is_told_with_its_place(void **state UNUSED)
{
    Common__V1__Problem first = COMMON__V1__PROBLEM__INIT, second = COMMON__V1__PROBLEM__INIT;
    Common__V1__Problem *list[] = {&first, &second};
    first.reason = "RULES_TIE";
    first.line = 3;
    first.column = 9;
    first.clause_id = "warranty.period";
    first.message = "two \"rules\" tie";
    second.severity = COMMON__V1__PROBLEM__SEVERITY__WARNING;
    second.message = "broken \xff text";
    struct problem problem = {.problems = {list, 2}};
    fault_set(&problem.fault, ERR_FAILED_PRECONDITION, "POLICY_FAULTY", "it has errors");
    json_t *json = write_out(&problem);
    assert_int_equal(json_integer_value(json_object_get(json, "status")), 422);
    json_t *told = json_array_get(json_object_get(json, "problems"), 0);
    assert_string_equal(text_of(told, "severity"), "ERROR");
    assert_string_equal(text_of(told, "reason"), "RULES_TIE");
    assert_int_equal(json_integer_value(json_object_get(told, "line")), 3);
    assert_int_equal(json_integer_value(json_object_get(told, "column")), 9);
    assert_string_equal(text_of(told, "clause_id"), "warranty.period");
    assert_string_equal(text_of(told, "message"), "two \"rules\" tie");
    assert_null(json_object_get(told, "suggestion"));
    told = json_array_get(json_object_get(json, "problems"), 1);
    assert_string_equal(text_of(told, "severity"), "WARNING");
    assert_null(json_object_get(told, "line"));
    json_decref(json);
    problem.fault.code = ERR_UNAVAILABLE;
    assert_int_equal(problem_status(&problem), 503);
}

static void
what_broke_inside_is_not_told(void **state UNUSED)
{
    struct problem problem = {.domain = "warranty", .trace_id = "abc"};
    fault_set(&problem.fault, ERR_INTERNAL, "STATEMENT_FAILED",
              "relation \"secret\" does not exist");
    strcpy(problem.fault.field, "secret_pk");
    json_t *json = write_out(&problem);
    char *text = json_dumps(json, 0);
    assert_null(strstr(text, "secret"));
    assert_string_equal(text_of(json, "reason"), "INTERNAL");
    assert_string_equal(text_of(json, "trace_id"), "abc");
    free(text);
    json_decref(json);
}

static void
only_429_and_503_say_when_to_try_again(void **state UNUSED)
{
    struct problem problem = {.retry_after_ms = 1500};
    fault_set(&problem.fault, ERR_UNAVAILABLE, "X", "x");
    assert_int_equal(problem_retry_after_s(&problem), 2);
    problem.retry_after_ms = 0;
    assert_int_equal(problem_retry_after_s(&problem), 1);
    problem.fault.code = ERR_RESOURCE_EXHAUSTED;
    assert_int_equal(problem_retry_after_s(&problem), 1);
    problem.fault.code = ERR_NOT_FOUND;
    assert_int_equal(problem_retry_after_s(&problem), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_status),
        cmocka_unit_test(some_reasons_have_their_own),
        cmocka_unit_test(a_refusal_is_told_with_its_place),
        cmocka_unit_test(every_fault_of_a_content_is_told_with_its_place),
        cmocka_unit_test(what_broke_inside_is_not_told),
        cmocka_unit_test(only_429_and_503_say_when_to_try_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
