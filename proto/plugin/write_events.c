/*
 * write_events - events.md: the event catalogue
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/write.h"

#include "proto/plugin/describe.h"

static void
write_event(const struct model_message *event, struct text *out)
{
    bool is_brief = event->event->retention == COMMON__V1__RETENTION__RETENTION_BRIEF;
    text_add(out, "\n### `%s`\n\n%s\n\nAggregate: `%s`. Kept: %s.\n\n", event->full_name,
             event->place.comment, event->event->aggregate, is_brief ? "briefly" : "long");
    if (event->event->contact[0] != '\0')
        text_add(out, "Who it tells about is reached by `%s`.\n\n", event->event->contact);
    if (event->field_count == 0)
        return;
    text_add(out, "| field | number | type | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < event->field_count; i++) {
        const struct model_field *field = &event->fields[i];
        text_add(out, "| `%s` | %d | %s | %s |\n", field->name, field->number, describe_type(field),
                 describe_field(field));
    }
}

void
write_events(const struct model *model, struct output *output)
{
    struct text out = {0};
    text_add(&out,
             "# Events\n\nMade from `proto/` in the build. Payloads are protobuf messages of "
             "these types; none holds personal data. [protocol/events.md](protocol/events.md) "
             "says how they are read, and how long \"long\" and \"briefly\" are.\n");
    for (size_t f = 0; f < model->file_count; f++) {
        const struct model_file *file = model->files[f];
        bool has_heading = false;
        for (size_t i = 0; file->is_wanted && i < file->message_count; i++) {
            if (file->messages[i]->event == NULL)
                continue;
            if (!has_heading)
                text_add(&out, "\n## %s\n", file->package);
            has_heading = true;
            write_event(file->messages[i], &out);
        }
    }
    output_add(output, "events.md", &out);
}
