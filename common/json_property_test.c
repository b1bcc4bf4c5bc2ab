/*
 * json_property_test - any message that keeps its contract goes to JSON and back unchanged
 *
 * Random messages of every type pass contract_check, are written, read again and compared as packed
 * bytes. From those bytes json_packed writes the same, and from damaged ones nothing that unpacking
 * would refuse. The seed is printed; AFTERCARE_TEST_SEED replays it, AFTERCARE_TEST_COUNT says how
 * many messages (2,000).
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/contract_field.h"
#include "common/date.h"
#include "common/json.h"
#include "common/json_packed.h"
#include "common/pack.h"
#include "common/rng.h"
#include "common/uuid.h"
#include "common/v1/types.pb-c.h"
#include "contract_all.h"
#include "everything/v1/everything.contract.h"
#include "google/protobuf/timestamp.pb-c.h"

/* What one message may hold in all, so that its JSON, escapes included, stays within
 * JSON_SIZE_BYTES_MAX. */
enum { TEXT_BUDGET_BYTES = 14000, ELEMENT_BUDGET = 1000, DEPTH_MAX = 6 };

static struct {
    struct arena *arena;
    uint64_t state;
    size_t text_left_bytes;
    size_t elements_left;
} random_;

/* ---- random numbers, from the seed alone ---- */

static uint64_t
random_bits(void)
{
    random_.state += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t bits = random_.state;
    bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
    return bits ^ bits >> 31;
}

/* Evenly enough, 0 .. bound - 1. */
static size_t
below(size_t bound)
{
    return (size_t)(random_bits() % bound);
}

static bool
one_in(size_t count)
{
    return below(count) == 0;
}

static int64_t
random_between(int64_t min, int64_t max)
{
    int64_t near[] = {min, max, min + 1, max - 1, 0, 1, -1};
    int64_t value = near[below(COUNT_OF(near))];
    if (one_in(3) && value >= min && value <= max)
        return value;
    uint64_t span = (uint64_t)max - (uint64_t)min + 1;
    uint64_t step = span == 0 ? random_bits() : random_bits() % span;
    return (int64_t)((uint64_t)min + (one_in(2) && span > 1000 ? step % 1000 : step));
}

/* ---- random texts ---- */

static const char *const any_pieces[] = {
    "a",
    "Z",
    "0",
    " ",
    "\"",
    "\\",
    "/",
    "\n",
    "\t",
    "\x01",
    "\x1f",
    "\x7f",
    "\b",
    "\xc3\xa9",
    "\xc2\x80",
    "\xdf\xbf",
    "<",
    "'",
    "\r\n",
    "\xe2\x82\xac",
    "\xe2\x80\xa8",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbf",
    "{",
    "]",
    ",",
    "\xf0\x9f\x94\xa7",
    "\xf4\x8f\xbf\xbf",
    "\xf0\x90\x80\x80",
    "\xd7\xa9",
    "\xef\xbb\xbf",
};
static const char *const line_pieces[] = {
    "a",
    "Z",
    "9",
    " ",
    "\"",
    "\\",
    "&",
    "\xc3\xa9",
    "\xc2\xa0",
    "\xe2\x82\xac",
    "\xf0\x9f\x94\xa7",
    "\xe2\x80\xa7",
    "\xe2\x80\xaa",
    "\xe2\x81\xa8",
};
static const char *const code_pieces[] = {"a", "Z", "0", "9", ".", "_", "-"};

/* Exactly `size_bytes` of pieces; what is left over is filled with a letter. */
static char *
fill_text(const char *const *pieces, size_t piece_count, size_t size_bytes)
{
    char *text = arena_alloc(random_.arena, size_bytes + 1);
    size_t used_bytes = 0;
    while (used_bytes < size_bytes) {
        const char *piece = pieces[below(piece_count)];
        if (strlen(piece) > size_bytes - used_bytes)
            piece = "x";
        memcpy(text + used_bytes, piece, strlen(piece));
        used_bytes += strlen(piece);
    }
    return text;
}

/* Mostly short, at times empty or as long as it may be. */
static size_t
random_size(size_t size_max, bool is_required)
{
    size_t size = one_in(8) ? size_max : below((size_max < 40 ? size_max : 40) + 1);
    if (size > random_.text_left_bytes)
        size = size_max < 4 ? size_max : 4;
    if (size == 0 && is_required)
        size = 1;
    random_.text_left_bytes -= size < random_.text_left_bytes ? size : random_.text_left_bytes;
    return size;
}

static char *
random_email(size_t size_bytes)
{
    char *text = fill_text(code_pieces, COUNT_OF(code_pieces), size_bytes < 3 ? 3 : size_bytes);
    text[1 + below(strlen(text) - 2)] = '@';
    return text;
}

static char *
random_text(const struct contract_field *rule, size_t size_max)
{
    static const char *const currencies[] = {"EUR", "JPY", "KWD", "USD", "CHF"};
    static const char *const languages[] = {"de", "en-GB", "zh-Hant-TW", "sr-Latn", "es-419"};
    bool is_required = (rule->flags & CONTRACT_REQUIRED) != 0;
    if (rule->format != CONTRACT_ANY && !is_required && one_in(4))
        return arena_copy_text(random_.arena, "");
    char uuid[UUID_TEXT_SIZE];
    switch (rule->format) {
    case CONTRACT_UUID:
        uuid_print(&(struct uuid){{(uint8_t)random_bits(), (uint8_t)random_bits()}}, uuid);
        return arena_copy_text(random_.arena, uuid);
    case CONTRACT_CODE:
        return fill_text(code_pieces, COUNT_OF(code_pieces), random_size(size_max, is_required));
    case CONTRACT_EMAIL:
        return random_email(random_size(size_max, is_required));
    case CONTRACT_CURRENCY:
        return arena_copy_text(random_.arena, currencies[below(COUNT_OF(currencies))]);
    case CONTRACT_LANGUAGE:
        return arena_copy_text(random_.arena, languages[below(COUNT_OF(languages))]);
    case CONTRACT_LINE:
    case CONTRACT_SEGMENT:
        return fill_text(line_pieces, COUNT_OF(line_pieces), random_size(size_max, is_required));
    case CONTRACT_ANY:
        return fill_text(any_pieces, COUNT_OF(any_pieces), random_size(size_max, is_required));
    }
    return NULL;
}

static ProtobufCBinaryData
random_blob(const struct contract_field *rule, size_t size_max)
{
    size_t size_bytes = random_size(size_max, (rule->flags & CONTRACT_REQUIRED) != 0);
    uint8_t *bytes = arena_alloc(random_.arena, size_bytes + 1);
    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (uint8_t)random_bits();
    return (ProtobufCBinaryData){.len = size_bytes, .data = bytes};
}

/* ---- random values ---- */

static int
random_enum(const ProtobufCEnumDescriptor *values, bool is_required)
{
    for (;;) {
        int value = values->values[below(values->n_values)].value;
        if (value != 0 || !is_required)
            return value;
    }
}

static ProtobufCMessage *random_message(const struct contract_message *contract, unsigned depth);

static void
set_integer(const ProtobufCFieldDescriptor *field, const struct contract_field *rule, void *place)
{
    bool is_bounded = rule->number_min != 0 || rule->number_max != 0;
    int64_t min = is_bounded ? rule->number_min : -FIELD_INTEGER_MAX;
    int64_t max = is_bounded ? rule->number_max : FIELD_INTEGER_MAX;
    enum field_kind kind = field_kind(field);
    bool is_unsigned = kind == FIELD_UINT32 || kind == FIELD_UINT64;
    int64_t least = kind == FIELD_INT32 ? INT32_MIN : is_unsigned ? 0 : min;
    int64_t most = kind == FIELD_INT32 ? INT32_MAX : kind == FIELD_UINT32 ? UINT32_MAX : max;
    int64_t value = random_between(min > least ? min : least, max < most ? max : most);
    if (value == 0 && (rule->flags & CONTRACT_REQUIRED) != 0)
        value = 1;
    if (field_value_size_bytes(field->type) == 8)
        *(int64_t *)place = value;
    else
        *(uint32_t *)place = (uint32_t)value;
}

static void
set_value(const ProtobufCFieldDescriptor *field, const struct contract_field *rule, size_t size_max,
          unsigned depth, void *place)
{
    switch (field_kind(field)) {
    case FIELD_BOOL:
        *(protobuf_c_boolean *)place = one_in(2);
        return;
    case FIELD_ENUM:
        *(int *)place = random_enum(field->descriptor, (rule->flags & CONTRACT_REQUIRED) != 0);
        return;
    case FIELD_TEXT:
        *(char **)place = random_text(rule, size_max);
        return;
    case FIELD_BYTES:
        *(ProtobufCBinaryData *)place = random_blob(rule, size_max);
        return;
    case FIELD_MESSAGE:
        *(ProtobufCMessage **)place = random_message(rule->message, depth + 1);
        return;
    default:
        set_integer(field, rule, place);
    }
}

static int
compare_keys(const void *a, const void *b)
{
    const ProtobufCMessage *a_entry = *(const ProtobufCMessage *const *)a;
    const ProtobufCMessage *b_entry = *(const ProtobufCMessage *const *)b;
    const ProtobufCFieldDescriptor *key = &a_entry->descriptor->fields[0];
    const void *a_key = field_place(key, a_entry);
    const void *b_key = field_place(key, b_entry);
    if (field_kind(key) == FIELD_TEXT)
        return strcmp(*(char *const *)a_key, *(char *const *)b_key);
    return memcmp(a_key, b_key, field_value_size_bytes(key->type));
}

/* Sorts entries and drops those whose key comes again; answers how many stay. */
static size_t
make_unique(ProtobufCMessage **entries, size_t count)
{
    qsort(entries, count, sizeof *entries, compare_keys);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || compare_keys(&entries[kept - 1], &entries[i]) != 0)
            entries[kept++] = entries[i];
    return kept;
}

static void
set_list(const ProtobufCFieldDescriptor *field, const struct contract_field *rule, unsigned depth,
         ProtobufCMessage *message)
{
    size_t count = one_in(10) && depth < 2 ? rule->size_max : below(4);
    if (count > rule->size_max)
        count = rule->size_max;
    size_t cost = rule->message != NULL ? rule->message->descriptor->n_fields + 1 : 1;
    if (count * cost > random_.elements_left)
        count = 0;
    if (count == 0 && (rule->flags & CONTRACT_REQUIRED) != 0)
        count = 1;
    random_.elements_left -= count * cost < random_.elements_left ? count * cost : 0;
    size_t step_bytes = field_value_size_bytes(field->type);
    char *values = arena_alloc(random_.arena, count * step_bytes + 1);
    for (size_t i = 0; i < count; i++)
        set_value(field, rule, CONTRACT_TEXT_BYTES, depth, values + i * step_bytes);
    if ((rule->flags & CONTRACT_MAP) != 0)
        count = make_unique((ProtobufCMessage **)values, count);
    *field_count(field, message) = count;
    *(void **)field_place(field, message) = count > 0 ? values : NULL;
}

static void
set_field(const ProtobufCFieldDescriptor *field, const struct contract_field *rule, unsigned depth,
          ProtobufCMessage *message)
{
    bool is_required = (rule->flags & CONTRACT_REQUIRED) != 0;
    bool is_value_of_entry = (rule->message != NULL && field->id == 2 && depth > 0 &&
                              message->descriptor->n_fields == 2);
    if (field_is_repeated(field)) {
        set_list(field, rule, depth, message);
        return;
    }
    if (field_is_oneof(field)) {
        if (*field_case(field, message) != 0 || !one_in(4))
            return;
        *field_case(field, message) = field->id;
    } else if (!is_required && !is_value_of_entry &&
               one_in(field_kind(field) == FIELD_MESSAGE && depth >= DEPTH_MAX ? 1 : 4)) {
        return;
    }
    set_value(field, rule, rule->size_max, depth, field_place(field, message));
}

static ProtobufCMessage *
random_message(const struct contract_message *contract, unsigned depth)
{
    ProtobufCMessage *message = json_new_message(random_.arena, contract);
    if (contract->kind == CONTRACT_DATE) {
        Common__V1__Date *date = (Common__V1__Date *)message;
        struct date day = date_from_days(random_between(-719162, 2932896));
        date->year = day.year;
        date->month = day.month;
        date->day = day.day;
    } else if (contract->kind == CONTRACT_TIMESTAMP) {
        Google__Protobuf__Timestamp *time = (Google__Protobuf__Timestamp *)message;
        time->seconds = random_between(FIELD_SECONDS_MIN, FIELD_SECONDS_MAX);
        time->nanos = one_in(3) ? 0 : (int32_t)random_between(0, 999999) * 1000;
    } else {
        for (unsigned i = 0; i < contract->descriptor->n_fields; i++)
            set_field(&contract->descriptor->fields[i], &contract->fields[i], depth, message);
    }
    return message;
}

/* ---- the property ---- */

static uint8_t *
packed(const ProtobufCMessage *message, size_t *ret_size_bytes)
{
    *ret_size_bytes = protobuf_c_message_get_packed_size(message);
    uint8_t *bytes = arena_alloc(random_.arena, *ret_size_bytes + 1);
    protobuf_c_message_pack(message, bytes);
    size_t again_bytes;
    const uint8_t *again = pack_message(random_.arena, message, &again_bytes);
    assert_int_equal(again_bytes, *ret_size_bytes);
    assert_memory_equal(again, bytes, again_bytes);
    return bytes;
}

/* Without unpacking: the very same, where it is done at all. */
static bool
is_written_from_bytes(const struct contract_message *contract, const uint8_t *bytes,
                      size_t size_bytes, const struct buf *json)
{
    struct buf direct = {0};
    buf_add_char(&direct, '>');
    bool is_written = json_write_packed(&direct, contract, bytes, size_bytes);
    if (is_written)
        assert_int_equal(direct.size_bytes, json->size_bytes + 1);
    if (is_written)
        assert_memory_equal(direct.bytes + 1, json->bytes, json->size_bytes);
    else
        assert_int_equal(direct.size_bytes, 1);
    buf_free(&direct);
    return is_written;
}

/* Damaged bytes are written only if they are a message that keeps its contract all the same. */
static void
assert_damage_is_noticed(const struct contract_message *contract, const uint8_t *bytes,
                         size_t size_bytes)
{
    struct buf direct = {0}, json = {0};
    uint8_t *damaged = arena_copy(random_.arena, bytes, size_bytes + 1);
    for (size_t i = 1 + below(3); i > 0 && size_bytes > 0; i--)
        damaged[below(size_bytes)] = (uint8_t)(one_in(2) ? random_bits() : below(16) << 3 | 2);
    if (one_in(4) && size_bytes > 0)
        size_bytes = below(size_bytes);
    ProtobufCMessage *message;
    struct fault fault;
    if (json_write_packed(&direct, contract, damaged, size_bytes)) {
        assert_int_equal(
            contract_read(random_.arena, contract, damaged, size_bytes, false, &message, &fault),
            OK);
        json_write(&json, contract, message);
        assert_int_equal(direct.size_bytes, json.size_bytes);
        assert_memory_equal(direct.bytes, json.bytes, json.size_bytes);
    }
    buf_free(&json);
    buf_free(&direct);
}

/* Answers whether it was also written without unpacking it. */
static bool
assert_goes_there_and_back(const struct contract_message *contract, uint64_t seed)
{
    const char *name = contract->descriptor->name;
    struct fault fault = {0};
    ProtobufCMessage *message = random_message(contract, 0);
    if (contract_check(contract, message, false, &fault) != OK)
        fail_msg("seed %llu: %s fails its check: %s %s %s", (unsigned long long)seed, name,
                 fault.reason, fault.field, fault.message);
    struct buf json = {0};
    json_write(&json, contract, message);
    ProtobufCMessage *again;
    if (json_read(random_.arena, contract, json.bytes, json.size_bytes, false, &again, &fault) !=
        OK)
        fail_msg("seed %llu: %s is not read: %s %s %s\n%.*s", (unsigned long long)seed, name,
                 fault.reason, fault.field, fault.message, (int)json.size_bytes, json.bytes);
    size_t size_bytes, again_size_bytes;
    uint8_t *bytes = packed(message, &size_bytes);
    uint8_t *again_bytes = packed(again, &again_size_bytes);
    if (size_bytes != again_size_bytes || memcmp(bytes, again_bytes, size_bytes) != 0)
        fail_msg("seed %llu: %s came back changed\n%.*s", (unsigned long long)seed, name,
                 (int)json.size_bytes, json.bytes);
    /* The same over the wire. */
    ProtobufCMessage *unpacked;
    if (contract_unpack(random_.arena, contract, bytes, size_bytes, &unpacked, &fault) != OK ||
        contract_check(contract, unpacked, false, &fault) != OK)
        fail_msg("seed %llu: %s is not unpacked: %s %s", (unsigned long long)seed, name,
                 fault.reason, fault.field);
    bool is_direct = is_written_from_bytes(contract, bytes, size_bytes, &json);
    for (int i = 0; i < 8; i++)
        assert_damage_is_noticed(contract, bytes, size_bytes);
    buf_free(&json);
    return is_direct;
}

static uint64_t
number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && text[0] != 0 ? strtoull(text, NULL, 10) : otherwise;
}

static void
any_message_goes_to_json_and_back_unchanged(void **state UNUSED)
{
    static const struct contract_message *const more[] = {
        /* Twice, as it has most to get wrong. */
        &everything_v1_everything_contract,      &everything_v1_everything_contract,
        &everything_v1_everything_part_contract, &everything_v1_guarded_contract,
        &everything_v1_nothing_contract,
    };
    uint64_t first_seed = number_from("AFTERCARE_TEST_SEED", (uint64_t)clock_real_ms());
    uint64_t count = number_from("AFTERCARE_TEST_COUNT", 2000);
    size_t types = COUNT_OF(more) + contract_all_messages_count;
    print_message("%llu messages of %zu types, AFTERCARE_TEST_SEED=%llu\n",
                  (unsigned long long)count, types, (unsigned long long)first_seed);
    uint64_t direct_count = 0;
    for (uint64_t i = 0; i < count; i++) {
        /* Each has a seed of its own: a failure replays with that one and a count of 1. */
        uint64_t seed = first_seed + i;
        size_t type = (size_t)(seed % types);
        random_.state = seed * UINT64_C(0xd1342543de82ef95);
        random_.arena = arena_new(ARENA_BUDGET_BYTES);
        random_.text_left_bytes = TEXT_BUDGET_BYTES;
        random_.elements_left = ELEMENT_BUDGET;
        direct_count += assert_goes_there_and_back(
            type < COUNT_OF(more) ? more[type] : contract_all_messages[type - COUNT_OF(more)],
            seed);
        arena_free(&random_.arena);
    }
    print_message("%llu were written without unpacking them\n", (unsigned long long)direct_count);
    assert_true(count < 100 || direct_count > count / 2);
}

int
main(void)
{
    rng_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_message_goes_to_json_and_back_unchanged),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit();
    return failed;
}
