/*
 * base - the few words that every file speaks: attributes, assertions, arrays
 *
 * Assertions stay on in release. CHECK is for what cannot be; CHECK_TODO for what can be and is
 * not handled yet. What a peer, the network, the disk or a user can cause is never asserted.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* gcc says it this way, clang another. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) && !defined(__SANITIZE_ADDRESS__)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#define MUST_CHECK __attribute__((warn_unused_result))
#define NO_RETURN __attribute__((noreturn))
#define PRINTF_LIKE(format_index, first) __attribute__((__format__(printf, format_index, first)))
#define UNUSED __attribute__((unused))

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0))                                                     \
            base_check_failed(#condition, __FILE__, __LINE__, __func__);                           \
    } while (0)

#define CHECK_TODO(condition) CHECK(condition)

/* An object that crosses a `void *` starts with a magic number of its own, and the cast checks it.
 */
#define CAST(type, pointer, magic_number)                                                          \
    ({                                                                                             \
        type *cast_object_ = (pointer);                                                            \
        CHECK(cast_object_ != NULL && cast_object_->magic == (magic_number));                      \
        cast_object_;                                                                              \
    })

/* Says which assertion failed and where, on stderr, and aborts. */
NO_RETURN void base_check_failed(const char *condition, const char *file, int line,
                                 const char *function);

/* Divides by a divisor > 0 and rounds down, also below 0. */
static inline int64_t
divide_floor(int64_t number, int64_t divisor)
{
    return number / divisor - (number % divisor < 0);
}

/* Below zero, zero or above, as a is below b, equal or above. */
static inline int
compare_numbers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* Whether a text begins with another. */
static inline bool
text_begins(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

/* Memory that never fails to come: out of memory says so on stderr and aborts. Freed with mem_free.
 */
void *mem_alloc(size_t size_bytes);                /* zeroed */
void *mem_resize(void *memory, size_t size_bytes); /* as realloc; what is new is not zeroed */
char *mem_copy_text(const char *text);
void mem_free(void *memory); /* NULL is fine */
