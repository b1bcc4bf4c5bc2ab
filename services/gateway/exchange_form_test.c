/*
 * Tests of whole exchanges of a browser: forms that pages post, and pages that say why not.
 */
// SPDX-License-Identifier: Apache-2.0
#define FAKE_SERVICE "surveys"
#include "exchange_fixture.h"

#include "surveys/v1/surveys.pb-c.h"

#define POST_PAGE "surveys.v1.SurveysService/PostSurveyPage"
#define GET_PAGE "surveys.v1.SurveysService/GetSurveyPage"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"
#define BROWSER                                                                                    \
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8\r\n"

static Surveys__V1__PostSurveyPageResponse posted;
static Surveys__V1__GetSurveyPageResponse got;
static Common__V1__Body page;

/* The page that the fake answers. */
static void
prepare_page(const char *html, int status)
{
    surveys__v1__post_survey_page_response__init(&posted);
    surveys__v1__get_survey_page_response__init(&got);
    common__v1__body__init(&page);
    page.media_type = "text/html; charset=utf-8";
    page.content.data = (uint8_t *)html;
    page.content.len = strlen(html);
    page.size_bytes = (int64_t)page.content.len;
    page.status = status;
    posted.body = got.body = &page;
    fake.response = &posted.base;
}

/* "POST /survey/<id>?link=<a new link><more>". */
static const char *
line_of(const char *verb, const char *method, const char *more)
{
    const char *link = link_make(fake.arena, "L1", method, CLAIM_ID, clock_real_ms() + 60000);
    return arena_printf(fake.arena, "%s /survey/" CLAIM_ID "?link=%s%s", verb, link, more);
}

static unsigned
post(const char *form)
{
    return ask(line_of("POST", POST_PAGE, ""), FORM, form);
}

static const Surveys__V1__PostSurveyPageRequest *
request(void)
{
    assert_string_equal(fake.method, POST_PAGE);
    return (const Surveys__V1__PostSurveyPageRequest *)fake.message;
}

/* ---- forms ---- */

static void
a_form_becomes_the_request(void **state UNUSED)
{
    prepare_page("<p>Danke", 0);
    assert_int_equal(post("recommend=9&language=de&why=It+leaks%21%0D%0A&&b=1&b=2&link=x&fields="),
                     200);
    assert_string_equal(body_text(), "<p>Danke");
    assert_string_equal(request()->invitation_id, CLAIM_ID);
    assert_string_equal(request()->language, "de");
    static const char *const names[] = {"recommend", "why", "b", "b", "link", "fields"};
    static const char *const values[] = {"9", "It leaks!\r\n", "1", "2", "x", ""};
    assert_int_equal(request()->n_fields, COUNT_OF(names));
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_string_equal(request()->fields[i]->name, names[i]);
        assert_string_equal(request()->fields[i]->value, values[i]);
    }
    assert_int_equal(post(NULL), 200);
    assert_int_equal(request()->n_fields, 0);
}

static void
a_page_is_kept_by_nobody_and_posts_to_us_alone(void **state UNUSED)
{
    prepare_page("<form>", 0);
    fake.response = &got.base;
    page.etag = "v1";
    assert_int_equal(ask(line_of("GET", GET_PAGE, "&language=de"), BROWSER, NULL), 200);
    assert_true(has_header("Cache-Control: no-store"));
    assert_true(has_header("Referrer-Policy: no-referrer"));
    assert_true(has_header("Content-Security-Policy: default-src 'none'; style-src "
                           "'unsafe-inline'; img-src 'self' http: https: data:; base-uri 'none'; "
                           "form-action 'self'; frame-ancestors 'none'"));
}

#define REFUSED(form, status, reason)                                                              \
    do {                                                                                           \
        assert_int_equal(post(form), status);                                                      \
        EXPECT_REASON(reason);                                                                     \
    } while (0)

static void
a_form_is_held_to_the_rules_of_queries(void **state UNUSED)
{
    REFUSED("language=de&language=en", 400, "PARAMETER_REPEATED");
    assert_true(has_member("\"field\":\"language\""));
    REFUSED("invitation_id=" CLAIM_ID, 400, "PARAMETER_REPEATED");
    REFUSED("why=100%", 400, "PARAMETER_MALFORMED");
    REFUSED("why=%zz", 400, "PARAMETER_MALFORMED");
    REFUSED("why=%00", 400, "PARAMETER_MALFORMED");
    REFUSED("why=%ff", 400, "PARAMETER_MALFORMED");
    REFUSED("why=\xc3(", 400, "PARAMETER_MALFORMED");
    REFUSED("%c3=1", 400, "PARAMETER_MALFORMED");
    assert_int_equal(ask(line_of("POST", POST_PAGE, "&language=de"), FORM, "a=b"), 400);
    EXPECT_REASON("PARAMETER_UNEXPECTED");
    assert_int_equal(fake.count, 0);
}

static void
parts_are_a_form_too(void **state UNUSED)
{
    static const char type[] = "Content-Type: multipart/form-data; boundary=x\r\n";
    prepare_page("", 0);
    assert_int_equal(ask(line_of("POST", POST_PAGE, ""), type,
                         "--x\r\nContent-Disposition: form-data; name=\"why\"\r\n\r\nIt "
                         "leaks & drips\r\n--x--\r\n"),
                     200);
    assert_int_equal(request()->n_fields, 1);
    assert_string_equal(request()->fields[0]->name, "why");
    assert_string_equal(request()->fields[0]->value, "It leaks & drips");
    assert_int_equal(ask(line_of("POST", POST_PAGE, ""), type, "why=It+leaks"), 400);
    EXPECT_REASON("PARAMETER_MALFORMED");
}

static void
nothing_but_a_form_is_taken(void **state UNUSED)
{
    static const char *const types[] = {"Content-Type: application/json\r\n", "",
                                        "Content-Type: multipart/mixed; boundary=x\r\n",
                                        "Content-Type: application/x-www-form-urlencoded; "
                                        "charset=iso-8859-1\r\n"};
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        assert_int_equal(ask(line_of("POST", POST_PAGE, ""), types[i], "a=b"), 415);
        EXPECT_REASON("MEDIA_TYPE_UNSUPPORTED");
    }
    assert_int_equal(fake.count, 0);
    prepare_page("", 0);
    assert_int_equal(ask(line_of("POST", POST_PAGE, ""),
                         "Content-Type: Application/X-WWW-Form-Urlencoded;charset=UTF-8\r\n",
                         "a=b"),
                     200);
}

static void
a_form_has_limits(void **state UNUSED)
{
    enum { BYTES_MAX = 64 * 1024, FIELDS_MAX = 100 };
    prepare_page("", 0);
    char *form = arena_alloc(fake.arena, BYTES_MAX + 2);
    memset(form, 'a', BYTES_MAX);
    memcpy(form, "w=", 2);
    assert_int_equal(post(form), 200); /* how long a value may be is the contract's to say */
    form[BYTES_MAX] = 'a';
    REFUSED(form, 413, "BODY_TOO_LARGE");
    struct buf many = {0};
    for (int i = 0; i < FIELDS_MAX; i++)
        buf_add_text(&many, "a=1&");
    assert_int_equal(post(buf_text(&many)), 200);
    assert_int_equal(request()->n_fields, FIELDS_MAX);
    buf_add_text(&many, "a=1");
    REFUSED(buf_text(&many), 400, "FIELD_TOO_MANY");
    buf_free(&many);
}

static void
the_same_post_by_one_link_has_one_key_and_another_post_another(void **state UNUSED)
{
    char first[CALL_KEY_SIZE];
    prepare_page("", 0);
    assert_int_equal(post("recommend=9&why=x"), 200);
    snprintf(first, sizeof first, "%s", fake.key);
    assert_int_not_equal(strlen(first), 0);
    fake.reply.is_replayed = true;
    assert_int_equal(post("recommend=9&why=x"), 200);
    assert_string_equal(fake.key, first);
    assert_true(has_header("Idempotent-Replayed: true"));
    assert_int_equal(post("recommend=8&why=x"), 200);
    assert_string_not_equal(fake.key, first);
    assert_int_equal(
        ask(line_of("POST", POST_PAGE, ""), FORM "Idempotency-Key: own\r\n", "recommend=9"), 200);
    assert_string_equal(fake.key, "own");
}

/* ---- pages that say why not ---- */

static void
a_page_that_says_why_not_has_a_status_of_its_own(void **state UNUSED)
{
    prepare_page("<p>Beantwortet", 409);
    assert_int_equal(post("a=b"), 409);
    assert_string_equal(body_text(), "<p>Beantwortet");
    fake.response = &got.base;
    page.status = 410;
    assert_int_equal(ask(line_of("GET", GET_PAGE, ""), BROWSER, NULL), 410);
    page.status = 302;
    assert_int_equal(ask(line_of("GET", GET_PAGE, ""), "", NULL), 500);
    page.status = 410;
    page.etag = "v1";
    assert_int_equal(ask(line_of("GET", GET_PAGE, ""), "", NULL), 500);
}

static void
what_a_form_answers_is_one_piece(void **state UNUSED)
{
    prepare_page("<p>", 0);
    page.etag = "v1";
    page.size_bytes = 100;
    assert_int_equal(post("a=b"), 500);
}

static void
a_person_is_told_on_a_page_and_a_program_in_json(void **state UNUSED)
{
    assert_int_equal(ask("GET /survey/" CLAIM_ID "?link=x", BROWSER, NULL), 401);
    assert_true(has_header("Content-Type: text/html; charset=utf-8"));
    assert_true(has_header("Cache-Control: no-store"));
    assert_non_null(strstr(buf_text(&answer.in), "Content-Security-Policy: default-src 'none'"));
    assert_true(has_member("<h1>This link does not open this page</h1>"));
    assert_true(has_member("<dd>LINK_INVALID"));
    const char *ended = link_make(fake.arena, "L1", GET_PAGE, CLAIM_ID, clock_real_ms() - 1);
    const char *line = arena_printf(fake.arena, "GET /survey/" CLAIM_ID "?link=%s", ended);
    assert_int_equal(ask(line, BROWSER, NULL), 401);
    assert_true(has_member("<h1>This link has ended</h1>"));
    assert_int_equal(ask(line, "Accept: */*\r\n", NULL), 401);
    EXPECT_REASON("LINK_EXPIRED");
    assert_int_equal(ask(line, "Accept: text/html;q=0.5, application/json\r\n", NULL), 401);
    EXPECT_REASON("LINK_EXPIRED");
    assert_int_equal(ask("GET /v1/units/a", BROWSER, NULL), 401); /* no page stands there */
    EXPECT_REASON("TOKEN_MISSING");
}

static void
a_refusal_of_the_service_is_a_page_too(void **state UNUSED)
{
    fault_set(&fake.reply.fault, ERR_NOT_FOUND, "INVITATION_MISSING", "there is no <b>&");
    assert_int_equal(ask(line_of("POST", POST_PAGE, ""), FORM BROWSER, "a=b"), 404);
    assert_true(has_member("<h1>There is nothing here</h1><p>there is no &lt;b&gt;&amp;.</p>"));
    fault_set(&fake.reply.fault, ERR_UNAVAILABLE, "DATABASE_UNAVAILABLE", "come back");
    assert_int_equal(ask(line_of("POST", POST_PAGE, ""), FORM BROWSER, "a=b"), 503);
    assert_non_null(strstr(buf_text(&answer.in), "\r\nRetry-After: 1\r\n"));
    assert_true(has_member("Please try again in 1 s."));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_form_becomes_the_request),
        TEST(a_page_is_kept_by_nobody_and_posts_to_us_alone),
        TEST(a_form_is_held_to_the_rules_of_queries),
        TEST(parts_are_a_form_too),
        TEST(nothing_but_a_form_is_taken),
        TEST(a_form_has_limits),
        TEST(the_same_post_by_one_link_has_one_key_and_another_post_another),
        TEST(a_page_that_says_why_not_has_a_status_of_its_own),
        TEST(what_a_form_answers_is_one_piece),
        TEST(a_person_is_told_on_a_page_and_a_program_in_json),
        TEST(a_refusal_of_the_service_is_a_page_too),
    };
    config.body_bytes_max = 128 * 1024;
    int failed = cmocka_run_group_tests(tests, group_setup, group_teardown);
    buf_free(&answer.in);
    return failed;
}
