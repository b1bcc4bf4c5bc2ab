"""Claims by API: the decision walks, evidence, appeal, override, fulfilment, the worklist."""
# SPDX-License-Identifier: Apache-2.0
import pytest

from claims import (AGENT, ANNA, HANDLER, MANAGER, TECHNICIAN, computed, do, document, file_claim, find, make_sold, needed, new_serial,
                    photos, read, refer, sentence, set_now, start_daemons, told, upload)
from tokens import make_link
from world import events_of, read_all, read_history, settle

STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "warranty": 0, "gateway": 0}


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """Whatever a claim needs, on a Monday in office hours."""
    set_now(stage, "2026-11-02T10:00+01:00")
    start_daemons(stage)
    stage.start("events")


@pytest.fixture(autouse=True)
def monday(stage, daemons):
    """Each test begins on that day."""
    assert daemons is None
    set_now(stage, "2026-11-02T10:00+01:00")


@pytest.fixture(name="toaster")
def toaster_fixture(web):
    """The unit of walk 1 and 2."""
    return make_sold(web, delivery_date="2026-03-15", price_paid={"minor": 5900, "currency_code": "EUR"})


# ---- the walks of the specification ----

def test_walk_1_a_covered_fault_is_approved_at_once(web, stage, toaster):
    claim = file_claim(web, toaster, cause="workmanship_defect", documents=photos(web))
    decision = claim["decision"]
    assert claim["state"] == "APPROVED"
    assert told(decision) == ("GRANTED", "warranty.period", "COVERED")
    assert decision["remedies"] == ["repair", "replace", "refund"]
    assert claim["decide_by"] == "2026-11-05T17:00:00Z" == computed(decision, "decide_by")["time"]
    layers = {(one["layer"], one["cost_class"]): one["last_date"] for one in decision["entitlements"]}
    assert layers["COMMERCIAL", "parts"] == "2027-03-15" and layers["STATUTORY", "travel"] == "2028-03-15"
    assert "March 15, 2027" in sentence(decision) and "15. März 2027" in sentence(decision, "de")
    [(kind, version, event, row)] = events_of(stage, claim["claim_id"])
    assert (kind, version, row[5]) == ("warranty.v1.ClaimCreated", 1, toaster)
    assert event.decision.decision_id == decision["decision_id"] and event.decision.pins[0].policy_version == 1
    kept = stage.query("SELECT outcome, decision_id::text FROM warranty.claims WHERE claim_id = %s", claim["claim_id"])
    assert kept == [("GRANTED", decision["decision_id"])]


def test_walk_2_misuse_is_denied_once_a_technician_proves_it(web, stage, toaster):
    set_now(stage, "2026-12-01T10:00+01:00")
    claim = file_claim(web, toaster, documents=photos(web))
    assert claim["state"] == "APPROVED"
    first = claim["decision"]["decision_id"]
    unproven = find(web, claim, "impact", has_report=False)
    assert unproven["state"] == "UNDER_REVIEW"
    assert told(unproven["decision"])[0] == "UNDETERMINED" and needed(unproven["decision"]) == ["technician_report"]
    denied = find(web, claim, "impact")
    decision = denied["decision"]
    assert denied["state"] == "REJECTED"
    assert told(decision) == ("DENIED", "warranty.exclusions.misuse", "EXCLUDED")
    assert computed(decision, "offer_diagnosis")["money"] == {"minor": 3900, "currency_code": "EUR"}
    appeal = {"method": f"POST /v1/claims/{claim['claim_id']}:appeal", "clause_id": "complaints.escalation"}
    assert decision["appeal"] == appeal and "(clause 5.3)" in sentence(decision)
    assert decision["replaces_decision_id"] == unproven["decision"]["decision_id"]
    finding = next(fact for fact in decision["facts"] if fact["name"] == "finding")
    assert finding["trust"] == "FOUND" and finding["evidence"] == ["technician_report"]
    assert finding["source"].endswith("/findings/2")
    listed = web.get(f"/v1/claims/{claim['claim_id']}/decisions", AGENT).json["decisions"]
    assert [one["decision_id"] for one in listed] == [decision["decision_id"], unproven["decision"]["decision_id"], first]
    paged, page_count = read_all(web, f"/v1/claims/{claim['claim_id']}/decisions", "decisions", AGENT, 1)
    assert (paged, page_count) == (listed, 3)
    assert [event[0].rpartition(".")[2] for event in events_of(stage, claim["claim_id"])] == ["ClaimCreated"] + 2 * ["ClaimDecided"]


def test_what_a_customer_says_is_no_proof_against_them(web):
    serial = make_sold(web, delivery_date="2026-03-15", owner_id="anna", price_paid={"minor": 5900, "currency_code": "EUR"})
    claim = file_claim(web, serial, ANNA, cause="material_defect", description="I dropped it.", documents=photos(web, ANNA))
    assert told(claim["decision"])[0] == "GRANTED"
    answer = file_claim(web, serial, ANNA, 400, cause="misuse")
    assert answer["reason"] == "CODE_UNKNOWN" and answer["field"] == "cause"
    assert "wear" in answer["detail"] and answer["detail"].count("unknown") == 1


def test_walk_3_the_law_still_answers_where_our_warranty_ended(web, stage):
    set_now(stage, "2026-09-01T10:00+02:00")
    serial = make_sold(web, delivery_date="2025-06-30", price_paid={"minor": 5900, "currency_code": "EUR"})
    claim = file_claim(web, serial, documents=photos(web))
    assert claim["state"] == "UNDER_REVIEW" and told(claim["decision"])[0] == "UNDETERMINED"
    assert needed(claim["decision"]) == ["finding"]
    found = find(web, claim, "workmanship_defect")
    decision = found["decision"]
    assert found["state"] == "APPROVED"
    assert told(decision) == ("GRANTED", "eu_consumer_sample.conformity", "COVERED_BY_LAW")
    assert "June 30, 2026" in sentence(decision) and "June 30, 2027" in sentence(decision)


def test_walk_3_a_business_customer_has_no_such_right(web, stage):
    set_now(stage, "2026-09-01T10:00+02:00")
    serial = make_sold(web, delivery_date="2025-06-30", customer_class="business")
    claim = file_claim(web, serial, documents=photos(web))
    assert claim["state"] == "REJECTED"
    assert told(claim["decision"]) == ("DENIED", "warranty.period", "EXPIRED")
    assert computed(claim["decision"], "offer_diagnosis")["money"]["minor"] == 3900


# ---- documents ----

def test_missing_documents_are_asked_for_and_decide_when_they_come(web, toaster):
    claim = file_claim(web, toaster)
    assert claim["state"] == "DOCUMENTS_REQUIRED"
    assert sorted(needed(claim["decision"])) == ["fault_photo", "serial_label_photo"]
    one = do(web, claim, "add_document", document=document(web, "fault_photo"))
    assert one["state"] == "DOCUMENTS_REQUIRED" and needed(one["decision"]) == ["serial_label_photo"]
    both = do(web, claim, "add_document", document=document(web, "serial_label_photo"))
    assert both["state"] == "APPROVED" and [part["kind"] for part in both["documents"]] == ["fault_photo", "serial_label_photo"]


def test_a_dated_proof_of_purchase_is_learnt_and_decides(web, stage):
    serial = make_sold(web, channel="shop", price_paid={"minor": 5900, "currency_code": "EUR"})
    claim = file_claim(web, serial, documents=[document(web, "fault_photo")])
    assert claim["state"] == "DOCUMENTS_REQUIRED" and "proof_of_purchase" in needed(claim["decision"])
    proof = document(web, "proof_of_purchase", document_date="2026-07-25")
    after = do(web, claim, "add_document", document=proof)
    assert after["state"] == "APPROVED" and told(after["decision"])[0] == "GRANTED"
    unit = web.get(f"/v1/units/{serial}", AGENT).json
    assert unit["purchase_date"] == "2026-07-25" and unit["version"] == 2
    [_, (kind, version, event, _)] = events_of(stage, serial)
    assert (kind, version) == ("warranty.v1.UnitFactRecorded", 2)
    assert event.facts[0].source == f"warranty/claims/{claim['claim_id']}"


def test_an_undated_proof_proves_what_the_customer_said(web, stage):
    """Too late by their own word: that rejects nothing, until there is a proof of it."""
    serial = make_sold(web, ANNA, channel="shop", purchase_date="2024-07-25")
    claim = file_claim(web, serial, ANNA, documents=[document(web, "fault_photo", ANNA)])
    assert claim["state"] == "DOCUMENTS_REQUIRED" and needed(claim["decision"]) == ["proof_of_purchase"]
    after = do(web, claim, "add_document", ANNA, document=document(web, "proof_of_purchase", ANNA))
    assert "proof_of_purchase" not in needed(after["decision"]) and after["decision"]["reason"] != "PROOF_MISSING"
    unit = web.get(f"/v1/units/{serial}", ANNA).json
    assert (unit["purchase_date"], unit["is_purchase_stated"]) == ("2024-07-25", False)
    kinds = [row[0] for row in stage.query("SELECT kind FROM warranty.unit_facts WHERE serial = %s ORDER BY record_time, kind", serial)]
    assert kinds == ["PURCHASED", "REGISTERED", "CORRECTED", "PURCHASED"]


def test_a_document_must_be_there_and_the_callers(web, toaster):
    missing = {"document_id": "00000000-0000-7000-8000-000000000000", "kind": "fault_photo"}
    answer = file_claim(web, toaster, expect=400, documents=[missing])
    assert (answer["reason"], answer["field"]) == ("DOCUMENT_MISSING", "documents[0].document_id")
    serial = make_sold(web, owner_id="anna")
    theirs = {"document_id": upload(web, "customer:berta"), "kind": "fault_photo"}
    assert file_claim(web, serial, ANNA, 400, documents=[theirs])["reason"] == "DOCUMENT_MISSING"
    photo = document(web, "fault_photo")
    assert file_claim(web, toaster, expect=400, documents=[photo, photo])["reason"] == "DOCUMENT_REPEATS"
    wrong = file_claim(web, toaster, expect=400, documents=[photo | {"kind": "fault_foto"}])
    assert (wrong["reason"], wrong["field"]) == ("CODE_UNKNOWN", "documents[0].kind") and "fault_photo" in wrong["detail"]


def test_a_document_is_open_to_whom_the_claim_is(web):
    serial = make_sold(web, owner_id="anna")
    content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 1000
    given = {"document_id": upload(web, ANNA, content=content), "kind": "fault_photo"}
    claim = file_claim(web, serial, ANNA, documents=[given])
    path = f"/v1/claims/{claim['claim_id']}/documents/{given['document_id']}"
    for caller in (ANNA, AGENT, HANDLER):
        answer = web.get(path, caller)
        assert (answer.status, answer.body, answer.headers["content-type"]) == (200, content, "image/png")
    assert web.get(path, "customer:berta").status == 404
    other = upload(web, ANNA)
    assert web.get(f"/v1/claims/{claim['claim_id']}/documents/{other}", ANNA).reason == "DOCUMENT_MISSING"


def test_customers_set_no_fields_of_ours(web):
    serial = make_sold(web, owner_id="anna")
    note = document(web, "delivery_note", ANNA, document_date="2026-10-01")
    answer = file_claim(web, serial, ANNA, 403, documents=[note])
    assert (answer["reason"], answer["field"]) == ("FIELD_NOT_YOURS", "documents[0].document_date")
    answer = file_claim(web, serial, ANNA, 403, at_date="2026-10-01")
    assert (answer["reason"], answer["field"]) == ("FIELD_NOT_YOURS", "at_date")
    assert file_claim(web, serial, expect=400, at_date="2026-11-03")["reason"] == "DATE_IN_FUTURE"
    assert file_claim(web, serial, at_date="2026-10-01")["owner_id"] == "anna"


# ---- drafts ----

def test_a_draft_is_decided_when_it_is_submitted(web, stage, toaster):
    draft = file_claim(web, toaster, documents=photos(web), draft=True)
    assert draft["state"] == "DRAFT" and "decision" not in draft and "decide_by" not in draft
    more = do(web, draft, "add_document", document=document(web, "proof_of_purchase"))
    assert more["state"] == "DRAFT" and len(more["documents"]) == 3
    assert do(web, draft, "approve", MANAGER, 409, reason="r")["reason"] == "CLAIM_STATE"
    claim = do(web, draft, "submit")
    assert claim["state"] == "APPROVED" and claim["version"] == 3
    again = do(web, draft, "submit", expect=409)
    assert (again["reason"], again["detail"]) == ("CLAIM_STATE", "SubmitClaim is not possible in state APPROVED, only in DRAFT")
    assert [event[0].rpartition(".")[2] for event in events_of(stage, claim["claim_id"])] == ["ClaimCreated", "ClaimMoved", "ClaimDecided"]


def test_a_draft_is_withdrawn(web, stage):
    serial = make_sold(web, owner_id="anna")
    draft = file_claim(web, serial, ANNA, draft=True)
    assert do(web, draft, "withdraw", "customer:bert", 404)["reason"] == "CLAIM_MISSING"
    gone = do(web, draft, "withdraw", ANNA)
    assert (gone["state"], gone["version"]) == ("WITHDRAWN", 2) and "decision" not in gone and "decide_by" not in gone
    for verb in ("submit", "withdraw"):
        assert do(web, draft, verb, ANNA, 409)["reason"] == "CLAIM_STATE"
    assert [event[0].rpartition(".")[2] for event in events_of(stage, draft["claim_id"])] == ["ClaimCreated", "ClaimMoved"]


def test_an_old_version_is_refused(web, toaster):
    claim = file_claim(web, toaster)
    path = f"/v1/claims/{claim['claim_id']}:withdraw"
    assert web.post(path, AGENT, {}, If_Match='"7"').status == 412
    assert web.post(path, AGENT, {}, If_Match='"1"').json["state"] == "WITHDRAWN"


# ---- people ----

def reject(web):
    """A claim that the policy rejects."""
    serial = make_sold(web, delivery_date="2026-03-15", owner_id="anna", price_paid={"minor": 5900, "currency_code": "EUR"})
    return find(web, file_claim(web, serial, documents=photos(web)), "impact")


def test_what_the_policy_refers_a_person_decides(web, stage):
    claim = refer(web)
    approved = do(web, claim, "approve", reason="Looks right.")
    assert (approved["state"], approved["decide_reason"], approved["assignee_id"]) == ("APPROVED", "Looks right.", "desk")
    assert not approved["is_overridden"] and "override_cost" not in approved
    (kind, _, event, _) = events_of(stage, claim["claim_id"])[-1]
    assert (kind, event.verb) == ("warranty.v1.ClaimMoved", "ApproveClaim")
    rejected = do(web, refer(web), "reject", reason="No.")
    assert rejected["state"] == "REJECTED" and "verdict" in rejected
    stays = do(web, rejected, "add_document", document=document(web, "proof_of_purchase"))
    assert stays["state"] == "REJECTED" and stays["decision"]["decision_id"] != rejected["decision"]["decision_id"]


def test_a_claim_says_what_a_person_decided_and_keeps_what_the_policy_said(web):
    claim = refer(web)
    approved = do(web, claim, "approve", MANAGER, reason="Looks right.")
    verdict = approved["verdict"]
    assert (verdict["role"], verdict["outcome"], verdict["remedies"]) == ("manager", "GRANTED", ["repair", "replace", "refund"])
    assert "accepted" in sentence(verdict) and "repair" in sentence(verdict) and "appeal" not in verdict
    assert (approved["outcome"], approved["reason"], approved["deciding_clause_id"]) == ("GRANTED", "APPROVED_BY_STAFF", "warranty.process")
    assert approved["decision"] == claim["decision"] and read(web, claim)["verdict"] == verdict
    [listed] = web.get(f"/v1/claims?serial={claim['serial']}", AGENT).json["claims"]
    assert (listed["outcome"], listed["reason"]) == ("GRANTED", "APPROVED_BY_STAFF") and "verdict" not in listed


def test_who_refuses_says_how_to_appeal_until_that_was_done(web):
    claim = do(web, refer(web), "reject", reason="No.")
    verdict = claim["verdict"]
    assert (verdict["role"], verdict["outcome"], verdict["reason"], verdict["remedies"]) == ("agent", "DENIED", "REJECTED_BY_STAFF", [])
    assert verdict["appeal"]["method"] == f"POST /v1/claims/{claim['claim_id']}:appeal"
    assert "(clause 1.4). If you do not agree" in sentence(verdict) and "(Ziffer 5.3)" in sentence(verdict, "de")
    do(web, claim, "appeal", ANNA, reason="I disagree.")
    again = do(web, claim, "decide_appeal", HANDLER, reason="r", state="REJECTED")["verdict"]
    assert again["role"] == "complaint_handler" and "appeal" not in again and "not agree" not in sentence(again)
    other = do(web, do(web, refer(web), "reject", reason="No."), "appeal", ANNA, reason="r")
    back = do(web, other, "decide_appeal", HANDLER, reason="r", state="UNDER_REVIEW")
    assert "verdict" not in back and back["outcome"] == "REFERRED"


def test_a_claim_without_a_price_is_referred_for_that(web):
    claim = file_claim(web, make_sold(web, delivery_date="2026-03-15"), documents=photos(web))
    assert told(claim["decision"]) == ("REFERRED", "warranty.process", "PRICE_UNKNOWN")
    assert "we do not know what the product cost" in sentence(claim["decision"])


def test_only_a_manager_decides_for_want_of_a_finding(web, stage):
    set_now(stage, "2026-09-01T10:00+02:00")
    claim = file_claim(web, make_sold(web, delivery_date="2025-06-30"), documents=photos(web))
    assert do(web, claim, "approve", expect=403, reason="r")["reason"] == "FINDING_MISSING"
    assert do(web, claim, "approve", MANAGER, reason="r")["state"] == "APPROVED"


def test_against_the_policy_only_an_override_helps_within_the_callers_authority(web, stage):
    claim = reject(web)
    cost = {"minor": 5001, "currency_code": "EUR"}
    answer = do(web, claim, "override", expect=403, reason="Goodwill.", state="APPROVED", cost=cost)
    assert answer["reason"] == "AUTHORITY_EXCEEDED" and "50.00 EUR" in answer["detail"]
    assert do(web, claim, "override", expect=400, reason="r", state="APPROVED")["field"] == "cost"
    assert do(web, claim, "override", expect=400, reason="r", state="CLOSED", cost=cost)["field"] == "state"
    dollars = do(web, claim, "override", expect=400, reason="r", state="APPROVED", cost={"minor": 1, "currency_code": "USD"})
    assert dollars["reason"] == "CURRENCY_WRONG"
    over = do(web, claim, "override", MANAGER, reason="Goodwill.", state="APPROVED", cost=cost)
    assert (over["state"], over["is_overridden"], over["override_cost"]) == ("APPROVED", True, cost)
    assert over["verdict"]["clause_id"] == "general.authority" and over["decision"]["outcome"] == "DENIED"
    event = events_of(stage, claim["claim_id"])[-1][2]
    assert (event.verb, event.override_cost.minor) == ("OverrideClaim", 5001)


def test_a_complaint_handler_grants_an_appeal_within_their_authority(web):
    claim = do(web, reject(web), "appeal", ANNA, reason="It was not me.")
    wish = {"reason": "Goodwill.", "state": "APPROVED"}
    refused = do(web, claim, "decide_appeal", HANDLER, 403, cost={"minor": 25001, "currency_code": "EUR"}, **wish)
    assert refused["reason"] == "AUTHORITY_EXCEEDED" and "250.00 EUR" in refused["detail"] and "somebody who may" in refused["detail"]
    cost = {"minor": 25000, "currency_code": "EUR"}
    granted = do(web, claim, "decide_appeal", HANDLER, cost=cost, **wish)
    assert (granted["state"], granted["override_cost"]) == ("APPROVED", cost)


def test_the_staff_directory_says_who_may_decide_more(web):
    made = web.post("/v1/staff", "administrator:root", {"subject": "olaf", "role": "AGENT", "authority": {"minor": 99900, "currency_code": "EUR"}})
    assert made.status == 201, made
    cost = {"minor": 99900, "currency_code": "EUR"}
    over = do(web, reject(web), "override", "agent:olaf", reason="r", state="APPROVED", cost=cost)
    assert over["override_cost"] == cost


def test_what_the_policy_decided_stands(web):
    claim = do(web, reject(web), "appeal", ANNA, reason="It was not me.")
    back = do(web, claim, "decide_appeal", HANDLER, reason="Look again.", state="UNDER_REVIEW")
    assert back["state"] == "UNDER_REVIEW"
    answer = do(web, claim, "approve", MANAGER, 409, reason="r")
    assert answer["reason"] == "DECISION_STANDS" and ":override" in answer["detail"]
    assert do(web, claim, "reject", reason="r")["state"] == "REJECTED"


def test_an_appeal_is_decided_by_somebody_else_and_once(web):
    claim = do(web, refer(web), "reject", MANAGER, reason="No.")
    appealed = do(web, claim, "appeal", ANNA, reason="I disagree.")
    assert (appealed["state"], appealed["appeal_reason"]) == ("APPEALED", "I disagree.")
    own = do(web, claim, "decide_appeal", MANAGER, 403, reason="r", state="REJECTED")
    assert own["reason"] == "OWN_DECISION"
    cost = {"minor": 30000, "currency_code": "EUR"}
    decided = do(web, claim, "decide_appeal", "manager:nora", reason="They are right.", state="APPROVED", cost=cost)
    assert (decided["state"], decided["is_overridden"], decided["override_cost"]) == ("APPROVED", True, cost)
    other = do(web, reject(web), "appeal", ANNA, reason="r")
    do(web, other, "decide_appeal", HANDLER, reason="r", state="REJECTED")
    assert do(web, other, "appeal", ANNA, 409, reason="r")["reason"] == "APPEAL_USED"


def test_an_appeal_changes_a_rejection_where_new_evidence_came(web):
    claim = do(web, reject(web), "appeal", ANNA, reason="Look at it again.")
    found = find(web, claim, "material_defect")
    assert found["state"] == "APPEALED" and told(found["decision"])[0] == "GRANTED"
    decided = do(web, claim, "decide_appeal", HANDLER, reason="It was the material.", state="APPROVED")
    assert decided["state"] == "APPROVED" and "override_cost" not in decided


# ---- fulfilment ----

def test_a_repair_is_begun_settled_and_closed(web, toaster):
    claim = file_claim(web, toaster, documents=photos(web))
    begun = do(web, claim, "fulfil", TECHNICIAN, fulfilment={"remedy": "REPAIR"})
    assert (begun["state"], begun["fulfilment"], begun["assignee_id"]) == ("IN_FULFILMENT", {"remedy": "REPAIR"}, "tim")
    assert do(web, claim, "close", expect=409)["reason"] == "CLAIM_STATE"
    assert do(web, claim, "settle")["state"] == "SETTLED"
    assert do(web, claim, "close")["state"] == "CLOSED"


def test_a_refund_is_not_more_than_was_paid(web, toaster):
    claim = file_claim(web, toaster, documents=photos(web))
    refund = {"remedy": "REFUND", "amount": {"minor": 5901, "currency_code": "EUR"}}
    assert do(web, claim, "fulfil", expect=400, fulfilment=refund)["reason"] == "AMOUNT_TOO_HIGH"
    assert do(web, claim, "fulfil", expect=400, fulfilment={"remedy": "REFUND"})["field"] == "fulfilment.amount"
    refund["amount"]["minor"] = 5900
    assert do(web, claim, "fulfil", fulfilment=refund)["fulfilment"] == refund


def test_a_replacement_takes_over_what_was_left(web, stage):
    serial = make_sold(web, delivery_date="2026-03-15", owner_id="anna", price_paid={"minor": 5900, "currency_code": "EUR"})
    claim, new = file_claim(web, serial, documents=photos(web)), new_serial()
    refused = do(web, claim, "fulfil", expect=400, fulfilment={"remedy": "REPLACE"})
    assert refused["field"] == "fulfilment.replacement_serial"
    done = do(web, claim, "fulfil", fulfilment={"remedy": "REPLACE", "replacement_serial": new})
    assert done["fulfilment"] == {"remedy": "REPLACE", "replacement_serial": new, "handover_date": "2026-11-02", "receive_date": "2026-11-02"}
    unit, old = web.get(f"/v1/units/{new}", ANNA).json, web.get(f"/v1/units/{serial}", ANNA).json
    assert (unit["replaces_serial"], old["replaced_by_serial"]) == (serial, new)
    assert (unit["sku"], unit["region"], unit["owner_id"]) == (old["sku"], "DE", "anna")
    cover = web.get(f"/v1/units/{new}/coverage", ANNA).json
    assert cover["outcome"] == "COVERED" and cover["layers"][0]["last_date"] >= "2027-05-02"
    assert web.get(f"/v1/units/{serial}/coverage", ANNA).json["outcome"] == "NOT_COVERED"
    kinds = [[event[0].rpartition(".")[2] for event in events_of(stage, name)] for name in (new, serial)]
    assert kinds == [["UnitRegistered"], ["UnitRegistered", "UnitFactRecorded"]]
    do(web, claim, "settle")
    for name in (new, serial):  # the claim is a part of both lives
        lines = read_history(stage, web, name, ANNA)
        assert [line["kind"] for line in lines if line.get("resource") == f"/v1/claims/{claim['claim_id']}"] == [
            "CLAIM_SUBMITTED", "CLAIM_DECIDED", "CLAIM_IN_FULFILMENT", "CLAIM_SETTLED"]
        assert "REPLACED" in [line["kind"] for line in lines]


def test_a_unit_that_is_there_may_be_the_replacement_unless_it_is_anothers(web):
    serial = make_sold(web, delivery_date="2026-03-15", owner_id="anna", price_paid={"minor": 5900, "currency_code": "EUR"})
    claim = file_claim(web, serial, documents=photos(web))
    bertas, stock = make_sold(web, owner_id="berta"), make_sold(web)
    taken = do(web, claim, "fulfil", expect=409, fulfilment={"remedy": "REPLACE", "replacement_serial": bertas})
    assert taken["reason"] == "UNIT_TAKEN"
    do(web, claim, "fulfil", fulfilment={"remedy": "REPLACE", "replacement_serial": stock})
    assert web.get(f"/v1/units/{stock}", ANNA).json["replaces_serial"] == serial


# ---- lists ----

def test_claims_are_found_by_the_contact(web, toaster):
    name = new_serial()
    contact = {"name": f"Ada {name}", "email": f"{name}@example.org", "phone": "+49 30 123", "language": "de", "time_zone": "Europe/Paris"}
    claim = file_claim(web, toaster, contact=contact)
    assert claim["contact"] == contact
    for part in (name.lower(), f"ada {name[:6]}", f"{name}@"):
        assert [one["claim_id"] for one in web.get(f"/v1/claims?contact={part.replace(' ', '%20')}", AGENT).json["claims"]] == [claim["claim_id"]]
    assert web.get("/v1/claims?contact=%25%25%25", AGENT).json.get("claims", []) == []
    assert web.get("/v1/claims?contact=ab", AGENT).reason == "FIELD_TOO_SHORT"
    assert web.get("/v1/claims?contact=abc", ANNA).reason == "FIELD_NOT_YOURS"
    listed = web.get(f"/v1/claims?serial={toaster}", AGENT).json["claims"][0]
    assert "decision" not in listed and listed["outcome"] == "UNDETERMINED"


def test_a_link_opens_the_claim(web, stage):
    claim = refer(web)
    link = make_link(stage.installation_key, "warranty.v1.WarrantyService/GetClaim", claim["claim_id"])
    assert web.get(f"/v1/claims/{claim['claim_id']}", f"Link {link}").json["claim_id"] == claim["claim_id"]
    assert read(web, claim)["version"] == 1
