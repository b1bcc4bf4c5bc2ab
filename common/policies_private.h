/*
 * policies_private - what policies.c and policies_fetch.c share
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/policies.h"
#include "common/policy/policy_read.h"

enum { POLICIES_MAGIC = 0x9011c1e5, POLICIES_REASON_SIZE = ERR_MESSAGE_SIZE + 64 };

/* A version that was read and checked. */
struct policies_version {
    struct policies_version *next; /* by number, the highest first */
    struct arena *arena;
    const struct policy *policy;
    uint8_t digest[POLICY_DIGEST_BYTES];
    int64_t number;
    bool is_revoked;
};

/* A line, and when it may be freed. */
struct policies_held_line {
    struct policies_held_line *next; /* older ones */
    struct policies_line line;
    int64_t replaced_mono_ms; /* 0: it is the present one */
};

struct policies {
    unsigned magic;
    struct svc *svc;
    struct policies_options options;
    struct loop_timer timer;
    struct policies_version *versions;
    struct policies_held_line *lines;  /* the present one first; NULL: there is none */
    char reason[POLICIES_REASON_SIZE]; /* why the last refresh failed, "" if it did not */
    int64_t revision;                  /* of the line of versions that was last seen; 0: none */
    int64_t next_mono_ms;              /* when to refresh */
    int64_t claim_us;                  /* business time of the last claim; 0: none */
    int64_t clock_offset_s;            /* as last seen */
    bool is_loaded;                    /* the own table was read */
    bool is_running;                   /* a task is at work */
};

/* ---- policies.c ---- */

/* Makes a line of all versions that count, and puts it in the place of the present one. It may be
 * empty: where the only version was revoked. */
enum err policies_swap_line(struct policies *policies, struct fault *ret_fault) MUST_CHECK;

/* ---- policies_fetch.c: each is done by the one task that may be at work ---- */

/* Reads what the daemon used before from its own table, and makes a line of it. */
enum err policies_load_await(struct policies *policies, struct fault *ret_fault) MUST_CHECK;
/* Asks the policy daemon for what is new, takes it over, and makes a line of it. */
enum err policies_ask_await(struct policies *policies, struct fault *ret_fault) MUST_CHECK;
/* Says which sections are enforced, once an hour of business time. */
enum err policies_claim_await(struct policies *policies, struct fault *ret_fault) MUST_CHECK;

void policies_free_version(struct policies_version *version);
