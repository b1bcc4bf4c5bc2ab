/*
 * policy_problem - a bounded list of what is wrong with a policy
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 512, ROOM_FIRST = 16 };

/* Doubles the room. What was there stays in the arena until its end: at most as much again. */
static void
grow(struct policy_problems *problems)
{
    size_t room = problems->room == 0 ? ROOM_FIRST : problems->room * 2;
    struct policy_problem *moved = arena_alloc(problems->arena, room * sizeof *moved);
    if (problems->problem_count > 0)
        memcpy(moved, problems->problems, problems->problem_count * sizeof *moved);
    problems->problems = moved;
    problems->room = room;
}

static const char *print_message(struct arena *arena, const char *format, va_list args)
    PRINTF_LIKE(2, 0);

/* A message may quote what a stranger wrote: it is cut, and not within a character. */
static const char *
print_message(struct arena *arena, const char *format, va_list args)
{
    char message[MESSAGE_SIZE];
    int size = vsnprintf(message, sizeof message, format, args);
    CHECK(size >= 0);
    if ((size_t)size >= sizeof message) {
        size_t end = sizeof message - sizeof "...";
        while (end > 0 && ((unsigned char)message[end] & 0xc0) == 0x80)
            end--;
        memcpy(message + end, "...", sizeof "...");
    }
    return arena_copy_text(arena, message);
}

void
policy_problem_add(struct policy_problems *problems, enum policy_severity severity,
                   const char *reason, struct policy_place place, const char *clause_id,
                   const char *format, ...)
{
    if (severity == POLICY_ERROR)
        problems->error_count++;
    else
        problems->warning_count++;
    if (problems->problem_count == POLICY_PROBLEMS_MAX)
        return;
    if (problems->problem_count == problems->room)
        grow(problems);
    va_list args;
    va_start(args, format);
    const char *message = print_message(problems->arena, format, args);
    va_end(args);
    problems->problems[problems->problem_count++] = (struct policy_problem){
        .severity = severity,
        .reason = arena_copy_text(problems->arena, reason),
        .file = arena_copy_text(problems->arena, place.file == NULL ? "" : place.file),
        .line = place.line,
        .column = place.column,
        .clause_id = arena_copy_text(problems->arena, clause_id == NULL ? "" : clause_id),
        .message = message,
    };
}

void
policy_problem_suggest(struct policy_problems *problems, const char *yaml)
{
    /* When the list is full, the last one kept is not the last one added. */
    if (problems->problem_count == 0 ||
        problems->error_count + problems->warning_count > problems->problem_count)
        return;
    problems->problems[problems->problem_count - 1].suggestion =
        arena_copy_text(problems->arena, yaml);
}

static int
compare_problems(const struct policy_problem *a, const struct policy_problem *b)
{
    int order = strcmp(a->file, b->file);
    if (order == 0)
        order = (a->line > b->line) - (a->line < b->line);
    if (order == 0)
        order = (a->column > b->column) - (a->column < b->column);
    return order != 0 ? order : strcmp(a->reason, b->reason);
}

void
policy_problems_sort(struct policy_problems *problems)
{
    /* By insertion: stable, in place, and the list is short and nearly in order. */
    for (size_t i = 1; i < problems->problem_count; i++) {
        struct policy_problem problem = problems->problems[i];
        size_t place = i;
        for (; place > 0 && compare_problems(&problems->problems[place - 1], &problem) > 0; place--)
            problems->problems[place] = problems->problems[place - 1];
        problems->problems[place] = problem;
    }
}
