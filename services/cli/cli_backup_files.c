/*
 * cli_backup_files - the files of a backup: copied, hashed, listed
 */
// SPDX-License-Identifier: Apache-2.0
#include "cli_backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

enum { PIECE_BYTES = 65536, DEPTH_MAX = 2, SECRET_BYTES_MAX = 1 << 20 };

bool
cli_backup_complain(const char *what, const char *path, const char *why)
{
    fprintf(stderr, "aftercare: cannot %s %s: %s\n", what, path, why);
    return false;
}

bool
cli_backup_hash(const char *path, struct cli_backup_file *file)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return cli_backup_complain("read", path, strerror(errno));
    crypto_hash_sha256_state state;
    uint8_t piece[PIECE_BYTES], hash[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&state);
    file->size_bytes = 0;
    for (size_t size; (size = fread(piece, 1, sizeof piece, stream)) > 0;) {
        crypto_hash_sha256_update(&state, piece, size);
        file->size_bytes += (int64_t)size;
    }
    bool is_read = ferror(stream) == 0;
    fclose(stream);
    if (!is_read)
        return cli_backup_complain("read", path, "it ends too early");
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(file->sha256, sizeof file->sha256, hash, sizeof hash);
    return true;
}

bool
cli_backup_write(const char *path, const void *bytes, size_t size_bytes)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return cli_backup_complain("write", path, strerror(errno));
    FILE *file = fdopen(fd, "w");
    CHECK(file != NULL);
    bool is_good =
        fwrite(bytes, 1, size_bytes, file) == size_bytes && fflush(file) == 0 && fsync(fd) == 0;
    int reason = errno;
    is_good = fclose(file) == 0 && is_good;
    return is_good || cli_backup_complain("write", path, strerror(reason));
}

/* ---- folders ---- */

/* Does something with a regular file: its path, and its name from the folder where the walk began.
 */
typedef bool visit_file(void *context, const char *path, const char *name);

static bool walk(const char *folder, const char *name, int depth, visit_file *visit, void *context);

static bool
walk_entry(const char *path, const char *name, int depth, visit_file *visit, void *context)
{
    struct stat found;
    if (lstat(path, &found) != 0)
        return cli_backup_complain("read", path, strerror(errno));
    if (S_ISREG(found.st_mode))
        return visit(context, path, name);
    if (S_ISDIR(found.st_mode) && depth < DEPTH_MAX)
        return walk(path, name, depth + 1, visit, context);
    return cli_backup_complain("use", path, "it is neither a file nor a folder of files");
}

static bool
walk(const char *folder, const char *name, int depth, visit_file *visit, void *context)
{
    DIR *dir = opendir(folder);
    if (dir == NULL)
        return cli_backup_complain("read", folder, strerror(errno));
    bool is_good = true;
    for (struct dirent *entry; is_good && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        char path[CLI_BACKUP_PATH_SIZE], inner[CLI_BACKUP_PATH_SIZE];
        int path_size = snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        int inner_size =
            snprintf(inner, sizeof inner, "%s%s%s", name, name[0] == 0 ? "" : "/", entry->d_name);
        is_good = path_size < (int)sizeof path && inner_size < (int)sizeof inner
                      ? walk_entry(path, inner, depth, visit, context)
                      : cli_backup_complain("use", folder, "its path is too long");
    }
    closedir(dir);
    return is_good;
}

/* ---- listing ---- */

static bool
add_file(void *context, const char *path, const char *name)
{
    struct cli_backup_files *files = context;
    if (strcmp(name, CLI_BACKUP_MANIFEST) == 0)
        return true;
    struct cli_backup_file *file = &files->files[files->count];
    if (files->count == CLI_BACKUP_FILES_MAX || strlen(name) >= sizeof file->name)
        return cli_backup_complain("list", path,
                                   "there are too many files, or its name is too long");
    memcpy(file->name, name, strlen(name) + 1);
    files->count++;
    return cli_backup_hash(path, file);
}

bool
cli_backup_list(const char *folder, struct cli_backup_files *ret_files)
{
    ret_files->count = 0;
    return walk(folder, "", 0, add_file, ret_files);
}

/* ---- copying ---- */

/* A small file whole; false: said on stderr. */
static bool
read_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return cli_backup_complain("read", path, strerror(errno));
    char piece[PIECE_BYTES];
    for (size_t size;
         out->size_bytes <= SECRET_BYTES_MAX && (size = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_add(out, piece, size);
    bool is_read = ferror(file) == 0 && out->size_bytes <= SECRET_BYTES_MAX;
    fclose(file);
    return is_read || cli_backup_complain("read", path, "it cannot be read, or is too large");
}

/* Whether a file with these bytes stands there. */
static bool
is_same(const char *path, struct buf *bytes)
{
    struct buf there = {0};
    bool is_equal = read_file(path, &there) && there.size_bytes == bytes->size_bytes &&
                    memcmp(buf_text(&there), buf_text(bytes), bytes->size_bytes) == 0;
    buf_free(&there);
    return is_equal;
}

static bool
make_folder_of(char *path)
{
    char *end = strrchr(path, '/');
    *end = 0;
    bool is_there = mkdir(path, 0700) == 0 || errno == EEXIST;
    int reason = errno;
    if (!is_there)
        cli_backup_complain("make", path, strerror(reason));
    *end = '/';
    return is_there;
}

static bool
copy_file(void *context, const char *path, const char *name)
{
    char to[CLI_BACKUP_PATH_SIZE];
    if (snprintf(to, sizeof to, "%s/%s", (const char *)context, name) >= (int)sizeof to)
        return cli_backup_complain("copy", path, "its path is too long");
    struct buf bytes = {0};
    bool is_good = read_file(path, &bytes) && make_folder_of(to);
    if (is_good && access(to, F_OK) == 0)
        is_good =
            is_same(to, &bytes) ||
            cli_backup_complain("write", to, "another file stands there, and is not replaced");
    else if (is_good)
        is_good = cli_backup_write(to, bytes.bytes, bytes.size_bytes);
    if (bytes.bytes != NULL)
        sodium_memzero(bytes.bytes, bytes.size_bytes);
    buf_free(&bytes);
    return is_good;
}

bool
cli_backup_copy_folder(const char *from, const char *to)
{
    if (mkdir(to, 0700) != 0 && errno != EEXIST)
        return cli_backup_complain("make", to, strerror(errno));
    char context[CLI_BACKUP_PATH_SIZE];
    snprintf(context, sizeof context, "%s", to);
    return walk(from, "", 0, copy_file, context);
}
