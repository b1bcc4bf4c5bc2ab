/*
 * bus_bench - round trips over the bus between two processes, each with loop, tasks and arenas
 *
 *     bus_bench [ipc|tcp|curve] [SECONDS]        default: ipc, 3 seconds for each window
 *
 * The program runs itself again as the server, which starts a task for each request and answers its
 * body, as a daemon's handlers do; principals are sealed once and opened by the server at each
 * call. For 1, 16 and 128 calls in flight it prints round trips a second, p50, p99 and the CPU of
 * both sides per call. Everything is on this machine: client, server and four threads of theirs
 * share its cores.
 */
// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "common/bus.h"
#include "common/clock.h"
#include "common/principal.h"
#include "common/rng.h"
#include "common/task.h"

enum { BODY_BYTES = 256, SAMPLES_MAX = 4000000, WINDOW_MAX = 128, PORT = 17411 };

static const uint8_t key[PRINCIPAL_KEY_SIZE] = {1};

static struct {
    struct loop *loop;
    struct bus *bus;
    struct bus_server *server;
    struct bus_client *client;
    struct principal principal;
    int64_t end_mono_us;
    uint32_t *samples_us;
    unsigned sample_count;
    unsigned failure_count;
} bench;

static void
must(enum err err, const struct fault *fault)
{
    if (err == OK)
        return;
    fprintf(stderr, "bus_bench: %s\n", fault->message);
    exit(1);
}

static void
open_bus(const char *service, const char *transport, const char *directory, bool is_server)
{
    bool is_ipc = strcmp(transport, "ipc") == 0;
    static char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", PORT);
    struct bus_options options = {.service = service,
                                  .directory = is_ipc ? directory : NULL,
                                  .listen = is_ipc || !is_server ? NULL : endpoint,
                                  .connect = is_ipc ? "" : endpoint,
                                  .curve_dir = strcmp(transport, "curve") == 0 ? directory : NULL};
    struct fault fault;
    rng_init();
    principal_init_key(key);
    bench.loop = loop_open();
    task_init(bench.loop, 0);
    must(bus_open(bench.loop, &options, &bench.bus, &fault), &fault);
}

/* ---- the server ---- */

static void
answer(void *context)
{
    struct bus_request *request = context;
    struct bus_reply reply = {.body = request->body, .body_size_bytes = request->body_size_bytes};
    struct principal principal;
    if (principal_open(request->principal, request->principal_size_bytes, request->principal_mac,
                       request->principal_mac_size_bytes, &principal, &reply.fault) != OK)
        reply.body_size_bytes = 0;
    bus_reply(bench.server, &request, &reply);
}

static void
on_request(void *context UNUSED, struct bus_request *request)
{
    CHECK(task_spawn(answer, request));
}

static void
on_terminate(uv_signal_t *handle UNUSED, int number UNUSED)
{
    loop_stop(bench.loop);
}

static int
serve(const char *transport, const char *directory)
{
    struct fault fault;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    open_bus("echo", transport, directory, true);
    must(bus_server_open(bench.bus, on_request, NULL, &bench.server, &fault), &fault);
    uv_signal_t terminate;
    uv_signal_init(loop_uv(bench.loop), &terminate);
    uv_signal_start(&terminate, on_terminate, SIGTERM);
    loop_run(bench.loop);
    uv_close((uv_handle_t *)&terminate, NULL);
    bus_server_close(&bench.server);
    bus_close(&bench.bus);
    task_deinit();
    loop_close(&bench.loop);
    return 0;
}

/* ---- the client ---- */

static void
ask(void *context UNUSED)
{
    static const uint8_t body[BODY_BYTES];
    while (clock_mono_us() < bench.end_mono_us) {
        struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
        int64_t start_mono_us = clock_mono_us();
        struct bus_question question = {
            .method = "echo.v1.EchoService/Echo",
            .body = body,
            .body_size_bytes = sizeof body,
            .principal = &bench.principal,
            .key = "",
            .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            .deadline_mono_ms = clock_mono_ms() + 5000,
            .may_repeat = true};
        struct bus_answer reply;
        if (bus_ask_await(bench.client, arena, &question, &reply) != OK)
            bench.failure_count++;
        else if (bench.sample_count < SAMPLES_MAX)
            bench.samples_us[bench.sample_count++] = (uint32_t)(clock_mono_us() - start_mono_us);
        arena_free(&arena);
    }
}

static bool
is_ready(void *context UNUSED)
{
    return bus_client_ready(bench.client) > 0;
}

static bool
is_over(void *context UNUSED)
{
    return task_count() == 0;
}

static int
compare(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static double
seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

/* CPU of this process so far, in seconds. */
static double
own_cpu_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/* The same of the server's, from /proc. */
static double
server_cpu_s(pid_t pid)
{
    char path[64];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return 0;
    int count =
        fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    fclose(file);
    return count == 2 ? (double)(user + system) / (double)sysconf(_SC_CLK_TCK) : 0;
}

static void
measure(unsigned window, int64_t duration_s, pid_t server)
{
    double own_s = own_cpu_s(), server_s = server_cpu_s(server);
    int64_t start_mono_us = clock_mono_us();
    bench.sample_count = bench.failure_count = 0;
    bench.end_mono_us = start_mono_us + duration_s * 1000000;
    for (unsigned i = 0; i < window; i++)
        CHECK(task_spawn(ask, NULL));
    CHECK(loop_run_until(bench.loop, is_over, NULL, duration_s * 1000 + 10000));
    double elapsed_s = (double)(clock_mono_us() - start_mono_us) / 1e6;
    unsigned count = bench.sample_count;
    CHECK(count > 0);
    qsort(bench.samples_us, count, sizeof *bench.samples_us, compare);
    printf("%9u %12.0f %8u %8u %14.1f %14.1f %9u\n", window, count / elapsed_s,
           bench.samples_us[count / 2], bench.samples_us[count - 1 - count / 100],
           (own_cpu_s() - own_s) * 1e6 / count, (server_cpu_s(server) - server_s) * 1e6 / count,
           bench.failure_count);
    fflush(stdout);
}

static void
write_pair(const char *directory, const char *name)
{
    char keys[2][41], path[256];
    CHECK(zmq_curve_keypair(keys[0], keys[1]) == 0);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", directory, name, i == 0 ? "public" : "secret");
        FILE *file = fopen(path, "w");
        CHECK(file != NULL);
        fputs(keys[i], file);
        fclose(file);
    }
}

static void
remove_files(const char *directory)
{
    static const char *const names[] = {"echo.public", "echo.secret", "bench.public",
                                        "bench.secret"};
    char path[256];
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

int
main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--serve") == 0)
        return serve(argv[2], argv[3]);
    const char *transport = argc > 1 ? argv[1] : "ipc";
    int64_t duration_s = argc > 2 ? atoi(argv[2]) : 3;
    char directory[] = "/tmp/bus-bench-XXXXXX";
    CHECK(mkdtemp(directory) != NULL);
    write_pair(directory, "echo");
    write_pair(directory, "bench");
    pid_t server = fork();
    if (server == 0) {
        execl("/proc/self/exe", "bus_bench", "--serve", transport, directory, (char *)NULL);
        _exit(127);
    }
    open_bus("bench", transport, directory, false);
    struct arena *arena = arena_new(ARENA_BUDGET_BYTES);
    principal_make_system("bench", &bench.principal, arena);
    bench.samples_us = mem_alloc(SAMPLES_MAX * sizeof *bench.samples_us);
    CHECK(bus_client_open(bench.bus, "echo", &bench.client) == OK);
    CHECK(loop_run_until(bench.loop, is_ready, NULL, 10000));
    printf("%s, body of %d bytes\n%9s %12s %8s %8s %14s %14s %9s\n", transport, BODY_BYTES,
           "in flight", "calls/s", "p50 us", "p99 us", "client CPU us", "server CPU us",
           "failures");
    static const unsigned windows[] = {1, 16, WINDOW_MAX};
    for (size_t i = 0; i < COUNT_OF(windows); i++)
        measure(windows[i], duration_s, server);
    kill(server, SIGTERM);
    waitpid(server, NULL, 0);
    bus_client_close(&bench.client);
    bus_close(&bench.bus);
    task_deinit();
    loop_close(&bench.loop);
    arena_free(&arena);
    mem_free(bench.samples_us);
    remove_files(directory);
    return 0;
}
