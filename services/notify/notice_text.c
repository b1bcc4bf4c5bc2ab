/*
 * notice_text - the words of a notice: what may stand in braces, and what is put there
 *
 * One walk over the text, with a function for what stands in braces: once to look it over, once to
 * write it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "notice_text.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/buf.h"
#include "common/language.h"
#include "common/message.h"
#include "common/v1/decision.pb-c.h"
#include "common/zone.h"
#include "event_field.h"

/* ---- the walk ---- */

struct walk {
    const char *text;
    const char *at;
    struct buf *out; /* NULL: nothing is written */
    struct fault *fault;
};

static enum err
refuse(const struct walk *walk, const char *reason, const char *sentence)
{
    enum err err = fault_set(walk->fault, ERR_INVALID_ARGUMENT, reason, "%s", sentence);
    const char *line = walk->text;
    walk->fault->line = 1;
    for (const char *c = walk->text; c < walk->at; c++) {
        if (*c != '\n')
            continue;
        walk->fault->line++;
        line = c + 1;
    }
    walk->fault->column = (int)(walk->at - line) + 1;
    return err;
}

/* Words up to the next placeholder or the end; doubled braces become one. */
static enum err
pass_words(struct walk *walk)
{
    for (;;) {
        size_t size = strcspn(walk->at, "{}");
        if (walk->out != NULL)
            buf_add(walk->out, walk->at, size);
        walk->at += size;
        if (*walk->at == 0 || (walk->at[0] == '{' && walk->at[1] != '{'))
            return OK;
        if (walk->at[1] != walk->at[0])
            return refuse(walk, "PLACEHOLDER_MALFORMED",
                          "'}' without '{'; a brace is written by doubling it");
        if (walk->out != NULL)
            buf_add_char(walk->out, *walk->at);
        walk->at += 2;
    }
}

/* At '{': the name, and the text goes on behind '}'. */
static enum err
take_name(struct walk *walk, char name[NOTICE_PLACEHOLDER_BYTES_MAX + 1])
{
    size_t size = strcspn(walk->at + 1, "{}\n");
    if (walk->at[size + 1] != '}' || size == 0 || size > NOTICE_PLACEHOLDER_BYTES_MAX)
        return refuse(walk, "PLACEHOLDER_MALFORMED",
                      "what stands between braces must be a name; a brace is written by doubling "
                      "it");
    memcpy(name, walk->at + 1, size);
    name[size] = 0;
    return OK;
}

/* ---- what a name stands for ---- */

static bool
has_sentences(const struct contract_message *message, struct event_field *ret_field)
{
    return message != NULL &&
           event_field_find_own(message, NULL, "sentences", strlen("sentences"), ret_field) &&
           ret_field->contract->message != NULL &&
           ret_field->contract->message->descriptor == &common__v1__decision__sentence__descriptor;
}

/* The list of sentences, of the first message of the event that may have one and is there.
 * `payload` NULL: whether there is such a message. */
static bool
find_sentences(const struct contract_message *event, const ProtobufCMessage *payload,
               struct event_field *ret_field)
{
    for (unsigned i = 0; i < event->descriptor->n_fields; i++) {
        struct event_field said = {&event->descriptor->fields[i], &event->fields[i], payload};
        if (said.descriptor->label == PROTOBUF_C_LABEL_REPEATED ||
            !has_sentences(said.contract->message, ret_field))
            continue;
        ret_field->owner = event_field_message(&said);
        if (payload == NULL || ret_field->owner != NULL)
            return true;
    }
    return false;
}

/* Names that no event has. */
static const char *const own_names[] = {
    "contact.name",        "company.name",  "company.address",
    "company.imprint_url", "company.phone", "company.email",
    "company.url",         "link",          "reference",
};

static bool
is_known(const struct contract_message *event, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(own_names); i++)
        if (strcmp(name, own_names[i]) == 0)
            return true;
    struct event_field field;
    if (strcmp(name, "sentence") == 0)
        return find_sentences(event, NULL, &field);
    return event_field_find(event, NULL, name, &field) && event_field_is_printable(&field);
}

/* The sentence that names all there are; those within messages are not listed. */
static void
list_known(const struct contract_message *event, const char *name, struct buf *out)
{
    buf_printf(out, "{%s} is not known; there are", name);
    struct event_field field;
    for (unsigned i = 0; i < event->descriptor->n_fields; i++) {
        field = (struct event_field){&event->descriptor->fields[i], &event->fields[i], NULL};
        if (event_field_is_printable(&field))
            buf_printf(out, " {%s}", event->fields[i].name);
    }
    if (find_sentences(event, NULL, &field))
        buf_add_text(out, " {sentence}");
    for (size_t i = 0; i < COUNT_OF(own_names); i++)
        buf_printf(out, " {%s}", own_names[i]);
}

enum err
notice_text_check(const char *text, const struct contract_message *event, struct fault *ret_fault)
{
    struct walk walk = {.text = text, .at = text, .fault = ret_fault};
    for (;;) {
        enum err err = pass_words(&walk);
        if (err != OK || *walk.at == 0)
            return err;
        char name[NOTICE_PLACEHOLDER_BYTES_MAX + 1];
        err = take_name(&walk, name);
        if (err == OK && !is_known(event, name)) {
            struct buf sentence = {0};
            list_known(event, name, &sentence);
            err = refuse(&walk, "PLACEHOLDER_UNKNOWN", buf_text(&sentence));
            buf_free(&sentence);
        }
        if (err != OK)
            return err;
        walk.at += strlen(name) + 2;
    }
}

/* ---- what is put there ---- */

static const char *
choose_sentence(const struct event_field *field, const char *language)
{
    const char *languages[POLICY_LANGUAGES_MAX];
    const uint8_t *at = (const uint8_t *)field->owner;
    Common__V1__Decision__Sentence *const *sentences;
    size_t count;
    memcpy(&count, at + field->descriptor->quantifier_offset, sizeof count);
    memcpy(&sentences, at + field->descriptor->offset, sizeof(void *));
    count = count < COUNT_OF(languages) ? count : COUNT_OF(languages);
    for (size_t i = 0; i < count; i++)
        languages[i] = sentences[i]->language;
    return count > 0 ? sentences[language_choose(languages, count, language, "")]->text : "";
}

static const char *
find_own_value(const struct notice_source *source, const char *name)
{
    const struct policy_branding *branding = &source->policy->branding;
    const struct policy_contact *service = policy_find_contact(source->policy, "service");
    const struct {
        const char *name;
        const char *value;
    } values[] = {
        {"contact.name", source->contact_name},
        {"company.name", branding->company},
        {"company.address", branding->address},
        {"company.imprint_url", branding->imprint_url},
        {"company.phone", service != NULL ? service->phone : ""},
        {"company.email", service != NULL ? service->email : ""},
        {"company.url", service != NULL ? service->url : ""},
        {"link", source->link},
        {"reference", source->reference},
    };
    for (size_t i = 0; i < COUNT_OF(values); i++)
        if (strcmp(name, values[i].name) == 0)
            return values[i].value;
    return NULL;
}

static void
write_message(const struct notice_source *source, const struct event_field *field, struct buf *out)
{
    const ProtobufCMessage *child = event_field_message(field);
    if (child == NULL)
        return;
    if (field->contract->message->kind == CONTRACT_DATE)
        policy_format_date(source->formatter, message_get_date((const Common__V1__Date *)child),
                           out);
    else if (field->contract->message->kind == CONTRACT_TIMESTAMP)
        policy_format_time(source->formatter,
                           message_get_time((const Google__Protobuf__Timestamp *)child) / 1000000,
                           source->zone, out);
    else
        policy_format_money(source->formatter, message_get_money((const Common__V1__Money *)child),
                            out);
}

static void
write_number(const struct notice_source *source, const struct event_field *field, struct buf *out)
{
    const void *at = (const uint8_t *)field->owner + field->descriptor->offset;
    ProtobufCType type = field->descriptor->type;
    int64_t number = 0;
    int32_t small = 0;
    if (type == PROTOBUF_C_TYPE_INT64 || type == PROTOBUF_C_TYPE_UINT64) {
        memcpy(&number, at, sizeof number);
    } else {
        memcpy(&small, at, sizeof small);
        number = small;
    }
    policy_format_number(source->formatter, number, out);
}

static void
write_field(const struct notice_source *source, const struct event_field *field, struct buf *out)
{
    if (field->owner == NULL)
        return;
    if (field->contract->message != NULL)
        write_message(source, field, out);
    else if (event_field_is_comparable(field))
        buf_add_text(out, event_field_code(field));
    else
        write_number(source, field, out);
}

static void
write_value(const struct notice_source *source, const char *name, struct buf *out)
{
    const char *own = find_own_value(source, name);
    struct event_field field;
    if (own != NULL) {
        buf_add_text(out, own);
    } else if (source->payload == NULL) {
        buf_printf(out, "[%s]", name);
    } else if (strcmp(name, "sentence") == 0) {
        if (find_sentences(source->event, source->payload, &field))
            buf_add_text(out, choose_sentence(&field, source->language));
    } else if (event_field_find(source->event, source->payload, name, &field)) {
        write_field(source, &field, out);
    }
}

/* ---- what speaks of a link that there is not ---- */

/* Whether the text up to `end` has the placeholder: not a name within doubled braces. */
static bool
has_link(const char *text, const char *end)
{
    static const char name[] = "{link}";
    for (const char *at = text; at < end; at++) {
        if (at[0] == '{' && at[1] == '{')
            at++;
        else if (strncmp(at, name, sizeof name - 1) == 0)
            return at + sizeof name - 1 <= end;
    }
    return false;
}

/* The paragraphs without a link; a text that has no others stays as it is. */
static void
keep_linkless(const char *text, struct buf *out)
{
    static const char gap[] = "\n\n";
    for (const char *at = text; at != NULL;) {
        const char *end = strstr(at, gap);
        size_t size = end != NULL ? (size_t)(end - at) : strlen(at);
        if (!has_link(at, at + size)) {
            buf_add_text(out, out->size_bytes > 0 ? gap : "");
            buf_add(out, at, size);
        }
        at = end != NULL ? end + sizeof gap - 1 : NULL;
    }
    if (out->size_bytes == 0)
        buf_add_text(out, text);
}

static void
write_all(const char *text, const struct notice_source *source, struct buf *out)
{
    struct fault fault;
    struct walk walk = {.text = text, .at = text, .out = out, .fault = &fault};
    for (;;) {
        char name[NOTICE_PLACEHOLDER_BYTES_MAX + 1];
        if (pass_words(&walk) != OK || *walk.at == 0 || take_name(&walk, name) != OK)
            return;
        write_value(source, name, out);
        walk.at += strlen(name) + 2;
    }
}

void
notice_text_write(const char *text, const struct notice_source *source, struct buf *out)
{
    if (source->link[0] != 0) {
        write_all(text, source, out);
        return;
    }
    struct buf kept = {0};
    keep_linkless(text, &kept);
    write_all(buf_text(&kept), source, out);
    buf_free(&kept);
}
