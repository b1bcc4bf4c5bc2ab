/*
 * policy - the installation's lists of holidays, read once at the start
 *
 * A publication may name lists that it does not hold; they become part of the draft when it is
 * stored, so that what changes in the folder later changes no policy.
 */
// SPDX-License-Identifier: Apache-2.0
#include "policy.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy_cache.h"

struct policyd_config policyd_config;

static struct policy_file holidays[POLICY_FILES_MAX];
static size_t holiday_count;

NO_RETURN static void
give_up(const char *name, const char *why)
{
    fprintf(stderr, "aftercare-policy: AFTERCARE_POLICY_HOLIDAYS: %s%s%s: %s\n",
            policyd_config.holidays, name[0] != 0 ? "/" : "", name, why);
    exit(2);
}

/* "DE.yaml": capitals, digits and dashes before the dot. */
static bool
is_list_name(const char *name)
{
    size_t code_size = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    return code_size > 0 && code_size < HOLIDAY_CODE_SIZE && strcmp(name + code_size, ".yaml") == 0;
}

static void
load_list(const char *name)
{
    struct buf path = {0}, bytes = {0};
    buf_printf(&path, "%s/%s", policyd_config.holidays, name);
    FILE *file = fopen(buf_text(&path), "re");
    buf_free(&path);
    if (file == NULL)
        give_up(name, strerror(errno));
    char *room = buf_room(&bytes, POLICY_FILE_BYTES_MAX + 1);
    size_t size_bytes = fread(room, 1, POLICY_FILE_BYTES_MAX + 1, file);
    if (ferror(file))
        give_up(name, "it cannot be read");
    (void)fclose(file);
    if (size_bytes > POLICY_FILE_BYTES_MAX)
        give_up(name, "it is larger than 1 MiB");
    if (holiday_count == POLICY_FILES_MAX)
        give_up("", "there are more lists than a policy can have");
    char *kept = mem_alloc(size_bytes + 1);
    memcpy(kept, room, size_bytes);
    buf_free(&bytes);
    holidays[holiday_count++] =
        (struct policy_file){.name = mem_copy_text(name), .bytes = kept, .size_bytes = size_bytes};
}

void
policyd_init(void)
{
    if (policyd_config.holidays[0] != 0) {
        DIR *folder = opendir(policyd_config.holidays);
        if (folder == NULL)
            give_up("", strerror(errno));
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
            if (is_list_name(entry->d_name))
                load_list(entry->d_name);
        (void)closedir(folder);
    }
    policy_cache_init((size_t)policyd_config.read_cache_mib * 1024 * 1024,
                      (size_t)policyd_config.page_cache_mib * 1024 * 1024);
}

void
policyd_deinit(void)
{
    policy_cache_deinit();
    for (size_t i = 0; i < holiday_count; i++) {
        mem_free((void *)holidays[i].name);
        mem_free((void *)holidays[i].bytes);
    }
    holiday_count = 0;
    date_deinit();
}

const struct policy_file *
policyd_find_holidays(const char *code)
{
    size_t code_size = strlen(code);
    for (size_t i = 0; i < holiday_count; i++)
        if (strncmp(holidays[i].name, code, code_size) == 0 &&
            strcmp(holidays[i].name + code_size, ".yaml") == 0)
            return &holidays[i];
    return NULL;
}
