/*
 * cli_link - aftercare link: makes a link that opens one method for one resource without a token
 *
 * Signed with the installation key, so it is for whoever may read that: an operator who helps a
 * customer by hand. Daemons make their own.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/arena.h"
#include "common/clock.h"
#include "common/link.h"
#include "common/rng.h"
#include "common/uuid.h"
#include "contract_all.h"

enum { ARENA_BYTES = 65536, DAYS_MAX = 3650 };

static const int64_t HOUR_MS = INT64_C(3600) * 1000;

struct cli_link_options {
    const char *method;
    const char *resource;
    int64_t life_ms;
};

/* "12h" or "7d"; 0 for what is no span. */
int64_t
cli_link_parse_span(const char *text)
{
    char *end;
    errno = 0;
    long long count = strtoll(text, &end, 10);
    if (errno != 0 || end == text || end[0] == 0 || end[1] != 0 || count <= 0)
        return 0;
    int64_t unit_ms = *end == 'h' ? HOUR_MS : *end == 'd' ? 24 * HOUR_MS : 0;
    return unit_ms != 0 && count <= DAYS_MAX * 24 * HOUR_MS / unit_ms ? count * unit_ms : 0;
}

static bool
read_options(int argc, char **argv, struct cli_link_options *ret_options)
{
    if (argc != 2 && (argc != 4 || strcmp(argv[2], "--expires") != 0))
        return false;
    *ret_options = (struct cli_link_options){
        .method = argv[0],
        .resource = argv[1],
        .life_ms = argc == 4 ? cli_link_parse_span(argv[3]) : 7 * 24 * HOUR_MS,
    };
    return ret_options->life_ms != 0;
}

bool
cli_link_is_opened(const char *method)
{
    for (size_t i = 0; i < contract_all_methods_count; i++)
        if (strcmp(contract_all_methods[i]->name, method) == 0)
            return contract_all_methods[i]->link_field >= 0;
    return false;
}

static int
print_link(const struct cli_link_options *options)
{
    const char *key_path = getenv("AFTERCARE_KEY_FILE");
    clock_init();
    rng_init();
    principal_init(key_path != NULL ? key_path : ".run/keys/installation.key");
    struct uuid id = uuid_make();
    char id_text[UUID_TEXT_SIZE];
    uuid_print(&id, id_text);
    struct arena *arena = arena_new(ARENA_BYTES);
    const char *link = link_make(arena, id_text, options->method, options->resource,
                                 clock_real_ms() + options->life_ms);
    if (link == NULL)
        fprintf(stderr, "aftercare: \"%s\" is too long for a link\n", options->resource);
    else
        printf("%s\n", link);
    int status = link == NULL ? 1 : 0;
    arena_free(&arena);
    arena_deinit();
    clock_deinit();
    return status;
}

int
cli_link(int argc, char **argv)
{
    struct cli_link_options options;
    if (!read_options(argc, argv, &options)) {
        fprintf(stderr, "usage: aftercare link METHOD RESOURCE [--expires 7d]\n"
                        "METHOD is a full name, as warranty.v1.WarrantyService/GetClaim\n");
        return 2;
    }
    if (!cli_link_is_opened(options.method)) {
        fprintf(stderr,
                "aftercare: no link opens \"%s\"; a method's full name is as "
                "warranty.v1.WarrantyService/GetClaim\n",
                options.method);
        return 1;
    }
    return print_link(&options);
}
