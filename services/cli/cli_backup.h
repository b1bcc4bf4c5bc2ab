/*
 * cli_backup - what aftercare backup writes and aftercare restore reads: a folder
 *
 *   manifest.json   what it is of, and every other file with its size and SHA-256; written last, so
 *                   a folder without it is no backup
 *   database.dump   of pg_dump, in its own format: one snapshot of all schemas
 *   roles.sql       a statement a line that makes the database's roles with their passwords' hashes
 *   keys/           the installation's secrets, as scripts/lib/keys.py lays them out
 *
 * Whoever has the folder can read everything that the installation knows.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libpq-fe.h>

#include "common/buf.h"

#define CLI_BACKUP_MANIFEST "manifest.json"
#define CLI_BACKUP_DUMP "database.dump"
#define CLI_BACKUP_ROLES "roles.sql"
#define CLI_BACKUP_KEYS "keys"

enum { CLI_BACKUP_FILES_MAX = 256, CLI_BACKUP_PATH_SIZE = 4096, CLI_BACKUP_HASH_SIZE = 65 };

/* What the words of the command line say. */
struct cli_backup_options {
    const char *folder;   /* of the backup */
    const char *database; /* libpq URL or conninfo of a superuser; "": libpq's environment */
    const char *keys;     /* folder of the installation's secrets */
    char *texts[2];       /* what was made for the defaults */
};

/* A file of a backup. */
struct cli_backup_file {
    char name[CLI_BACKUP_PATH_SIZE / 16]; /* from the backup's folder, as "keys/jwks.json" */
    int64_t size_bytes;
    char sha256[CLI_BACKUP_HASH_SIZE]; /* 64 hexadecimal digits */
};

struct cli_backup_files {
    size_t count;
    struct cli_backup_file files[CLI_BACKUP_FILES_MAX];
};

/* FOLDER [--database URL] [--keys FOLDER]; false: other words. cli_backup_options_free in any case.
 */
bool cli_backup_read_options(int argc, char **argv, struct cli_backup_options *ret_options);
void cli_backup_options_free(struct cli_backup_options *options);

/* Says on stderr what could not be done, and why; answers false. */
bool cli_backup_complain(const char *what, const char *path, const char *why);

/* ---- files: cli_backup_files.c ---- */

/* Size and hash of a file, whatever its size. False: said on stderr. */
bool cli_backup_hash(const char *path, struct cli_backup_file *file);

/* Copies the regular files of a folder and of the folders in it, durable, readable by their owner
 * only. What stands at `to` with the same bytes stays, with others it is an error. False: said on
 * stderr. */
bool cli_backup_copy_folder(const char *from, const char *to);

/* Writes bytes to a new file, durable, readable by its owner only. False: said on stderr. */
bool cli_backup_write(const char *path, const void *bytes, size_t size_bytes);

/* Finds and hashes every file in the folder. False: said on stderr. */
bool cli_backup_list(const char *folder, struct cli_backup_files *ret_files);

/* ---- the database: cli_backup_database.c ---- */

/* Connects as the one who may see everything. NULL: said on stderr. */
PGconn *cli_backup_connect(const struct cli_backup_options *options);

/* Runs one statement; NULL: said on stderr. The caller clears it. */
PGresult *cli_backup_query(PGconn *conn, const char *statement);

/* Runs a program of PostgreSQL against the database of `conn`; its words go to stderr. `words` end
 * with NULL. False: it failed, or is not installed; said on stderr. */
bool cli_backup_run(PGconn *conn, char *const *words);
