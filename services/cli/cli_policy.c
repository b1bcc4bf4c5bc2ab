/*
 * cli_policy - aftercare policy: checks, packs, prints, explains, compares and tries policies
 *
 * Two tables say everything about the command line: the subcommands with the options that each
 * takes, and the options. Reading it and --help are drawn from them. An option's value stands
 * behind it, or after an equals sign.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_policy.h"

#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "cli_policy_output.h"
#include "common/zone.h"

enum { NAMES_MAX = CLI_OPTION_COUNT + POLICY_AXIS_COUNT, NAME_COLUMNS = 18, OPTION_SIZE = 64 };

struct option_row {
    const char *name;
    const char *value; /* what stands with it; NULL: nothing */
    const char *sentence;
};

static const struct option_row options[CLI_OPTION_COUNT] = {
    [CLI_OPTION_SUGGEST] = {"--suggest", NULL,
                            "below a tie, the exceptions that settle it, ready to paste"},
    [CLI_OPTION_TEXT] = {"--text", NULL, "plain text for people (what is printed without it too)"},
    [CLI_OPTION_HTML] = {"--html", NULL, "a whole web page"},
    [CLI_OPTION_YAML] = {"--yaml", NULL, "YAML (what is printed without it too)"},
    [CLI_OPTION_JSON] = {"--json", NULL, "JSON for programs"},
    [CLI_OPTION_LANGUAGE] = {"--language", "TAG", "one of the policy's languages, as de"},
    [CLI_OPTION_CLAUSE] = {"--clause", "ID", "only this clause or right, as warranty.period"},
    [CLI_OPTION_AGAINST] = {"--against", "OLD", "marks what changed since this older version"},
    [CLI_OPTION_INTERNAL] = {"--internal", NULL,
                             "for staff: internal clauses too, and values that no text prints"},
    [CLI_OPTION_FACTS] = {"--facts", "FILE", "the question and what is known (docs/policy.md)"},
    [CLI_OPTION_HOLIDAYS] = {"--holidays", "DIR",
                             "holiday lists; default: the folder holidays beside the policy"},
    [CLI_OPTION_OUTPUT] = {"--output", "FILE", "writes to FILE in place of the terminal"},
    [CLI_OPTION_AXIS] = {"--AXIS", "VALUE",
                         "who reads, as --category large_appliances --region DE: each value that "
                         "varies is then the one for them"},
};

#define OPTION(name) (1U << CLI_OPTION_##name)

struct command_row {
    const char *name;
    const char *words; /* what stands before the options */
    size_t word_count_min;
    size_t word_count_max;
    unsigned options; /* bits of those it takes */
    int (*run)(struct cli_policy *run);
    const char *sentence;
    const char *more;
};

static const struct command_row commands[] = {
    {"check", "FILE", 1, 1, OPTION(SUGGEST) | OPTION(JSON) | OPTION(HOLIDAYS), cli_policy_check,
     "Says what is wrong with a policy, each with its place.",
     "Errors refuse a policy: what cannot be read, values that are missing, rules that tie, texts "
     "that are missing in a language. Warnings do not: values below a statutory floor, rules that "
     "change nothing, values that no text prints."},
    {"decide", "FILE...", 1, POLICY_AXIS_VALUES_MAX,
     OPTION(FACTS) | OPTION(TEXT) | OPTION(JSON) | OPTION(LANGUAGE) | OPTION(HOLIDAYS),
     cli_policy_decide, "Decides a case: the question and the facts stand in a file.",
     "Several policies are versions of one, each with its version and effective_from. One alone "
     "may be a draft: it then counts as in force from the beginning. Whatever the decision is, the "
     "exit "
     "status is 0."},
    {"diff", "OLD NEW", 2, 2, OPTION(LANGUAGE) | OPTION(JSON) | OPTION(HOLIDAYS), cli_policy_diff,
     "Says what changed between two versions, in words, and for whom it is better.",
     "The exit status is 0 whether something changed or not."},
    {"explain", "FILE PARAMETER [AXIS=VALUE...]", 2, 2 + POLICY_AXIS_COUNT,
     OPTION(LANGUAGE) | OPTION(JSON) | OPTION(HOLIDAYS), cli_policy_explain,
     "Says which value holds for somebody and why: the rules tried, the winner, the floor.",
     "PARAMETER is a clause and a parameter, as warranty.period/length, or a clause: then each of "
     "its parameters is explained. What is not said about somebody matches only rules that do not "
     "ask for it."},
    {"pack", "FILE", 1, 1, OPTION(YAML) | OPTION(JSON) | OPTION(HOLIDAYS) | OPTION(OUTPUT),
     cli_policy_pack,
     "Writes a policy and all its files as one: a publication, as POST /v1/policies takes it.",
     "It is checked first. Of YAML, lines and comments are not kept; of JSON every byte counts: it "
     "is "
     "the form that the digest is of."},
    {"print", "FILE", 1, 1,
     OPTION(TEXT) | OPTION(HTML) | OPTION(LANGUAGE) | OPTION(CLAUSE) | OPTION(AGAINST) |
         OPTION(INTERNAL) | OPTION(HOLIDAYS) | OPTION(OUTPUT) | OPTION(AXIS),
     cli_policy_print, "Prints the text that customers read, as plain text or as a web page.",
     NULL},
    {"schema", "", 0, 0, OPTION(YAML) | OPTION(JSON), cli_policy_schema,
     "Prints the catalogue: what a policy can say, and what a case can know.",
     "Kinds, axes, parameters with their direction, moment and axes, code lists, facts, and the "
     "units of fees."},
};

/* ---- help ---- */

static void
print_usage(const struct command_row *command, FILE *out)
{
    fprintf(out, "usage: aftercare policy %s %s%s[OPTION...]\n", command->name, command->words,
            command->words[0] != 0 ? " " : "");
}

static void
print_option(const struct option_row *option, FILE *out)
{
    char name[OPTION_SIZE];
    snprintf(name, sizeof name, "%s%s%s", option->name, option->value != NULL ? " " : "",
             option->value != NULL ? option->value : "");
    fprintf(out, "  %-*s  ", NAME_COLUMNS, name);
    cli_terminal_wrap(out, NAME_COLUMNS + 4, cli_terminal_width(out), option->sentence);
}

static void
print_axes(FILE *out)
{
    struct buf names = {0};
    for (int i = 0; i < POLICY_AXIS_COUNT; i++)
        buf_printf(&names, "%s%s", i > 0 ? ", " : "", policy_axis_row((enum policy_axis)i)->name);
    fprintf(out, "\nAxes: ");
    cli_terminal_wrap(out, 6, cli_terminal_width(out), buf_text(&names));
    buf_free(&names);
}

static void
print_command_help(const struct command_row *command, FILE *out)
{
    print_usage(command, out);
    fputc('\n', out);
    cli_terminal_wrap(out, 0, cli_terminal_width(out), command->sentence);
    if (command->more != NULL)
        cli_terminal_wrap(out, 0, cli_terminal_width(out), command->more);
    fputc('\n', out);
    for (unsigned i = 0; i < CLI_OPTION_COUNT; i++)
        if ((command->options & 1U << i) != 0)
            print_option(&options[i], out);
    if ((command->options & OPTION(AXIS)) != 0)
        print_axes(out);
    fputc('\n', out);
    cli_terminal_wrap(out, 0, cli_terminal_width(out),
                      "Exit status: 0 fine, 1 the policy or the case has an error, 2 wrong words "
                      "or a file that cannot be read or written.");
}

static void
print_help(FILE *out)
{
    fprintf(out, "usage: aftercare policy COMMAND ...\n\n");
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].sentence);
    fprintf(out, "\n`aftercare policy COMMAND --help` says more; docs/policy.md is a tutorial.\n");
}

/* ---- the command line ---- */

/* Says which of the command's options a misspelt one was meant to be. */
static int
refuse_option(const struct cli_policy *run, const struct command_row *command, const char *word)
{
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (unsigned i = 0; i < CLI_OPTION_AXIS; i++)
        if ((command->options & 1U << i) != 0)
            names[count++] = options[i].name;
    for (int i = 0; i < POLICY_AXIS_COUNT && (command->options & OPTION(AXIS)) != 0; i++)
        names[count++] =
            arena_printf(run->arena, "--%s", policy_axis_row((enum policy_axis)i)->name);
    char *name = arena_copy_text(run->arena, word);
    name[strcspn(name, "=")] = 0;
    const char *nearest = policy_nearest_of(names, count, name);
    if (nearest == NULL)
        return cli_policy_refuse(run, "there is no option %s", name);
    return cli_policy_refuse(run, "there is no option %s; did you mean %s?", name, nearest);
}

/* Which option a word is, and where its value goes; -1: none of the command's. */
static int
find_option(struct cli_policy *run, const struct command_row *command, const char *word,
            const char ***ret_value)
{
    size_t size = strcspn(word, "=");
    for (unsigned i = 0; i < CLI_OPTION_AXIS; i++) {
        if ((command->options & 1U << i) != 0 && strlen(options[i].name) == size &&
            strncmp(options[i].name, word, size) == 0) {
            *ret_value = &run->options[i];
            return (int)i;
        }
    }
    int axis = size > 2 ? cli_policy_find_axis(word + 2, size - 2) : -1;
    if (axis < 0 || (command->options & OPTION(AXIS)) == 0)
        return -1;
    *ret_value = &run->axes[axis];
    run->options[CLI_OPTION_AXIS] = "";
    return CLI_OPTION_AXIS;
}

/* Reads one option, and its value from the next word if it has one. Answers how many words it took;
 * 0: refused. */
static int
read_option(struct cli_policy *run, const struct command_row *command, char **words, int word_count)
{
    const char **value = NULL;
    const char *equals = strchr(words[0], '=');
    int option = find_option(run, command, words[0], &value);
    if (option < 0) {
        (void)refuse_option(run, command, words[0]);
        return 0;
    }
    if (*value != NULL) {
        (void)cli_policy_refuse(run, "%s is given twice", words[0]);
        return 0;
    }
    if (options[option].value == NULL) {
        *value = "";
        if (equals != NULL)
            (void)cli_policy_refuse(run, "%s takes no value", options[option].name);
        return equals == NULL;
    }
    *value = equals != NULL ? equals + 1 : word_count > 1 ? words[1] : "";
    if ((*value)[0] == 0) {
        (void)cli_policy_refuse(run, "%s needs a value", words[0]);
        return 0;
    }
    return equals != NULL ? 1 : 2;
}

static int
check_forms(const struct cli_policy *run)
{
    static const enum cli_policy_option forms[] = {CLI_OPTION_TEXT, CLI_OPTION_HTML,
                                                   CLI_OPTION_YAML, CLI_OPTION_JSON};
    const char *first = NULL;
    for (size_t i = 0; i < COUNT_OF(forms); i++) {
        if (run->options[forms[i]] == NULL)
            continue;
        if (first != NULL)
            return cli_policy_refuse(run, "%s and %s exclude each other", first,
                                     options[forms[i]].name);
        first = options[forms[i]].name;
    }
    return CLI_FINE;
}

/* Answers CLI_FINE, or CLI_WRONG after having said why. */
static int
read_words(struct cli_policy *run, const struct command_row *command, int argc, char **argv)
{
    bool has_options = true;
    run->words = arena_alloc(run->arena, ((size_t)argc + 1) * sizeof *run->words);
    for (int i = 0; i < argc;) {
        if (has_options && strcmp(argv[i], "--") == 0) {
            has_options = false;
            i++;
        } else if (has_options && argv[i][0] == '-' && argv[i][1] != 0) {
            int taken = read_option(run, command, &argv[i], argc - i);
            if (taken == 0)
                return CLI_WRONG;
            i += taken;
        } else {
            run->words[run->word_count++] = argv[i++];
        }
    }
    if (run->word_count < command->word_count_min)
        return cli_policy_refuse(run, "%s is missing",
                                 strcmp(command->name, "explain") == 0 && run->word_count == 1
                                     ? "PARAMETER"
                                     : command->words);
    if (run->word_count > command->word_count_max)
        return cli_policy_refuse(run, "\"%s\" is one word too many",
                                 run->words[command->word_count_max]);
    return check_forms(run);
}

/* ---- running ---- */

static int
run_command(const struct command_row *command, int argc, char **argv)
{
    struct cli_policy run = {.command = command->name, .arena = arena_new(SIZE_MAX / 2)};
    run.problems.arena = run.arena;
    struct cli_policy_output output;
    int status = read_words(&run, command, argc, argv);
    if (status == CLI_FINE) {
        cli_policy_output_open(&output, &run);
        status = cli_policy_output_close(&output, &run, command->run(&run));
    }
    arena_free(&run.arena);
    arena_deinit();
    zone_deinit();
    return status;
}

int
cli_policy(int argc, char **argv)
{
    if (argc > 0 && strcmp(argv[0], "--help") == 0) {
        print_help(stdout);
        return CLI_FINE;
    }
    for (size_t i = 0; argc > 0 && i < COUNT_OF(commands); i++) {
        if (strcmp(argv[0], commands[i].name) != 0)
            continue;
        for (int k = 1; k < argc; k++) {
            if (strcmp(argv[k], "--help") == 0) {
                print_command_help(&commands[i], stdout);
                return CLI_FINE;
            }
        }
        return run_command(&commands[i], argc - 1, argv + 1);
    }
    if (argc > 0)
        fprintf(stderr, "aftercare policy: there is no command \"%s\"\n\n", argv[0]);
    print_help(stderr);
    return CLI_WRONG;
}
