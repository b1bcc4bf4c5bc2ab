/*
 * claim_message - a claim as it is answered
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include "common/message.h"

Common__V1__Contact *
claim_contact_to_message(struct arena *arena, const struct claim *claim)
{
    if (claim->contact_name[0] == 0 && claim->contact_email[0] == 0 &&
        claim->contact_phone[0] == 0 && claim->contact_language[0] == 0 &&
        claim->contact_time_zone[0] == 0 && claim->contact_push_token[0] == 0)
        return NULL;
    Common__V1__Contact *message = arena_alloc(arena, sizeof *message);
    common__v1__contact__init(message);
    message->name = (char *)claim->contact_name;
    message->email = (char *)claim->contact_email;
    message->phone = (char *)claim->contact_phone;
    message->language = (char *)claim->contact_language;
    message->time_zone = (char *)claim->contact_time_zone;
    message->push_token = (char *)claim->contact_push_token;
    return message;
}

static Warranty__V1__ClaimDocument *
document_to_message(struct arena *arena, const struct claim_document *document)
{
    Warranty__V1__ClaimDocument *message = arena_alloc(arena, sizeof *message);
    warranty__v1__claim_document__init(message);
    message->document_id = (char *)document->document_id;
    message->kind = (char *)document->kind;
    message->document_date = message_date(arena, document->document_date);
    message->sha256 = (char *)document->sha256;
    message->media_type = (char *)document->media_type;
    message->create_time = message_time(arena, document->create_time_us);
    return message;
}

/* Documents; `finding_number` 0: all of the claim, else those that prove a finding. */
static Warranty__V1__ClaimDocument **
documents_to_messages(struct arena *arena, const struct claim_evidence *evidence,
                      int finding_number, size_t *ret_count)
{
    Warranty__V1__ClaimDocument **messages =
        arena_alloc(arena, (evidence->document_count + 1) * sizeof(*messages));
    *ret_count = 0;
    for (size_t i = 0; i < evidence->document_count; i++) {
        const struct claim_document *document = &evidence->documents[i];
        if (finding_number == 0 || document->finding_number == finding_number)
            messages[(*ret_count)++] = document_to_message(arena, document);
    }
    return messages;
}

static Warranty__V1__Finding *
finding_to_message(struct arena *arena, const struct claim_evidence *evidence,
                   const struct claim_finding *finding)
{
    Warranty__V1__Finding *message = arena_alloc(arena, sizeof *message);
    warranty__v1__finding__init(message);
    message->finding = (char *)finding->finding;
    message->component = (char *)finding->component;
    message->fault_code = (char *)finding->fault_code;
    message->description = (char *)finding->description;
    message->evidence =
        documents_to_messages(arena, evidence, finding->number, &message->n_evidence);
    message->number = finding->number;
    message->record_time = message_time(arena, finding->record_time_us);
    return message;
}

static void
put_evidence(struct arena *arena, const struct claim_evidence *evidence,
             Warranty__V1__Claim *message)
{
    message->documents = documents_to_messages(arena, evidence, 0, &message->n_documents);
    message->findings =
        arena_alloc(arena, (evidence->finding_count + 1) * sizeof(*message->findings));
    for (size_t i = 0; i < evidence->finding_count; i++)
        message->findings[message->n_findings++] =
            finding_to_message(arena, evidence, &evidence->findings[i]);
}

static void
put_people(struct arena *arena, const struct claim *claim, Warranty__V1__Claim *message)
{
    message->decide_reason = (char *)claim->decide_reason;
    message->appeal_reason = (char *)claim->appeal_reason;
    message->is_overridden = claim->is_overridden;
    message->override_cost = message_money(arena, claim->override_cost);
    message->assignee_id = (char *)claim->assignee_id;
}

/* What holds: a person's word, else the policy's. */
static void
put_outcome(const struct claim *claim, Warranty__V1__Claim *message)
{
    const Warranty__V1__Verdict *verdict = claim->verdict;
    message->outcome =
        verdict != NULL ? verdict->outcome : (Common__V1__Decision__Outcome)claim->outcome;
    message->reason = verdict != NULL ? verdict->reason : (char *)claim->reason;
    message->deciding_clause_id =
        verdict != NULL ? verdict->clause_id : (char *)claim->deciding_clause_id;
}

Warranty__V1__Claim *
claim_to_message(struct arena *arena, const struct claim *claim,
                 const struct claim_evidence *evidence, Common__V1__Decision *decision)
{
    Warranty__V1__Claim *message = arena_alloc(arena, sizeof *message);
    warranty__v1__claim__init(message);
    message->claim_id = message_uuid(arena, &claim->claim_id);
    message->serial = (char *)claim->serial;
    message->state = (Warranty__V1__Claim__State)claim->state;
    message->cause = (char *)claim->cause;
    message->description = (char *)claim->description;
    message->contact = claim_contact_to_message(arena, claim);
    message->at_date = message_date(arena, claim->at_date);
    message->component = (char *)claim->component;
    message->decision = decision;
    put_outcome(claim, message);
    message->decide_by = message_time(arena, claim->decide_by_us);
    message->is_late = claim->is_late;
    if (evidence != NULL) {
        put_evidence(arena, evidence, message);
        message->verdict = claim->verdict;
    }
    message->fulfilment = claim->fulfilment;
    put_people(arena, claim, message);
    message->owner_id = (char *)claim->owner_id;
    message->create_time = message_time(arena, claim->create_time_us);
    message->version = claim->version;
    return message;
}
