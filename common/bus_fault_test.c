/*
 * bus_fault_test - replicas that are killed, stopped, hung, failing, restarted: each a process of
 * its own
 *
 * The test runs itself again as "bus_fault_test --serve DIRECTORY MODE" for each replica. Modes:
 * echo; pid (answers its process id); hold (never answers); fail (answers UNAVAILABLE); hang (its
 * loop stops at the first request, its I/O thread lives).
 */
// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "common/bus_fixture.h"

/* ---- the replica's process ---- */

struct replica {
    struct bus_server *server;
    const char *mode;
};

static void
on_request(void *context, struct bus_request *request)
{
    struct replica *replica = context;
    char pid[16];
    struct bus_reply reply = {.body = request->body, .body_size_bytes = request->body_size_bytes};
    if (strcmp(replica->mode, "hold") == 0)
        return;
    while (strcmp(replica->mode, "hang") == 0)
        pause();
    if (strcmp(replica->mode, "fail") == 0)
        fault_set(&reply.fault, ERR_UNAVAILABLE, "DATABASE_AWAY", "the database is away");
    if (strcmp(replica->mode, "pid") == 0) {
        reply.body_size_bytes = (size_t)snprintf(pid, sizeof pid, "%d", (int)getpid());
        reply.body = (const uint8_t *)pid;
    }
    bus_reply(replica->server, &request, &reply);
}

static int
serve(const char *directory, const char *mode)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    rng_init();
    struct loop *loop = loop_open();
    struct bus_options options = {.service = "echo", .directory = directory, .connect = ""};
    struct replica replica = {.mode = mode};
    struct bus *bus;
    struct fault fault;
    if (bus_open(loop, &options, &bus, &fault) != OK ||
        bus_server_open(bus, on_request, &replica, &replica.server, &fault) != OK) {
        fprintf(stderr, "%s\n", fault.message);
        return 1;
    }
    loop_run(loop); /* until it is killed */
    return 0;
}

/* ---- the test's process ---- */

enum { PROCESSES_MAX = 4 };

static struct fixture fixture;
static pid_t processes[PROCESSES_MAX];
static unsigned wanted_count;

static pid_t
start(const char *mode)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        execl("/proc/self/exe", "bus_fault_test", "--serve", fixture.directory, mode, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < PROCESSES_MAX; i++) {
        if (processes[i] == 0) {
            processes[i] = pid;
            return pid;
        }
    }
    fail_msg("too many processes");
    return 0;
}

static void
stop(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (int i = 0; i < PROCESSES_MAX; i++) {
        if (processes[i] == pid)
            processes[i] = 0;
    }
}

static bool
has_wanted_count(void *context UNUSED)
{
    return bus_client_ready(fixture.client) == wanted_count;
}

static void
wait_for_ready(unsigned count)
{
    wanted_count = count;
    WAIT_FOR(&fixture, has_wanted_count, NULL);
}

static int
set_up(void **state UNUSED)
{
    memset(&fixture, 0, sizeof fixture);
    fixture_open(&fixture);
    fixture_bus(&fixture);
    fixture_connect(&fixture);
    return 0;
}

static int
tear_down(void **state UNUSED)
{
    for (int i = 0; i < PROCESSES_MAX; i++) {
        if (processes[i] != 0)
            stop(processes[i]);
    }
    fixture_close(&fixture);
    return 0;
}

static unsigned
files_in_directory(void)
{
    unsigned count = 0;
    DIR *directory = opendir(fixture.directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static bool
has_two_files(void *context UNUSED)
{
    return files_in_directory() == 2;
}

enum { IN_FLIGHT = 100 };

static void
calls_of_a_killed_replica_go_to_another(void **state UNUSED)
{
    pid_t holder = start("hold");
    wait_for_ready(1);
    struct caller callers[IN_FLIGHT] = {0};
    for (int i = 0; i < IN_FLIGHT; i++) {
        callers[i].may_repeat = i % 2 == 0;
        caller_start(&callers[i], &fixture, "in flight", 20000);
    }
    start("echo");
    wait_for_ready(2);
    int64_t kill_mono_ms = clock_mono_ms();
    stop(holder);
    WAIT_FOR(&fixture, no_task_is_left, NULL);
    print_message("             100 calls answered %d ms after the kill\n",
                  (int)(clock_mono_ms() - kill_mono_ms));
    for (int i = 0; i < IN_FLIGHT; i++) {
        assert_int_equal(callers[i].err, i % 2 == 0 ? OK : ERR_UNAVAILABLE);
        assert_int_equal(callers[i].attempt_count, i % 2 == 0 ? 2 : 1);
        assert_string_equal(callers[i].fault.reason, i % 2 == 0 ? "" : "REPLICA_LOST");
    }
    /* Of the dead one's files nothing is left. */
    WAIT_FOR(&fixture, has_two_files, NULL);
}

static void
a_killed_replica_costs_only_the_calls_it_held(void **state UNUSED)
{
    pid_t first = start("echo");
    start("echo");
    wait_for_ready(2);
    struct caller callers[8] = {0};
    for (int i = 0; i < 8; i++) {
        callers[i].may_repeat = true;
        callers[i].repeat_count = 500;
        caller_start(&callers[i], &fixture, "under load", 5000);
    }
    stop(first);
    assert_true(loop_run_until(fixture.loop, no_task_is_left, NULL, 30000));
    for (int i = 0; i < 8; i++)
        assert_int_equal(callers[i].ok_count, 500);
}

static void
with_the_only_replica_killed_the_outcome_is_unknown(void **state UNUSED)
{
    pid_t holder = start("hold");
    wait_for_ready(1);
    struct caller caller = {.may_repeat = true};
    caller_start(&caller, &fixture, "x", 20000);
    stop(holder);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, ERR_UNAVAILABLE);
    assert_string_equal(caller.fault.reason, "REPLICA_LOST");
    /* It comes back by itself. */
    start("echo");
    wait_for_ready(1);
    struct caller again = {0};
    caller_start(&again, &fixture, "x", 5000);
    WAIT_FOR(&fixture, caller_is_over, &again);
    assert_int_equal(again.err, OK);
}

static void
a_stopped_replica_is_left_out_and_comes_back(void **state UNUSED)
{
    pid_t stopped = start("echo");
    start("echo");
    wait_for_ready(2);
    kill(stopped, SIGSTOP);
    struct caller callers[4] = {0};
    for (int i = 0; i < 4; i++) {
        callers[i].may_repeat = true;
        callers[i].repeat_count = 100;
        caller_start(&callers[i], &fixture, "work goes on", 20000);
    }
    assert_true(loop_run_until(fixture.loop, no_task_is_left, NULL, 30000));
    for (int i = 0; i < 4; i++)
        assert_int_equal(callers[i].ok_count, 100);
    wait_for_ready(1);
    kill(stopped, SIGCONT);
    wait_for_ready(2);
}

static void
a_hung_replica_is_suspected_although_its_io_thread_answers(void **state UNUSED)
{
    start("hang");
    wait_for_ready(1);
    int64_t suspected = counter("bus.replica.suspect");
    struct caller caller = {0};
    caller_start(&caller, &fixture, "hang", 20000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(caller.err, ERR_UNAVAILABLE);
    assert_string_equal(caller.fault.reason, "REPLICA_LOST");
    assert_int_equal(counter("bus.replica.suspect"), suspected + 1);
    assert_int_equal(bus_client_ready(fixture.client), 0);
}

static void
a_failing_replica_is_ejected_but_never_the_last(void **state UNUSED)
{
    start("fail");
    start("echo");
    wait_for_ready(2);
    int64_t ejected = counter("bus.replica.eject");
    struct caller caller = {.repeat_count = 200};
    caller_start(&caller, &fixture, "x", 5000);
    WAIT_FOR(&fixture, caller_is_over, &caller);
    assert_int_equal(counter("bus.replica.eject"), ejected + 1);
    assert_int_equal(caller.ok_count, 195);
    stop(processes[1]);
    wait_for_ready(1);
    struct caller last = {.repeat_count = 20};
    caller_start(&last, &fixture, "x", 5000);
    WAIT_FOR(&fixture, caller_is_over, &last);
    assert_string_equal(last.fault.reason, "DATABASE_AWAY");
    assert_int_equal(counter("bus.replica.eject"), ejected + 1);
}

static void
two_replicas_share_the_work(void **state UNUSED)
{
    pid_t first = start("pid");
    start("pid");
    wait_for_ready(2);
    char pid[16];
    snprintf(pid, sizeof pid, "%d", (int)first);
    struct caller callers[4] = {0};
    unsigned of_first_count = 0;
    for (int i = 0; i < 4; i++) {
        callers[i].repeat_count = 250;
        caller_start(&callers[i], &fixture, pid, 5000);
    }
    WAIT_FOR(&fixture, no_task_is_left, NULL);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(callers[i].err, OK);
        of_first_count += callers[i].ok_count;
    }
    print_message("             %u of 1000 went to the first\n", of_first_count);
    assert_true(of_first_count > 200 && of_first_count < 800);
}

/* ---- the wake-up race ---- */

enum { RACERS = 2, ROUNDS = 50000, STALL_MS = 300 };

struct racer {
    struct caller caller;
    unsigned stall_count;
};

static void
race(void *context)
{
    struct racer *racer = context;
    for (int i = 0; i < ROUNDS; i++) {
        int64_t start_mono_ms = clock_mono_ms();
        caller_run(&racer->caller);
        racer->stall_count += clock_mono_ms() - start_mono_ms >= STALL_MS;
    }
}

/* Each racer's request leaves between the other's reply and the loop's sleep. A wake-up that is
 * lost would be made good by the next pong only, up to a second later. */
static void
no_wakeup_is_lost_in_100000_rounds(void **state UNUSED)
{
    start("echo");
    wait_for_ready(1);
    struct racer racers[RACERS] = {0};
    for (int i = 0; i < RACERS; i++) {
        racers[i].caller = (struct caller){.fixture = &fixture, .body = "race", .timeout_ms = 5000};
        assert_true(task_spawn(race, &racers[i]));
    }
    assert_true(loop_run_until(fixture.loop, no_task_is_left, NULL, 120000));
    for (int i = 0; i < RACERS; i++) {
        assert_int_equal(racers[i].caller.ok_count, ROUNDS);
        assert_int_equal(racers[i].stall_count, 0);
    }
}

int
main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--serve") == 0)
        return serve(argv[2], argv[3]);
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(calls_of_a_killed_replica_go_to_another),
        TEST(a_killed_replica_costs_only_the_calls_it_held),
        TEST(with_the_only_replica_killed_the_outcome_is_unknown),
        TEST(a_stopped_replica_is_left_out_and_comes_back),
        TEST(a_hung_replica_is_suspected_although_its_io_thread_answers),
        TEST(a_failing_replica_is_ejected_but_never_the_last),
        TEST(two_replicas_share_the_work),
        TEST(no_wakeup_is_lost_in_100000_rounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
