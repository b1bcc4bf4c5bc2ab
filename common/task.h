/*
 * task - coroutines: straight-line code that waits without blocking the loop
 *
 * Stacks of 256 KiB of address space with a guard page below, pooled. A task runs until
 * it parks; wake puts it into the loop's queue of deferred jobs. Sanitizers are told of each
 * switch.
 *
 * A function that may suspend ends in _await. What was read before one may be stale after it.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/err.h"
#include "common/loop.h"

struct task;

enum { TASK_STACK_BYTES = 256 * 1024, TASK_COUNT_MAX = 10000 };

/* Starts the machinery for one loop; `count_max` tasks at most (0: TASK_COUNT_MAX). deinit frees
 * the pooled stacks; no task may be alive. */
void task_init(struct loop *loop, unsigned count_max);
void task_deinit(void);

/* Runs `run(context)` as a task, at once, until it first parks. False: too many tasks; nothing ran.
 */
bool task_spawn(void (*run)(void *context), void *context) MUST_CHECK;

unsigned task_count(void);

/*
 * One thing a task waits for. On the waiter's stack: {0}, handed to a driver, then
 * task_wait_await. The driver calls task_done once, from the loop or another task, unless
 * task_wait_await has returned ERR_DEADLINE_EXCEEDED before; so `on_timeout` (if set) is called
 * before that return, and must make the driver forget the wait.
 */
struct task_wait {
    struct task *task;
    enum err err;
    bool is_done;
    void (*on_timeout)(struct task_wait *wait);
};

/* Suspends until task_done (answers its err) or until the deadline (clock_mono_ms) has passed
 * (ERR_DEADLINE_EXCEEDED). If it is done already it returns at once. */
enum err task_wait_await(struct task_wait *wait, int64_t deadline_mono_ms) MUST_CHECK;
void task_done(struct task_wait *wait, enum err err);

/* Suspends for a while. */
void task_sleep_await(int64_t delay_ms);
