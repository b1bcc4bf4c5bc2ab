/*
 * failing_library - loaded before libpq, libzmq and libuv, it lets one of their calls fail once
 *
 *     FAILING_CALL   which, as PQflush
 *     FAILING_NTH    the how many-th call of it in the process, from 1
 *     FAILING_DONE   a file that is made when it has failed
 *
 * Each fails as its manual says that it may. Calls within the libraries themselves are not seen.
 */
// SPDX-License-Identifier: Apache-2.0
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>
#include <zmq.h>

static const char *failing_call = "";
static long failing_nth;
static const char *failing_done;
static atomic_long count;

__attribute__((constructor)) static void
read_environment(void)
{
    const char *call = getenv("FAILING_CALL");
    const char *nth = getenv("FAILING_NTH");
    failing_call = call != NULL ? call : "";
    failing_nth = nth != NULL ? strtol(nth, NULL, 10) : 0;
    failing_done = getenv("FAILING_DONE");
}

static bool
fails(const char *call)
{
    if (strcmp(call, failing_call) != 0 || atomic_fetch_add(&count, 1) + 1 != failing_nth)
        return false;
    int file = open(failing_done, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0)
        close(file);
    return true;
}

/* A function of a library: its type, its parameters, how they are passed on, and how it fails. */
#define MAY_FAIL(type, name, parameters, arguments, number, failure)                               \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*next) parameters;                                                             \
        if (next == NULL)                                                                          \
            *(void **)&next = dlsym(RTLD_NEXT, #name);                                             \
        if (fails(#name)) {                                                                        \
            errno = number;                                                                        \
            return failure;                                                                        \
        }                                                                                          \
        return next arguments;                                                                     \
    }

MAY_FAIL(PGconn *, PQconnectStartParams,
         (const char *const *words, const char *const *values, int is_expanded),
         (words, values, is_expanded), ENOMEM, NULL)
MAY_FAIL(PostgresPollingStatusType, PQconnectPoll, (PGconn * conn), (conn), EIO,
         PGRES_POLLING_FAILED)
MAY_FAIL(int, PQsetnonblocking, (PGconn * conn, int value), (conn, value), EIO, -1)
MAY_FAIL(int, PQenterPipelineMode, (PGconn * conn), (conn), EIO, 0)
MAY_FAIL(int, PQsendPrepare,
         (PGconn * conn, const char *name, const char *text, int count_, const Oid *types),
         (conn, name, text, count_, types), ENOMEM, 0)
MAY_FAIL(int, PQsendDescribePrepared, (PGconn * conn, const char *name), (conn, name), ENOMEM, 0)
MAY_FAIL(int, PQsendQueryPrepared,
         (PGconn * conn, const char *name, int count_, const char *const *values,
          const int *lengths, const int *formats, int format),
         (conn, name, count_, values, lengths, formats, format), ENOMEM, 0)
MAY_FAIL(int, PQsendQueryParams,
         (PGconn * conn, const char *text, int count_, const Oid *types, const char *const *values,
          const int *lengths, const int *formats, int format),
         (conn, text, count_, types, values, lengths, formats, format), ENOMEM, 0)
MAY_FAIL(int, PQpipelineSync, (PGconn * conn), (conn), ENOMEM, 0)
MAY_FAIL(int, PQsendFlushRequest, (PGconn * conn), (conn), ENOMEM, 0)
MAY_FAIL(int, PQflush, (PGconn * conn), (conn), EPIPE, -1)
MAY_FAIL(int, PQconsumeInput, (PGconn * conn), (conn), ECONNRESET, 0)

MAY_FAIL(void *, zmq_socket, (void *context, int type), (context, type), EMFILE, NULL)
MAY_FAIL(int, zmq_connect, (void *socket, const char *endpoint), (socket, endpoint), EMTHREAD, -1)
MAY_FAIL(int, zmq_bind, (void *socket, const char *endpoint), (socket, endpoint), EADDRINUSE, -1)
MAY_FAIL(int, zmq_socket_monitor, (void *socket, const char *endpoint, int events),
         (socket, endpoint, events), EMFILE, -1)
MAY_FAIL(int, zmq_msg_init_size, (zmq_msg_t * message, size_t size), (message, size), ENOMEM, -1)
MAY_FAIL(int, zmq_msg_send, (zmq_msg_t * message, void *socket, int flags),
         (message, socket, flags), EHOSTUNREACH, -1)
MAY_FAIL(int, zmq_msg_recv, (zmq_msg_t * message, void *socket, int flags),
         (message, socket, flags), EAGAIN, -1)
MAY_FAIL(int, zmq_send, (void *socket, const void *bytes, size_t size, int flags),
         (socket, bytes, size, flags), EAGAIN, -1)

MAY_FAIL(int, uv_poll_init, (uv_loop_t * loop, uv_poll_t *handle, int fd), (loop, handle, fd), 0,
         UV_ENOMEM)
MAY_FAIL(int, uv_poll_start, (uv_poll_t * handle, int events, uv_poll_cb on_poll),
         (handle, events, on_poll), 0, UV_EBADF)
MAY_FAIL(int, uv_fs_event_start,
         (uv_fs_event_t * handle, uv_fs_event_cb on_event, const char *path, unsigned flags),
         (handle, on_event, path, flags), 0, UV_ENOSPC)
MAY_FAIL(int, uv_fs_poll_start,
         (uv_fs_poll_t * handle, uv_fs_poll_cb on_poll, const char *path, unsigned interval),
         (handle, on_poll, path, interval), 0, UV_ENOMEM)
MAY_FAIL(int, uv_getaddrinfo,
         (uv_loop_t * loop, uv_getaddrinfo_t *request, uv_getaddrinfo_cb on_answer,
          const char *node, const char *service, const struct addrinfo *hints),
         (loop, request, on_answer, node, service, hints), 0, UV_ENOMEM)
MAY_FAIL(int, uv_queue_work,
         (uv_loop_t * loop, uv_work_t *request, uv_work_cb work, uv_after_work_cb after),
         (loop, request, work, after), 0, UV_ENOMEM)
MAY_FAIL(int, uv_listen, (uv_stream_t * stream, int backlog, uv_connection_cb on_connection),
         (stream, backlog, on_connection), 0, UV_EADDRINUSE)
MAY_FAIL(int, uv_accept, (uv_stream_t * server, uv_stream_t *client), (server, client), 0,
         UV_EMFILE)
MAY_FAIL(int, uv_pipe_bind, (uv_pipe_t * handle, const char *name), (handle, name), 0,
         UV_EADDRINUSE)
MAY_FAIL(int, uv_read_start, (uv_stream_t * stream, uv_alloc_cb alloc, uv_read_cb on_read),
         (stream, alloc, on_read), 0, UV_ENOTCONN)
MAY_FAIL(int, uv_try_write, (uv_stream_t * stream, const uv_buf_t buffers[], unsigned count_),
         (stream, buffers, count_), 0, UV_EPIPE)
