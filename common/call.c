/*
 * call - refusals, ownership and retries of one request
 */
// SPDX-License-Identifier: Apache-2.0
#include "common/call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/task.h"

enum {
    RACES_MAX = 20,      /* lost races before we give up */
    ROOM_MS = 20,        /* a try needs at least this long */
    RETRY_PAUSE_MS = 50, /* after an unknown outcome: the server is coming back */
};

const char *
call_subject(const struct call *call)
{
    return call->principal.subject;
}

bool
call_has_role(const struct call *call, uint32_t roles)
{
    return (call->principal.roles & roles) != 0;
}

const char *
call_own_subject(const struct call *call)
{
    if (call->method == NULL) /* a daemon acting by itself */
        return NULL;
    bool is_own = (call->principal.roles & call->method->own_roles) != 0;
    bool is_any = (call->principal.roles & call->method->roles) != 0;
    return is_own && !is_any ? call->principal.subject : NULL;
}

bool
call_may_see(const struct call *call, const char *owner_subject)
{
    const char *own = call_own_subject(call);
    return own == NULL || strcmp(own, owner_subject) == 0;
}

static enum err
fail(struct call *call, enum err code, const char *reason, const char *format, va_list args)
{
    call->fault = (struct fault){.code = code};
    call->problems = (struct call_problems){NULL, 0};
    call->details.count = 0;
    snprintf(call->fault.reason, sizeof call->fault.reason, "%s", reason);
    vsnprintf(call->fault.message, sizeof call->fault.message, format, args);
    return code;
}

enum err
call_fail(struct call *call, enum err code, const char *reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(call, code, reason, format, args);
    va_end(args);
    return code;
}

void
call_add_detail(struct call *call, const char *name, const char *format, ...)
{
    char value[ERR_MESSAGE_SIZE];
    va_list args;
    CHECK(call->details.count < CALL_DETAILS_MAX);
    va_start(args, format);
    vsnprintf(value, sizeof value, format, args);
    va_end(args);
    call->details.list[call->details.count].name = name;
    call->details.list[call->details.count++].value = arena_copy_text(call->arena, value);
}

enum err
call_fail_field(struct call *call, const char *field, const char *reason, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(call, ERR_INVALID_ARGUMENT, reason, format, args);
    va_end(args);
    snprintf(call->fault.field, sizeof call->fault.field, "%s", field);
    return ERR_INVALID_ARGUMENT;
}

enum err
call_fail_problems(struct call *call, const char *reason, const struct call_problems *problems,
                   const char *format, ...)
{
    CHECK(problems->count > 0);
    va_list args;
    va_start(args, format);
    fail(call, ERR_FAILED_PRECONDITION, reason, format, args);
    va_end(args);
    size_t size_bytes = 0;
    size_t count = 0;
    while (count < problems->count && size_bytes < CALL_PROBLEMS_BYTES_MAX)
        size_bytes += protobuf_c_message_get_packed_size(&problems->list[count++]->base);
    if (size_bytes > CALL_PROBLEMS_BYTES_MAX && count > 1)
        count--;
    call->problems = (struct call_problems){problems->list, count};
    return ERR_FAILED_PRECONDITION;
}

enum err
call_check_version(struct call *call, int64_t expected, int64_t actual)
{
    if (expected == 0 || expected == actual)
        return OK;
    return call_fail(call, ERR_FAILED_PRECONDITION, "VERSION_MISMATCH",
                     "it is at version %lld by now, not at %lld; read it again", (long long)actual,
                     (long long)expected);
}

/* From which states the called method may go: ", only in REJECTED, PARTLY_APPROVED". */
static const char *
print_starts(const struct call *call, const struct contract_machine *machine)
{
    const char *text = "";
    int last = -1;
    for (size_t i = 0; i < machine->count; i++) {
        const struct contract_transition *way = &machine->transitions[i];
        const char *name = contract_enum_name(machine->states, way->from);
        if (strcmp(way->verb, call->method->verb) != 0 || way->from == last || name == NULL)
            continue;
        text = arena_printf(call->arena, "%s%s%s", text, text[0] == 0 ? ", only in " : ", ", name);
        last = way->from;
    }
    return text;
}

static enum err
take_way(struct call *call, const struct contract_machine *machine, const char *reason,
         const struct contract_transition *way, int *state)
{
    const char *name = contract_enum_name(machine->states, *state);
    if (way == NULL)
        return call_fail(call, ERR_FAILED_PRECONDITION, reason, "%s is not possible in state %s%s",
                         call->method->verb, name != NULL ? name : "unknown",
                         print_starts(call, machine));
    if (way->roles != 0 && !call_has_role(call, way->roles))
        return call_fail(call, ERR_PERMISSION_DENIED, "ROLE_MISSING",
                         "none of the caller's roles may do this now");
    *state = way->to;
    return OK;
}

enum err
call_move(struct call *call, const struct contract_machine *machine, const char *reason, int *state)
{
    return take_way(call, machine, reason, contract_find_move(machine, *state, call->method->verb),
                    state);
}

enum err
call_move_to(struct call *call, const struct contract_machine *machine, const char *reason, int to,
             int *state)
{
    return take_way(call, machine, reason,
                    contract_find_way(machine, *state, call->method->verb, to), state);
}

bool
call_may_retry_await(struct call *call, enum err err)
{
    if (err != ERR_ABORTED && err != ERR_UNKNOWN)
        return false;
    if (++call->race_count > RACES_MAX || call_left_ms(call) < ROOM_MS)
        return false;
    if (err == ERR_UNKNOWN)
        task_sleep_await(call_left_ms(call) < RETRY_PAUSE_MS ? 1 : RETRY_PAUSE_MS);
    call->fault = (struct fault){0};
    call->asked = NULL;
    return true;
}

int64_t
call_left_ms(const struct call *call)
{
    int64_t left_ms = call->deadline_mono_ms - clock_mono_ms();
    return left_ms > 0 ? left_ms : 0;
}
