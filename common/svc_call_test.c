/*
 * svc_call_test - one request as its caller sees it: admitted or refused, answered, put into words
 *
 * A service with two methods of the warranty contract, asked over the bus; its database is not
 * there, so keyed methods are seen being refused, and finding their key used.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include "common/bus_fixture.h"
#include "common/log.h"
#include "common/svc_private.h"
#include "common/v1/options.pb-c.h"
#include "warranty/v1/warranty.contract.h"
#include "warranty/v1/warranty.pb-c.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define GET_UNIT "warranty.v1.WarrantyService/GetUnit"
#define CREATE_PRODUCT "warranty.v1.WarrantyService/CreateProduct"

static struct fixture fixture;
static struct svc svc;

/* What the handler does, and what it saw. */
static struct handler {
    enum err err;
    bool is_slow;
    struct task_wait wait;
    unsigned count;
    char traceparent[CALL_TRACEPARENT_SIZE];
} handler;

/* Every unit is alice's. */
static enum err
get_unit(struct call *call, const ProtobufCMessage *req, ProtobufCMessage *res)
{
    static Warranty__V1__Unit unit;
    handler.count++;
    memcpy(handler.traceparent, call->traceparent, sizeof handler.traceparent);
    if (handler.is_slow && task_wait_await(&handler.wait, call->deadline_mono_ms) != OK)
        return ERR_DEADLINE_EXCEEDED;
    warranty__v1__unit__init(&unit);
    unit.serial = ((const Warranty__V1__GetUnitRequest *)req)->serial;
    unit.owner_id = "alice";
    ((Warranty__V1__GetUnitResponse *)res)->unit = &unit;
    return handler.err;
}

static enum err
create_product(struct call *call UNUSED, const ProtobufCMessage *req UNUSED,
               ProtobufCMessage *res UNUSED)
{
    handler.count++;
    return handler.err;
}

static const struct contract_dispatch_entry entries[] = {
    {&warranty_v1_create_product_method, create_product},
    {&warranty_v1_get_unit_method, get_unit},
};
static const struct contract_dispatch_entry *methods[] = {&entries[0], &entries[1]};

static int
set_up(void **state UNUSED)
{
    struct fault fault;
    memset(&fixture, 0, sizeof fixture);
    memset(&handler, 0, sizeof handler);
    log_init("warranty", LOG_ERROR);
    fixture_open(&fixture);
    svc = (struct svc){.magic = SVC_MAGIC,
                       .service = "warranty",
                       .config.calls_max = 100,
                       .loop = fixture.loop,
                       .bus = fixture_bus(&fixture),
                       .methods = methods,
                       .method_count = COUNT_OF(methods)};
    assert_int_equal(bus_server_open(fixture.bus, svc_on_request, &svc, &fixture.server, &fault),
                     OK);
    svc.server = fixture.server;
    fixture_connect(&fixture);
    WAIT_FOR(&fixture, client_is_ready, &fixture);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    db_close(&svc.db);
    fixture_close(&fixture);
    log_deinit();
    return 0;
}

/* ---- a caller ---- */

struct ask {
    struct principal principal;
    const char *method;
    const char *key;
    const char *traceparent;
    struct bus_answer answer; /* its body is in the fixture's arena */
    bool is_over;
};

static struct ask
ask_as(int kind, const char *subject, unsigned role)
{
    struct ask ask = {.method = GET_UNIT, .key = "", .traceparent = ""};
    ask.principal.kind = kind;
    ask.principal.roles = role == 0 ? 0 : 1u << role;
    ask.principal.expire_time_ms = clock_real_ms() + 60000;
    snprintf(ask.principal.subject, sizeof ask.principal.subject, "%s", subject);
    principal_seal(&ask.principal, fixture.arena);
    return ask;
}

static struct ask
ask_as_agent(void)
{
    return ask_as(COMMON__V1__PRINCIPAL__KIND__TOKEN, "agent-1", COMMON__V1__ROLE__AGENT);
}

static struct ask
ask_as_customer(const char *subject)
{
    return ask_as(COMMON__V1__PRINCIPAL__KIND__TOKEN, subject, COMMON__V1__ROLE__CUSTOMER);
}

static void
ask_await(void *context)
{
    struct ask *ask = context;
    Warranty__V1__GetUnitRequest unit = WARRANTY__V1__GET_UNIT_REQUEST__INIT;
    Warranty__V1__CreateProductRequest product = WARRANTY__V1__CREATE_PRODUCT_REQUEST__INIT;
    unit.serial = "WM-1";
    product.sku = product.name = product.category = "wm-7";
    bool is_product = strcmp(ask->method, CREATE_PRODUCT) == 0;
    uint8_t body[256];
    struct bus_question question = {
        .method = ask->method,
        .body = body,
        .body_size_bytes = protobuf_c_message_pack(is_product ? &product.base : &unit.base, body),
        .principal = &ask->principal,
        .key = ask->key,
        .traceparent = ask->traceparent,
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
make(struct ask *ask)
{
    assert_true(task_spawn(ask_await, ask));
    WAIT_FOR(&fixture, ask_is_over, ask);
}

static void
expect_refusal(struct ask ask, enum err code, const char *reason)
{
    make(&ask);
    assert_int_equal(ask.answer.fault.code, code);
    assert_string_equal(ask.answer.fault.reason, reason);
    assert_string_equal(ask.answer.domain, "warranty");
    assert_true(ask.answer.fault.message[0] != 0);
    assert_int_equal(svc.in_flight, 0);
}

/* ---- who may ---- */

static void
an_answer_comes_back_whole(void **state UNUSED)
{
    struct ask ask = ask_as_agent();
    make(&ask);
    assert_int_equal(ask.answer.fault.code, OK);
    Warranty__V1__GetUnitResponse *res =
        warranty__v1__get_unit_response__unpack(NULL, ask.answer.body_size_bytes, ask.answer.body);
    assert_string_equal(res->unit->serial, "WM-1");
    warranty__v1__get_unit_response__free_unpacked(res, NULL);
    assert_int_equal(svc.answered_count, 1);
}

static void
customers_see_their_own_things_and_no_sign_of_others(void **state UNUSED)
{
    struct ask own = ask_as_customer("alice");
    make(&own);
    assert_int_equal(own.answer.fault.code, OK);
    expect_refusal(ask_as_customer("bob"), ERR_NOT_FOUND, "NOT_FOUND");
}

static void
whoever_may_not_ask_never_reaches_the_handler(void **state UNUSED)
{
    expect_refusal(ask_as(COMMON__V1__PRINCIPAL__KIND__ANONYMOUS, "", 0), ERR_UNAUTHENTICATED,
                   "TOKEN_MISSING");
    expect_refusal(ask_as(COMMON__V1__PRINCIPAL__KIND__LINK, "", 0), ERR_PERMISSION_DENIED,
                   "LINK_FOR_SOMETHING_ELSE");
    struct ask customer = ask_as_customer("alice");
    customer.method = CREATE_PRODUCT;
    expect_refusal(customer, ERR_PERMISSION_DENIED, "ROLE_MISSING");
    struct ask forged = ask_as_agent();
    forged.principal.mac[0] ^= 1;
    expect_refusal(forged, ERR_UNAUTHENTICATED, "PRINCIPAL_FORGED");
    assert_int_equal(handler.count, 0);
}

static void
an_unknown_method_is_named_so(void **state UNUSED)
{
    struct ask ask = ask_as_agent();
    ask.method = "warranty.v1.WarrantyService/GetUnitX";
    expect_refusal(ask, ERR_UNIMPLEMENTED, "METHOD_UNKNOWN");
}

static void
a_change_without_an_idempotency_key_is_refused(void **state UNUSED)
{
    struct ask ask = ask_as_agent();
    ask.method = CREATE_PRODUCT;
    expect_refusal(ask, ERR_INVALID_ARGUMENT, "IDEMPOTENCY_KEY_MISSING");
    assert_int_equal(handler.count, 0);
}

static void
a_used_key_whose_answer_cannot_be_read_leaves_the_outcome_unknown(void **state UNUSED)
{
    svc.db = db_open(fixture.loop, &(struct db_options){.url = "host=/nonexistent",
                                                        .schema = "warranty",
                                                        .read_connections = 1,
                                                        .write_connections = 1,
                                                        .queue_max = 10,
                                                        .group_max = 1});
    struct ask ask = ask_as_agent();
    ask.method = CREATE_PRODUCT;
    ask.key = "key-1";
    handler.err = ERR_KEY_USED;
    expect_refusal(ask, ERR_UNKNOWN, "OUTCOME_UNKNOWN");
}

/* ---- load ---- */

static bool
handler_runs(void *context UNUSED)
{
    return handler.count == 1;
}

static void
calls_beyond_the_limit_are_refused_and_those_at_hand_answered(void **state UNUSED)
{
    svc.config.calls_max = 1;
    handler.is_slow = true;
    struct ask slow = ask_as_agent(), refused = ask_as_agent();
    assert_true(task_spawn(ask_await, &slow));
    WAIT_FOR(&fixture, handler_runs, NULL);
    make(&refused);
    assert_int_equal(refused.answer.fault.code, ERR_RESOURCE_EXHAUSTED);
    assert_string_equal(refused.answer.fault.reason, "OVERLOADED");
    assert_int_equal(refused.answer.retry_after_ms, 1000);
    assert_int_equal(svc.refused_count, 1);
    assert_false(slow.is_over);
    task_done(&handler.wait, OK);
    WAIT_FOR(&fixture, ask_is_over, &slow);
    assert_int_equal(slow.answer.fault.code, OK);
}

/* ---- words and traces ---- */

static void
a_bare_error_of_a_handler_is_put_into_words(void **state UNUSED)
{
    struct ask ask = ask_as_agent();
    handler.err = ERR_ABORTED;
    expect_refusal(ask, ERR_ABORTED, "LOST_RACE");
    handler.err = ERR_UNAVAILABLE;
    make(&ask);
    assert_int_equal(ask.answer.fault.code, ERR_UNAVAILABLE);
    assert_int_equal(ask.answer.retry_after_ms, 1000);
}

static void
a_call_goes_on_with_its_callers_trace(void **state UNUSED)
{
    struct ask ask = ask_as_agent();
    ask.traceparent = "00-" TRACE "-b7ad6b7169203331-01";
    make(&ask);
    assert_memory_equal(handler.traceparent, "00-" TRACE "-", 36);
    assert_memory_not_equal(handler.traceparent + 36, "b7ad6b7169203331", 16);
    assert_string_equal(handler.traceparent + 52, "-01");
}

static void
a_malformed_trace_is_replaced_by_a_new_one(void **state UNUSED)
{
    struct ask ask = ask_as_agent();
    ask.traceparent = "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01";
    make(&ask);
    assert_int_equal(strlen(handler.traceparent), CALL_TRACEPARENT_SIZE - 1);
    assert_int_equal(strspn(handler.traceparent + 3, "0123456789abcdef"), 32);
    assert_memory_not_equal(handler.traceparent + 3, TRACE, 32);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_answer_comes_back_whole),
        TEST(customers_see_their_own_things_and_no_sign_of_others),
        TEST(whoever_may_not_ask_never_reaches_the_handler),
        TEST(an_unknown_method_is_named_so),
        TEST(a_change_without_an_idempotency_key_is_refused),
        TEST(a_used_key_whose_answer_cannot_be_read_leaves_the_outcome_unknown),
        TEST(calls_beyond_the_limit_are_refused_and_those_at_hand_answered),
        TEST(a_bare_error_of_a_handler_is_put_into_words),
        TEST(a_call_goes_on_with_its_callers_trace),
        TEST(a_malformed_trace_is_replaced_by_a_new_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
