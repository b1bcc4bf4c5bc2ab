/*
 * failing_memory - loaded before everything else: each place that asks for memory gets none, once
 *
 *     FAILING_PLACES   a file of the places that have failed: they fail no more, nor in later
 *                      processes
 *     FAILING_SHARE    one place in so many fails, the others never do; 1: all of them
 *     FAILING_SEED     which ones
 *
 * A place is the few calls that lead to malloc, calloc, realloc, strdup, strndup or posix_memalign,
 * as offsets in their libraries, so it is the same in each process. Failing begins with main() of a
 * program whose name begins with "aftercare".
 */
// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE /* dladdr and RTLD_NEXT */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <unwind.h>

enum { DEPTH = 6, OWN_FRAMES = 2, PLACES_MAX = 1 << 16, EARLY_BYTES = 1 << 16 };

static const uint64_t FNV_BASIS = 0xcbf29ce484222325, FNV_PRIME = 0x100000001b3;

struct stack {
    uintptr_t calls[DEPTH + OWN_FRAMES];
    unsigned count;
};

typedef _Atomic(uint64_t) place_set[PLACES_MAX];

static place_set stacks; /* of this process, by their addresses: most calls are decided here */
static place_set failed;
static int file = -1;
static uint64_t share = 1, seed;
static atomic_bool is_begun;
/* Volatile: headers say that dlsym calls nobody back, and it calls these. */
static __thread volatile bool is_inside __attribute__((tls_model("initial-exec")));

/* What dlsym itself asks for, while it is asked for the real functions. Never given back. */
static _Alignas(16) char early[EARLY_BYTES];
static atomic_size_t early_used;

static bool
is_early(const void *memory)
{
    return (const char *)memory >= early && (const char *)memory < early + EARLY_BYTES;
}

static void *
take_early(size_t size)
{
    size_t offset = atomic_fetch_add(&early_used, (size + 15) / 16 * 16);
    return offset + size <= EARLY_BYTES ? early + offset : NULL;
}

/* True if it was not there. A set that is full has everything. */
static bool
add(place_set set, uint64_t hash)
{
    hash += hash == 0;
    for (unsigned i = 0; i < PLACES_MAX; i++) {
        _Atomic(uint64_t) *slot = &set[(hash + i) % PLACES_MAX];
        uint64_t found = 0;
        if (atomic_compare_exchange_strong(slot, &found, hash))
            return true;
        if (found == hash)
            return false;
    }
    return false;
}

static _Unwind_Reason_Code
on_frame(struct _Unwind_Context *context, void *arg)
{
    struct stack *stack = arg;
    stack->calls[stack->count++] = _Unwind_GetIP(context);
    return stack->count == DEPTH + OWN_FRAMES ? _URC_END_OF_STACK : _URC_NO_REASON;
}

static uint64_t
mix(uint64_t hash, uint64_t value)
{
    for (unsigned byte = 0; byte < 8; byte++)
        hash = (hash ^ (value >> 8 * byte & 0xff)) * FNV_PRIME;
    return hash;
}

static uint64_t
hash_addresses(const struct stack *stack)
{
    uint64_t hash = FNV_BASIS;
    for (unsigned i = OWN_FRAMES; i < stack->count; i++)
        hash = mix(hash, stack->calls[i]);
    return hash;
}

static uint64_t
hash_place(const struct stack *stack)
{
    uint64_t hash = FNV_BASIS;
    for (unsigned i = OWN_FRAMES; i < stack->count; i++) {
        Dl_info info;
        if (dladdr((void *)stack->calls[i], &info) == 0)
            continue;
        const char *name = strrchr(info.dli_fname, '/');
        for (name = name != NULL ? name : info.dli_fname; *name != '\0'; name++)
            hash = mix(hash, (unsigned char)*name);
        hash = mix(hash, stack->calls[i] - (uintptr_t)info.dli_fbase);
    }
    return hash;
}

/* On standard error, for whoever looks for the cause: the calls that led here. */
static void
tell(const struct stack *stack)
{
    char text[2048];
    int length = snprintf(text, sizeof text, "no memory for");
    for (unsigned i = OWN_FRAMES; i < stack->count && length < (int)sizeof text; i++) {
        Dl_info info = {0};
        dladdr((void *)stack->calls[i], &info);
        length += snprintf(text + length, sizeof text - (size_t)length, " %s(%s+0x%zx)",
                           info.dli_sname != NULL ? info.dli_sname : "", info.dli_fname,
                           stack->calls[i] - (uintptr_t)info.dli_fbase);
    }
    (void)!write(STDERR_FILENO, text, strlen(text));
    (void)!write(STDERR_FILENO, "\n", 1);
}

static __attribute__((noinline)) bool
fails(void)
{
    if (!atomic_load_explicit(&is_begun, memory_order_relaxed) || is_inside)
        return false;
    is_inside = true;
    struct stack stack = {.count = 0};
    _Unwind_Backtrace(on_frame, &stack);
    bool is_failing = false;
    if (add(stacks, hash_addresses(&stack))) {
        uint64_t place = hash_place(&stack);
        is_failing = place % share == seed % share && add(failed, place) &&
                     write(file, &place, sizeof place) == sizeof place;
        if (is_failing)
            tell(&stack);
    }
    is_inside = false;
    return is_failing;
}

/* Finds the real function; what that takes is early memory. */
static void *
find(const char *name)
{
    bool was_inside = is_inside;
    is_inside = true;
    void *found = dlsym(RTLD_NEXT, name);
    is_inside = was_inside;
    return found;
}

#define NEXT(name)                                                                                 \
    static __typeof__(&name) next;                                                                 \
    if (next == NULL)                                                                              \
        *(void **)&next = find(#name);

void *
malloc(size_t size)
{
    if (is_inside)
        return take_early(size);
    NEXT(malloc)
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return next(size);
}

void *
calloc(size_t count, size_t size)
{
    if (is_inside)
        return take_early(count * size);
    NEXT(calloc)
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return next(count, size);
}

void *
realloc(void *memory, size_t size)
{
    if (is_inside)
        return take_early(size);
    NEXT(realloc)
    if (is_early(memory)) {
        void *moved = malloc(size);
        if (moved != NULL)
            memcpy(moved, memory, size);
        return moved;
    }
    if (size > 0 && fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return next(memory, size);
}

void
free(void *memory)
{
    if (is_inside || is_early(memory))
        return;
    NEXT(free)
    next(memory);
}

char *
strdup(const char *text)
{
    NEXT(strdup)
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return next(text);
}

char *
strndup(const char *text, size_t size)
{
    NEXT(strndup)
    if (fails()) {
        errno = ENOMEM;
        return NULL;
    }
    return next(text, size);
}

int
posix_memalign(void **ret_memory, size_t alignment, size_t size)
{
    NEXT(posix_memalign)
    return fails() ? ENOMEM : next(ret_memory, alignment, size);
}

static uint64_t
read_number(const char *name)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void
begin(void)
{
    const char *path = getenv("FAILING_PLACES");
    if (path == NULL || strncmp(program_invocation_short_name, "aftercare", 9) != 0 ||
        (file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) < 0)
        return;
    share = read_number("FAILING_SHARE");
    share += share == 0;
    seed = read_number("FAILING_SEED");
    for (uint64_t place; read(file, &place, sizeof place) == sizeof place;)
        add(failed, place);
    atomic_store(&is_begun, true);
}
