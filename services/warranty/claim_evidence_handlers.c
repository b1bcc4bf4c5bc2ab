/*
 * claim_evidence_handlers - documents and findings of a claim: given, read, and what follows
 *
 * With each of them the policy decides again. What a person decided stays; the policy's new
 * decision is kept beside it.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/message.h"
#include "documents/v1/documents.client.h"

/* ---- adding a document ---- */

static enum err
add_document_once_await(struct call *call, const Warranty__V1__AddDocumentRequest *req,
                        Warranty__V1__AddDocumentResponse *res)
{
    struct claim_work work;
    enum err err = claim_open_await(call, req->claim_id, req->expected_version, &work);
    if (err == OK)
        err = claim_check_verb(call, &work);
    if (err == OK)
        err = claim_open_unit_await(call, &work);
    if (err == OK)
        err = claim_add_document_await(call, &work, "document", req->document);
    if (err != OK)
        return err;
    /* Nothing is decided about a draft. */
    if (work.claim.state == WARRANTY__V1__CLAIM__STATE__DRAFT)
        return claim_say_moved_await(call, &work, &res->claim, &res->base);
    err = claim_decide_again_await(call, &work, call->method->verb);
    if (err != OK)
        return err;
    return claim_say_decided_await(call, &work, call->method->verb, &res->claim, &res->base);
}

enum err
warranty_add_document(struct call *call, const Warranty__V1__AddDocumentRequest *req,
                      Warranty__V1__AddDocumentResponse *res)
{
    enum err err;
    do
        err = add_document_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- recording a finding ---- */

static enum err
check_finding(struct call *call, const struct claim_work *work,
              const Warranty__V1__Finding *finding)
{
    const struct policy *policy;
    enum err err = warranty_policy(call, &policy);
    if (err == OK && work->evidence.finding_count >= CLAIM_FINDINGS_MAX)
        err = call_fail(call, ERR_FAILED_PRECONDITION, "FINDINGS_TOO_MANY",
                        "a claim has %d findings at most", CLAIM_FINDINGS_MAX);
    if (err == OK)
        err = warranty_check_code(call, policy, "finding.finding", "finding", finding->finding);
    if (err == OK)
        err =
            warranty_check_code(call, policy, "finding.component", "component", finding->component);
    return err;
}

static enum err
add_finding_await(struct call *call, struct claim_work *work, const Warranty__V1__Finding *finding)
{
    enum err err = check_finding(call, work, finding);
    if (err != OK)
        return err;
    struct claim_evidence *evidence = &work->evidence;
    struct claim_finding *all =
        arena_alloc(call->arena, (evidence->finding_count + 1) * sizeof *all);
    if (evidence->finding_count > 0)
        memcpy(all, evidence->findings, evidence->finding_count * sizeof *all);
    int number = (int)evidence->finding_count + 1;
    all[evidence->finding_count++] = (struct claim_finding){
        .number = number,
        .finding = finding->finding,
        .component = finding->component,
        .fault_code = finding->fault_code,
        .description = finding->description,
        .record_time_us = work->now_us,
    };
    evidence->findings = all;
    work->change.has_new_finding = true;
    return claim_add_documents_await(call, work, "finding.evidence", finding->evidence,
                                     finding->n_evidence, number);
}

static enum err
record_finding_once_await(struct call *call, const Warranty__V1__RecordFindingRequest *req,
                          Warranty__V1__RecordFindingResponse *res)
{
    struct claim_work work;
    enum err err = claim_open_await(call, req->claim_id, req->expected_version, &work);
    if (err == OK)
        err = claim_check_verb(call, &work);
    if (err == OK)
        err = claim_open_unit_await(call, &work);
    if (err == OK)
        err = add_finding_await(call, &work, req->finding);
    if (err == OK)
        err = claim_decide_again_await(call, &work, call->method->verb);
    if (err != OK)
        return err;
    return claim_say_decided_await(call, &work, call->method->verb, &res->claim, &res->base);
}

enum err
warranty_record_finding(struct call *call, const Warranty__V1__RecordFindingRequest *req,
                        Warranty__V1__RecordFindingResponse *res)
{
    enum err err;
    do
        err = record_finding_once_await(call, req, res);
    while (call_may_retry_await(call, err));
    return err;
}

/* ---- reading a document ---- */

static const struct claim_document *
find_document(const struct claim_evidence *evidence, const char *document_id)
{
    for (size_t i = 0; i < evidence->document_count; i++) {
        if (strcmp(evidence->documents[i].document_id, document_id) == 0)
            return &evidence->documents[i];
    }
    return NULL;
}

/* The service asks for itself: whoever the claim is open to may read what was given with it, and
 * the documents service cannot know that. */
static enum err
read_content_await(struct call *call, const char *document_id, int64_t offset,
                   Common__V1__Body **ret_body)
{
    struct call own;
    svc_system_call(call->svc, &own, call->arena, call->key, call_left_ms(call));
    memcpy(own.traceparent, call->traceparent, sizeof own.traceparent);
    Documents__V1__ReadContentRequest req = DOCUMENTS__V1__READ_CONTENT_REQUEST__INIT;
    req.document_id = (char *)document_id;
    req.body_offset = offset;
    const Documents__V1__ReadContentResponse *res;
    enum err err = documents_read_content_await(&own, &req, &res);
    if (err == OK)
        *ret_body = res->body; /* one without is refused by the gateway, as of every service */
    call->fault = own.fault;
    call->retry_after_ms = own.retry_after_ms;
    return err;
}

enum err
warranty_get_claim_document(struct call *call, const Warranty__V1__GetClaimDocumentRequest *req,
                            Warranty__V1__GetClaimDocumentResponse *res)
{
    struct uuid claim_id = message_get_uuid(req->claim_id);
    struct claim claim;
    enum err err = claim_read_await(call, &claim_id, &claim);
    if (err == ERR_NOT_FOUND || (err == OK && !call_may_see(call, claim.owner_id)))
        return claim_fail_missing(call, req->claim_id);
    struct claim_evidence evidence;
    if (err == OK)
        err = claim_evidence_read_await(call, &claim_id, &evidence);
    if (err != OK)
        return err;
    if (find_document(&evidence, req->document_id) == NULL)
        return call_fail(call, ERR_NOT_FOUND, "DOCUMENT_MISSING",
                         "document \"%s\" is not one of the claim's", req->document_id);
    err = read_content_await(call, req->document_id, req->body_offset, &res->body);
    if (err == OK)
        res->owner_id = (char *)claim.owner_id;
    return err;
}
