/*
 * surveys - what the parts of aftercare-surveys share
 *
 *     a case is closed --trigger.c--> invitation --timers--> sent, reminded, expired
 *                                         |
 *                       survey page, telephone (answer_handlers.c)
 *                                         |
 *                 low score --> loop (loop_*.c) --> cluster --> corrective action (action_*.c)
 *
 * Invitations, loops and actions are worked with as the messages that they are answered as; what is
 * kept beside them stands in the structs below. All of it lives in the call's arena.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/change.h"
#include "common/consumer.h"
#include "common/page.h"
#include "common/policy/policy_set.h"
#include "common/svc.h"
#include "surveys/v1/surveys.contract.h"

/* ---- the policy (surveys.c) ---- */

void surveys_init(struct svc *svc);
void surveys_deinit(void);

/* The version in force now. */
enum err surveys_policy(struct call *call, const struct policy **ret_policy) MUST_CHECK;
/* The version of a number; the one in force now where it is not there. */
enum err surveys_policy_of(struct call *call, int64_t version,
                           const struct policy **ret_policy) MUST_CHECK;

/* When a day begins in the policy's zone; 0 for an absent one. */
int64_t surveys_day_begin(const struct policy *policy, const Common__V1__Date *day);

/* The code of an enum's value in the database, as "SENT"; and back. */
const char *surveys_code(const ProtobufCEnumDescriptor *codes, int value);
int surveys_value(const ProtobufCEnumDescriptor *codes, const char *code);

/* A time as a part of a page token, and back; "" is `absent_us`. */
const char *surveys_token_time(struct arena *arena, int64_t unix_us);
int64_t surveys_read_token_time(const char *text, int64_t absent_us);

/* 0 is null. */
struct db_param surveys_time_or_null(int64_t unix_us);

/* ---- templates (template_*.c) ---- */

/* ERR_INVALID_ARGUMENT with field and reason: what the contract cannot say of a template. */
enum err template_check(const Surveys__V1__Template *template, struct fault *ret_fault) MUST_CHECK;

/* The question of an id; NULL: none. */
const Surveys__V1__Question *template_find_question(const Surveys__V1__Template *template,
                                                    const char *question_id);

/* `version` 0: the last one. ERR_NOT_FOUND. */
enum err template_read_await(struct call *call, const char *template_id, int64_t version,
                             Surveys__V1__Template **ret_template) MUST_CHECK;
/* The enabled one of a trigger. ERR_NOT_FOUND: nobody is asked. */
enum err template_find_await(struct call *call, const char *trigger,
                             Surveys__V1__Template **ret_template) MUST_CHECK;
enum err template_list_await(struct call *call, const char *after, int32_t size,
                             struct page *ret_page) MUST_CHECK;
enum err template_create_await(struct call *call, const Surveys__V1__Template *template,
                               const ProtobufCMessage *event,
                               const ProtobufCMessage *response) MUST_CHECK;
/* `template` has the version that it will have. */
enum err template_update_await(struct call *call, const Surveys__V1__Template *template,
                               const ProtobufCMessage *event,
                               const ProtobufCMessage *response) MUST_CHECK;

/* ---- loops (loop_*.c) ---- */

#define LOOP_TIMER_CONTACT_BY "loop_contact_by"

enum err loop_on_contact_by(struct call *call, const struct timer_due *due);

/* ---- corrective actions (action_*.c) ---- */

/* Low scores of so many days are looked at together. */
enum { CLUSTER_DAYS = 90 };

#define ACTION_TIMER_CLUSTER "action_cluster" /* of the invitation whose answer was low */
#define ACTION_TIMER_DATE "action_date"       /* the day after due_date or check_date begins */

enum err action_on_cluster(struct call *call, const struct timer_due *due);
enum err action_on_date(struct call *call, const struct timer_due *due);

/* ---- the consumer (trigger.c) ---- */

void trigger_init(struct svc *svc);
