/*
 * write_contract - x/v1/y.contract.h and .c: the side tables of a file's messages, methods and
 * machines
 *
 * The form of the tables is common/contract.h. Each table is named after what it is of: the package
 * and the name in snake case, then _contract, _method or _machine.
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/write.h"

#include <inttypes.h>
#include <string.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/name.h"
#include "proto/plugin/route.h"

enum { DEADLINE_MS_DEFAULT = 5000 };

static void
write_header(const struct model_file *file, struct text *out)
{
    write_header_head(out, "Side tables of the messages and methods");
    text_add(out, "#include \"common/contract.h\"\n#include \"%s.pb-c.h\"\n\n", file->stem);
    for (size_t i = 0; i < file->message_count; i++)
        text_add(out, "extern const struct contract_message %s_contract;\n",
                 name_symbol(file->messages[i]->full_name));
    for (size_t s = 0; s < file->service_count; s++)
        for (size_t i = 0; i < file->services[s]->method_count; i++)
            text_add(out, "extern const struct contract_method %s_method;\n",
                     write_method_symbol(&file->services[s]->methods[i]));
    for (size_t i = 0; i < file->enum_count; i++)
        if (file->enums[i]->machine != NULL)
            text_add(out, "extern const struct contract_machine %s_machine;\n",
                     name_symbol(file->enums[i]->full_name));
}

/* Tables point into those of other files only through their headers. */
static void
write_includes(const struct model_file *file, struct text *out)
{
    for (size_t i = 0; i < file->proto->n_dependency; i++) {
        const char *name = file->proto->dependency[i];
        if (text_is_equal(name, "google/protobuf/descriptor.proto"))
            continue;
        size_t stem_len = strlen(name) - strlen(".proto");
        text_add(out, "#include \"%.*s.contract.h\"\n", (int)stem_len, name);
    }
    text_add(out, "\n");
}

static void
write_flags(const struct model_field *field, struct text *out)
{
    const Common__V1__Field *options = field->options;
    const struct {
        bool is_set;
        const char *name;
    } flags[] = {
        {options->required, "CONTRACT_REQUIRED"},
        {options->personal, "CONTRACT_PERSONAL"},
        {options->if_match, "CONTRACT_IF_MATCH"},
        {options->etag, "CONTRACT_ETAG"},
        {options->keep_empty, "CONTRACT_KEEP_EMPTY"},
        {options->output_only, "CONTRACT_OUTPUT_ONLY"},
        {model_is_map(field), "CONTRACT_MAP"},
    };
    const char *joint = "";
    for (size_t i = 0; i < COUNT_OF(flags); i++) {
        if (!flags[i].is_set)
            continue;
        text_add(out, "%s%s", joint, flags[i].name);
        joint = " | ";
    }
    if (joint[0] == '\0')
        text_add(out, "0");
}

/* INT64_MIN has no literal of its own in C. */
static void
write_bound(const char *name, int64_t bound, struct text *out)
{
    if (bound == INT64_MIN)
        text_add(out, ", .%s = INT64_MIN", name);
    else if (bound != 0)
        text_add(out, ", .%s = INT64_C(%" PRId64 ")", name, bound);
}

static void
write_field(const struct model_field *field, struct text *out)
{
    text_add(out, "    {.name = \"%s\", .flags = ", field->name);
    write_flags(field, out);
    if (field->message != NULL)
        text_add(out, ", .message = &%s_contract", name_symbol(field->message->full_name));
    if (field->options->format != 0)
        text_add(out, ", .format = %d", (int)field->options->format);
    if (field->size_max != 0)
        text_add(out, ", .size_max = %" PRIu32, field->size_max);
    write_bound("number_min", field->options->number_min, out);
    write_bound("number_max", field->options->number_max, out);
    text_add(out, "},\n");
}

static void
write_message(const struct model_message *message, struct text *out)
{
    static const char *const kinds[] = {"CONTRACT_OBJECT", "CONTRACT_DATE", "CONTRACT_TIMESTAMP",
                                        "CONTRACT_MAP_ENTRY"};
    const char *symbol = name_symbol(message->full_name);
    if (message->field_count > 0) {
        text_add(out, "static const struct contract_field %s_fields[] = {\n", symbol);
        for (size_t i = 0; i < message->field_count; i++)
            write_field(&message->fields[i], out);
        text_add(out, "};\n");
    }
    text_add(out, "const struct contract_message %s_contract = {\n", symbol);
    text_add(out, "    .descriptor = &%s__descriptor,\n", name_c_prefix(message->full_name));
    if (message->field_count > 0)
        text_add(out, "    .fields = %s_fields,\n", symbol);
    text_add(out, "    .kind = %s,\n", kinds[message->kind]);
    if (message->event != NULL)
        text_add(out, "    .event_aggregate = \"%s\",\n", message->event->aggregate);
    if (message->event != NULL &&
        message->event->retention == COMMON__V1__RETENTION__RETENTION_BRIEF)
        text_add(out, "    .is_event_brief = true,\n");
    if (message->event != NULL && message->event->contact[0] != '\0')
        text_add(out, "    .event_contact = &%s_method,\n",
                 write_method_symbol(model_find_contact(message)));
    text_add(out, "};\n\n");
}

/* The owner's field as indexes; false if there is none. */
static bool
write_owner_indexes(const struct model_method *method, const char *symbol, struct text *out)
{
    const char *path = method->access->owner_field;
    if (path[0] == '\0')
        return false;
    text_add(out, "static const unsigned %s_owner[] = {", symbol);
    const struct model_message *message = method->response;
    const char *joint = "";
    for (const char *step = path; *step != '\0';) {
        size_t len = strcspn(step, ".");
        const struct model_field *field = model_find_field(message, memory_copy(step, len));
        text_add(out, "%s%zu", joint, field->index);
        joint = ", ";
        message = field->message;
        step += len + (step[len] == '.');
    }
    text_add(out, "};\n");
    return true;
}

static int
index_of(const struct model_message *message, const char *field_name)
{
    const struct model_field *field =
        field_name[0] == '\0' ? NULL : model_find_field(message, field_name);
    return field == NULL ? -1 : (int)field->index;
}

static void
write_method(const struct model_method *method, struct text *out)
{
    const char *symbol = write_method_symbol(method);
    const Common__V1__Access *access = method->access;
    bool has_owner = write_owner_indexes(method, symbol, out);
    const struct model_field *if_match = model_if_match_field(method->request);
    uint32_t deadline_ms =
        method->run->deadline_ms == 0 ? DEADLINE_MS_DEFAULT : method->run->deadline_ms;
    text_add(out, "const struct contract_method %s_method = {\n", symbol);
    text_add(out, "    .name = \"%s.%s/%s\",\n", method->service->file->package,
             method->service->name, method->name);
    text_add(out, "    .service = \"%s\",\n", method->service->noun);
    text_add(out, "    .verb = \"%s\",\n", method->name);
    text_add(out, "    .request = &%s_contract,\n", name_symbol(method->request->full_name));
    text_add(out, "    .response = &%s_contract,\n", name_symbol(method->response->full_name));
    text_add(out, "    .deadline_ms = %" PRIu32 ",\n", deadline_ms);
    text_add(out, "    .repeat = %s,\n",
             method->run->repeat == COMMON__V1__REPEAT__SAFE ? "CONTRACT_SAFE" : "CONTRACT_KEYED");
    text_add(out, "    .roles = UINT32_C(0x%" PRIx32 "),\n",
             model_role_bits(access->roles, access->n_roles));
    text_add(out, "    .own_roles = UINT32_C(0x%" PRIx32 "),\n",
             model_role_bits(access->own_roles, access->n_own_roles));
    if (has_owner)
        text_add(out,
                 "    .owner = {.text = \"%s\", .count = sizeof %s_owner / sizeof %s_owner[0],\n"
                 "              .indexes = %s_owner},\n",
                 access->owner_field, symbol, symbol, symbol);
    text_add(out, "    .is_anonymous = %s,\n", access->anonymous ? "true" : "false");
    text_add(out, "    .link_field = %d,\n", index_of(method->request, access->link_field));
    text_add(out, "    .if_match_field = %d,\n", if_match == NULL ? -1 : (int)if_match->index);
    text_add(out, "};\n\n");
}

/* The number of a state; an empty name is the state before there is anything. */
static int
state_number(const struct model_enum *states, const char *name)
{
    return name[0] == '\0' ? 0 : (int)model_find_value(states, name)->number;
}

/* A row for each way from one state to another; answers how many. */
static size_t
write_transition(const struct model_enum *states, const Common__V1__Transition *transition,
                 struct text *out)
{
    for (size_t f = 0; f < model_source_count(transition); f++)
        for (size_t t = 0; t < transition->n_to; t++)
            text_add(out,
                     "    {.from = %d, .verb = \"%s\", .to = %d, .roles = UINT32_C(0x%" PRIx32
                     ")},\n",
                     state_number(states, model_source(transition, f)), model_cause(transition),
                     state_number(states, transition->to[t]),
                     model_role_bits(transition->roles, transition->n_roles));
    return model_source_count(transition) * transition->n_to;
}

static void
write_machine(const struct model_enum *states, struct text *out)
{
    const Common__V1__Machine *machine = states->machine;
    const char *symbol = name_symbol(states->full_name);
    size_t count = 0;
    text_add(out, "static const struct contract_transition %s_transitions[] = {\n", symbol);
    for (size_t i = 0; i < machine->n_transitions; i++)
        count += write_transition(states, machine->transitions[i], out);
    text_add(out, "};\nconst struct contract_machine %s_machine = {\n", symbol);
    text_add(out, "    .name = \"%s\",\n", states->full_name);
    text_add(out, "    .states = &%s__descriptor,\n", name_c_prefix(states->full_name));
    text_add(out, "    .transitions = %s_transitions,\n    .count = %zu,\n};\n\n", symbol, count);
}

void
write_contract(const struct model_file *file, struct output *output)
{
    struct text header = {0};
    write_header(file, &header);
    const char *header_name = memory_format("%s.contract.h", file->stem);
    output_add(output, header_name, &header);

    struct text body = {0};
    write_source_head(&body, header_name, "Side tables of the messages and methods");
    write_includes(file, &body);
    for (size_t i = 0; i < file->message_count; i++)
        write_message(file->messages[i], &body);
    for (size_t s = 0; s < file->service_count; s++)
        for (size_t i = 0; i < file->services[s]->method_count; i++)
            write_method(&file->services[s]->methods[i], &body);
    for (size_t i = 0; i < file->enum_count; i++)
        if (file->enums[i]->machine != NULL)
            write_machine(file->enums[i], &body);
    output_add(output, memory_format("%s.contract.c", file->stem), &body);
}
