/*
 * principal_test - principals are vouched for, end, and cannot be forged; pseudonyms are stable
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/principal.h"
#include "common/rng.h"
#include "common/v1/envelope.pb-c.h"

static struct arena *arena;
static struct principal alice;

static int
set_up(void **state UNUSED)
{
    uint8_t key[PRINCIPAL_KEY_SIZE];
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = (uint8_t)i;
    rng_init();
    principal_init_key(key);
    arena = arena_new(ARENA_BUDGET_BYTES);
    alice = (struct principal){.kind = COMMON__V1__PRINCIPAL__KIND__TOKEN,
                               .subject = "alice",
                               .roles = 1u << COMMON__V1__ROLE__CUSTOMER,
                               .expire_time_ms = clock_real_ms() + 60000};
    principal_seal(&alice, arena);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    arena_free(&arena);
    arena_deinit();
    return 0;
}

static enum err
open_it(const uint8_t *packed, const uint8_t *mac, size_t mac_size_bytes,
        struct principal *principal, struct fault *fault)
{
    return principal_open(packed, alice.packed_size_bytes, mac, mac_size_bytes, principal, fault);
}

static void
what_was_sealed_is_opened(void **state UNUSED)
{
    struct principal link = {.kind = COMMON__V1__PRINCIPAL__KIND__LINK,
                             .subject = "link:7",
                             .roles =
                                 1u << COMMON__V1__ROLE__CUSTOMER | 1u << COMMON__V1__ROLE__SYSTEM,
                             .expire_time_ms = clock_real_ms() + 60000,
                             .link_method = "warranty.v1.WarrantyService/GetClaim",
                             .link_resource = "42"};
    principal_seal(&link, arena);
    struct principal principal;
    struct fault fault;
    assert_int_equal(
        principal_open(link.packed, link.packed_size_bytes, link.mac, 32, &principal, &fault), OK);
    assert_int_equal(principal.kind, link.kind);
    assert_string_equal(principal.subject, "link:7");
    assert_int_equal(principal.roles, link.roles);
    assert_int_equal(principal.expire_time_ms, link.expire_time_ms);
    assert_string_equal(principal.link_method, link.link_method);
    assert_string_equal(principal.link_resource, "42");
    assert_ptr_equal(principal.packed, link.packed);
    assert_memory_equal(principal.mac, link.mac, 32);
}

/* The example of docs/protocol/bus.md, computed by another implementation. */
static void
the_mac_is_that_of_the_protocol(void **state UNUSED)
{
    static const uint8_t right_mac[32] = {0x36, 0x1b, 0x4a, 0x4f, 0xf7, 0x8e, 0x36, 0xe1,
                                          0xe6, 0xa6, 0xd9, 0xde, 0x26, 0x01, 0xfa, 0x80,
                                          0xa7, 0xa8, 0xb3, 0xb7, 0xc2, 0x70, 0xa0, 0x2e,
                                          0x64, 0x69, 0xb3, 0x19, 0xcf, 0xa6, 0x5a, 0x65};
    alice.expire_time_ms = 1773567000000;
    principal_seal(&alice, arena);
    assert_int_equal(alice.packed_size_bytes, 19);
    assert_memory_equal(alice.mac, right_mac, sizeof right_mac);
}

static void
any_changed_bit_is_a_forgery(void **state UNUSED)
{
    uint8_t packed[64], mac[32];
    struct principal principal;
    struct fault fault;
    for (size_t bit = 0; bit < alice.packed_size_bytes * 8; bit++) {
        memcpy(packed, alice.packed, alice.packed_size_bytes);
        packed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(open_it(packed, alice.mac, 32, &principal, &fault), ERR_UNAUTHENTICATED);
        assert_string_equal(fault.reason, "PRINCIPAL_FORGED");
    }
    for (size_t bit = 0; bit < sizeof mac * 8; bit++) {
        memcpy(mac, alice.mac, sizeof mac);
        mac[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_equal(open_it(alice.packed, mac, 32, &principal, &fault), ERR_UNAUTHENTICATED);
    }
    assert_int_equal(open_it(alice.packed, alice.mac, 31, &principal, &fault), ERR_UNAUTHENTICATED);
    assert_int_equal(open_it(alice.packed, alice.mac, 0, &principal, &fault), ERR_UNAUTHENTICATED);
    assert_int_equal(open_it(alice.packed, alice.mac, 32, &principal, &fault), OK);
}

static void
another_installation_does_not_vouch(void **state UNUSED)
{
    static const uint8_t other_key[PRINCIPAL_KEY_SIZE] = {9};
    principal_init_key(other_key);
    struct principal principal;
    struct fault fault;
    assert_int_equal(open_it(alice.packed, alice.mac, 32, &principal, &fault), ERR_UNAUTHENTICATED);
}

static void
a_principal_ends(void **state UNUSED)
{
    struct principal principal;
    struct fault fault;
    alice.expire_time_ms = clock_real_ms();
    principal_seal(&alice, arena);
    assert_int_equal(open_it(alice.packed, alice.mac, 32, &principal, &fault), ERR_UNAUTHENTICATED);
    assert_string_equal(fault.reason, "PRINCIPAL_EXPIRED");
}

/* Not even under the right key is a text taken that would have to be cut. */
static void
texts_that_are_too_long_are_refused(void **state UNUSED)
{
    char subject[CALL_SUBJECT_SIZE + 1];
    memset(subject, 'a', sizeof subject - 1);
    subject[sizeof subject - 1] = 0;
    Common__V1__Principal message = COMMON__V1__PRINCIPAL__INIT;
    message.kind = COMMON__V1__PRINCIPAL__KIND__TOKEN;
    message.subject = subject;
    message.expire_time_ms = clock_real_ms() + 60000;
    uint8_t packed[512], mac[32];
    static const uint8_t key[PRINCIPAL_KEY_SIZE];
    size_t size_bytes = common__v1__principal__pack(&message, packed);
    principal_init_key(key);
    crypto_auth_hmacsha256(mac, packed, size_bytes, key);
    struct principal principal;
    struct fault fault;
    assert_int_equal(principal_open(packed, size_bytes, mac, 32, &principal, &fault),
                     ERR_UNAUTHENTICATED);
}

static void
a_daemon_vouches_for_itself(void **state UNUSED)
{
    struct principal daemon, principal;
    struct fault fault;
    principal_make_system("warranty", &daemon, arena);
    assert_int_equal(
        principal_open(daemon.packed, daemon.packed_size_bytes, daemon.mac, 32, &principal, &fault),
        OK);
    assert_string_equal(principal.subject, "system:warranty");
    assert_int_equal(principal.roles, 1u << COMMON__V1__ROLE__SYSTEM);
    assert_int_equal(principal.kind, COMMON__V1__PRINCIPAL__KIND__DAEMON);
}

static void
pseudonyms_are_stable_and_name_nobody(void **state UNUSED)
{
    char first[PRINCIPAL_PSEUDONYM_SIZE], second[PRINCIPAL_PSEUDONYM_SIZE];
    principal_pseudonym("subject", "alice", first);
    principal_pseudonym("subject", "alice", second);
    assert_string_equal(first, second);
    assert_int_equal(strlen(first), 34);
    assert_memory_equal(first, "p-", 2);
    assert_null(strstr(first, "alice"));
    principal_pseudonym("email", "alice", second);
    assert_string_not_equal(first, second);
    principal_pseudonym("subject", "system:warranty", first);
    assert_string_equal(first, "system:warranty");
    /* A customer may give such an address, and is no daemon. */
    principal_person("system:anna@example.com", "", "", first);
    assert_memory_equal(first, "p-", 2);
    assert_null(strchr(first, '@'));
    principal_pseudonym("subject", "", first);
    assert_string_equal(first, "");
}

static void
a_person_is_known_by_mail_then_phone_then_subject(void **state UNUSED)
{
    char person[PRINCIPAL_PSEUDONYM_SIZE], same[PRINCIPAL_PSEUDONYM_SIZE];
    principal_person(" Alice@Example.COM ", "+1", "a", person);
    principal_person("alice@example.com", "", "b", same);
    assert_string_equal(person, same);
    principal_person("  ", "+49 (30) 12-34", "a", person);
    principal_person("", "+49301234", "b", same);
    assert_string_equal(person, same);
    principal_person("", "49301234", "b", same);
    assert_string_not_equal(person, same);
    principal_person("", "", "a", person);
    principal_pseudonym("subject", "a", same);
    assert_string_equal(person, same);
    principal_person("", " - ", "", person);
    assert_string_equal(person, "");
}

static void
purposes_are_kept_apart(void **state UNUSED)
{
    uint8_t first[32], second[32];
    principal_mac("link", "ab", 2, first);
    principal_mac("lin", "k\0ab", 4, second);
    assert_memory_not_equal(first, second, 32);
    principal_mac("link", "ab", 2, second);
    assert_memory_equal(first, second, 32);
}

/* ---- the key's file ---- */

/* The status with which a process ends that reads this as its key; 0: it was taken. */
static int
status_with_key(const char *text)
{
    char path[] = "/tmp/principal-key-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    pid_t pid = fork();
    if (pid == 0) {
        fclose(stderr);
        principal_init(path);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    unlink(path);
    return WEXITSTATUS(status);
}

static void
a_key_is_64_hexadecimal_digits(void **state UNUSED)
{
#define DIGITS "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F"
    assert_int_equal(status_with_key(DIGITS), 0);
    assert_int_equal(status_with_key(DIGITS "\n"), 0);
    assert_int_not_equal(status_with_key(""), 0);
    assert_int_not_equal(status_with_key(DIGITS "0"), 0);
    assert_int_not_equal(status_with_key(DIGITS "\nx"), 0);
    assert_int_not_equal(status_with_key(&DIGITS[1]), 0);
    assert_int_not_equal(
        status_with_key("g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"), 0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_was_sealed_is_opened),
        TEST(the_mac_is_that_of_the_protocol),
        TEST(any_changed_bit_is_a_forgery),
        TEST(another_installation_does_not_vouch),
        TEST(a_principal_ends),
        TEST(texts_that_are_too_long_are_refused),
        TEST(a_daemon_vouches_for_itself),
        TEST(pseudonyms_are_stable_and_name_nobody),
        TEST(a_person_is_known_by_mail_then_phone_then_subject),
        TEST(purposes_are_kept_apart),
        TEST(a_key_is_64_hexadecimal_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
