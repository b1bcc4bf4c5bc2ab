"""Claims walked through their transition table by API, as every role; and other customers' claims, which nobody finds.

Table and access are read from the contract (proto/warranty/v1/warranty.proto) by protoc's own Python, so what the daemon does is
compared with what the contract says and not with what our generator made of it.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import random
import time
import uuid

import pytest

import wire
from claims import AGENT, document, do, file_claim, find, make_sold, photos, read, set_now, start_daemons, upload
from stage import count
from wire import warranty
from world import run_threads

STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "warranty": 0, "gateway": 0}
ROLES = sorted(set(wire.ROLES) - {"system"})
THREADS = 4
PRICES = {"cheap": 5900, "dear": 59900}
VERBS = ("submit", "add_document", "record_finding", "approve", "reject", "withdraw", "appeal", "decide_appeal", "override", "fulfil",
         "settle", "close")
METHODS = {method.name: (http, access) for method, http, access, _ in wire.methods()}
NAMES = {verb: next(name for name, (http, _) in METHODS.items() if http.post == f"/v1/claims/{{claim_id}}:{verb}") for verb in VERBS}
# What a verb that the table has may still be refused for, without a change.
GUARDS = {"DECISION_STANDS", "APPEAL_USED", "REMEDY_NOT_OFFERED", "AUTHORITY_EXCEEDED", "FINDING_MISSING", "OWN_DECISION"}


def read_table():
    """{(from, verb): states after} of a claim, as the contract says."""
    table = collections.defaultdict(set)
    machine = warranty.Claim.State.DESCRIPTOR.GetOptions().Extensions[wire.options.machine]
    for transition in machine.transitions:
        for before in getattr(transition, "from") or [""]:
            table[before, transition.verb] |= set(transition.to)
    return table


TABLE = read_table()
FINAL = {state for state in warranty.Claim.State.keys() if not any(before == state for before, _ in TABLE)} - {"STATE_UNSPECIFIED"}


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """Two replicas that decide."""
    set_now(stage, "2026-11-02T10:00+01:00")
    start_daemons(stage, 2)


@pytest.fixture(scope="module", name="units")
def units_fixture(web):
    """Units of anna's with what is claimed of them, about which the policy says different things."""
    def make(price, **fields):
        return make_sold(web, owner_id="anna", price_paid={"minor": PRICES[price], "currency_code": "EUR"}, **fields)

    whole = [make("cheap", delivery_date="2026-03-15", channel="shop"), make("dear", delivery_date="2026-03-15"), make("cheap"),
             make("cheap", delivery_date="2025-06-30"), make("cheap", delivery_date="2023-06-30"),
             make("cheap", delivery_date="2025-06-30", customer_class="business"),
             make("cheap", delivery_date="2026-03-15", category="large_appliances", condition="refurbished")]
    old = make("cheap", delivery_date="2022-06-30", category="large_appliances", customer_class="business")
    return [(serial, {}) for serial in whole] + [(old, {"component": "compressor"})]  # the latter for its parts only


@pytest.fixture(scope="module", name="pool")
def pool_fixture(web):
    """Documents to give: {subject: [(kind, document_id)]}."""
    kinds = ["fault_photo", "serial_label_photo", "proof_of_purchase", "technician_report"]
    return {subject: [(kind, upload(web, f"customer:{subject}" if subject in ("anna", "berta") else AGENT)) for kind in kinds * 2]
            for subject in ("anna", "berta", "desk")}


def make_body(rng, verb, subject, pool, claim):
    """What goes with a verb; None where nothing is left to give."""
    given = {one["document_id"] for one in claim.get("documents", [])}
    owner = subject if subject in pool else "desk"
    free = [{"kind": kind, "document_id": name} for kind, name in pool[owner] if name not in given]
    state = rng.choice({"decide_appeal": ["APPROVED", "REJECTED", "UNDER_REVIEW"]}.get(verb, ["APPROVED", "REJECTED"]))
    cost = {"minor": rng.choice([0, 4000, 40000, 90000]), "currency_code": "EUR"}
    if verb == "add_document":
        return {"document": rng.choice(free)} if free else None
    if verb == "record_finding":
        proof = [one for one in free if one["kind"] == "technician_report"][:rng.randrange(2)]
        return {"finding": {"finding": rng.choice(["impact", "material_defect", "no_fault_found"]), "evidence": proof}}
    if verb == "decide_appeal":
        is_beyond = state == "APPROVED" and claim.get("decision", {}).get("outcome") != "GRANTED"
        return {"reason": "r", "state": state} | ({"cost": cost} if is_beyond else {})
    if verb == "override":
        return {"reason": "r", "state": state} | ({"cost": cost} if state == "APPROVED" else {})
    if verb == "fulfil":
        return {"fulfilment": rng.choice([{"remedy": "REPAIR"}, {"remedy": "REFUND", "amount": {"minor": 100, "currency_code": "EUR"}}])}
    return {"reason": "r"} if verb in ("approve", "reject", "appeal") else {}


def may_call(name, role, subject):
    """The status that the access table gives before anything is looked at; 0: it lets the caller in."""
    access = METHODS[name][1]
    if wire.ROLES[role] in access.roles:
        return 0
    if wire.ROLES[role] not in access.own_roles:
        return 403
    return 0 if subject == "anna" else 404


def take_step(web, rng, claim, pool, seen):
    """One verb by somebody; answers the claim afterwards."""
    role = rng.choice(ROLES)
    subject = rng.choice(["anna", "berta"]) if role == "customer" else rng.choice([f"{role}-1", f"{role}-2"])
    likely = [verb for verb in VERBS if (claim["state"], NAMES[verb]) in TABLE]
    verb = rng.choice(likely) if likely and rng.random() < 0.7 else rng.choice(VERBS)
    body = make_body(rng, verb, subject, pool, claim)
    if body is None:
        return claim
    answer = web.post(f"/v1/claims/{claim['claim_id']}:{verb}", f"{role}:{subject}", body)
    now = read(web, claim)
    what = (claim["state"], verb, role, subject, answer)
    refused = may_call(NAMES[verb], role, subject)
    after = TABLE.get((claim["state"], NAMES[verb]))
    if answer.status == 200:
        assert not refused and after, what
        assert now["state"] in after and now["version"] == claim["version"] + 1, what
        assert answer.json == now, what
    else:
        assert (now["state"], now["version"]) == (claim["state"], claim["version"]), what
        if refused:
            assert answer.status == refused, what
        elif after is None:
            assert (answer.status, answer.reason) == (409, "CLAIM_STATE"), what
        else:
            assert answer.status in (403, 409) and answer.reason in GUARDS, what
    seen[now["state"]] += 1
    return now


def walk(web, rng, unit, is_whole, pool, seen):
    """A claim from its beginning (whole, with all that is asked for, or not) until it is over, or long enough."""
    given = [{"kind": kind, "document_id": name} for kind, name in pool["desk"][:3]] if is_whole else []
    claim = file_claim(web, unit[0], documents=given, draft=not is_whole and rng.random() < 0.5, **unit[1])
    assert claim["state"] in TABLE["", "CreateClaim"]
    seen[claim["state"]] += 1
    for _ in range(40):
        if claim["state"] in FINAL and rng.random() < 0.5:
            break
        claim = take_step(web, rng, claim, pool, seen)


def test_a_claim_goes_only_the_ways_of_its_table_whoever_tries(stage, units, pool, rng):
    walks, seen = count(60, 3000), collections.Counter()
    seeds = [rng.random() for _ in range(THREADS)]
    begin = time.monotonic()

    def work(i):
        web, own = stage.web(), random.Random(seeds[i])
        for k in range(walks // THREADS):  # every unit of each kind of claim at least once
            walk(web, own, units[k % len(units)], k < len(units) or own.random() < 0.7, pool, seen)

    run_threads(THREADS, work)
    spent = time.monotonic() - begin
    print(f"{walks} walks, {sum(seen.values())} steps, {sum(seen.values()) / spent:.0f} steps/s: {dict(seen)}")
    assert FINAL == {"CLOSED", "WITHDRAWN"}
    assert set(seen) == set(warranty.Claim.State.keys()) - {"STATE_UNSPECIFIED"}, seen


# ---- other customers' claims ----

def claim_methods():
    """(name, verb of HTTP, path, access) of each method about one claim."""
    for name, (http, access) in METHODS.items():
        verb = next(verb for verb in ("get", "post", "put", "patch", "delete") if getattr(http, verb))
        path = getattr(http, verb)
        if "{claim_id}" in path:
            yield name, verb.upper(), path, access


BODIES = {
    "AddDocument": {"document": {"document_id": str(uuid.uuid4()), "kind": "fault_photo"}},
    "RecordFinding": {"finding": {"finding": "impact"}},
    "AppealClaim": {"reason": "r"}, "ApproveClaim": {"reason": "r"}, "RejectClaim": {"reason": "r"},
    "DecideAppeal": {"reason": "r", "state": "REJECTED"}, "OverrideClaim": {"reason": "r", "state": "REJECTED"},
    "FulfilClaim": {"fulfilment": {"remedy": "REPAIR"}},
}


@pytest.mark.parametrize("name,verb,path,access", claim_methods(), ids=[one[0] for one in claim_methods()])
def test_another_customers_claim_is_not_there_for_any_method(web, units, name, verb, path, access):
    given = document(web, "fault_photo")
    claim = file_claim(web, units[0][0], documents=[given])
    before = read(web, claim)

    def ask(claim_id, caller):
        target = path.replace("{claim_id}", claim_id).replace("{document_id}", given["document_id"])
        return web.call(verb, target, caller, BODIES.get(name, {}) if verb == "POST" else None,
                        key=str(uuid.uuid4()) if verb == "POST" else None)

    theirs, nobodys = ask(claim["claim_id"], "customer:berta"), ask(str(uuid.uuid4()), "customer:berta")
    if wire.ROLES["customer"] not in access.own_roles:
        assert theirs.status == nobodys.status == 403
    else:
        assert (theirs.status, theirs.reason) == (nobodys.status, nobodys.reason) == (404, "CLAIM_MISSING")
        assert set(theirs.json) == set(nobodys.json)
        assert ask(claim["claim_id"], "customer:anna").status not in (403, 404)
    if name == "GetClaim":
        assert read(web, claim) == before


def test_a_claim_of_nobodys_unit_is_staffs_alone(web):
    claim = file_claim(web, make_sold(web, delivery_date="2026-03-15"), documents=photos(web))
    assert "owner_id" not in claim or claim["owner_id"] == ""
    assert web.get(f"/v1/claims/{claim['claim_id']}", "customer:anna").status == 404
    assert web.get("/v1/claims", "customer:nobody").json.get("claims", []) == []


def test_a_claim_stays_its_owners_when_the_unit_goes_to_another(web):
    serial = make_sold(web, owner_id="anna", delivery_date="2026-03-15", price_paid={"minor": 5900, "currency_code": "EUR"})
    claim = file_claim(web, serial, "customer:anna")
    moved = web.post(f"/v1/units/{serial}:transfer", AGENT, {"owner_id": "berta"})
    assert moved.status == 200, moved
    assert web.get(f"/v1/claims/{claim['claim_id']}", "customer:berta").status == 404
    assert read(web, claim, "customer:anna")["state"] == "DOCUMENTS_REQUIRED"
    assert file_claim(web, serial, "customer:anna", 404)["reason"] == "UNIT_MISSING"
    assert find(web, claim, "material_defect")["owner_id"] == "anna"
    assert do(web, claim, "withdraw", "customer:anna")["state"] == "WITHDRAWN"
