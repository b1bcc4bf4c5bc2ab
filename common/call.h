/*
 * call - one context for one request: who asks, until when, the arena, the trace, the refusal
 *
 * The bus server makes it, svc fills it, handlers and drivers read it. It feeds the log line, the
 * metrics and the trace.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/arena.h"
#include "common/contract.h"
#include "common/err.h"
#include "common/v1/problem.pb-c.h"

struct svc;
struct svc_asked;

enum {
    CALL_TRACEPARENT_SIZE = 56,
    CALL_KEY_SIZE = 256,
    CALL_SUBJECT_SIZE = 256,
    CALL_LINK_SIZE = 256,
    CALL_DETAILS_MAX = 4,
    CALL_PROBLEMS_BYTES_MAX = 160 * 1024 /* of all problems of a refusal, packed */
};

/* Every fault of a content that is refused for them. The list lives in the call's arena. */
struct call_problems {
    Common__V1__Problem **list;
    size_t count;
};

/* Dynamic parts of a refusal beside the place in the input, for programs. Texts live in the call's
 * arena. */
struct call_details {
    struct {
        const char *name;
        const char *value;
    } list[CALL_DETAILS_MAX];
    size_t count;
};

/* Who calls, as vouched for by the gateway or a daemon (common/principal.h makes and checks it). */
struct principal {
    int kind; /* common.v1.Principal.Kind */
    char subject[CALL_SUBJECT_SIZE];
    uint32_t roles; /* bits 1 << common.v1.Role */
    int64_t expire_time_ms;
    char link_method[CALL_LINK_SIZE];
    char link_resource[CALL_LINK_SIZE];
    /* As it came, to be passed on unchanged. */
    const uint8_t *packed;
    size_t packed_size_bytes;
    uint8_t mac[32];
};

struct call {
    struct svc *svc;
    struct arena *arena;
    const struct contract_method *method;
    struct principal principal;
    uint8_t request_id[16];
    unsigned attempt;
    int64_t deadline_mono_ms;
    int64_t start_mono_us;
    char traceparent[CALL_TRACEPARENT_SIZE]; /* of this call's own span */
    char key[CALL_KEY_SIZE];                 /* idempotency key; never empty for KEYED methods */
    uint8_t fingerprint[32];                 /* SHA-256 of method and packed request */
    struct fault fault;                      /* filled by call_fail */
    struct call_problems problems;           /* of the fault */
    struct call_details details;             /* of the fault */
    const char *why;                         /* for the log only; constant; NULL: not said */
    int64_t retry_after_ms;                  /* for refusals; 0: not said */
    bool is_replayed;                        /* the stored answer was given again */
    unsigned race_count;                     /* lost races so far */
    int64_t database_us;                     /* waited for the database, in all */
    struct svc_asked *asked;                 /* KEYED methods of others that this try has asked */
};

/* The caller's subject: the owner of what they create. */
const char *call_subject(const struct call *call);

/* True if the caller holds one of the roles in the set (bits). */
bool call_has_role(const struct call *call, uint32_t roles);

/*
 * The subject whose things alone the caller may see; NULL if they may see everybody's. Handlers
 * give it to their queries as filter; svc and change_commit check the answer's owner field once
 * more.
 */
const char *call_own_subject(const struct call *call);

/* False where the caller may not see what belongs to `owner_subject`: answer ERR_NOT_FOUND then. */
bool call_may_see(const struct call *call, const char *owner_subject);

/* A refusal: code, stable UPPER_SNAKE reason, sentence. Returns the code. */
enum err call_fail(struct call *call, enum err code, const char *reason, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* After call_fail: one more part of the refusal, at most CALL_DETAILS_MAX. `name` is a constant. */
void call_add_detail(struct call *call, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* The same as call_fail for a field of the request: ERR_INVALID_ARGUMENT naming it. */
enum err call_fail_field(struct call *call, const char *field, const char *reason,
                         const char *format, ...) PRINTF_LIKE(4, 5);

/*
 * Refuses a content for its faults: ERR_FAILED_PRECONDITION, HTTP 422, with as many of `problems`
 * as fit into CALL_PROBLEMS_BYTES_MAX, the first of them at least. There must be one.
 */
enum err call_fail_problems(struct call *call, const char *reason,
                            const struct call_problems *problems, const char *format, ...)
    PRINTF_LIKE(4, 5);

/* If-Match: `expected` 0 accepts any version. Otherwise refuses with FAILED_PRECONDITION,
 * VERSION_MISMATCH (HTTP 412). */
enum err call_check_version(struct call *call, int64_t expected, int64_t actual) MUST_CHECK;

/*
 * Moves `state` by the method at hand, as the machine's table says. Refuses with
 * FAILED_PRECONDITION and `reason` where there is no such transition, with PERMISSION_DENIED,
 * ROLE_MISSING where the caller's roles do not allow it.
 */
enum err call_move(struct call *call, const struct contract_machine *machine, const char *reason,
                   int *state) MUST_CHECK;

/* The same to a state that the rules chose, where the method may lead to several. A way that the
 * table does not have is refused as a state that it does not leave is. */
enum err call_move_to(struct call *call, const struct contract_machine *machine, const char *reason,
                      int to, int *state) MUST_CHECK;

/* After a lost race (ERR_ABORTED) or an unknown outcome (ERR_UNKNOWN; the key makes a repeat safe,
 * and a short pause lets the database come back): true if another try is worth it and the deadline
 * leaves room. That try begins anew: it asks other services under the keys of the one before. */
bool call_may_retry_await(struct call *call, enum err err);

/* Milliseconds left; 0 if none. */
int64_t call_left_ms(const struct call *call);
