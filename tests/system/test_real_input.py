"""5,000 real repairs, in five languages, through the gateway over 32 connections; and what an independent model makes of them.

The short run takes every tenth record. What a record becomes stands in tests/data/openrepair_mapping.csv.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import csv
import datetime

import pytest

from import_openrepair import Import, Mapping, SALE, claim_id_of, make_name, make_purchase_date, make_sku, read_records
from installation import ROOT
from openrepair_model import Case, Model
from stage import IS_LONG
from web import Web

STAGE = {"documents": 1}
CONNECTIONS = 32
MAPPING = Mapping()
STATES = {"GRANTED": "APPROVED", "PARTLY_GRANTED": "PARTLY_APPROVED", "DENIED": "REJECTED", "REFERRED": "UNDER_REVIEW"}
PROOF_AGE = datetime.timedelta(days=100)
FIRST_VERSION = datetime.date(2000, 1, 1)


@pytest.fixture(name="everything", scope="module")
def everything_fixture(shared):
    """All records."""
    return read_records(shared / "openrepair" / "repairs_sample.csv")


@pytest.fixture(name="records", scope="module")
def records_fixture(everything):
    """Those of this run."""
    return everything if IS_LONG else everything[::10]


def mend(record):
    """A record without a text, with the words that it has for the thing."""
    return record if record["problem"] else record | {"problem": record["partner_product_category"]}


class Rounds:
    """The import, its error report, the import of what was mended, and the proofs of purchase; claims as they were after each."""

    def __init__(self, stage, records):
        self.run = Import(f"http://127.0.0.1:{stage.port}", stage.tokens.of("integration", "openrepair"), CONNECTIONS)
        self.records = [mend(record) for record in records]
        self.run.run(records)
        self.taken = set(self.run.claims)
        self.refused = list(self.run.errors)
        self.run.errors.clear()
        refused = {error[0] for error in self.refused}
        mended = [record for record in self.records if record["id"] in refused]
        self.run.add_claims(mended)
        self.run.add_findings(mended)
        self.before = dict(self.run.claims)
        undetermined = [record for record in self.records if self.before.get(record["id"], {}).get("outcome") == "UNDETERMINED"]
        self.proven = {record["id"] for record in undetermined[::10]}
        self.run.add_proofs(undetermined[::10], lambda record: str(proof_date(record)))
        self.after = dict(self.run.claims)


def proof_date(record):
    """The day that the proof of purchase says."""
    return datetime.date.fromisoformat(record["event_date"]) - PROOF_AGE


@pytest.fixture(name="rounds", scope="module")
def rounds_fixture(stage, records):
    """All of it, done once."""
    return Rounds(stage, records)


@pytest.fixture(name="model", scope="module")
def model_fixture():
    """The default policy, read by the model."""
    return Model(ROOT / "deploy" / "policies" / "default.yaml")


def case_of(record, is_proven):
    """A record as the model is asked about it; the finding is added where there was one."""
    codes = MAPPING.codes(record)
    purchased = make_purchase_date(record)
    purchased = datetime.date.fromisoformat(purchased) if purchased else proof_date(record) if is_proven else None
    sale = {axis: SALE[axis] for axis in ("channel", "customer_class", "condition")}
    return Case(datetime.date.fromisoformat(record["event_date"]), sale | {"category": codes["category"], "region": codes["region"]},
                codes["cause"], SALE["price_paid"]["minor"], purchased,
                ("fault_photo", "proof_of_purchase") if is_proven else ("fault_photo",))


def expect(model, record, is_proven=False):
    """What the model says of a record. A finding is not recorded any more where the claim was rejected before."""
    case, finding = case_of(record, is_proven), MAPPING.codes(record).get("finding")
    if finding and model.decide(case_of(record, False)).outcome != "DENIED":
        case.finding = finding
    return model.decide(case), case


def computed(decision, name):
    """A computed date of the whole decision, None without."""
    found = [part["value"]["date"] for part in decision["computed"] if part["name"] == name]
    return found[0] if found else None


def last_dates(decision):
    """{(clause, last date)} of all layers that the decision looked at."""
    return {(step["clause_id"], part["value"]["date"]) for step in decision["steps"] if step.get("parameter") == "length"
            for part in step["computed"] if part["name"] == "last_date"}


def assert_decided(model, record, claim, is_proven=False):
    """That a claim is what the model says."""
    expected, case = expect(model, record, is_proven)
    decision = claim["decision"]
    found = (claim["outcome"], claim["deciding_clause_id"], claim["reason"], computed(decision, "last_date"),
             [need["name"] for need in decision["needed"]])
    wanted = (expected.outcome, expected.clause, expected.reason, expected.last_date and str(expected.last_date), expected.needed)
    assert found == wanted, (record, case)
    assert last_dates(decision) == {(layer.clause, str(layer.last)) for layer in model.layers(case) if layer.last}, (record, case)
    waiting = "DOCUMENTS_REQUIRED" if "proof_of_purchase" in expected.needed else "UNDER_REVIEW"
    assert claim["state"] == STATES.get(expected.outcome, waiting), record
    [sale] = [pin for pin in decision["pins"] if pin["moment"] == "sale"]
    assert sale["is_before_first"] == (case.purchased is None or case.purchased < FIRST_VERSION), (record, sale)


def test_the_mapping_knows_every_category(shared, everything, model):
    with open(shared / "openrepair" / "product_categories.csv", encoding="utf-8", newline="") as file:
        categories = {row["product_category"] for row in csv.DictReader(file)}
    assert set(MAPPING.rows["product_category"]) == categories >= {record["product_category"] for record in everything}
    ours = {codes["category"] for codes in MAPPING.rows["product_category"].values()}
    assert ours <= {code for code, path in model.paths["category"].items() if len(path) == 2}
    ages = sum(make_purchase_date(record) is not None for record in everything)
    assert (len(everything), ages) == (5000, 849)


def test_every_record_is_a_claim_or_a_line_of_the_error_report(stage, records, rounds):
    rounds.run.report()
    lines = [error[0] for error in rounds.refused]
    assert len(rounds.taken) + len(lines) == len(records) and len(set(lines)) == len(lines)
    assert rounds.taken | set(lines) == {record["id"] for record in records} and not rounds.taken & set(lines)
    claimed = {row[0] for row in stage.query("SELECT serial FROM warranty.claims")}
    assert claimed == set(rounds.after) == {record["id"] for record in records} and rounds.run.errors == []


def test_only_records_without_a_text_are_refused_and_only_until_they_are_mended(records, rounds):
    assert {error[0] for error in rounds.refused} == {record["id"] for record in records if not record["problem"]}
    assert {error[1:] for error in rounds.refused} == {("claim", 400, "FIELD_REQUIRED", "description")}


def test_every_claim_is_decided_as_the_model_decides(rounds, model):
    for record in rounds.records:
        assert_decided(model, record, rounds.before[record["id"]])
    found = collections.Counter(claim["outcome"] for claim in rounds.before.values())
    assert found["DENIED"] and found["UNDETERMINED"] and sum(found.values()) == len(rounds.records)


def test_a_unit_without_a_day_is_never_a_reason_to_refuse(rounds):
    for record in rounds.records:
        claim = rounds.before[record["id"]]
        if not record["product_age"]:
            assert claim["outcome"] == "UNDETERMINED" and claim["state"] == "DOCUMENTS_REQUIRED", record
            assert [need["name"] for need in claim["decision"]["needed"]] == ["proof_of_purchase"]


def test_a_proof_of_purchase_replaces_the_decision_and_grants_the_claim(rounds, model):
    granted = 0
    for record in rounds.records:
        before, after = rounds.before[record["id"]], rounds.after[record["id"]]
        if record["id"] not in rounds.proven:
            assert after == before
            continue
        assert_decided(model, record, after, is_proven=True)
        assert after["decision"]["replaces_decision_id"] == before["decision"]["decision_id"]
        is_worn = "finding" in MAPPING.codes(record)
        if not record["product_age"]:
            assert after["outcome"] == ("UNDETERMINED" if is_worn else "GRANTED"), record
        granted += after["outcome"] == "GRANTED"
    assert granted > len(rounds.proven) * 0.8


def test_each_change_has_exactly_one_event(stage, records, rounds):
    products = {make_sku(record["product_category"], record["brand"]) for record in records}
    findings = stage.value("SELECT count(*) FROM warranty.claim_findings")
    dated = sum(not record["product_age"] for record in rounds.records if record["id"] in rounds.proven)
    assert dict(stage.query("SELECT type, count(*) FROM events.outbox GROUP BY 1")) == {
        "documents.v1.DocumentUploaded": len(records) + findings + len(rounds.proven),
        "warranty.v1.ProductCreated": len(products), "warranty.v1.UnitRegistered": len(records),
        "warranty.v1.UnitFactRecorded": dated, "warranty.v1.ClaimCreated": len(records),
        "warranty.v1.ClaimDecided": findings + len(rounds.proven)}
    assert stage.query("SELECT 1 FROM events.outbox GROUP BY aggregate_type, aggregate_id, aggregate_version HAVING count(*) > 1") == []


def test_texts_come_back_byte_for_byte(stage, records, rounds, rng):
    texts = {record["id"]: record["problem"] for record in rounds.records}
    assert dict(stage.query("SELECT serial, description FROM warranty.claims")) == texts
    assert {serial: claim["description"] for serial, claim in rounds.after.items()} == texts
    web = Web(stage.port, stage.tokens)
    foreign = [record for record in rounds.records if not record["problem"].isascii()]
    assert len(foreign) > len(records) / 20
    for record in rng.sample(foreign, min(len(foreign), 200)) + rng.sample(rounds.records, 50):
        answer = web.get(f"/v1/claims/{claim_id_of(record)}", "agent:desk")
        assert answer.json["description"] == record["problem"]
        product = web.get(f"/v1/products/{make_sku(record['product_category'], record['brand'])}").json
        assert (product["name"], product.get("brand", "")) == (make_name(record), record["brand"])


def test_a_second_import_changes_nothing(stage, records, rounds):
    before = stage.value("SELECT count(*) FROM events.outbox")
    again = Import(f"http://127.0.0.1:{stage.port}", stage.tokens.of("integration", "openrepair"), CONNECTIONS)
    again.run(records[:200])
    assert stage.value("SELECT count(*) FROM events.outbox") == before
    assert len(again.claims) + len(again.errors) == 200 and set(again.claims) <= rounds.taken
