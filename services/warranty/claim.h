/*
 * claim - claims: rows, the facts of a case, rules, the unit of work
 *
 * A claim is decided by the policy when it is submitted, and again with each document, each finding
 * and each fact of its unit that comes late. What the policy says is a record (common.v1.Decision),
 * kept for ever; where the claim stands is another thing, and follows from it as long as no person
 * has decided.
 *
 *   claim_handlers            filing, reading, listing
 *   claim_evidence_handlers   documents and findings; the policy decides again
 *   claim_verb_handlers       approve, reject, withdraw, settle, close
 *   claim_appeal_handlers     override, appeal and its decision
 *   claim_authority           who may spend
 *   claim_verdict             what a person decided, and how the customer reads it
 *   claim_fulfil_handlers     repair, replacement, refund
 *   claim_timer               promises that pass, facts that come late
 *   work_handlers             the worklist
 *   claim_work                what they share: read, decide, write; claim_verb: of people's verbs
 *   claim_case                a claim and its unit as the facts that the policy engine is told
 *   claim_documents           what a document is, asked of the documents service
 *   claim_rules               pure: states, authority, limits
 *   claim_change              the one write; claim_store, work_store: reading
 *   claim_message             the claim as answered
 *
 * A decision rests on the unit too: its facts, and how many of its claims were accepted. Each write
 * of a decision therefore holds the unit's row at the `version` and the `claim_count` that were
 * read, and raises the count where it accepts a claim: of two claims at once against a limit of one
 * the second is decided anew.
 */
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/money.h"
#include "common/v1/decision.pb-c.h"

#include "fact.h"

enum { CLAIM_DOCUMENTS_MAX = 100, CLAIM_FINDINGS_MAX = 50, CLAIM_ADDED_MAX = 20 };

/* Kinds of timers. The first is about a claim: its promise; the second about a unit: its facts
 * changed, and the policy is to decide its claims again. */
#define CLAIM_TIMER_DECIDE_BY "claim.decide_by"
#define CLAIM_TIMER_DECIDE "claim.decide"

timer_handler claim_on_decide_by; /* claim_timer.c */
timer_handler claim_on_decide;

/* ---- rows ---- */

struct claim {
    struct uuid claim_id;
    const char *serial;
    int state; /* Warranty__V1__Claim__State */
    const char *cause;
    const char *component; /* as the customer says; "" the whole unit */
    const char *description;
    const char *contact_name;
    const char *contact_email;
    const char *contact_phone;
    const char *contact_language;
    const char *contact_time_zone;
    const char *contact_push_token;
    struct date at_date;
    const char *owner_id;
    const char *assignee_id;
    int64_t create_time_us;
    int64_t submit_time_us; /* 0 while a draft */
    int64_t version;
    /* What the policy said last; no decision_id, and 0 and "", of a draft. */
    bool has_decision;
    struct uuid decision_id;
    int outcome; /* Common__V1__Decision__Outcome */
    const char *reason;
    const char *deciding_clause_id;
    int64_t decide_by_us; /* 0: nothing is promised */
    bool is_late;
    /* What people said. */
    const char *decided_by; /* subject of the person who decided last; "": the policy did */
    bool is_by_person;      /* a person decided: the state does not follow the policy any more */
    Warranty__V1__Verdict *verdict; /* what they decided; NULL: the policy's decision holds */
    const char *decide_reason;
    const char *appeal_reason; /* "": nobody appealed */
    bool is_overridden;
    struct money override_cost; /* no currency: none */
    /* Which of the unit's accepted claims it is, from 1; 0: it does not count against
     * warranty.limits, as it is not accepted, or was inspected. */
    int64_t accept_number;
    Warranty__V1__Fulfilment *fulfilment; /* NULL before */
};

struct claim_document {
    const char *document_id;
    const char *kind;
    struct date document_date;
    const char *sha256;
    const char *media_type;
    int64_t create_time_us;
    int finding_number; /* the finding that it proves; 0: none */
};

struct claim_finding {
    int number; /* from 1 */
    const char *finding;
    const char *component;
    const char *fault_code;
    const char *description;
    int64_t record_time_us;
};

/* What came with a claim, in the order it came. */
struct claim_evidence {
    const struct claim_document *documents;
    size_t document_count;
    const struct claim_finding *findings;
    size_t finding_count;
};

/* The claim as answered; `evidence` and `decision` are NULL in lists. */
Warranty__V1__Claim *claim_to_message(struct arena *arena, const struct claim *claim,
                                      const struct claim_evidence *evidence,
                                      Common__V1__Decision *decision);

/* How the customer can be reached; NULL: nothing is known of it. */
Common__V1__Contact *claim_contact_to_message(struct arena *arena, const struct claim *claim);

/* ---- rules: no I/O, no clock ---- */

/* The state that follows from an outcome; `needed` are the decision's. A document of the checklist
 * that is missing is the customer's turn, everything else a person's. */
int claim_state_of(const Common__V1__Decision *decision);

/* Whether the state of a claim is the policy's to say: no person decided it, and nothing was begun
 * or ended. */
bool claim_follows_policy(const struct claim *claim);

/* Where a decision of the policy leaves a claim: a person's word stands. */
int claim_state_after(const struct claim *claim, const Common__V1__Decision *decision);

/* Whether a claim waits for us or the customer, so that decide_by counts. */
bool claim_is_waiting(int state);

/* Whether a claim in this state waits for a member of staff: it stands in the worklist. */
bool claim_is_work(int state);

/* Whether a claim in this state counts against the limit; `finding_count` findings were made. */
bool claim_counts(int state, size_t finding_count);

/* Who may approve or reject what the policy left open. */
enum claim_leave {
    CLAIM_LEAVE,          /* the policy leaves it to the caller, or says the same */
    CLAIM_LEAVE_MANAGERS, /* only managers decide for want of a finding */
    CLAIM_STANDS          /* the policy has decided: only an override goes against it */
};
enum claim_leave claim_may_decide(int outcome, bool is_approval, bool is_manager);

/* The state that an approval leads to. */
int claim_state_approved(int outcome);

/* Whether a cost lies within an authority: the currencies must be equal. */
bool claim_is_within(struct money cost, struct money authority);

/* Whether an appeal may be made on a day; `by_date` absent: whenever. */
bool claim_may_appeal(struct date today, struct date by_date);

/* The remedy's code in the policy, as "repair"; NULL: none. */
const char *claim_remedy_code(int remedy);
/* Whether a remedy is one of those that a decision or verdict names. Who names none names each. */
bool claim_has_remedy(char *const *remedies, size_t count, int remedy);

/* The fact of the unit that a document with a day on it tells: Warranty__V1__UnitFact__Kind; 0:
 * none. */
int claim_dated_fact(const char *document_kind);

/* The time that a decision promises; 0: none. */
int64_t claim_promise(const Common__V1__Decision *decision);

/* The last day of the period in which claims are counted back from `at_date`: claims after it
 * count. Absent: all. */
struct date claim_period_start(struct date at_date, int months, int days);

/* ---- the case (claim_case.c) ---- */

/* What a decision of a claim rests on. */
struct claim_case {
    const struct claim *claim;
    const struct claim_evidence *evidence;
    const struct unit *unit;
    const struct ledger *ledger; /* of the unit (ledger_of) */
    int64_t now_us;
};

/* Asks the policy. Reads how many claims were accepted before. Errors as warranty_decide. */
enum err claim_decide_await(struct call *call, const struct claim_case *question,
                            Common__V1__Decision **ret_decision) MUST_CHECK;

/* ---- store ---- */

enum err claim_read_await(struct call *call, const struct uuid *claim_id,
                          struct claim *ret_claim) MUST_CHECK;
enum err claim_evidence_read_await(struct call *call, const struct uuid *claim_id,
                                   struct claim_evidence *ret_evidence) MUST_CHECK;
/* ERR_NOT_FOUND: there is no such decision. */
enum err claim_decision_read_await(struct call *call, const struct uuid *decision_id,
                                   Common__V1__Decision **ret_decision) MUST_CHECK;
/* The newest first; after the decision `after`, NULL: from the first. */
enum err claim_decisions_list_await(struct call *call, const struct uuid *claim_id,
                                    const struct uuid *after, int32_t size,
                                    struct page *ret_page) MUST_CHECK;
/* Claims of the claim's unit that were accepted before it (all that were, where it is not) and were
 * reported after `after` (absent: whenever) and not after the claim's own day. */
enum err claim_count_await(struct call *call, const struct claim *claim, struct date after,
                           int64_t *ret_count) MUST_CHECK;
/* Claims of a unit that the policy may still decide, oldest first. */
enum err claim_open_list_await(struct call *call, const char *serial, struct uuid **ret_claim_ids,
                               size_t *ret_count) MUST_CHECK;

/* What a claim list is narrowed by; "" and 0 and NULL for all. */
struct claim_filter {
    const char *serial;
    const char *contact; /* a part of name, e-mail or phone; of everybody's claims */
    int state;
    const char *owner_id;
    int64_t before_time_us; /* with before_id: only older ones than this row */
    struct uuid before_id;
};
enum err claim_list_await(struct call *call, const struct claim_filter *filter, int32_t size,
                          struct page *ret_page) MUST_CHECK;

/* The worklist: what waits for a person, the first deadline first; work without one comes last. */
struct work_filter {
    const char *assignee_id; /* NULL: anybody's */
    int64_t due_before_us;   /* 0: all */
    bool has_after;          /* only later ones than the row of after_id */
    int64_t after_due_us;    /* its deadline; 0: none */
    struct uuid after_id;
    int64_t now_us;
};
enum err work_list_await(struct call *call, const struct work_filter *filter, int32_t size,
                         struct page *ret_page) MUST_CHECK;

/* ---- one change of a claim ---- */

/* Everything that one unit of work does to a claim and what goes with it. */
struct claim_change {
    struct claim *claim; /* as it is to be; `version` one more than was read (1: a new claim) */
    int64_t time_us;     /* when it happens, as the answer says it */
    struct claim_evidence evidence; /* after the change: what is new stands last */
    size_t new_document_count;
    bool has_new_finding;
    Common__V1__Decision *decision; /* a new one; NULL: none */
    /* Units that it rests on, held at the versions that were read, and written where they changed;
     * the claim's own among them. None: it rests on the claim alone. */
    const struct unit_hold *units;
    size_t unit_count;
    int32_t claim_count; /* of the claim's unit, as it was read */
    bool raises_count;   /* one more claim of that unit is accepted */
    /* What is learnt of units meanwhile, and its events. */
    Warranty__V1__UnitFact *const *facts;
    size_t fact_count;
    const struct change_event *also;
    size_t also_count;
    bool sets_timer; /* decide_by is a promise from now on */
    const struct contract_message *event_contract;
    const ProtobufCMessage *event;
    const ProtobufCMessage *response;
};

/* change_commit_await's errors. */
enum err claim_write_await(struct call *call, const struct claim_change *change) MUST_CHECK;

/* ---- a claim at work (claim_work.c): read, decide, write ---- */

/* A claim that is being changed, and all that a decision about it needs. */
struct claim_work {
    struct claim claim;
    struct claim_evidence evidence;
    Common__V1__Decision *decision; /* the last one; NULL: there is none */
    int state_before;
    int64_t now_us;
    /* Where it was asked for: */
    bool has_unit;
    struct unit unit;
    struct ledger ledger;
    /* What the write will do. */
    struct claim_change change;
    const Warranty__V1__Verdict *verdict; /* what this call decides; NULL: nothing */
};

/* Reads a claim with its evidence and decision. `claim_id` is a UUID as text. Refuses what the
 * caller may not see: NOT_FOUND, CLAIM_MISSING, and a version that is not the expected one. */
enum err claim_open_await(struct call *call, const char *claim_id, int64_t expected_version,
                          struct claim_work *ret_work) MUST_CHECK;
/* That refusal. */
enum err claim_fail_missing(struct call *call, const char *claim_id) MUST_CHECK;

/* Whether the method at hand may be called in the claim's state at all; what it leads to is found
 * out later. FAILED_PRECONDITION, CLAIM_STATE. */
enum err claim_check_verb(struct call *call, const struct claim_work *work) MUST_CHECK;

/* Reads the claim's unit and its ledger, so that the write holds it. */
enum err claim_open_unit_await(struct call *call, struct claim_work *work) MUST_CHECK;

/* Has the policy decide again: with what the new documents tell of the unit, which becomes a part
 * of the change. Moves the claim where that leads, by the method at hand (`verb` where a timer
 * does it). The unit must be open. */
enum err claim_decide_again_await(struct call *call, struct claim_work *work,
                                  const char *verb) MUST_CHECK;

/* Makes facts that were prepared for the claim's unit a part of the change. */
void claim_take_facts(struct call *call, struct claim_work *work,
                      const struct fact_change *prepared);

/* Counts the claim against the limit, or not, by its state now. The unit must be open. */
void claim_count(struct claim_work *work);

/* Writes the change: `*ret_claim` becomes the answer, a field of `response`, and the event says it.
 * change_commit_await's errors. */
enum err claim_say_decided_await(struct call *call, struct claim_work *work, const char *verb,
                                 Warranty__V1__Claim **ret_claim,
                                 const ProtobufCMessage *response) MUST_CHECK;
enum err claim_say_missed_await(struct call *call, struct claim_work *work,
                                Warranty__V1__Claim **ret_claim,
                                const ProtobufCMessage *response) MUST_CHECK;
enum err claim_say_moved_await(struct call *call, struct claim_work *work,
                               Warranty__V1__Claim **ret_claim,
                               const ProtobufCMessage *response) MUST_CHECK;

/* ---- verbs of people (claim_verb.c) ---- */

/* A step of a verb, between the claim's reading and its writing; it moves the claim. */
typedef enum err claim_step(struct call *call, struct claim_work *work, const void *req);

struct claim_verb {
    const char *claim_id;
    int64_t expected_version;
    const void *req;
    claim_step *step_await;
};

/* Runs a verb to its end, again after lost races. */
enum err claim_run_await(struct call *call, const struct claim_verb *verb,
                         Warranty__V1__Claim **ret_claim, const ProtobufCMessage *res) MUST_CHECK;

/* Moves the claim by the method at hand, as call_move_to. */
enum err claim_move(struct call *call, struct claim_work *work, int to) MUST_CHECK;

/* From now on the caller's word holds: what they decided is where the claim was moved to. Where
 * that is under review again, the policy's does (claim_verdict.c). Errors as warranty_policy. */
enum err claim_sign(struct call *call, struct claim_work *work, const char *reason) MUST_CHECK;

/* ---- authority (claim_authority.c) ---- */

/* The most that the caller may decide by themselves in one case. Asks the policy daemon; its errors
 * but NOT_FOUND. */
enum err claim_authority_await(struct call *call, struct money *ret_authority) MUST_CHECK;

/* Checks a cost that goes beyond the policy: it must be said, in the authority's currency, and lie
 * within it. FIELD_REQUIRED, CURRENCY_WRONG, FIELD_RANGE; PERMISSION_DENIED, AUTHORITY_EXCEEDED. */
enum err claim_check_cost_await(struct call *call, const Common__V1__Money *asked,
                                struct money *ret_cost) MUST_CHECK;

/* ---- documents that come with a request (claim_documents.c) ---- */

/* Asks the documents service for what each of them is, and adds them to the claim's evidence as
 * the proof of a finding (0: of none). `field` names the list in refusals. DOCUMENT_MISSING: it is
 * not there, or not the caller's; DOCUMENT_REPEATS; CODE_UNKNOWN; FIELD_NOT_YOURS;
 * DATE_IN_FUTURE. */
enum err claim_add_documents_await(struct call *call, struct claim_work *work, const char *field,
                                   Warranty__V1__ClaimDocument *const *documents, size_t count,
                                   int finding_number) MUST_CHECK;
/* The same for one document, which is the field `field`. */
enum err claim_add_document_await(struct call *call, struct claim_work *work, const char *field,
                                  const Warranty__V1__ClaimDocument *document) MUST_CHECK;
