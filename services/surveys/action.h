/*
 * action - what the parts of corrective actions share
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "surveys.h"

/* An action, and what is kept beside the message. */
struct action {
    Surveys__V1__Action *message;
    const char *done_by_id; /* who said that it was done; "" before */
};

enum err action_read_await(struct call *call, const char *action_id,
                           struct action *ret_action) MUST_CHECK;
enum err action_list_await(struct call *call, const Surveys__V1__ListActionsRequest *req,
                           struct page *ret_page) MUST_CHECK;
enum err action_create_await(struct call *call, const Surveys__V1__Action *action,
                             const ProtobufCMessage *response) MUST_CHECK;
/* A change of the action, whose version is the new one. `timers_us`: when its days are over, 0
 * none. */
enum err action_change_await(struct call *call, const struct action *action,
                             const int64_t timers_us[2],
                             const struct contract_message *event_contract,
                             const ProtobufCMessage *event,
                             const ProtobufCMessage *response) MUST_CHECK;

/* A low score, and what it has in common with the one that is looked at. */
struct low_score {
    const char *invitation_id;
    bool is_same_category;
    bool is_same_centre;
    bool is_same_clause;
};

/* Low scores since a moment that opened no action by this test yet; the newest first. */
enum err low_scores_read_await(struct call *call, const Surveys__V1__Invitation *invitation,
                               int64_t since_us, const char *test_id, struct low_score **ret_scores,
                               size_t *ret_count) MUST_CHECK;
