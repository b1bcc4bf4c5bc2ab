/*
 * task - coroutines, pooled with their stacks
 *
 * A task's record lies apart from its stack, so that a pool entry is one mmap (guard page + stack)
 * and one allocation, both reused. Each record owns one loop_timer for its deadline. Switching: the
 * loop's stack <-> a task's stack only; a task that spawns another runs the new one nested until
 * its first park (the spawner's place is saved like the loop's).
 *
 * A stack is entered once, by ucontext, and never left for good: one whose task has ended stands in
 * start() until it gets the next. All other switches are _setjmp and _longjmp, because swapcontext
 * asks the kernel for the signal mask, which is the same everywhere, each time.
 *
 * Sanitizers: AddressSanitizer must be told before and after each switch which stack is in use; the
 * fake stack of what is left is kept beside it, and is given up (NULL) when a task ends.
 */
// SPDX-License-Identifier: Apache-2.0
#undef _FORTIFY_SOURCE /* its longjmp goes up one stack only, and takes others for an attack */
#include "common/task.h"

#include <setjmp.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "common/clock.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#define SWITCH_START(save, bottom, size) __sanitizer_start_switch_fiber(save, bottom, size)
#define SWITCH_FINISH(save, bottom, size) __sanitizer_finish_switch_fiber(save, bottom, size)
#else
#define SWITCH_START(save, bottom, size) (void)0
#define SWITCH_FINISH(save, bottom, size) (void)0
#endif

enum { KEEP_MAX = 1024, GUARD_BYTES = 4096 };

struct task {
    jmp_buf place;        /* where it goes on */
    bool is_entered;      /* it has a place */
    struct task *resumer; /* who runs when this one parks; NULL: the loop */
    char *stack;          /* above its guard page */
    void (*run)(void *context);
    void *argument;
    bool is_done;
    struct loop_job wake;
    struct task_wait *wait;
    struct loop_timer deadline;
    void *fake_stack;
    struct task *next_kept;
};

static struct {
    struct loop *loop;
    unsigned count_max;
    unsigned count;
    struct task *running;
    jmp_buf loop_place;
    void *loop_fake_stack;
    const void *loop_bottom; /* of the stack that the loop itself runs on */
    size_t loop_size_bytes;
    struct task *kept;
    unsigned kept_count;
} state;

void
task_init(struct loop *loop, unsigned count_max)
{
    CHECK(state.loop == NULL);
    state.loop = loop;
    state.count_max = count_max > 0 ? count_max : TASK_COUNT_MAX;
}

static void
free_task(struct task *task)
{
    CHECK(munmap(task->stack - GUARD_BYTES, TASK_STACK_BYTES + GUARD_BYTES) == 0);
    mem_free(task);
}

static void
on_deadline_closed(void *context)
{
    free_task(context);
}

void
task_deinit(void)
{
    CHECK(state.count == 0);
    while (state.kept != NULL) {
        struct task *task = state.kept;
        state.kept = task->next_kept;
        loop_timer_close(&task->deadline, on_deadline_closed);
    }
    if (state.loop != NULL)
        uv_run(loop_uv(state.loop), UV_RUN_NOWAIT);
    state.kept_count = 0;
    state.loop = NULL;
}

unsigned
task_count(void)
{
    return state.count;
}

/* ---- from stack to stack ---- */

static void start(void);

/* Both return when somebody jumps to `from`. */
static void
jump(jmp_buf from, jmp_buf to)
{
    if (_setjmp(from) == 0)
        _longjmp(to, 1);
}

static void
enter(jmp_buf from, struct task *task)
{
    ucontext_t context;
    CHECK(getcontext(&context) == 0);
    context.uc_stack.ss_sp = task->stack;
    context.uc_stack.ss_size = TASK_STACK_BYTES;
    context.uc_link = NULL;
    makecontext(&context, start, 0);
    if (_setjmp(from) == 0)
        CHECK(setcontext(&context) == 0);
}

/* Leaves `task` for whoever resumed it. A NULL `save` tells the sanitizer that this stack is done
 * with. */
static void
switch_back(struct task *task, void **save UNUSED)
{
    struct task *resumer = task->resumer;
    state.running = resumer;
    if (resumer != NULL)
        SWITCH_START(save, resumer->stack, TASK_STACK_BYTES);
    else
        SWITCH_START(save, state.loop_bottom, state.loop_size_bytes);
    jump(task->place, resumer != NULL ? resumer->place : state.loop_place);
}

/* The other end of it: `task` is resumed. */
static void
arrive(const struct task *task, void *fake_stack UNUSED)
{
    if (task->resumer == NULL)
        SWITCH_FINISH(fake_stack, &state.loop_bottom, &state.loop_size_bytes);
    else
        SWITCH_FINISH(fake_stack, NULL, NULL);
}

static void
start(void)
{
    struct task *task = state.running;
    for (;;) {
        arrive(task, NULL);
        task->run(task->argument);
        task->is_done = true;
        switch_back(task, NULL);
    }
}

static void
retire(struct task *task)
{
    state.count--;
    if (state.kept_count < KEEP_MAX) {
        task->next_kept = state.kept;
        state.kept = task;
        state.kept_count++;
    } else {
        loop_timer_close(&task->deadline, on_deadline_closed);
    }
}

static void
resume(struct task *task)
{
    struct task *self = state.running;
    jmp_buf *place = self != NULL ? &self->place : &state.loop_place;
    void **save UNUSED = self != NULL ? &self->fake_stack : &state.loop_fake_stack;
    task->resumer = self;
    state.running = task;
    SWITCH_START(save, task->stack, TASK_STACK_BYTES);
    if (task->is_entered) {
        jump(*place, task->place);
    } else {
        task->is_entered = true;
        enter(*place, task);
    }
    SWITCH_FINISH(*save, NULL, NULL);
    CHECK(state.running == self);
    if (task->is_done)
        retire(task);
}

static void
park(void)
{
    struct task *task = state.running;
    switch_back(task, &task->fake_stack);
    arrive(task, task->fake_stack);
}

static void
on_wake(struct loop_job *job)
{
    resume(container_of(job, struct task, wake));
}

static void
on_deadline(void *context)
{
    struct task *task = context;
    struct task_wait *wait = task->wait;
    CHECK(wait != NULL);
    if (wait->on_timeout != NULL)
        wait->on_timeout(wait);
    task_done(wait, ERR_DEADLINE_EXCEEDED);
}

static struct task *
take_task(void)
{
    struct task *task = state.kept;
    if (task != NULL) {
        state.kept = task->next_kept;
        state.kept_count--;
        return task;
    }
    char *map = mmap(NULL, TASK_STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (map == MAP_FAILED)
        return NULL;
    CHECK(mprotect(map, GUARD_BYTES, PROT_NONE) == 0);
    task = mem_alloc(sizeof *task);
    task->stack = map + GUARD_BYTES;
    task->wake.run = on_wake;
    loop_timer_init(state.loop, &task->deadline, on_deadline, task);
    return task;
}

bool
task_spawn(void (*run)(void *context), void *context)
{
    CHECK(state.loop != NULL);
    if (state.count >= state.count_max)
        return false;
    struct task *task = take_task();
    if (task == NULL)
        return false;
    state.count++;
    task->run = run;
    task->argument = context;
    task->is_done = false;
    task->fake_stack = NULL;
    resume(task);
    return true;
}

enum err
task_wait_await(struct task_wait *wait, int64_t deadline_mono_ms)
{
    struct task *task = state.running;
    CHECK(task != NULL && task->wait == NULL);
    if (wait->is_done)
        return wait->err;
    wait->task = task;
    task->wait = wait;
    int64_t left_ms = deadline_mono_ms - clock_mono_ms();
    loop_timer_start(&task->deadline, left_ms > 0 ? left_ms : 0, 0);
    park();
    loop_timer_stop(&task->deadline);
    task->wait = NULL;
    CHECK(wait->is_done);
    return wait->err;
}

void
task_done(struct task_wait *wait, enum err err)
{
    CHECK(!wait->is_done);
    wait->is_done = true;
    wait->err = err;
    if (wait->task == NULL)
        return; /* done before the wait began */
    loop_timer_stop(&wait->task->deadline);
    loop_defer(state.loop, &wait->task->wake);
}

void
task_sleep_await(int64_t delay_ms)
{
    struct task_wait wait = {0};
    enum err err = task_wait_await(&wait, clock_mono_ms() + delay_ms);
    CHECK(err == ERR_DEADLINE_EXCEEDED);
}
