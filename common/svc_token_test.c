/*
 * svc_token_test - a call that brings a bearer token in place of a principal that is vouched for
 *
 * A service with one method, asked over the bus by somebody who has no installation key.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/bus_fixture.h"
#include "common/svc_private.h"
#include "common/token_fixture.h"
#include "warranty/v1/warranty.contract.h"
#include "warranty/v1/warranty.pb-c.h"

static struct fixture fixture;
static struct svc svc;
static unsigned asked_count;
static struct principal seen;

static enum err
get_unit(struct call *call, const ProtobufCMessage *req UNUSED, ProtobufCMessage *res)
{
    static Warranty__V1__Unit unit;
    asked_count++;
    seen = call->principal;
    struct principal opened;
    struct fault fault;
    /* It can be passed on: any service would take it. */
    assert_int_equal(principal_open(seen.packed, seen.packed_size_bytes, seen.mac, sizeof seen.mac,
                                    &opened, &fault),
                     OK);
    warranty__v1__unit__init(&unit);
    unit.owner_id = "ann";
    ((Warranty__V1__GetUnitResponse *)res)->unit = &unit;
    return OK;
}

static const struct contract_dispatch_entry entry = {&warranty_v1_get_unit_method, get_unit};
static const struct contract_dispatch_entry *methods[] = {&entry};

static int
set_up(void **state)
{
    struct fault fault;
    setup(state);
    memset(&fixture, 0, sizeof fixture);
    asked_count = 0;
    log_init("warranty", LOG_ERROR);
    fixture_open(&fixture);
    svc = (struct svc){.magic = SVC_MAGIC,
                       .service = "warranty",
                       .config.calls_max = 100,
                       .config.token_issuer = "aftercare",
                       .config.token_audience = "aftercare",
                       .config.token_leeway_ms = 60000,
                       .loop = fixture.loop,
                       .bus = fixture_bus(&fixture),
                       .methods = methods,
                       .method_count = COUNT_OF(methods)};
    assert_int_equal(bus_server_open(fixture.bus, svc_on_request, &svc, &fixture.server, &fault),
                     OK);
    svc.server = fixture.server;
    svc_token_accept(&svc, jwks);
    jwks = NULL; /* svc's by now */
    token_checker_free(&checker);
    fixture_connect(&fixture);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    return 0;
}

static int
tear_down(void **state)
{
    svc_token_close(&svc);
    fixture_close(&fixture);
    log_deinit();
    return teardown(state);
}

struct ask {
    const char *token;
    struct bus_answer answer;
    bool is_over;
};

static void
ask_await(void *context)
{
    struct ask *ask = context;
    Warranty__V1__GetUnitRequest req = WARRANTY__V1__GET_UNIT_REQUEST__INIT;
    req.serial = "WM-1";
    uint8_t body[64];
    struct bus_question question = {
        .method = "warranty.v1.WarrantyService/GetUnit",
        .body = body,
        .body_size_bytes = protobuf_c_message_pack(&req.base, body),
        .token = ask->token,
        .key = "",
        .traceparent = "",
        .deadline_mono_ms = clock_mono_ms() + 5000,
    };
    enum err err = bus_ask_await(fixture.client, fixture.arena, &question, &ask->answer);
    assert_int_equal(err, ask->answer.fault.code);
    ask->is_over = true;
}

static bool
ask_is_over(void *context)
{
    return ((struct ask *)context)->is_over;
}

static void
expect_code(const char *bearer, enum err code, const char *reason)
{
    struct ask ask = {.token = bearer};
    assert_true(task_spawn(ask_await, &ask));
    WAIT_FOR(&fixture, ask_is_over, &ask);
    assert_int_equal(ask.answer.fault.code, code);
    assert_string_equal(ask.answer.fault.reason, reason);
    assert_int_equal(svc.in_flight, 0);
}

static const char *
with_roles(json_t *roles)
{
    return with_claim("roles", roles);
}

static void
a_token_that_holds_is_a_principal(void **state UNUSED)
{
    const char *bearer = with_roles(json_pack("[s]", "agent"));
    expect_code(bearer, OK, "");
    expect_code(bearer, OK, ""); /* remembered */
    assert_int_equal(asked_count, 2);
    assert_string_equal(seen.subject, "ann");
    assert_int_equal(seen.kind, COMMON__V1__PRINCIPAL__KIND__TOKEN);
    assert_int_equal(seen.roles, 1u << COMMON__V1__ROLE__AGENT);
}

static void
a_token_that_does_not_hold_is_refused(void **state UNUSED)
{
    expect_code(sign(good_header(), good_claims(), stranger_key), ERR_UNAUTHENTICATED,
                "TOKEN_INVALID");
    expect_code(with_claim("exp", json_integer(now_s() - 61)), ERR_UNAUTHENTICATED,
                "TOKEN_INVALID");
    expect_code(with_claim("aud", json_string("somebody else")), ERR_UNAUTHENTICATED,
                "TOKEN_INVALID");
    expect_code("ann", ERR_UNAUTHENTICATED, "TOKEN_INVALID");
    assert_int_equal(asked_count, 0);
}

/* A principal is no token, though it comes without its MAC. */
static void
a_principal_without_its_mac_is_refused(void **state UNUSED)
{
    char *packed = arena_alloc(arena, fixture.principal.packed_size_bytes + 1);
    memcpy(packed, fixture.principal.packed, fixture.principal.packed_size_bytes);
    expect_code(packed, ERR_UNAUTHENTICATED, "TOKEN_INVALID");
    assert_int_equal(asked_count, 0);
}

static void
a_role_that_may_not_ask_is_refused(void **state UNUSED)
{
    expect_code(with_roles(json_pack("[s]", "analyst")), ERR_PERMISSION_DENIED, "ROLE_MISSING");
    assert_int_equal(asked_count, 0);
}

static void
a_service_that_takes_no_tokens_takes_them_for_forgeries(void **state UNUSED)
{
    svc_token_close(&svc);
    expect_code(with_roles(json_pack("[s]", "agent")), ERR_UNAUTHENTICATED, "PRINCIPAL_FORGED");
    assert_int_equal(asked_count, 0);
}

int
main(void)
{
#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_token_that_holds_is_a_principal),
        TEST(a_token_that_does_not_hold_is_refused),
        TEST(a_principal_without_its_mac_is_refused),
        TEST(a_role_that_may_not_ask_is_refused),
        TEST(a_service_that_takes_no_tokens_takes_them_for_forgeries),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
