/*
 * source - see source.h
 */
// SPDX-License-Identifier: Apache-2.0
#include "proto/plugin/source.h"

#include <stdlib.h>
#include <string.h>

#include "proto/plugin/memory.h"
#include "proto/plugin/text.h"

typedef Google__Protobuf__SourceCodeInfo__Location Location;

static int
compare_paths(const int32_t *left, size_t left_count, const int32_t *right, size_t right_count)
{
    for (size_t i = 0; i < left_count && i < right_count; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return left_count < right_count ? -1 : left_count > right_count;
}

static int
compare_locations(const void *left, const void *right)
{
    const Location *a = *(Location *const *)left;
    const Location *b = *(Location *const *)right;
    return compare_paths(a->path, a->n_path, b->path, b->n_path);
}

void
source_init(struct source *source, const Google__Protobuf__FileDescriptorProto *file)
{
    source->file = file->name;
    if (file->source_code_info == NULL)
        return;
    source->locations = file->source_code_info->location;
    source->count = file->source_code_info->n_location;
    if (source->count > 0)
        qsort(source->locations, source->count, sizeof source->locations[0], compare_locations);
}

struct source_path
source_step(const struct source_path *path, int32_t number, size_t index)
{
    struct source_path longer = *path;
    CHECK(longer.count + 2 <= SOURCE_PATH_MAX);
    longer.steps[longer.count++] = number;
    longer.steps[longer.count++] = (int32_t)index;
    return longer;
}

/* Lines lose the space after the slashes; lines of one paragraph are joined by spaces. */
static const char *
tidy_comment(const char *comment)
{
    if (comment == NULL)
        return "";
    struct text out = {0};
    bool is_paragraph_end = false;
    for (const char *line = comment; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        const char *next = line + len + (line[len] == '\n');
        while (len > 0 && (*line == ' ' || *line == '\t')) {
            line++;
            len--;
        }
        while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
            len--;
        if (len == 0) {
            is_paragraph_end = true;
        } else {
            if (out.size_bytes > 0)
                text_add(&out, "%s", is_paragraph_end ? "\n\n" : " ");
            text_add_bytes(&out, line, len);
            is_paragraph_end = false;
        }
        line = next;
    }
    return text_bytes(&out);
}

struct source_place
source_find(const struct source *source, const struct source_path *path)
{
    struct source_place place = {.file = source->file, .comment = ""};
    size_t low = 0;
    size_t high = source->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const Location *location = source->locations[middle];
        int order = compare_paths(location->path, location->n_path, path->steps, path->count);
        if (order == 0) {
            place.line = location->n_span > 0 ? location->span[0] + 1 : 0;
            place.column = location->n_span > 1 ? location->span[1] + 1 : 0;
            place.comment = tidy_comment(location->leading_comments);
            return place;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return place;
}
