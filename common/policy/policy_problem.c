/*
 * policy_problem - a bounded list of what is wrong with a policy
 *
 * What is told is one line of whole characters: texts that a stranger wrote are quoted in it, and
 * must not look like lines of their own in a terminal or in the list that an editor jumps along.
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/policy/policy_problem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_SIZE = 512, PIECE_SIZE = 5 };

/* Bytes of the character at `text`; 0: what stands there is none, or has been cut. */
static size_t
character_size(const char *text)
{
    unsigned char c = (unsigned char)text[0];
    size_t size = c < 0x80 ? 1 : c < 0xc0 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    for (size_t i = 1; i < size; i++)
        if (((unsigned char)text[i] & 0xc0) != 0x80)
            return 0;
    return size;
}

/* A character as it is told: one that would begin a line or steer a terminal as its escape. Answers
 * the bytes that it takes of `text`; a part of a character is left out. */
static size_t
print_character(const char *text, char piece[PIECE_SIZE])
{
    size_t size = character_size(text);
    unsigned char c = (unsigned char)text[0];
    if (c == '\n' || c == '\t')
        (void)snprintf(piece, PIECE_SIZE, "\\%c", c == '\n' ? 'n' : 't');
    else if (c < 0x20 || c == 0x7f)
        (void)snprintf(piece, PIECE_SIZE, "\\x%02x", c);
    else
        (void)snprintf(piece, PIECE_SIZE, "%.*s", (int)size, text);
    return size == 0 ? 1 : size;
}

/* A text as it is told; with "..." at its end if it is too long. */
static const char *
copy_line(struct arena *arena, const char *text)
{
    char line[MESSAGE_SIZE];
    char piece[PIECE_SIZE];
    size_t size = 0;
    size_t cut = 0; /* the last place that leaves room for the dots */
    line[0] = 0;
    while (*text != 0) {
        text += print_character(text, piece);
        size_t piece_size = strlen(piece);
        if (size + piece_size >= sizeof line) {
            memcpy(line + cut, "...", sizeof "...");
            break;
        }
        memcpy(line + size, piece, piece_size + 1);
        size += piece_size;
        if (size + sizeof "..." <= sizeof line)
            cut = size;
    }
    return arena_copy_text(arena, line);
}

static const char *print_message(struct arena *arena, const char *format, va_list args)
    PRINTF_LIKE(2, 0);

/* Prints more than is kept, so that what is cut is seen to be cut. */
static const char *
print_message(struct arena *arena, const char *format, va_list args)
{
    char message[2 * MESSAGE_SIZE];
    int size = vsnprintf(message, sizeof message, format, args);
    CHECK(size >= 0);
    return copy_line(arena, message);
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
    problems->problems = arena_grow(problems->arena, problems->problems, problems->problem_count,
                                    &problems->room, sizeof *problems->problems);
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
        .clause_id = copy_line(problems->arena, clause_id == NULL ? "" : clause_id),
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

int
policy_place_compare(const struct policy_place *a, const struct policy_place *b)
{
    int order = compare_numbers(a->line, b->line);
    return order != 0 ? order : compare_numbers(a->column, b->column);
}

static int
compare_problems(const struct policy_problem *a, const struct policy_problem *b)
{
    int order = strcmp(a->file, b->file);
    if (order == 0)
        order = compare_numbers(a->line, b->line);
    if (order == 0)
        order = compare_numbers(a->column, b->column);
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
