/*
 * bus_accept - refuses a peer where libzmq would end the process for want of descriptors
 *
 * The ipc listener of libzmq 4.3.4 takes EMFILE from accept4 for a fault of its own and aborts; its
 * tcp listener goes round and round until there is room. So the program has an accept4 of its own,
 * which every library is linked to before libc's. Where the process has no descriptor left it gives
 * up a spare one to take the connection, and closes that: the peer sees its connection end, and
 * comes again by itself; libzmq sees a peer that has gone.
 *
 * libuv and libmicrohttpd accept on the loop's thread and know EMFILE: for that thread nothing is
 * changed. Only libzmq's one I/O thread accepts elsewhere, so the spare has one user.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/bus_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static atomic_int spare_fd = -1;
static atomic_llong refused_count;

static int
accept_directly(int listener, struct sockaddr *address, socklen_t *address_size, int flags)
{
    return (int)syscall(SYS_accept4, listener, address, address_size, flags);
}

void
bus_accept_prepare(void)
{
    if (atomic_load(&spare_fd) < 0)
        atomic_store(&spare_fd, open("/dev/null", O_RDONLY | O_CLOEXEC));
}

int64_t
bus_accept_refused(void)
{
    return atomic_load(&refused_count);
}

static void
refuse(int listener)
{
    int spare = atomic_exchange(&spare_fd, -1);
    if (spare >= 0)
        close(spare);
    int fd = accept_directly(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0) {
        close(fd);
        atomic_fetch_add(&refused_count, 1);
    }
}

int
accept4(int listener, __SOCKADDR_ARG address, socklen_t *restrict address_size, int flags)
{
    int fd = accept_directly(listener, address.__sockaddr__, address_size, flags);
    if (gettid() == getpid() || (fd < 0 && errno != EMFILE))
        return fd;
    if (fd < 0)
        refuse(listener);
    bus_accept_prepare(); /* also where another thread had taken the spare one's place */
    if (fd < 0)
        errno = ECONNABORTED;
    return fd;
}
