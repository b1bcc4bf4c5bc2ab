/*
 * aftercare backup - everything that an installation knows, into a folder, while it works
 *
 * The order is what makes it whole. The relay empties parts of the outbox by TRUNCATE and drops old
 * parts of the log, which also older snapshots see at once. So events.begin_backup() locks both
 * against that first, and the snapshot that pg_dump reads comes after it. Nobody waits: the relay
 * leaves its parts for later, and the outbox grows meanwhile.
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli.h"
#include "cli_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

/* What the dump does not have, because roles belong to the cluster: those that own or may use
 * something in this database, and their members. */
static const char roles_statement[] =
    "WITH used AS (SELECT d.refobjid AS oid FROM pg_shdepend d JOIN pg_database b ON b.oid = d.dbid"
    " WHERE b.datname = current_database() AND d.refclassid = 'pg_authid'::regclass),"
    " role AS (SELECT * FROM pg_authid WHERE NOT rolsuper AND (oid IN (SELECT oid FROM used)"
    " OR oid IN (SELECT member FROM pg_auth_members WHERE roleid IN (SELECT oid FROM used))))"
    " SELECT format('CREATE ROLE %I %s', rolname,"
    " CASE WHEN rolcanlogin THEN 'LOGIN' ELSE 'NOLOGIN' END), 1, rolname FROM role"
    " UNION ALL SELECT format('ALTER ROLE %I PASSWORD %L', rolname, rolpassword), 2, rolname"
    " FROM role WHERE rolpassword IS NOT NULL"
    " UNION ALL SELECT format('ALTER ROLE %I SET %I TO %L', rolname, split_part(line, '=', 1),"
    " substr(line, strpos(line, '=') + 1)), 3, rolname FROM role"
    " JOIN pg_db_role_setting s ON s.setrole = role.oid AND s.setdatabase = 0, unnest(setconfig) "
    "line"
    " UNION ALL SELECT format('GRANT %I TO %I', role.rolname, m.rolname), 4, m.rolname FROM role"
    " JOIN pg_auth_members a ON a.roleid = role.oid JOIN role m ON m.oid = a.member"
    " ORDER BY 2, 3, 1";

/* ---- words ---- */

static char *
default_keys(void)
{
    const char *key = getenv("AFTERCARE_KEY_FILE");
    char path[CLI_BACKUP_PATH_SIZE];
    snprintf(path, sizeof path, "%s", key != NULL ? key : ".run/keys/installation.key");
    return mem_copy_text(dirname(path));
}

/* Of the installation that scripts/run runs here, as it notes it in its facts; "" where none runs.
 */
static char *
default_database(void)
{
    static const char beginning[] = "database=";
    const char *url = getenv("AFTERCARE_ADMIN_DATABASE");
    if (url != NULL)
        return mem_copy_text(url);
    char line[CLI_BACKUP_PATH_SIZE], *found = NULL;
    FILE *facts = fopen(".run/facts", "re");
    while (facts != NULL && found == NULL && fgets(line, sizeof line, facts) != NULL) {
        line[strcspn(line, "\n")] = 0;
        if (strncmp(line, beginning, strlen(beginning)) == 0)
            found = mem_copy_text(line + strlen(beginning));
    }
    if (facts != NULL)
        fclose(facts);
    return found != NULL ? found : mem_copy_text("");
}

bool
cli_backup_read_options(int argc, char **argv, struct cli_backup_options *ret_options)
{
    *ret_options = (struct cli_backup_options){.texts = {default_database(), default_keys()}};
    ret_options->database = ret_options->texts[0];
    ret_options->keys = ret_options->texts[1];
    for (int i = 0; i < argc; i++) {
        bool has_value = i + 1 < argc;
        if (strcmp(argv[i], "--database") == 0 && has_value)
            ret_options->database = argv[++i];
        else if (strcmp(argv[i], "--keys") == 0 && has_value)
            ret_options->keys = argv[++i];
        else if (argv[i][0] != '-' && argv[i][0] != 0 && ret_options->folder == NULL)
            ret_options->folder = argv[i];
        else
            return false;
    }
    return ret_options->folder != NULL;
}

void
cli_backup_options_free(struct cli_backup_options *options)
{
    for (size_t i = 0; i < COUNT_OF(options->texts); i++)
        mem_free(options->texts[i]);
}

/* ---- what it is made of ---- */

struct backup {
    const struct cli_backup_options *options;
    PGconn *conn;
    int64_t epoch;
    int64_t position; /* of the log: the backup has at least the events up to here */
    struct cli_backup_files files;
};

static void
print_path(const struct backup *backup, const char *name, char *ret_path)
{
    snprintf(ret_path, CLI_BACKUP_PATH_SIZE, "%s/%s", backup->options->folder, name);
}

/* The dump of one snapshot, which this transaction holds until it is written. */
static bool
dump_database(struct backup *backup)
{
    PGresult *point = NULL, *snapshot = NULL, *begun = cli_backup_query(backup->conn, "BEGIN");
    bool is_good = false;
    if (begun != NULL)
        point = cli_backup_query(backup->conn,
                                 "SELECT log_epoch, log_position FROM events.begin_backup()");
    if (point != NULL)
        snapshot = cli_backup_query(backup->conn, "SELECT pg_export_snapshot()");
    if (snapshot != NULL) {
        backup->epoch = strtoll(PQgetvalue(point, 0, 0), NULL, 10);
        backup->position = strtoll(PQgetvalue(point, 0, 1), NULL, 10);
        char path[CLI_BACKUP_PATH_SIZE], name[64];
        print_path(backup, CLI_BACKUP_DUMP, path);
        snprintf(name, sizeof name, "%s", PQgetvalue(snapshot, 0, 0));
        char *words[] = {"pg_dump", "--format=custom", "--snapshot", name, "--file", path, NULL};
        is_good = cli_backup_run(backup->conn, words);
    }
    PQclear(snapshot);
    PQclear(point);
    PQclear(begun);
    return is_good;
}

static bool
write_roles(struct backup *backup)
{
    PGresult *rows = cli_backup_query(backup->conn, roles_statement);
    if (rows == NULL)
        return false;
    struct buf text = {0};
    char path[CLI_BACKUP_PATH_SIZE];
    for (int i = 0; i < PQntuples(rows); i++)
        buf_printf(&text, "%s;\n", PQgetvalue(rows, i, 0));
    PQclear(rows);
    print_path(backup, CLI_BACKUP_ROLES, path);
    bool is_good = cli_backup_write(path, text.bytes, text.size_bytes);
    buf_free(&text);
    return is_good;
}

static bool
copy_keys(struct backup *backup)
{
    char path[CLI_BACKUP_PATH_SIZE];
    print_path(backup, CLI_BACKUP_KEYS, path);
    return cli_backup_copy_folder(backup->options->keys, path);
}

static bool
sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_good = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return is_good || cli_backup_complain("write", path, strerror(errno));
}

/* The last file, which makes the folder a backup. */
static bool
write_manifest(struct backup *backup)
{
    const char *folder = backup->options->folder;
    if (!cli_backup_list(folder, &backup->files))
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < backup->files.count; i++) {
        const struct cli_backup_file *file = &backup->files.files[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:s}", "name", file->name, "size_bytes",
                                        (json_int_t)file->size_bytes, "sha256", file->sha256));
    }
    json_t *root =
        json_pack("{s:i, s:s, s:s, s:I, s:I, s:o}", "format", 1, "version", AFTERCARE_VERSION,
                  "database", PQdb(backup->conn), "epoch", (json_int_t)backup->epoch, "position",
                  (json_int_t)backup->position, "files", list);
    char *text = json_dumps(root, JSON_INDENT(2)), path[CLI_BACKUP_PATH_SIZE];
    json_decref(root);
    print_path(backup, CLI_BACKUP_MANIFEST, path);
    bool is_good = cli_backup_write(path, text, strlen(text)) && sync_folder(folder);
    free(text);
    return is_good;
}

static int
write_backup(struct backup *backup)
{
    const char *folder = backup->options->folder;
    if (mkdir(folder, 0700) != 0) {
        cli_backup_complain("make", folder, strerror(errno));
        return 1;
    }
    if (!dump_database(backup) || !write_roles(backup) || !copy_keys(backup) ||
        !write_manifest(backup)) {
        fprintf(stderr, "aftercare: %s is no backup: it is not whole\n", folder);
        return 1;
    }
    int64_t size_bytes = 0;
    for (size_t i = 0; i < backup->files.count; i++)
        size_bytes += backup->files.files[i].size_bytes;
    printf("%s: %zu files, %lld bytes, the log up to position %lld at least\n", folder,
           backup->files.count, (long long)size_bytes, (long long)backup->position);
    return 0;
}

int
cli_backup(int argc, char **argv)
{
    struct cli_backup_options options;
    int status = 2;
    if (cli_backup_read_options(argc, argv, &options)) {
        struct backup backup = {.options = &options, .conn = cli_backup_connect(&options)};
        status = backup.conn == NULL ? 1 : write_backup(&backup);
        PQfinish(backup.conn);
    } else {
        fprintf(stderr, "usage: aftercare backup FOLDER [--database URL] [--keys FOLDER]\n");
    }
    cli_backup_options_free(&options);
    return status;
}
