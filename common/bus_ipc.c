/*
 * bus_ipc - ipc paths and the locks beside them
 *
 * libzmq lets a second process take an ipc path over without a word. So a server first takes an
 * exclusive flock on "<path>.lock"; the kernel gives it up when the process dies, however it dies.
 * Whoever can take the lock of a socket knows that its owner is dead, and removes both files while
 * holding it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/uuid.h"

enum { LOCK_PATH_SIZE = BUS_IPC_PATH_MAX + 8 };

static bool
print_lock_path(const char *path, char ret_path[LOCK_PATH_SIZE])
{
    int size = snprintf(ret_path, LOCK_PATH_SIZE, "%s.lock", path);
    return size > 0 && size < LOCK_PATH_SIZE;
}

enum err
bus_ipc_claim(const char *path, int *ret_lock_fd, struct fault *ret_fault)
{
    char lock_path[LOCK_PATH_SIZE];
    if (strlen(path) > BUS_IPC_PATH_MAX || !print_lock_path(path, lock_path))
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_PATH_TOO_LONG",
                         "the bus directory's path is too long for a socket: %s", path);
    int fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return fault_set(ret_fault, ERR_INVALID_ARGUMENT, "BUS_LOCK_FAILED", "cannot create %s: %s",
                         lock_path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return fault_set(ret_fault, ERR_ALREADY_EXISTS, "BUS_PATH_TAKEN",
                         "another process serves at %s", path);
    }
    *ret_lock_fd = fd;
    return OK;
}

void
bus_ipc_identify(const char *path, struct bus_ipc_file *ret_file)
{
    struct stat status;
    bool is_there = lstat(path, &status) == 0;
    *ret_file =
        is_there ? (struct bus_ipc_file){status.st_dev, status.st_ino} : (struct bus_ipc_file){0};
}

static bool
is_same(const struct bus_ipc_file *a, const struct bus_ipc_file *b)
{
    return a->device == b->device && a->inode == b->inode;
}

/* What lies in the place of the lock file; {0}: nothing. True: it is the one that is held. */
static bool
identify_lock(const char *path, int lock_fd, struct bus_ipc_file *ret_file)
{
    char lock_path[LOCK_PATH_SIZE];
    struct stat status;
    CHECK(print_lock_path(path, lock_path) && fstat(lock_fd, &status) == 0);
    bus_ipc_identify(lock_path, ret_file);
    return is_same(ret_file, &(struct bus_ipc_file){status.st_dev, status.st_ino});
}

bool
bus_ipc_is_own(const char *path, const struct bus_ipc_file *file, int lock_fd)
{
    struct bus_ipc_file socket_file, lock_file;
    bus_ipc_identify(path, &socket_file);
    return is_same(&socket_file, file) && identify_lock(path, lock_fd, &lock_file);
}

void
bus_ipc_release(const char *path, int *lock_fd)
{
    char lock_path[LOCK_PATH_SIZE];
    struct bus_ipc_file lock_file;
    if (*lock_fd < 0)
        return;
    bool is_held = identify_lock(path, *lock_fd, &lock_file);
    if (is_held || lock_file.inode == 0)
        unlink(path);
    if (is_held && print_lock_path(path, lock_path))
        unlink(lock_path);
    close(*lock_fd);
    *lock_fd = -1;
}

bool
bus_ipc_is_alive(const char *path)
{
    char lock_path[LOCK_PATH_SIZE];
    if (!print_lock_path(path, lock_path))
        return false;
    int fd = open(lock_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        /* Without its lock file nobody holds it; where we may not look, assume that somebody does.
         */
        bool is_gone = errno == ENOENT;
        if (is_gone)
            unlink(path);
        return !is_gone;
    }
    bool is_alive = flock(fd, LOCK_EX | LOCK_NB) != 0;
    if (is_alive)
        close(fd);
    else
        bus_ipc_release(path, &fd);
    return is_alive;
}

bool
bus_ipc_is_socket_of(const char *name, const char *service, const char *suffix)
{
    size_t service_size = strlen(service);
    if (strncmp(name, service, service_size) != 0 || name[service_size] != '-')
        return false;
    const char *rest = name + service_size + 1;
    if (strlen(rest) != UUID_TEXT_SIZE - 1 + strlen(suffix) ||
        strcmp(rest + UUID_TEXT_SIZE - 1, suffix) != 0)
        return false;
    char text[UUID_TEXT_SIZE];
    memcpy(text, rest, UUID_TEXT_SIZE - 1);
    text[UUID_TEXT_SIZE - 1] = 0;
    struct uuid uuid;
    return uuid_parse(text, &uuid);
}
