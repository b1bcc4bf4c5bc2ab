"""What several claims of a unit are to each other: limits from two replicas at once, late facts; and promises that pass."""
# SPDX-License-Identifier: Apache-2.0
import threading

import pytest

import first_policy
import wire
from api import Api
from claims import (AGENT, INTEGRATION, MANAGER, do, document, file_claim, find, make_sold, photos, read, set_now, start_daemons, told)
from stage import count, wait_until
from wire import warranty
from world import events_of

STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "warranty": 0, "gateway": 0}
PRICE = {"minor": 5900, "currency_code": "EUR"}
DAY = {"delivery_date": "2026-03-15", "price_paid": PRICE}


def publish_limit_of_one(stage):
    """The default policy, with one claim in twelve months."""
    text = first_policy.pack().replace("claims_max: 3,", "claims_max: 1,")
    assert "claims_max: 1," in text
    api = Api(f"http://127.0.0.1:{stage.port}", stage.cluster.keys)
    draft = first_policy.ask(api, "POST", "/v1/policies", body=text.encode(), kind="application/yaml")
    first_policy.ask(api, "POST", f"/v1/policies/{draft['policy_id']}:publish", body={"effective_from": "2000-01-01"})


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """Two replicas that decide."""
    set_now(stage, "2026-11-02T10:00+01:00")
    start_daemons(stage, 2, lambda: publish_limit_of_one(stage))


@pytest.fixture(autouse=True)
def monday(stage, daemons):
    """Each test begins on that day."""
    assert daemons is None
    set_now(stage, "2026-11-02T10:00+01:00")


@pytest.fixture(scope="module", name="callers")
def callers_fixture(stage, daemons):
    """The bus, to each replica by itself."""
    assert daemons is None
    paths = wait_until(lambda: sorted(found) if len(found := list(stage.bus_folder.glob("warranty-*.sock"))) == 2 else None,
                       "two replicas are on the bus")
    callers = [wire.Caller(path, stage.installation_key) for path in paths]
    yield callers
    for caller in callers:
        caller.socket.close()


# ---- the limit ----

def claim_at(caller, serial, documents, i, answers):
    """Files a claim with one replica."""
    req = warranty.CreateClaimRequest(serial=serial, cause="material_defect", description="It does not heat.")
    for one in documents:
        req.documents.add(document_id=one["document_id"], kind=one["kind"])
    reply = caller.ask("CreateClaim", req, wire.make_principal(subject="desk", roles=("agent",)), idempotency_key=f"{serial}-{i}")
    answers[i] = (reply.code, warranty.CreateClaimResponse.FromString(reply.body).claim if reply.code == 0 else reply)


def test_of_two_claims_at_once_a_limit_of_one_accepts_one(web, callers):
    """Each pair from two replicas, at the same moment; the number of pairs is the issue's in the long run."""
    given = photos(web)  # a document may be given with any number of claims
    sku = web.get(f"/v1/units/{make_sold(web, **DAY)}", AGENT).json["sku"]
    for i in range(count(40, 1000)):
        serial = f"LIMIT-{sku}-{i}"
        body = {"serial": serial, "sku": sku, "region": "DE", "channel": "online", "customer_class": "consumer", "condition": "new"} | DAY
        assert web.post("/v1/units", AGENT, body).status == 201
        answers = [None, None]
        threads = [threading.Thread(target=claim_at, args=(caller, serial, given, k, answers)) for k, caller in enumerate(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [code for code, _ in answers] == [0, 0], answers
        reasons = sorted(claim.reason for _, claim in answers)
        states = sorted(warranty.Claim.State.Name(claim.state) for _, claim in answers)
        assert (reasons, states) == (["COVERED", "LIMIT_REACHED"], ["APPROVED", "UNDER_REVIEW"]), (i, serial)


def test_what_was_accepted_stays_accepted_when_it_is_decided_again(web):
    serial = make_sold(web, **DAY)
    first = file_claim(web, serial, documents=photos(web))
    second = file_claim(web, serial, documents=photos(web))
    assert (first["state"], second["reason"]) == ("APPROVED", "LIMIT_REACHED")
    assert do(web, second, "approve", MANAGER, reason="Once more.")["state"] == "APPROVED"
    again = do(web, first, "add_document", document=document(web, "proof_of_purchase"))
    assert (again["state"], again["reason"]) == ("APPROVED", "COVERED")


def test_an_inspected_or_withdrawn_claim_counts_no_more(web):
    serial = make_sold(web, **DAY)
    first = file_claim(web, serial, documents=photos(web))
    do(web, first, "withdraw")
    second = file_claim(web, serial, documents=photos(web))
    assert second["state"] == "APPROVED"
    assert find(web, second, "material_defect")["state"] == "APPROVED"
    third = file_claim(web, serial, documents=photos(web))
    assert third["state"] == "APPROVED"
    fourth = file_claim(web, serial, documents=photos(web))
    assert (fourth["state"], fourth["reason"]) == ("UNDER_REVIEW", "LIMIT_REACHED")
    assert find(web, fourth, "material_defect")["state"] == "APPROVED"


def test_a_claim_of_more_than_a_year_ago_counts_no_more(web, stage):
    serial = make_sold(web, category="large_appliances", **DAY)
    assert file_claim(web, serial, documents=photos(web))["state"] == "APPROVED"
    set_now(stage, "2027-11-02T10:00+01:00")
    assert file_claim(web, serial, at_date="2027-11-01", documents=photos(web))["reason"] == "LIMIT_REACHED"
    assert file_claim(web, serial, documents=photos(web))["state"] == "APPROVED"


# ---- late facts ----

def add_fact(web, serial, **fact):
    """A fact that another system tells."""
    answer = web.post(f"/v1/units/{serial}/facts", INTEGRATION, fact)
    assert answer.status in (200, 201), answer
    return answer.json


def test_a_late_fact_decides_the_claims_of_its_unit_again(web, stage):
    serial = make_sold(web, price_paid=PRICE)
    claim = file_claim(web, serial, documents=photos(web))
    assert claim["state"] == "DOCUMENTS_REQUIRED"
    mine = file_claim(web, serial, documents=photos(web), draft=True)
    add_fact(web, serial, kind="DELIVERED", date="2026-03-15")
    after = wait_until(lambda: (now := read(web, claim))["state"] == "APPROVED" and now, "the claim is decided again")
    assert told(after["decision"]) == ("GRANTED", "warranty.period", "COVERED")
    assert after["decision"]["replaces_decision_id"] == claim["decision"]["decision_id"]
    (kind, version, event, _) = events_of(stage, claim["claim_id"])[-1]
    assert (kind, version, event.verb) == ("warranty.v1.ClaimDecided", 2, "AddUnitFact")
    assert read(web, mine)["state"] == "DRAFT"
    assert stage.value("SELECT count(*) FROM warranty.timers WHERE kind = 'claim.decide'") == 0


def test_a_late_fact_changes_nothing_that_a_person_decided(web, stage):
    serial = make_sold(web, price_paid=PRICE, delivery_date="2026-03-15")
    by_person = do(web, find(web, file_claim(web, serial, documents=photos(web)), "impact"), "override", MANAGER, reason="r",
                   state="APPROVED", cost={"minor": 100, "currency_code": "EUR"})
    by_policy = file_claim(web, serial, documents=photos(web))
    assert by_policy["state"] == "APPROVED"
    add_fact(web, serial, kind="VOIDED", date="2026-10-01", layers=["COMMERCIAL"])
    wait_until(lambda: len(events_of(stage, by_policy["claim_id"])) == 2, "the other claim is decided again")
    assert read(web, by_person)["version"] == by_person["version"]


# ---- promises ----

def test_a_promise_that_passes_is_missed_once(web, stage):
    serial = make_sold(web, delivery_date="2026-03-15", price_paid={"minor": 59900, "currency_code": "EUR"})
    claim, other = (file_claim(web, serial, documents=photos(web)) for _ in range(2))
    assert claim["state"] == "UNDER_REVIEW" and not claim["is_late"]
    do(web, other, "reject", reason="r")
    set_now(stage, "2026-11-05T17:59+01:00")
    assert not read(web, claim)["is_late"]
    set_now(stage, "2026-11-05T18:00:01+01:00")
    late = wait_until(lambda: (now := read(web, claim))["is_late"] and now, "the promise is missed")
    assert (late["state"], late["decide_by"], late["version"]) == ("UNDER_REVIEW", claim["decide_by"], 2)
    kinds = [event[0].rpartition(".")[2] for event in events_of(stage, claim["claim_id"])]
    assert kinds == ["ClaimCreated", "DecisionMissed"]
    wait_until(lambda: stage.value("SELECT count(*) FROM warranty.timers WHERE aggregate_id = ANY(%s)",
                                   [claim["claim_id"], other["claim_id"]]) == 0, "the timers are over")
    assert not read(web, other)["is_late"]
    assert do(web, claim, "approve", reason="At last.")["is_late"]
