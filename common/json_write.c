/*
 * json_write - a message as JSON, by its contract
 *
 * It writes straight into the buffer: room is made for the longest form, then bytes are put.
 *
 * The message must have passed contract_check: integers that JSON readers would round and days that
 * do not exist are asserted here, the other half of that pair.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/json_put.h"

#include <sodium.h>
#include <string.h>

#include "common/contract_field.h"
#include "common/date.h"
#include "common/v1/types.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"

enum { INTEGER_SIZE = 20, ESCAPE_SIZE = 6, TIME_SIZE = 32 };

static void write_message(struct buf *out, const struct contract_message *contract,
                          const ProtobufCMessage *message);

void
json_put_close(struct buf *out, char bracket)
{
    char *end = buf_room(out, 1);
    if (end[-1] == ',')
        end[-1] = bracket;
    else {
        *end = bracket;
        out->size_bytes++;
    }
}

void
json_put_name(struct buf *out, const char *name)
{
    size_t size_bytes = strlen(name);
    char *at = buf_room(out, size_bytes + 3);
    at[0] = '"';
    memcpy(at + 1, name, size_bytes);
    at[size_bytes + 1] = '"';
    at[size_bytes + 2] = ':';
    out->size_bytes += size_bytes + 3;
}

/* ---- texts ---- */

/* What a byte of a JSON string becomes: 0 itself, 'u' a \u00xx, else a letter behind a backslash.
 */
static const char escapes[256] = {
    [0 ... 7] = 'u', ['\b'] = 'b', ['\t'] = 't',          ['\n'] = 'n', [0x0b] = 'u',
    ['\f'] = 'f',    ['\r'] = 'r', [0x0e ... 0x1f] = 'u', ['"'] = '"',  ['\\'] = '\\',
};

static void
write_escape(struct buf *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char *at = buf_room(out, ESCAPE_SIZE);
    const char form[ESCAPE_SIZE] = {'\\', escapes[c], '0', '0', hex[c >> 4], hex[c & 15]};
    memcpy(at, form, ESCAPE_SIZE);
    out->size_bytes += escapes[c] == 'u' ? ESCAPE_SIZE : 2;
}

/* Whether some byte of a word is beyond ASCII, a control character, a quote or a backslash. At
 * worst it says so of one beside such a byte. */
static bool
has_special(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = ones << 7;
    uint64_t quotes = word ^ ones * '"', slashes = word ^ ones * '\\';
    uint64_t found = (word - ones * 0x20) | (quotes - ones) | (slashes - ones) | word;
    return (found & highs) != 0;
}

size_t
json_clean_size(const char *text, size_t size_bytes)
{
    size_t i = 0;
    for (uint64_t word; size_bytes - i >= sizeof word; i += sizeof word) {
        memcpy(&word, text + i, sizeof word);
        if (has_special(word))
            return i;
    }
    while (i < size_bytes && (unsigned char)text[i] < 0x80 && escapes[(unsigned char)text[i]] == 0)
        i++;
    return i;
}

void
json_put_text(struct buf *out, const char *text, size_t size_bytes)
{
    size_t done = json_clean_size(text, size_bytes);
    char *at = buf_room(out, done + 2);
    *at++ = '"';
    memcpy(at, text, done);
    out->size_bytes += done + 1;
    while (done < size_bytes) {
        size_t start = done;
        while (done < size_bytes && escapes[(unsigned char)text[done]] == 0)
            done++;
        buf_add(out, text + start, done - start);
        if (done < size_bytes)
            write_escape(out, (unsigned char)text[done++]);
    }
    buf_add_char(out, '"');
}

void
json_put_bytes(struct buf *out, const uint8_t *bytes, size_t size_bytes)
{
    size_t room_bytes = sodium_base64_encoded_len(size_bytes, sodium_base64_VARIANT_ORIGINAL);
    char *at = buf_room(out, room_bytes + 2);
    *at++ = '"';
    sodium_bin2base64(at, room_bytes, bytes, size_bytes, sodium_base64_VARIANT_ORIGINAL);
    at[room_bytes - 1] = '"'; /* in place of the final zero */
    out->size_bytes += room_bytes + 1;
}

/* ---- numbers ---- */

void
json_put_integer(struct buf *out, int64_t value)
{
    CHECK(value >= -FIELD_INTEGER_MAX && value <= FIELD_INTEGER_MAX);
    char digits[INTEGER_SIZE];
    char *at = digits + INTEGER_SIZE;
    uint64_t left = value < 0 ? (uint64_t)-value : (uint64_t)value;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        *--at = '-';
    buf_add(out, at, (size_t)(digits + INTEGER_SIZE - at));
}

void
json_put_bool(struct buf *out, bool value)
{
    buf_add_text(out, value ? "true" : "false");
}

void
json_put_enum(struct buf *out, const ProtobufCEnumDescriptor *values, int value)
{
    const char *name = contract_enum_name(values, value);
    if (name == NULL) {
        json_put_integer(out, value);
        return;
    }
    buf_add_char(out, '"');
    buf_add_text(out, name);
    buf_add_char(out, '"');
}

/* ---- days and times ---- */

void
json_put_date(struct buf *out, const ProtobufCMessage *message)
{
    const Common__V1__Date *date = (const Common__V1__Date *)message;
    char *at = buf_room(out, DATE_TEXT_SIZE + 2);
    *at = '"';
    date_print((struct date){date->year, date->month, date->day}, at + 1);
    at[11] = '"';
    out->size_bytes += 12;
}

static char *
put_two(char *at, unsigned number, char after)
{
    at[0] = (char)('0' + number / 10);
    at[1] = (char)('0' + number % 10);
    at[2] = after;
    return at + 3;
}

void
json_put_timestamp(struct buf *out, const ProtobufCMessage *message)
{
    const Google__Protobuf__Timestamp *time = (const Google__Protobuf__Timestamp *)message;
    CHECK(time->seconds >= FIELD_SECONDS_MIN && time->seconds <= FIELD_SECONDS_MAX);
    CHECK(time->nanos >= 0 && time->nanos <= 999999999);
    int64_t days = (time->seconds - FIELD_SECONDS_MIN) / 86400; /* since 0001-01-01 */
    unsigned second = (unsigned)((time->seconds - FIELD_SECONDS_MIN) % 86400);
    char *start = buf_room(out, TIME_SIZE);
    *start = '"';
    date_print(date_from_days(days + FIELD_SECONDS_MIN / 86400), start + 1);
    start[11] = 'T';
    char *at = put_two(start + 12, second / 3600, ':');
    at = put_two(at, second / 60 % 60, ':');
    at = put_two(at, second % 60, '.');
    for (unsigned left = (unsigned)time->nanos / 1000, scale = 100000; left > 0; scale /= 10) {
        *at++ = (char)('0' + left / scale);
        left %= scale;
    }
    if (at[-1] == '.')
        at--;
    *at++ = 'Z';
    *at++ = '"';
    out->size_bytes += (size_t)(at - start);
}

/* ---- values ---- */

static void
write_value(struct buf *out, const ProtobufCFieldDescriptor *field,
            const struct contract_field *rule, const void *value)
{
    switch (field_kind(field)) {
    case FIELD_INT32:
        json_put_integer(out, *(const int32_t *)value);
        return;
    case FIELD_UINT32:
        json_put_integer(out, *(const uint32_t *)value);
        return;
    case FIELD_INT64:
        json_put_integer(out, *(const int64_t *)value);
        return;
    case FIELD_UINT64:
        CHECK(*(const uint64_t *)value <= (uint64_t)FIELD_INTEGER_MAX);
        json_put_integer(out, (int64_t) * (const uint64_t *)value);
        return;
    case FIELD_BOOL:
        json_put_bool(out, *(const protobuf_c_boolean *)value);
        return;
    case FIELD_ENUM:
        json_put_enum(out, field->descriptor, *(const int *)value);
        return;
    case FIELD_TEXT:
        json_put_text(out, field_text(value), strlen(field_text(value)));
        return;
    case FIELD_BYTES:
        json_put_bytes(out, ((const ProtobufCBinaryData *)value)->data,
                       ((const ProtobufCBinaryData *)value)->len);
        return;
    case FIELD_MESSAGE:
        write_message(out, rule->message, *(const ProtobufCMessage *const *)value);
        return;
    case FIELD_NONE:
        break;
    }
    CHECK(false && "a kind of field");
}

static void
write_list(struct buf *out, const ProtobufCFieldDescriptor *field,
           const struct contract_field *rule, const ProtobufCMessage *message)
{
    size_t count = *field_count(field, message);
    size_t step_bytes = field_value_size_bytes(field->type);
    const char *value = field_values(field, message);
    buf_add_char(out, '[');
    for (size_t i = 0; i < count; i++, value += step_bytes) {
        write_value(out, field, rule, value);
        buf_add_char(out, ',');
    }
    json_put_close(out, ']');
}

/* The key of a map's entry. Numbers and booleans are keys as texts. */
static void
write_key(struct buf *out, const struct contract_message *contract, const ProtobufCMessage *entry)
{
    const ProtobufCFieldDescriptor *key = &contract->descriptor->fields[0];
    bool is_text = field_kind(key) == FIELD_TEXT;
    if (!is_text)
        buf_add_char(out, '"');
    write_value(out, key, &contract->fields[0], field_place(key, entry));
    if (!is_text)
        buf_add_char(out, '"');
    buf_add_char(out, ':');
}

static void
write_map(struct buf *out, const ProtobufCFieldDescriptor *field,
          const struct contract_message *contract, const ProtobufCMessage *message)
{
    ProtobufCMessage *const *entries = field_values(field, message);
    const ProtobufCFieldDescriptor *value = &contract->descriptor->fields[1];
    buf_add_char(out, '{');
    for (size_t i = 0, count = *field_count(field, message); i < count; i++) {
        write_key(out, contract, entries[i]);
        write_value(out, value, &contract->fields[1], field_place(value, entries[i]));
        buf_add_char(out, ',');
    }
    json_put_close(out, '}');
}

/* Whether a single field is left out: what is absent, unless the contract keeps it. */
static bool
is_left_out(const ProtobufCFieldDescriptor *field, const struct contract_field *rule,
            const ProtobufCMessage *message)
{
    const void *value = field_place(field, message);
    if (field_is_oneof(field))
        return *field_case(field, message) != field->id;
    if ((rule->flags & CONTRACT_KEEP_EMPTY) != 0)
        return false;
    switch (field_kind(field)) {
    case FIELD_TEXT:
        return field_text(value)[0] == 0;
    case FIELD_BYTES:
        return ((const ProtobufCBinaryData *)value)->len == 0;
    case FIELD_ENUM:
        return *(const int *)value == 0;
    case FIELD_MESSAGE:
        return *(const void *const *)value == NULL;
    default:
        return false;
    }
}

static void
write_object(struct buf *out, const struct contract_message *contract,
             const ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = contract->descriptor;
    CHECK(message->descriptor == descriptor);
    buf_add_char(out, '{');
    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        const struct contract_field *rule = &contract->fields[i];
        bool is_repeated = field_is_repeated(field);
        if (!is_repeated && is_left_out(field, rule, message))
            continue;
        json_put_name(out, rule->name);
        if ((rule->flags & CONTRACT_MAP) != 0)
            write_map(out, field, rule->message, message);
        else if (is_repeated)
            write_list(out, field, rule, message);
        else
            write_value(out, field, rule, field_place(field, message));
        buf_add_char(out, ',');
    }
    json_put_close(out, '}');
}

static void
write_message(struct buf *out, const struct contract_message *contract,
              const ProtobufCMessage *message)
{
    if (message == NULL)
        buf_add(out, "null", 4);
    else if (contract->kind == CONTRACT_DATE)
        json_put_date(out, message);
    else if (contract->kind == CONTRACT_TIMESTAMP)
        json_put_timestamp(out, message);
    else
        write_object(out, contract, message);
}

void
json_write(struct buf *out, const struct contract_message *contract,
           const ProtobufCMessage *message)
{
    CHECK(message != NULL);
    write_message(out, contract, message);
}

void
json_write_plain(struct buf *out, const struct contract_message *contract,
                 const ProtobufCMessage *message, int field_index)
{
    CHECK(field_index >= 0 && (unsigned)field_index < contract->descriptor->n_fields);
    const ProtobufCFieldDescriptor *field = &contract->descriptor->fields[field_index];
    enum field_kind kind = field_kind(field);
    CHECK(!field_is_repeated(field) && kind != FIELD_MESSAGE && kind != FIELD_BYTES);
    const void *value = field_place(field, message);
    if (field_is_oneof(field) && *field_case(field, message) != field->id)
        return;
    if (kind == FIELD_TEXT)
        buf_add_text(out, field_text(value));
    else if (kind == FIELD_ENUM &&
             contract_enum_name(field->descriptor, *(const int *)value) != NULL)
        buf_add_text(out, contract_enum_name(field->descriptor, *(const int *)value));
    else
        write_value(out, field, &contract->fields[field_index], value);
}
