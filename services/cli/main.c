/*
 * aftercare - the command line of an installation
 *
 *   asks   every daemon's admin socket
 *   signs  links, with the installation key
 *   reads  policies, which are files
 *   pulls  events, over the bus, with a token
 *   dumps  and restores the database, as its superuser
 *   keeps  nothing
 */
// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "cli.h"

/* Alphabetical; `aftercare --help` is drawn from here. */
static const struct cli_command commands[] = {
    {"backup", "FOLDER [--database URL] [--keys FOLDER]",
     "Writes all that the installation knows, its secrets too, into a new folder, while it works.",
     cli_backup},
    {"link", "METHOD RESOURCE [--expires 7d]",
     "Prints a link that opens a method, as warranty.v1.WarrantyService/GetClaim, for one resource "
     "without a token.",
     cli_link},
    {"parked", "[--run-dir DIR]",
     "Lists the events that consumers refused and put aside, with their reasons.", cli_parked},
    {"policy", "COMMAND ...",
     "Checks, prints, explains, compares and tries policies; `aftercare policy --help` lists how.",
     cli_policy},
    {"restore", "FOLDER [--database URL] [--keys FOLDER]",
     "Brings a backup back into an empty database; the daemons are started afterwards.",
     cli_restore},
    {"retry", "CONSUMER EVENT_ID [--run-dir DIR]",
     "Has a parked event tried again, once its cause was mended. Its effect comes after those of "
     "later events.",
     cli_retry},
    {"status", "[--run-dir DIR]", "Shows every replica that runs: version, state, calls, schema.",
     cli_status},
    {"tail", "[--after PLACE] [--type TYPE]... [--json] [--state FILE] ...",
     "Prints events as they come, or again from a place on; `aftercare tail --help` says more.",
     cli_tail},
};

static void
print_help(FILE *out)
{
    fprintf(out, "usage: aftercare COMMAND\n\n");
    for (size_t i = 0; i < COUNT_OF(commands); i++)
        fprintf(out, "  %s %s\n      %s\n", commands[i].name, commands[i].usage,
                commands[i].sentence);
}

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_help(stdout);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("aftercare %s\n", AFTERCARE_VERSION);
        return 0;
    }
    for (size_t i = 0; argc > 1 && i < COUNT_OF(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(argc - 2, argv + 2);
    print_help(stderr);
    return 2;
}
