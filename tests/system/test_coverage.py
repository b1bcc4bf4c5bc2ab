"""Coverage of units: layers, decision and clause; whose word it rests on, and any day that may be asked about."""
# SPDX-License-Identifier: Apache-2.0
import re

import pytest

from units import post_fact, read, tell
from world import AGENT, make_claim, make_product, make_unit, read_all, settle

STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "events": 1}


@pytest.fixture(scope="module", name="sku")
def sku_fixture(web):
    """A small appliance: one year."""
    return make_product(web)


def test_coverage_names_layers_decision_and_clause(web, sku):
    serial = make_unit(web, sku, delivery_date="2026-03-15", region="DE", customer_class="business", condition="new", channel="shop")
    answer = web.get(f"/v1/units/{serial}/coverage?at=2026-06-01", AGENT).json
    assert (answer["serial"], answer["at"], answer["outcome"]) == (serial, "2026-06-01", "COVERED")
    assert [(layer["layer"], layer["cost_class"], layer["start_date"], layer["last_date"], layer["clause_id"])
            for layer in answer["layers"]] == [("COMMERCIAL", cost_class, "2026-03-15", "2027-03-15", "warranty.period")
                                               for cost_class in ("parts", "labour")]
    decision = answer["decision"]
    assert (decision["question"], decision["deciding_clause_id"], decision["serial"]) == ("warranty.coverage", "warranty.period", serial)
    assert {sentence["language"] for sentence in decision["sentences"]} == {"en", "de"}
    assert {fact["name"]: fact["trust"] for fact in decision["facts"] if fact["name"] in ("region", "category")} == {
        "region": "RECORDED", "category": "RECORDED"}
    assert [fact["kind"] for fact in decision["unit_facts"]] == ["delivered"]
    assert all(re.fullmatch(r"[0-9]+", str(pin["policy_version"])) for pin in decision["pins"])


def test_what_a_customer_says_of_the_sale_is_their_word(web, sku):
    serial = make_unit(web, sku, "customer:vera", purchase_date="2024-01-01", region="DE", customer_class="consumer", channel="shop",
                       condition="new")
    decision = web.get(f"/v1/units/{serial}/coverage?at=2025-06-01", "customer:vera").json["decision"]
    assert {fact["trust"] for fact in decision["facts"] if fact["name"] in ("region", "customer_class")} == {"STATED"}


def coverage_of(web, serial, at, caller=AGENT):
    return web.get(f"/v1/units/{serial}/coverage?at={at}", caller).json


def test_a_customers_word_covers_and_denies_nothing(web, stage, sku):
    """Enough for an answer that says whose word it is; no proof against them, until who sold it says the same."""
    serial = make_unit(web, sku, "customer:wim", purchase_date="2026-03-15", region="GB", channel="shop", customer_class="consumer",
                       condition="new")
    unit = read(web, serial)
    assert (unit["is_purchase_stated"], unit["purchase_date"], unit["last_cover_date"]) == (True, "2026-03-15", "2027-03-15")
    answer = coverage_of(web, serial, "2027-03-15", "customer:wim")
    assert (answer["outcome"], answer["decision"]["reason"]) == ("COVERED", "COVERED"), answer
    assert [(layer["is_stated"], layer["last_date"]) for layer in answer["layers"]] == [(True, "2027-03-15")] * 2
    assert any("from the day that you told us" in one["text"] for one in answer["decision"]["sentences"])
    answer = coverage_of(web, serial, "2027-03-16", "customer:wim")
    assert (answer["outcome"], answer["decision"]["reason"]) == ("UNDETERMINED", "PROOF_MISSING"), answer
    assert [one["name"] for one in answer["decision"]["needed"]] == ["proof_of_purchase"]
    page = web.get(f"/v1/units/{serial}/certificate", "customer:wim")
    assert page.status == 200 and b"<table" not in page.body and b"March 15, 2026" not in page.body  # nothing is certified of it
    tell(web, serial, "PURCHASED", "2026-03-15")
    assert coverage_of(web, serial, "2027-03-15")["outcome"] == "COVERED"
    late = coverage_of(web, serial, "2027-03-16")
    assert (late["outcome"], late["decision"]["reason"]) == ("NOT_COVERED", "EXPIRED"), late
    assert not coverage_of(web, serial, "2027-03-15")["layers"][0]["is_stated"]
    assert read(web, serial)["is_purchase_stated"] is False
    assert b"March 15, 2026" in web.get(f"/v1/units/{serial}/certificate", "customer:wim").body


def test_a_day_of_delivery_leaves_the_customers_word_aside(web, sku):
    serial = make_unit(web, sku, "customer:xia", purchase_date="2026-03-15")
    tell(web, serial, "DELIVERED", "2026-03-20")
    answer = coverage_of(web, serial, "2027-03-20")
    assert {(layer["is_stated"], layer["last_date"]) for layer in answer["layers"]} == {(False, "2027-03-20")}
    assert answer["outcome"] == "COVERED"


def test_what_who_sold_it_says_is_certain(web, sku):
    unit = read(web, make_unit(web, sku, purchase_date="2026-03-15", owner_id="anna"))
    assert unit["is_purchase_stated"] is False
    assert coverage_of(web, unit["serial"], "2027-03-15")["outcome"] == "COVERED"


def test_nobody_asks_what_will_be_known(web, sku):
    answer = web.get(f"/v1/units/{make_unit(web, sku)}/coverage?known_at=2200-01-01T00:00:00Z", AGENT)
    assert (answer.status, answer.reason, answer.json["field"]) == (400, "TIME_IN_FUTURE", "known_at")


@pytest.mark.parametrize("query,status", [
    ("at=0001-01-01", 200), ("at=9999-12-31", 200), ("known_at=0001-01-01T00:00:01Z", 200), ("known_at=1969-12-31T23:59:59Z", 200),
    ("at=2026-02-30", 400), ("known_at=yesterday", 400)])
def test_any_day_may_be_asked_about(web, sku, query, status):
    serial = make_unit(web, sku, delivery_date="2026-03-15")
    answer = web.get(f"/v1/units/{serial}/coverage?{query}", AGENT)
    assert answer.status == status, answer


def test_a_unit_with_the_longest_life_is_still_answered(web, stage, sku):
    """Repair after repair, until no more facts are taken: all are in the record, and a wrong one can still be corrected."""
    serial = make_unit(web, sku, delivery_date="2024-01-01", region="DE", customer_class="consumer", channel="shop", condition="new")
    told, filler = [], "f" * 54
    while True:
        answer = post_fact(web, serial, kind="REPAIRED", date="2026-01-01", repair_id=f"{filler}-{len(told)}", fault_code=filler,
                           component="motor", cost_classes=["parts", "labour"], has_succeeded=True)
        if answer.status != 200:
            break
        told.append(answer.json["fact_id"])
    assert (answer.status, answer.reason) == (409, "FACTS_TOO_MANY") and len(told) > 100, (answer, len(told))
    coverage = web.get(f"/v1/units/{serial}/coverage?at=2026-02-01", AGENT)
    assert coverage.status == 200 and len(coverage.json["decision"]["unit_facts"]) == 1 + len(told), coverage
    assert make_claim(web, serial)["decision"]["unit_facts"]
    tell(web, serial, "CORRECTED", corrects_fact_id=told[0])
    settle(stage)
    entries, _ = read_all(web, f"/v1/units/{serial}/history", "entries", AGENT, 100)
    assert sum(entry["kind"] == "REPAIRED" for entry in entries) == len(told)
    assert web.get(f"/v1/units/{serial}/certificate", AGENT).status == 200


def test_a_replacement_is_covered_by_what_covered_the_unit_before_it(web, sku):
    old, new = make_unit(web, sku, delivery_date="2026-03-15"), make_unit(web, sku)
    fact = tell(web, new, "REPLACED", "2026-06-01", old_serial=old)
    answer = coverage_of(web, new, "2026-07-01")
    assert (answer["outcome"], answer["layers"][0]["last_date"]) == ("COVERED", "2027-03-15"), answer
    assert [one["kind"] for one in answer["decision"]["unit_facts"]] == ["delivered", "replaced"]
    assert coverage_of(web, old, "2026-05-31")["outcome"] == "COVERED"
    assert coverage_of(web, old, "2026-07-01")["outcome"] != "COVERED"
    tell(web, new, "CORRECTED", corrects_fact_id=fact["fact_id"])
    assert coverage_of(web, old, "2026-07-01")["outcome"] == "COVERED" and not coverage_of(web, new, "2026-07-01")["layers"]
