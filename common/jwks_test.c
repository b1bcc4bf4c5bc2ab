/* Tests of the key set: which keys are taken, and a file that changes. */
// SPDX-License-Identifier: Apache-2.0
#include "common/token_fixture.h"

static void
keys_that_are_not_ours_are_passed_over(void **state UNUSED)
{
    json_t *small = json_pack("{s:s, s:i}", "alg", "RS256", "bits", 1024);
    json_t *p384 = make_key("ES384", "p384");
    json_t *nameless = json_deep_copy(ec_key);
    json_t *for_encryption = json_deep_copy(ec_key);
    json_t *other_algorithm = json_deep_copy(rsa_key);
    json_object_del(nameless, "kid");
    json_object_set_new(for_encryption, "kid", json_string("enc"));
    json_object_set_new(for_encryption, "use", json_string("enc"));
    json_object_set_new(other_algorithm, "kid", json_string("ps"));
    json_object_set_new(other_algorithm, "alg", json_string("PS256"));
    json_object_set_new(small, "kty", json_string("RSA"));
    json_object_set_new(small, "kid", json_string("small"));
    json_object_set_new(small, "n", json_string("wAAA"));
    jwks_close(&jwks);
    open_keys(json_pack("{s:[O,o,o,o,o,o,i]}", "keys", ec_key, small, p384, nameless,
                        for_encryption, other_algorithm, 7));
    assert_int_equal(jwks_count(jwks), 1);
    assert_string_equal(jwks_find(jwks, "ec")->algorithm, "ES256");
    assert_null(json_object_get(jwks_find(jwks, "ec")->jwk, "d"));
}

static void
a_set_without_keys_or_with_two_of_a_name_is_refused(void **state UNUSED)
{
    static const char *const bad[] = {
        "",           "{}", "[]", "{\"keys\":[]}", "{\"keys\":7}", "{\"keys\":[{\"kty\":\"EC\"}]}",
        "{\"keys\":["};
    struct jwks *none = NULL;
    struct fault fault;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        assert_int_equal(jwks_open_text(bad[i], strlen(bad[i]), &none, &fault),
                         ERR_INVALID_ARGUMENT);
    json_t *twins = json_pack("{s:[O,O]}", "keys", ec_key, stranger_key);
    char *text = json_dumps(twins, 0);
    assert_int_equal(jwks_open_text(text, strlen(text), &none, &fault), ERR_INVALID_ARGUMENT);
    assert_null(none);
    free(text);
    json_decref(twins);
    assert_int_equal(jwks_open("/nonexistent/jwks.json", &none, &fault), ERR_UNAVAILABLE);
}

static void
write_file(const char *path, json_t *set)
{
    /* As rotation should: beside it, then in its place. */
    char fresh[80];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    if (set != NULL) {
        assert_int_equal(json_dump_file(set, fresh, 0), 0);
    } else {
        FILE *file = fopen(fresh, "we");
        assert_non_null(file);
        fputs("{half a file", file);
        fclose(file);
    }
    assert_int_equal(rename(fresh, path), 0);
    json_decref(set);
}

static void
a_file_that_changes_is_read_again_and_a_bad_one_changes_nothing(void **state UNUSED)
{
    char path[] = "/tmp/jwks_test.XXXXXX";
    close(mkstemp(path));
    struct jwks *file;
    struct fault fault;
    write_file(path, json_pack("{s:[O]}", "keys", ec_key));
    assert_int_equal(jwks_open(path, &file, &fault), OK);
    assert_false(jwks_refresh(file));
    write_file(path, json_pack("{s:[O,O]}", "keys", ec_key, rsa_key));
    assert_true(jwks_refresh(file));
    assert_int_equal(jwks_count(file), 2);
    write_file(path, NULL);
    assert_false(jwks_refresh(file));
    assert_int_equal(jwks_count(file), 2);
    unlink(path);
    assert_false(jwks_refresh(file));
    assert_non_null(jwks_find(file, "rsa"));
    jwks_close(&file);
}

int
main(void)
{
    log_init("jwks_test", LOG_ERROR);
    const struct CMUnitTest tests[] = {
        TEST(keys_that_are_not_ours_are_passed_over),
        TEST(a_set_without_keys_or_with_two_of_a_name_is_refused),
        TEST(a_file_that_changes_is_read_again_and_a_bad_one_changes_nothing),
    };
    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
