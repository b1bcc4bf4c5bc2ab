/*
 * loadgen_run - keep-alive connections and the schedule of what goes over them
 *
 * With a rate, request n is due at start + n / rate, whatever became of those before it, and its
 * latency counts from then: a server that stalls is charged for everybody who would have come
 * meanwhile. A request that is due waits for a free connection; what is still waiting at the end
 * counts with the time it has waited. Without a rate each connection sends as soon as it is
 * answered, and latency counts from the sending.
 *
 * One thread, edge-triggered epoll. A connection that is lost is made again after a moment, its
 * request is not.
 *
 *   CONNECTING --> IDLE <--> BUSY        any of them --> LOST --> CONNECTING
 */
// SPDX-License-Identifier: Apache-2.0
#include "loadgen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 65536, EVENTS_MAX = 256, AGAIN_NS = 20 * 1000 * 1000 };

static const int64_t NS_PER_S = 1000000000;

enum conn_state { CONN_LOST, CONN_CONNECTING, CONN_IDLE, CONN_BUSY };

struct conn {
    enum conn_state state;
    int fd;
    struct conn *next_idle;
    unsigned kind;
    int64_t due_ns; /* latency counts from here */
    int64_t again_ns;
    char *text; /* of the request, as much as is still to be sent */
    char *room;
    size_t left_bytes;
    struct reply reply;
};

struct run {
    const struct plan *plan;
    const struct run_options *options;
    struct run_result *result;
    struct conn *conns;
    struct conn *idle; /* a stack: few connections stay warm where few are enough */
    unsigned lost_count;
    unsigned busy_count;
    int epoll;
    uint64_t random;
    uint64_t due_count;     /* of the schedule: sent so far */
    int64_t start_ns;       /* of the warm-up */
    int64_t count_start_ns; /* of what is counted */
    int64_t end_ns;         /* nothing is sent from here on */
};

static int64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* ---- counting ---- */

static bool
is_counted(const struct run *run, int64_t time_ns)
{
    return time_ns >= run->count_start_ns && time_ns < run->end_ns;
}

static uint64_t
latency_us(const struct conn *conn, int64_t time_ns)
{
    return (uint64_t)(time_ns - conn->due_ns) / 1000;
}

/* By the schedule a request belongs to the moment it was due, else to that of its answer. */
static void
count_answer(struct run *run, const struct conn *conn)
{
    struct run_result *result = run->result;
    int64_t time_ns = now_ns();
    unsigned status = conn->reply.status;
    bool is_accepted = status < 300;
    if (is_accepted) {
        int64_t second = (time_ns - run->start_ns) / NS_PER_S;
        result->accepted_ever[conn->kind]++;
        if (second < SECONDS_MAX)
            result->per_second[second]++;
    }
    if (!is_counted(run, run->options->rate > 0 ? conn->due_ns : time_ns))
        return;
    result->statuses[status]++;
    histogram_add(is_accepted ? &result->accepted[conn->kind] : &result->refused,
                  latency_us(conn, time_ns));
}

/* ---- the states of a connection ---- */

static void
become_idle(struct run *run, struct conn *conn)
{
    conn->state = CONN_IDLE;
    conn->next_idle = run->idle;
    run->idle = conn;
}

static struct conn *
take_idle(struct run *run)
{
    struct conn *conn = run->idle;
    run->idle = conn->next_idle;
    return conn;
}

static void
lose(struct run *run, struct conn *conn)
{
    if (conn->state == CONN_IDLE) {
        struct conn **at = &run->idle;
        while (*at != conn)
            at = &(*at)->next_idle;
        *at = conn->next_idle;
    }
    if (conn->state == CONN_BUSY) {
        run->busy_count--;
        if (is_counted(run, conn->due_ns))
            (*(conn->reply.state == REPLY_MALFORMED ? &run->result->malformed
                                                    : &run->result->lost))++;
    }
    if (conn->state == CONN_CONNECTING)
        run->result->unconnected++;
    close(conn->fd);
    conn->state = CONN_LOST;
    conn->again_ns = now_ns() + AGAIN_NS;
    run->lost_count++;
}

static void
connect_again(struct run *run, struct conn *conn)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(run->plan->port)};
    const int on = 1;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = conn};
    run->lost_count--;
    conn->state = CONN_CONNECTING;
    conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CHECK(conn->fd >= 0); /* run_plan has asked for enough of them */
    setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)inet_pton(AF_INET, run->plan->host, &address.sin_addr);
    bool is_begun =
        connect(conn->fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EINPROGRESS;
    if (!is_begun || epoll_ctl(run->epoll, EPOLL_CTL_ADD, conn->fd, &event) != 0)
        lose(run, conn);
}

static void
connect_lost(struct run *run, int64_t time_ns)
{
    for (unsigned i = 0; run->lost_count > 0 && i < run->options->connections; i++) {
        struct conn *conn = &run->conns[i];
        if (conn->state == CONN_LOST && conn->again_ns <= time_ns)
            connect_again(run, conn);
    }
}

/* ---- requests ---- */

static void
flush(struct run *run, struct conn *conn)
{
    while (conn->left_bytes > 0) {
        ssize_t sent = send(conn->fd, conn->text, conn->left_bytes, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno != EAGAIN)
                lose(run, conn);
            return;
        }
        conn->text += sent;
        conn->left_bytes -= (size_t)sent;
    }
}

static void
start(struct run *run, struct conn *conn, int64_t due_ns)
{
    conn->state = CONN_BUSY;
    conn->due_ns = due_ns;
    conn->kind = plan_choose(run->plan, &run->random);
    conn->text = conn->room;
    conn->left_bytes = run->plan->kinds[conn->kind].size_bytes;
    plan_write(run->plan, conn->kind, &run->random, conn->text);
    reply_reset(&conn->reply);
    run->busy_count++;
    flush(run, conn);
}

static int64_t
next_due_ns(const struct run *run)
{
    return run->start_ns +
           (int64_t)((double)run->due_count * (double)NS_PER_S / run->options->rate);
}

/* Sends what is due and for what there is a connection; answers when it is to be called again. */
static int64_t
send_due(struct run *run, int64_t time_ns)
{
    bool is_scheduled = run->options->rate > 0;
    while (run->idle != NULL && time_ns < run->end_ns) {
        int64_t due_ns = is_scheduled ? next_due_ns(run) : time_ns;
        if (due_ns > time_ns)
            return due_ns < run->end_ns ? due_ns : run->end_ns;
        run->due_count++;
        start(run, take_idle(run), due_ns);
    }
    return run->end_ns;
}

static void
finish(struct run *run, struct conn *conn)
{
    count_answer(run, conn);
    run->busy_count--;
    become_idle(run, conn);
    if (conn->reply.is_last)
        lose(run, conn);
}

/* A read that is not filled has emptied the socket; an end that comes behind it is an event of its
 * own. */
static void
read_some(struct run *run, struct conn *conn)
{
    static char bytes[READ_BYTES];
    for (;;) {
        ssize_t size = recv(conn->fd, bytes, sizeof bytes, 0);
        if (size < 0 && errno == EAGAIN)
            return;
        if (size <= 0 || conn->state != CONN_BUSY) {
            lose(run, conn);
            return;
        }
        enum reply_state state = reply_take(&conn->reply, bytes, (size_t)size);
        if (state == REPLY_MALFORMED) {
            lose(run, conn);
            return;
        }
        if (state == REPLY_WHOLE)
            finish(run, conn);
        if (size < (ssize_t)sizeof bytes || conn->state == CONN_LOST)
            return;
    }
}

static void
on_event(struct run *run, struct conn *conn, uint32_t events)
{
    if (conn->state == CONN_CONNECTING && (events & (EPOLLERR | EPOLLHUP)) != 0)
        lose(run, conn);
    if (conn->state == CONN_CONNECTING && (events & EPOLLOUT) != 0)
        become_idle(run, conn);
    else if (conn->state == CONN_BUSY && (events & EPOLLOUT) != 0)
        flush(run, conn);
    if (conn->state != CONN_LOST && (events & EPOLLIN) != 0)
        read_some(run, conn);
    if (conn->state != CONN_LOST && (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
        lose(run, conn);
}

/* ---- the loop ---- */

static void
turn(struct run *run, int64_t until_ns)
{
    struct epoll_event events[EVENTS_MAX];
    int64_t wait_ns = until_ns - now_ns();
    if (run->lost_count > 0 && wait_ns > AGAIN_NS)
        wait_ns = AGAIN_NS;
    if (wait_ns < 0)
        wait_ns = 0;
    struct timespec timeout = {.tv_sec = wait_ns / NS_PER_S, .tv_nsec = wait_ns % NS_PER_S};
    int count = epoll_pwait2(run->epoll, events, EVENTS_MAX, &timeout, NULL);
    for (int i = 0; i < count; i++)
        on_event(run, events[i].data.ptr, events[i].events);
    if (run->lost_count > 0)
        connect_lost(run, now_ns());
}

/* What was due and never sent has waited until the end; what is under way is told apart. */
static void
count_rest(struct run *run)
{
    for (unsigned i = 0; i < run->options->connections; i++)
        run->result->unanswered += run->conns[i].state == CONN_BUSY;
    if (run->options->rate == 0)
        return;
    for (; next_due_ns(run) < run->end_ns; run->due_count++) {
        if (next_due_ns(run) >= run->count_start_ns)
            run->result->unsent++;
    }
}

static void
go(struct run *run)
{
    const struct run_options *options = run->options;
    connect_lost(run, now_ns());
    run->start_ns = now_ns();
    run->count_start_ns = run->start_ns + (int64_t)(options->warm_s * (double)NS_PER_S);
    run->end_ns = run->count_start_ns + (int64_t)(options->count_s * (double)NS_PER_S);
    for (int64_t time_ns = run->start_ns; time_ns < run->end_ns; time_ns = now_ns())
        turn(run, send_due(run, time_ns));
    int64_t drain_ns = run->end_ns + (int64_t)(options->drain_s * (double)NS_PER_S);
    while (run->busy_count > 0 && now_ns() < drain_ns)
        turn(run, drain_ns);
    count_rest(run);
    run->result->seconds = options->count_s;
    run->result->second_count = (unsigned)((run->end_ns - run->start_ns) / NS_PER_S);
}

static bool
raise_limit(unsigned connections)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= connections + 16)
        return true;
    fprintf(stderr, "loadgen: only %lu descriptors may be open\n", (unsigned long)limit.rlim_cur);
    return false;
}

static size_t
room_for_any(const struct plan *plan)
{
    size_t room = 0;
    for (unsigned i = 0; i < plan->kind_count; i++)
        room = plan->kinds[i].size_bytes > room ? plan->kinds[i].size_bytes : room;
    return room;
}

bool
run_plan(const struct plan *plan, const struct run_options *options, struct run_result *ret_result)
{
    unsigned count = options->connections;
    struct run run = {.plan = plan, .options = options, .result = ret_result, .lost_count = count};
    if (!raise_limit(count))
        return false;
    CHECK(getrandom(&run.random, sizeof run.random, 0) == sizeof run.random);
    run.epoll = epoll_create1(EPOLL_CLOEXEC);
    run.conns = mem_alloc(count * sizeof *run.conns);
    for (unsigned i = 0; i < count; i++)
        run.conns[i].room = mem_alloc(room_for_any(plan));
    go(&run);
    for (unsigned i = 0; i < count; i++) {
        if (run.conns[i].state != CONN_LOST)
            close(run.conns[i].fd);
        mem_free(run.conns[i].room);
    }
    mem_free(run.conns);
    close(run.epoll);
    return true;
}
