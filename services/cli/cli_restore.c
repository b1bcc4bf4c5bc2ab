/*
 * aftercare restore - a backup back into an empty database
 *
 * Everything is looked at before anything is changed. The database comes back in one transaction.
 * What is restored is another history than the one that went on after the backup, so the log gets a
 * new epoch when `events` starts: readers that are beyond the backup are told so (RESYNC).
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli.h"
#include "cli_backup.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

static const char duplicate_object[] = "42710";

struct restore {
    const struct cli_backup_options *options;
    PGconn *conn;
    json_t *manifest;
    struct cli_backup_files files;
};

static void
print_path(const struct restore *restore, const char *name, char *ret_path)
{
    snprintf(ret_path, CLI_BACKUP_PATH_SIZE, "%s/%s", restore->options->folder, name);
}

/* ---- looking ---- */

static bool
read_manifest(struct restore *restore)
{
    char path[CLI_BACKUP_PATH_SIZE];
    json_error_t error;
    print_path(restore, CLI_BACKUP_MANIFEST, path);
    restore->manifest = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (restore->manifest == NULL)
        return cli_backup_complain("read", path, error.text);
    if (json_integer_value(json_object_get(restore->manifest, "format")) == 1 &&
        json_is_array(json_object_get(restore->manifest, "files")))
        return true;
    return cli_backup_complain("use", path, "it is not of a backup that this version can read");
}

static const json_t *
find_file(const struct restore *restore, const char *name)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(restore->manifest, "files"), i, entry)
    {
        const char *known = json_string_value(json_object_get(entry, "name"));
        if (known != NULL && strcmp(known, name) == 0)
            return entry;
    }
    return NULL;
}

/* Every file is as it was written, none is missing, none was added. */
static bool
check_files(struct restore *restore)
{
    const char *folder = restore->options->folder;
    if (!cli_backup_list(folder, &restore->files))
        return false;
    size_t known = json_array_size(json_object_get(restore->manifest, "files"));
    for (size_t i = 0; i < restore->files.count; i++) {
        const struct cli_backup_file *file = &restore->files.files[i];
        const json_t *entry = find_file(restore, file->name);
        const char *hash = json_string_value(json_object_get(entry, "sha256"));
        if (hash == NULL)
            return cli_backup_complain("use", file->name, "it is not in the backup's manifest");
        if (strcmp(hash, file->sha256) != 0)
            return cli_backup_complain("use", file->name, "it is not as it was written");
    }
    return (restore->files.count == known && find_file(restore, CLI_BACKUP_DUMP) != NULL &&
            find_file(restore, CLI_BACKUP_ROLES) != NULL) ||
           cli_backup_complain("use", folder, "a file of its manifest is missing");
}

static bool
is_database_empty(struct restore *restore)
{
    PGresult *found = cli_backup_query(
        restore->conn, "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_'"
                       " AND nspname NOT IN ('information_schema', 'public') ORDER BY 1");
    if (found == NULL)
        return false;
    bool is_empty = PQntuples(found) == 0;
    if (!is_empty)
        fprintf(stderr,
                "aftercare: cannot restore into the database %s: it is not empty, it has the "
                "schema %s; make a new one with createdb\n",
                PQdb(restore->conn), PQgetvalue(found, 0, 0));
    PQclear(found);
    return is_empty;
}

/* ---- restoring ---- */

/* A role that is there already belongs to the cluster and stays. */
static bool
make_role(PGconn *conn, const char *statement)
{
    PGresult *result = PQexec(conn, statement);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    bool is_good = PQresultStatus(result) == PGRES_COMMAND_OK ||
                   (state != NULL && strcmp(state, duplicate_object) == 0);
    if (!is_good)
        fprintf(stderr, "aftercare: the database refused: %s", PQerrorMessage(conn));
    PQclear(result);
    return is_good;
}

static bool
make_roles(struct restore *restore)
{
    char path[CLI_BACKUP_PATH_SIZE], *line = NULL;
    size_t room_bytes = 0;
    print_path(restore, CLI_BACKUP_ROLES, path);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return cli_backup_complain("read", path, "it is gone");
    bool is_good = true;
    while (is_good && getline(&line, &room_bytes, file) > 0)
        is_good = make_role(restore->conn, line);
    free(line);
    fclose(file);
    return is_good;
}

static bool
restore_database(struct restore *restore)
{
    char path[CLI_BACKUP_PATH_SIZE];
    print_path(restore, CLI_BACKUP_DUMP, path);
    char *words[] = {"pg_restore", "--exit-on-error",   "--single-transaction",
                     "--dbname",   PQdb(restore->conn), path,
                     NULL};
    if (!cli_backup_run(restore->conn, words))
        return false;
    PGresult *ended = cli_backup_query(restore->conn, "SELECT events.end_restore()");
    PQclear(ended);
    return ended != NULL;
}

static int
read_backup(struct restore *restore)
{
    char keys[CLI_BACKUP_PATH_SIZE];
    print_path(restore, CLI_BACKUP_KEYS, keys);
    if (!read_manifest(restore) || !check_files(restore))
        return 1;
    restore->conn = cli_backup_connect(restore->options);
    if (restore->conn == NULL || !is_database_empty(restore) ||
        !cli_backup_copy_folder(keys, restore->options->keys) || !make_roles(restore) ||
        !restore_database(restore))
        return 1;
    printf("%s is restored: the log goes on behind position %lld at least, in a new epoch\n",
           restore->options->folder,
           (long long)json_integer_value(json_object_get(restore->manifest, "position")));
    return 0;
}

int
cli_restore(int argc, char **argv)
{
    struct cli_backup_options options;
    int status = 2;
    if (cli_backup_read_options(argc, argv, &options)) {
        struct restore restore = {.options = &options};
        status = read_backup(&restore);
        PQfinish(restore.conn);
        json_decref(restore.manifest);
    } else {
        fprintf(stderr, "usage: aftercare restore FOLDER [--database URL] [--keys FOLDER]\n");
    }
    cli_backup_options_free(&options);
    return status;
}
