/*
 * json_suite_test - the parser over the JSON parsing test suite (nst/JSONTestSuite)
 *
 * Names begin with y_ (must be accepted), n_ (must be refused) or i_ (either; what happens is
 * printed). The files lie beside the source tree, in ../shared/data; where they are absent the test
 * is skipped.
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"

enum { FOLDER_SIZE = PATH_MAX + 64 };

static const char suite[] = "shared/data/jsontestsuite/test_parsing";

/* Valid JSON that we refuse by design: a key twice, and a zero byte. */
static const char *const refused_by_design[] = {
    "y_object_duplicated_key.json",
    "y_object_duplicated_key_and_value.json",
    "y_object_escaped_null_in_key.json",
    "y_string_null_escape.json",
};

/* Looks for the suite above `start`, level by level. */
static DIR *
find_above(const char *start, char *ret_path)
{
    char real[PATH_MAX];
    if (realpath(start, real) == NULL)
        return NULL;
    for (char *slash = real + strlen(real); slash != NULL; slash = strrchr(real, '/')) {
        *slash = 0;
        snprintf(ret_path, FOLDER_SIZE, "%s/%s", real, suite);
        DIR *folder = opendir(ret_path);
        if (folder != NULL)
            return folder;
    }
    return NULL;
}

static void
read_file(const char *folder, const char *name, struct buf *ret_text)
{
    char path[FOLDER_SIZE + 300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char part[4096];
    for (size_t size; (size = fread(part, 1, sizeof part, file)) > 0;)
        buf_add(ret_text, part, size);
    fclose(file);
}

/* True: accepted. Refusals must have a reason and a place within the text, or just behind it. */
static bool
is_accepted(const char *name, const struct buf *text, struct fault *ret_fault)
{
    struct json_t *json;
    *ret_fault = (struct fault){0};
    if (json_parse(text->bytes, text->size_bytes, &json, ret_fault) == OK) {
        json_decref(json);
        return true;
    }
    assert_int_equal(ret_fault->code, ERR_INVALID_ARGUMENT);
    size_t offset = 0;
    for (int line = 1; line < ret_fault->line; line++) {
        const char *end = memchr(text->bytes + offset, '\n', text->size_bytes - offset);
        if (end == NULL)
            fail_msg("%s: has no line %d", name, ret_fault->line);
        offset = (size_t)(end + 1 - text->bytes);
    }
    if (ret_fault->line < 1 || ret_fault->column < 1 ||
        offset + (size_t)ret_fault->column > text->size_bytes + 1)
        fail_msg("%s: has no place %d:%d", name, ret_fault->line, ret_fault->column);
    return false;
}

static bool
is_refused_by_design(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(refused_by_design); i++)
        if (strcmp(name, refused_by_design[i]) == 0)
            return true;
    return false;
}

static void
check_file(const char *folder, const char *name)
{
    struct buf text = {0};
    struct fault fault;
    read_file(folder, name, &text);
    buf_text(&text); /* memory even for an empty file */
    bool is_good = is_accepted(name, &text, &fault);
    if (name[0] == 'i')
        print_message("  %-58s %s %s\n", name,
                      is_good ? "accepted" : "refused:", is_good ? "" : fault.message);
    else if (is_good != (name[0] == 'y' && !is_refused_by_design(name)))
        fail_msg("%s was %s %s", name, is_good ? "accepted" : "refused:", fault.message);
    buf_free(&text);
}

static int
compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_case(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return (name[0] == 'y' || name[0] == 'n' || name[0] == 'i') && name[1] == '_';
}

static void
each_file_of_the_suite_is_treated_as_its_name_says(void **state UNUSED)
{
    char folder[FOLDER_SIZE];
    DIR *found = find_above(__FILE__, folder);
    if (found == NULL)
        found = find_above(".", folder);
    if (found == NULL) {
        print_message("skipped: %s is not there\n", suite);
        skip();
    }
    closedir(found);
    struct dirent **entries;
    int count = scandir(folder, &entries, is_case, compare_names);
    assert_true(count > 300);
    int counts[128] = {0};
    for (int i = 0; i < count; i++) {
        check_file(folder, entries[i]->d_name);
        counts[(unsigned char)entries[i]->d_name[0] & 0x7f]++;
        free(entries[i]);
    }
    free(entries);
    print_message("%d files: %d y_ (%zu refused by design), %d n_, %d i_\n", count, counts['y'],
                  COUNT_OF(refused_by_design), counts['n'], counts['i']);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_of_the_suite_is_treated_as_its_name_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
