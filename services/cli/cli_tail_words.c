/*
 * cli_tail_words - the command line of aftercare tail
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_tail.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A word, and where its value goes. */
struct word {
    const char *name;
    size_t offset;
    bool is_flag;
};

#define VALUE(text, member)                                                                        \
    {                                                                                              \
        text, offsetof(struct cli_tail_words, member), false                                       \
    }
#define FLAG(text, member)                                                                         \
    {                                                                                              \
        text, offsetof(struct cli_tail_words, member), true                                        \
    }

static const struct word words[] = {
    VALUE("--aggregate", aggregate), VALUE("--bus-dir", bus_dir),  VALUE("--connect", connect),
    VALUE("--curve-dir", curve_dir), FLAG("--end", is_ending),     FLAG("--help", is_help),
    FLAG("--json", is_json),         VALUE("--state", state_path), VALUE("--token", token),
};

void
cli_tail_print_help(void)
{
    printf(
        "usage: aftercare tail [--after PLACE] [--end] [--type TYPE]... [--aggregate TYPE[/ID]]\n"
        "                      [--json] [--state FILE] [--token TOKEN]\n"
        "                      [--bus-dir DIR | --connect ADDRESS [--curve-dir DIR]]\n"
        "\n"
        "Prints events as they come, one a line, until it is interrupted.\n"
        "\n"
        "  --after PLACE      begins behind this one: a position, as 42, 0 for the first, or a\n"
        "                     sequence, as 1-0000000000000042. Without it: with what comes next.\n"
        "  --end              ends where the log ends.\n"
        "  --type TYPE        only events of this type, as warranty.v1.ClaimDecided; may be given\n"
        "                     more than once.\n"
        "  --aggregate WHICH  only events of this type of aggregate, as claim, or of this one, as\n"
        "                     claim/0190163d-8694-739b-aea5-966c26f8ad91.\n"
        "  --json             prints CloudEvents in JSON.\n"
        "  --state FILE       keeps the place in FILE, written after the lines were, and begins\n"
        "                     there the next time: no line is lost, and the last ones may come\n"
        "                     twice. --after holds until FILE is there.\n"
        "  --token TOKEN      a bearer token of an analyst, manager, administrator or "
        "integration;\n"
        "                     better given as AFTERCARE_TOKEN, which others cannot see.\n"
        "  --bus-dir DIR      folder of the bus's sockets, else AFTERCARE_BUS_DIR, else .run/bus.\n"
        "  --connect ADDRESS  over tcp, as tcp://{service}:7400, else AFTERCARE_BUS_CONNECT.\n"
        "  --curve-dir DIR    folder of CURVE keys: tail.secret, tail.public and events.public,\n"
        "                     else AFTERCARE_CURVE_DIR.\n"
        "\n"
        "Where the events daemon is away it waits. Ends with 0 after SIGINT or SIGTERM or at the\n"
        "end, 1 where it is refused, 2 for wrong words or files that cannot be used, 3 where "
        "events\n"
        "behind the place are gone: their readers must begin anew.\n");
}

static bool
complain(const char *why, const char *word)
{
    fprintf(stderr, "aftercare: %s %s; aftercare tail --help lists the words\n", word, why);
    return false;
}

static bool
take_value(struct cli_tail_words *wish, const char *name, const char *value)
{
    if (strcmp(name, "--after") == 0) {
        wish->is_after_said = true;
        return cli_place_parse(value, &wish->after) ||
               complain("must be a position or a sequence", "--after");
    }
    if (strcmp(name, "--type") == 0) {
        if (wish->type_count == CLI_TAIL_TYPES_MAX)
            return complain("was given too often", "--type");
        wish->types[wish->type_count++] = value;
        return true;
    }
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (words[i].is_flag || strcmp(words[i].name, name) != 0)
            continue;
        *(const char **)((char *)wish + words[i].offset) = value;
        return true;
    }
    return complain("is no word of it", name);
}

static bool
take_flag(struct cli_tail_words *wish, const char *name)
{
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        if (!words[i].is_flag || strcmp(words[i].name, name) != 0)
            continue;
        *(bool *)((char *)wish + words[i].offset) = true;
        return true;
    }
    return false;
}

static const char *
environment(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != 0 ? value : NULL;
}

/* What was not said, and what cannot be. */
static bool
complete(struct cli_tail_words *wish)
{
    if (wish->token == NULL)
        wish->token = environment("AFTERCARE_TOKEN");
    if (wish->token == NULL)
        return complain("or AFTERCARE_TOKEN is needed", "--token");
    if (wish->connect == NULL && wish->bus_dir == NULL)
        wish->connect = environment("AFTERCARE_BUS_CONNECT");
    if (wish->connect == NULL && wish->bus_dir == NULL)
        wish->bus_dir = environment("AFTERCARE_BUS_DIR");
    if (wish->connect == NULL && wish->bus_dir == NULL)
        wish->bus_dir = ".run/bus";
    if (wish->curve_dir == NULL)
        wish->curve_dir = environment("AFTERCARE_CURVE_DIR");
    if (wish->connect == NULL)
        wish->connect = "";
    return true;
}

bool
cli_tail_read_words(int argc, char **argv, struct cli_tail_words *ret_words)
{
    *ret_words = (struct cli_tail_words){.aggregate = ""};
    for (int i = 0; i < argc; i++) {
        if (take_flag(ret_words, argv[i]))
            continue;
        if (i + 1 == argc)
            return complain(argv[i][0] == '-' ? "needs a value, or is no word of it"
                                              : "is no word of it",
                            argv[i]);
        if (!take_value(ret_words, argv[i], argv[i + 1]))
            return false;
        i++;
    }
    return ret_words->is_help || complete(ret_words);
}
