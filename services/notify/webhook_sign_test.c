/*
 * webhook_sign_test - signatures are what other implementations of the specification make
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/test.h"

#include <stdio.h>

#include "common/rng.h"
#include "webhook_sign.h"

/* What the specification's own libraries are tested with: libraries/javascript/src/webhook.test.ts,
 * "sign function works", and the same in its other languages. */
static const char SECRET[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char ID[] = "msg_p5jXN8AQM9LWM0D4loKWxJek";
static const char BODY[] = "{\"test\": 2432232314}";
static const char SIGNATURE[] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

enum { UNIX_S = 1614265330 };

static const char *
sign(const char *const *secrets, size_t count)
{
    static char signature[WEBHOOK_SIGNATURE_SIZE];
    return webhook_sign(secrets, count, ID, UNIX_S, BODY, strlen(BODY), signature) ? signature
                                                                                   : NULL;
}

static void
the_published_example_is_signed_as_published(void **state UNUSED)
{
    const char *secrets[] = {SECRET};
    assert_string_equal(sign(secrets, 1), SIGNATURE);
}

static void
each_secret_signs(void **state UNUSED)
{
    char other[WEBHOOK_SECRET_SIZE], both[2 * WEBHOOK_SIGNATURE_SIZE];
    webhook_secret_make(other);
    const char *secrets[] = {other, SECRET};
    snprintf(both, sizeof both, "%s %s", sign(secrets, 1), SIGNATURE);
    assert_string_equal(sign(secrets, 2), both);
}

static void
every_part_is_signed(void **state UNUSED)
{
    const char *secrets[] = {SECRET};
    char signature[WEBHOOK_SIGNATURE_SIZE];
    assert_true(webhook_sign(secrets, 1, "msg_other", UNIX_S, BODY, strlen(BODY), signature));
    assert_string_not_equal(signature, SIGNATURE);
    assert_true(webhook_sign(secrets, 1, ID, UNIX_S + 1, BODY, strlen(BODY), signature));
    assert_string_not_equal(signature, SIGNATURE);
    assert_true(webhook_sign(secrets, 1, ID, UNIX_S, BODY, strlen(BODY) - 1, signature));
    assert_string_not_equal(signature, SIGNATURE);
}

static void
a_new_secret_is_one_and_no_other(void **state UNUSED)
{
    char one[WEBHOOK_SECRET_SIZE], other[WEBHOOK_SECRET_SIZE];
    webhook_secret_make(one);
    webhook_secret_make(other);
    assert_true(webhook_secret_is_valid(one));
    assert_string_not_equal(one, other);
}

static void
what_is_no_secret_signs_nothing(void **state UNUSED)
{
    static const char *const wrong[] = {
        "",
        "whsec_",
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",        /* no prefix */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa==",  /* 22 bytes */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",   /* cut */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa w",  /* not base64 */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw=", /* too much */
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8I"
        "LPZIo2LaLaSw", /* 72 bytes */
    };
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        assert_false(webhook_secret_is_valid(wrong[i]));
        assert_null(sign(&wrong[i], 1));
    }
    assert_true(webhook_secret_is_valid(SECRET)); /* 24 bytes, the fewest */
    assert_true(webhook_secret_is_valid("whsec_"
                                        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZIo2"
                                        "LaLaSwMfKQ9r8GKYqrTwjUPD8IAA=="));
}

int
main(void)
{
    rng_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_example_is_signed_as_published),
        cmocka_unit_test(each_secret_signs),
        cmocka_unit_test(every_part_is_signed),
        cmocka_unit_test(a_new_secret_is_one_and_no_other),
        cmocka_unit_test(what_is_no_secret_signs_nothing),
    };
    return cmocka_run_group_tests_name("webhook_sign", tests, NULL, NULL);
}
