/*
 * json_packed - a packed message as JSON, without unpacking it
 *
 * The bytes are walked once, by descriptor and contract: each value is checked and written where it
 * stands. What is absent is written in its place among the fields, as json_write does.
 *
 * Only the form is understood in which protobuf-c packs: fields in the order of their numbers, each
 * once, known, lists of numbers packed together, keys of maps rising. Anything else, and any
 * message that breaks its contract, is left to those who unpack: they say what is wrong, or cope.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/json_packed.h"

#include <string.h>

#include "common/contract_rule.h"
#include "common/contract_text.h"
#include "common/json_put.h"
#include "common/packed_wire.h"

enum { CASES_MAX = 4, FORMAT_TEXT_SIZE = 512 };

static bool write_message(struct buf *out, const struct contract_message *contract,
                          struct span span, unsigned depth);

/* ---- single values ---- */

static bool
is_enclosed(enum field_kind kind)
{
    return kind == FIELD_TEXT || kind == FIELD_BYTES || kind == FIELD_MESSAGE;
}

/* The types that are plain varints. */
static bool
read_integer(ProtobufCType type, uint64_t number, int64_t *ret_value)
{
    int64_t value = (int64_t)number;
    *ret_value = value;
    switch (type) {
    case PROTOBUF_C_TYPE_INT32:
        return value >= INT32_MIN && value <= INT32_MAX;
    case PROTOBUF_C_TYPE_UINT32:
        return number <= UINT32_MAX;
    case PROTOBUF_C_TYPE_INT64:
        return true;
    case PROTOBUF_C_TYPE_UINT64:
        return value >= 0;
    default:
        return false;
    }
}

/* Some formats are looked at by functions that want a zero at the end. */
static bool
has_format(const char *text, size_t size_bytes, enum contract_format format)
{
    char copy[FORMAT_TEXT_SIZE];
    if (format == CONTRACT_ANY || size_bytes == 0)
        return true;
    if (size_bytes >= sizeof copy)
        return false;
    memcpy(copy, text, size_bytes);
    copy[size_bytes] = 0;
    return text_has_format(copy, size_bytes, format);
}

static bool
write_text(struct buf *out, const struct contract_field *rule, struct span span, uint32_t size_max)
{
    const char *text = (const char *)span.at;
    size_t size_bytes = span_size(span);
    size_t clean_bytes = json_clean_size(text, size_bytes);
    const char *rest = text + clean_bytes;
    size_t rest_bytes = size_bytes - clean_bytes;
    if (text == NULL || size_bytes > size_max || !has_format(text, size_bytes, rule->format))
        return false;
    if (rest_bytes > 0 && (memchr(rest, 0, rest_bytes) != NULL || !text_is_utf8(rest, rest_bytes)))
        return false;
    json_put_text(out, text, size_bytes);
    return true;
}

/* `size_max` is for texts and bytes. */
static bool
write_value(struct buf *out, const ProtobufCFieldDescriptor *field,
            const struct contract_field *rule, const struct value *value, uint32_t size_max,
            unsigned depth)
{
    int64_t integer;
    switch (field_kind(field)) {
    case FIELD_TEXT:
        return write_text(out, rule, value->span, size_max);
    case FIELD_MESSAGE:
        return write_message(out, rule->message, value->span, depth + 1);
    case FIELD_BYTES:
        if (span_size(value->span) > size_max)
            return false;
        json_put_bytes(out, value->span.at, span_size(value->span));
        return true;
    case FIELD_BOOL:
        json_put_bool(out, value->number != 0);
        return true;
    case FIELD_ENUM:
        if (!read_integer(PROTOBUF_C_TYPE_INT32, value->number, &integer))
            return false;
        json_put_enum(out, field->descriptor, (int)integer);
        return true;
    default:
        if (!read_integer(field->type, value->number, &integer) ||
            !rule_takes_integer(rule, integer))
            return false;
        json_put_integer(out, integer);
        return true;
    }
}

/* ---- days and times ---- */

/* Up to three numbers by their fields. */
static bool
read_numbers(struct span span, int64_t *ret_numbers, size_t count)
{
    uint64_t last = 0;
    while (span.at < span.end) {
        uint64_t key, number;
        if (!take_varint(&span, &key) || (key & 7) != WIRE_VARINT || key >> 3 <= last ||
            key >> 3 > count || !take_varint(&span, &number))
            return false;
        last = key >> 3;
        ret_numbers[last - 1] = (int64_t)number;
    }
    return true;
}

static bool
write_date(struct buf *out, struct span span)
{
    int64_t numbers[3] = {0};
    Common__V1__Date date = COMMON__V1__DATE__INIT;
    if (!read_numbers(span, numbers, COUNT_OF(numbers)))
        return false;
    for (size_t i = 0; i < COUNT_OF(numbers); i++) {
        if (numbers[i] < 0 || numbers[i] > INT32_MAX)
            return false;
    }
    date.year = (int32_t)numbers[0];
    date.month = (int32_t)numbers[1];
    date.day = (int32_t)numbers[2];
    if (!rule_takes_date(&date))
        return false;
    json_put_date(out, &date.base);
    return true;
}

static bool
write_timestamp(struct buf *out, struct span span)
{
    int64_t numbers[2] = {0};
    Google__Protobuf__Timestamp time = GOOGLE__PROTOBUF__TIMESTAMP__INIT;
    if (!read_numbers(span, numbers, COUNT_OF(numbers)) || numbers[1] < 0 || numbers[1] > INT32_MAX)
        return false;
    time.seconds = numbers[0];
    time.nanos = (int32_t)numbers[1];
    if (!rule_takes_time(&time))
        return false;
    json_put_timestamp(out, &time.base);
    return true;
}

/* ---- fields that are there ---- */

/* Whether one more value of the field follows; then its key is taken. */
static bool
take_same_key(struct span *span, uint64_t key)
{
    struct span next = *span;
    uint64_t next_key;
    if (!take_varint(&next, &next_key) || next_key != key)
        return false;
    *span = next;
    return true;
}

/* Numbers stand together in one value, all else in a value each. */
static bool
write_list(struct buf *out, const ProtobufCFieldDescriptor *field,
           const struct contract_field *rule, uint64_t key, struct value value, struct span *span,
           unsigned depth)
{
    bool is_together = !is_enclosed(field_kind(field));
    struct span numbers = value.span;
    uint32_t count = 0;
    buf_add_char(out, '[');
    for (;;) {
        if (is_together && numbers.at == numbers.end)
            break;
        if (is_together && !take_varint(&numbers, &value.number))
            return false;
        if (++count > rule->size_max ||
            !write_value(out, field, rule, &value, CONTRACT_TEXT_BYTES, depth))
            return false;
        buf_add_char(out, ',');
        if (is_together)
            continue;
        if (!take_same_key(span, key))
            break;
        if (!take_value(span, key, &value))
            return false;
    }
    json_put_close(out, ']');
    return count > 0; /* nobody packs an empty list */
}

/* Whether a key comes after another, by its bytes; any does after none. */
static bool
is_after(struct span key, struct span last)
{
    if (key.at == NULL || last.at == NULL)
        return key.at != NULL;
    size_t size_bytes = span_size(key), last_bytes = span_size(last);
    int order = memcmp(key.at, last.at, size_bytes < last_bytes ? size_bytes : last_bytes);
    return order > 0 || (order == 0 && size_bytes > last_bytes);
}

/* A map's entry: both of its fields, the key a text that comes after the one before. */
static bool
write_entry(struct buf *out, const struct contract_message *entry, struct span span,
            struct span *last_key, unsigned depth)
{
    struct value parts[2];
    for (unsigned i = 0; i < COUNT_OF(parts); i++) {
        const ProtobufCFieldDescriptor *field = &entry->descriptor->fields[i];
        uint64_t key, wire = is_enclosed(field_kind(field)) ? WIRE_BYTES : WIRE_VARINT;
        if (!take_varint(&span, &key) || key != ((uint64_t)field->id << 3 | wire) ||
            !take_value(&span, key, &parts[i]))
            return false;
        if (i == 0 && !write_value(out, field, &entry->fields[0], &parts[0],
                                   entry->fields[0].size_max, depth))
            return false;
        if (i == 0)
            buf_add_char(out, ':');
    }
    if (!is_after(parts[0].span, *last_key) || span.at != span.end)
        return false;
    *last_key = parts[0].span;
    return write_value(out, &entry->descriptor->fields[1], &entry->fields[1], &parts[1],
                       entry->fields[1].size_max, depth);
}

static bool
write_map(struct buf *out, const struct contract_field *rule, uint64_t key, struct value value,
          struct span *span, unsigned depth)
{
    const struct contract_message *entry = rule->message;
    struct span last_key = {0};
    uint32_t count = 0;
    if (field_kind(&entry->descriptor->fields[0]) != FIELD_TEXT)
        return false;
    buf_add_char(out, '{');
    for (;;) {
        if (++count > rule->size_max || !write_entry(out, entry, value.span, &last_key, depth + 1))
            return false;
        buf_add_char(out, ',');
        if (!take_same_key(span, key))
            break;
        if (!take_value(span, key, &value))
            return false;
    }
    json_put_close(out, '}');
    return true;
}

/* ---- fields that are not there ---- */

static void
write_empty(struct buf *out, const ProtobufCFieldDescriptor *field)
{
    switch (field_kind(field)) {
    case FIELD_TEXT:
    case FIELD_BYTES:
        buf_add(out, "\"\"", 2);
        return;
    case FIELD_MESSAGE:
        buf_add(out, "null", 4);
        return;
    case FIELD_ENUM:
        json_put_enum(out, field->descriptor, 0);
        return;
    case FIELD_BOOL:
        json_put_bool(out, false);
        return;
    default:
        buf_add_char(out, '0');
        return;
    }
}

/* False: it has to be there. */
static bool
write_absent(struct buf *out, const ProtobufCFieldDescriptor *field,
             const struct contract_field *rule)
{
    enum field_kind kind = field_kind(field);
    bool is_kept =
        (rule->flags & CONTRACT_KEEP_EMPTY) != 0 || (!is_enclosed(kind) && kind != FIELD_ENUM);
    /* A boolean says false by not being there. */
    if ((rule->flags & CONTRACT_REQUIRED) != 0 &&
        (kind != FIELD_BOOL || field_is_oneof(field) || field_is_repeated(field)))
        return false;
    if (field_is_oneof(field) || (!field_is_repeated(field) && !is_kept))
        return true;
    json_put_name(out, rule->name);
    if ((rule->flags & CONTRACT_MAP) != 0)
        buf_add(out, "{}", 2);
    else if (field_is_repeated(field))
        buf_add(out, "[]", 2);
    else
        write_empty(out, field);
    buf_add_char(out, ',');
    return true;
}

/* ---- messages ---- */

/* The oneofs of which a member was seen: of a second one the last counts, which is not understood
 * here. */
struct cases {
    unsigned offsets[CASES_MAX];
    unsigned count;
};

static bool
add_case(struct cases *cases, const ProtobufCFieldDescriptor *field)
{
    for (unsigned i = 0; i < cases->count; i++) {
        if (cases->offsets[i] == field->quantifier_offset)
            return false;
    }
    if (cases->count == CASES_MAX)
        return false;
    cases->offsets[cases->count++] = field->quantifier_offset;
    return true;
}

/* A field whose key was taken off. */
static bool
write_field(struct buf *out, const ProtobufCFieldDescriptor *field,
            const struct contract_field *rule, uint64_t key, struct span *span, struct cases *cases,
            unsigned depth)
{
    struct value value;
    bool is_bytes = is_enclosed(field_kind(field)) || field_is_repeated(field);
    if ((key & 7) != (is_bytes ? WIRE_BYTES : WIRE_VARINT) || !take_value(span, key, &value))
        return false;
    bool is_zero = is_bytes
                       ? value.span.at == value.span.end && field->type != PROTOBUF_C_TYPE_MESSAGE
                       : value.number == 0;
    if (field_is_oneof(field) ? !add_case(cases, field) : is_zero && !field_is_repeated(field))
        return false; /* nobody packs a zero */
    json_put_name(out, rule->name);
    bool is_good = (rule->flags & CONTRACT_MAP) != 0 ? write_map(out, rule, key, value, span, depth)
                   : field_is_repeated(field)
                       ? write_list(out, field, rule, key, value, span, depth)
                       : write_value(out, field, rule, &value, rule->size_max, depth);
    buf_add_char(out, ',');
    return is_good;
}

static bool
write_object(struct buf *out, const struct contract_message *contract, struct span span,
             unsigned depth)
{
    const ProtobufCMessageDescriptor *descriptor = contract->descriptor;
    struct cases cases = {.count = 0};
    unsigned i = 0;
    buf_add_char(out, '{');
    while (span.at < span.end) {
        uint64_t key;
        if (!take_varint(&span, &key))
            return false;
        for (; i < descriptor->n_fields && descriptor->fields[i].id < key >> 3; i++) {
            if (!write_absent(out, &descriptor->fields[i], &contract->fields[i]))
                return false;
        }
        if (i == descriptor->n_fields || descriptor->fields[i].id != key >> 3 ||
            !write_field(out, &descriptor->fields[i], &contract->fields[i], key, &span, &cases,
                         depth))
            return false;
        i++;
    }
    for (; i < descriptor->n_fields; i++) {
        if (!write_absent(out, &descriptor->fields[i], &contract->fields[i]))
            return false;
    }
    json_put_close(out, '}');
    return true;
}

static bool
write_message(struct buf *out, const struct contract_message *contract, struct span span,
              unsigned depth)
{
    if (depth > CONTRACT_DEPTH_MAX)
        return false;
    if (contract->kind == CONTRACT_DATE)
        return write_date(out, span);
    if (contract->kind == CONTRACT_TIMESTAMP)
        return write_timestamp(out, span);
    return write_object(out, contract, span, depth);
}

bool
json_write_packed(struct buf *out, const struct contract_message *contract, const uint8_t *bytes,
                  size_t size_bytes)
{
    static const uint8_t nothing[1];
    size_t start = out->size_bytes;
    const uint8_t *at = bytes != NULL ? bytes : nothing;
    if (write_message(out, contract, (struct span){at, at + size_bytes}, 1))
        return true;
    out->size_bytes = start;
    return false;
}
