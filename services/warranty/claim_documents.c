/*
 * claim_documents - documents that come with a request: what they are, whether they may be given
 *
 * Metadata comes from the documents service, asked as the caller: what is not theirs is not there.
 * The kind is checked against the policy in force, and so is who may say the day on a document: the
 * day of a purchase may be the customer's reading of the receipt, a delivery is ours to date.
 */
// SPDX-License-Identifier: Apache-2.0
#include "claim.h"

#include <string.h>

#include "common/message.h"
#include "documents/v1/documents.client.h"

/* `prefix` is the document's place in the request, as "documents[2]". */
static const char *
name_field(struct call *call, const char *prefix, const char *member)
{
    return arena_printf(call->arena, "%s.%s", prefix, member);
}

static bool
has_document(const struct claim_document *documents, size_t count, const char *document_id)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(documents[i].document_id, document_id) == 0)
            return true;
    }
    return false;
}

static enum err
check_date(struct call *call, const struct policy *policy, const char *field,
           const Warranty__V1__ClaimDocument *document, const char *region)
{
    struct date date = message_get_date(document->document_date);
    if (date_is_absent(date))
        return OK;
    int kind = claim_dated_fact(document->kind);
    if (kind == 0)
        return call_fail_field(call, field, "FIELD_OUT_OF_PLACE",
                               "%s: only a proof of purchase and a delivery note say a day", field);
    if (kind == WARRANTY__V1__UNIT_FACT__KIND__DELIVERED && call_own_subject(call) != NULL)
        return warranty_fail_not_yours(call, field);
    if (date_compare(date, date_add(warranty_today(policy, region), 0, 1)) > 0)
        return call_fail_field(call, field, "DATE_IN_FUTURE", "%s lies in the future", field);
    return OK;
}

static enum err
ask_await(struct call *call, const char *field, const char *document_id,
          const Documents__V1__Document **ret_document)
{
    Documents__V1__GetDocumentRequest req = DOCUMENTS__V1__GET_DOCUMENT_REQUEST__INIT;
    req.document_id = (char *)document_id;
    const Documents__V1__GetDocumentResponse *res;
    enum err err = documents_get_document_await(call, &req, &res);
    if (err == ERR_NOT_FOUND)
        return call_fail_field(call, field, "DOCUMENT_MISSING",
                               "document \"%s\" is not known; POST /v1/documents keeps one",
                               document_id);
    if (err == OK && res->document == NULL)
        err = call_fail(call, ERR_INTERNAL, "ANSWER_MALFORMED", "documents answered no document");
    if (err == OK)
        *ret_document = res->document;
    return err;
}

static enum err
take_await(struct call *call, struct claim_work *work, const char *prefix,
           const Warranty__V1__ClaimDocument *document, struct claim_document *ret_document)
{
    const struct policy *policy;
    enum err err = warranty_policy(call, &policy);
    if (err == OK)
        err = warranty_check_code(call, policy, name_field(call, prefix, "kind"), "document",
                                  document->kind);
    if (err == OK)
        err = check_date(call, policy, name_field(call, prefix, "document_date"), document,
                         work->has_unit ? work->unit.region : "");
    const Documents__V1__Document *there = NULL;
    if (err == OK)
        err =
            ask_await(call, name_field(call, prefix, "document_id"), document->document_id, &there);
    if (err != OK)
        return err;
    CHECK(there != NULL);
    *ret_document = (struct claim_document){
        .document_id = document->document_id,
        .kind = document->kind,
        .document_date = message_get_date(document->document_date),
        .sha256 = there->sha256,
        .media_type = there->media_type,
        .create_time_us = work->now_us,
    };
    return OK;
}

/* Room for more documents behind those that are there. */
static enum err
make_room(struct call *call, struct claim_evidence *evidence, size_t count,
          struct claim_document **ret_all)
{
    if (evidence->document_count + count > CLAIM_DOCUMENTS_MAX)
        return call_fail(call, ERR_FAILED_PRECONDITION, "DOCUMENTS_TOO_MANY",
                         "a claim has %d documents at most", CLAIM_DOCUMENTS_MAX);
    struct claim_document *all =
        arena_alloc(call->arena, (evidence->document_count + count + 1) * sizeof *all);
    if (evidence->document_count > 0)
        memcpy(all, evidence->documents, evidence->document_count * sizeof *all);
    evidence->documents = all;
    *ret_all = all;
    return OK;
}

static enum err
put_await(struct call *call, struct claim_work *work, const char *prefix,
          const Warranty__V1__ClaimDocument *document, int finding_number,
          struct claim_document *all)
{
    struct claim_evidence *evidence = &work->evidence;
    size_t at = evidence->document_count;
    if (has_document(all, at, document->document_id))
        return call_fail_field(call, name_field(call, prefix, "document_id"), "DOCUMENT_REPEATS",
                               "document \"%s\" is given already", document->document_id);
    enum err err = take_await(call, work, prefix, document, &all[at]);
    if (err != OK)
        return err;
    all[at].finding_number = finding_number;
    evidence->document_count++;
    work->change.new_document_count++;
    return OK;
}

enum err
claim_add_documents_await(struct call *call, struct claim_work *work, const char *field,
                          Warranty__V1__ClaimDocument *const *documents, size_t count,
                          int finding_number)
{
    struct claim_document *all = NULL;
    enum err err = make_room(call, &work->evidence, count, &all);
    CHECK(err != OK || all != NULL);
    for (size_t i = 0; err == OK && i < count; i++)
        err = put_await(call, work, arena_printf(call->arena, "%s[%zu]", field, i), documents[i],
                        finding_number, all);
    return err;
}

enum err
claim_add_document_await(struct call *call, struct claim_work *work, const char *field,
                         const Warranty__V1__ClaimDocument *document)
{
    struct claim_document *all = NULL;
    enum err err = make_room(call, &work->evidence, 1, &all);
    CHECK(err != OK || all != NULL);
    return err == OK ? put_await(call, work, field, document, 0, all) : err;
}
