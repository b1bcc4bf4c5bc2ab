"""Facts that other systems tell of units: taken once, corrected, refused; replacements, and facts told at the same moment."""
# SPDX-License-Identifier: Apache-2.0
import uuid

import pytest

from stage import count
from units import TELLER, kinds_of, post_fact, read, tell, today
from world import AGENT, events_of, make_product, make_unit, read_history, run_threads

STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "warranty": 2, "events": 1}
MANAGER = "manager:max"


@pytest.fixture(scope="module", name="sku")
def sku_fixture(web):
    """A small appliance: one year."""
    return make_product(web)


def test_a_fact_is_told_once_and_moves_what_the_unit_says(web, stage, sku):
    serial = make_unit(web, sku, purchase_date="2026-03-01")
    fact = tell(web, serial, "DELIVERED", "2026-03-15")
    assert (fact["serial"], fact["kind"], fact["date"]) == (serial, "DELIVERED", "2026-03-15")
    unit = read(web, serial)
    assert (unit["delivery_date"], unit["last_cover_date"], unit["version"]) == ("2026-03-15", "2027-03-15", 2)
    assert kinds_of(stage, serial) == ["UnitRegistered", "UnitFactRecorded"]
    assert events_of(stage, serial)[1][2].facts[0].fact_id == fact["fact_id"]


def test_a_fact_that_contradicts_another_is_refused_and_both_are_named(web, stage, sku):
    serial = make_unit(web, sku)
    first = tell(web, serial, "DELIVERED", "2026-03-15")
    second = str(uuid.uuid4())
    answer = post_fact(web, serial, kind="MANUFACTURED", date="2026-03-16", fact_id=second)
    assert (answer.status, answer.reason) == (409, "FACTS_CONTRADICT")
    assert first["fact_id"] in answer.json["detail"] and second in answer.json["detail"]
    assert read(web, serial)["version"] == 2
    assert stage.value("SELECT count(*) FROM warranty.unit_facts WHERE serial = %s", serial) == 1


def test_a_correction_strikes_a_fact_out_and_its_own_correction_brings_it_back(web, stage, sku):
    serial = make_unit(web, sku)
    wrong = tell(web, serial, "DELIVERED", "2026-03-15")
    correction = tell(web, serial, "CORRECTED", corrects_fact_id=wrong["fact_id"])
    unit = read(web, serial)
    assert "delivery_date" not in unit and "last_cover_date" not in unit
    assert web.get(f"/v1/units/{serial}/coverage?at=2026-04-01", AGENT).json["outcome"] == "UNDETERMINED"
    tell(web, serial, "CORRECTED", corrects_fact_id=correction["fact_id"])
    assert read(web, serial)["delivery_date"] == "2026-03-15"
    entries = read_history(stage, web, serial)
    assert [(entry["kind"], entry.get("is_corrected", False)) for entry in entries] == [
        ("DELIVERED", False), ("CORRECTED", True), ("CORRECTED", False)]


@pytest.mark.parametrize("body,reason,field", [
    ({"kind": "DELIVERED"}, "FIELD_REQUIRED", "date"),
    ({"kind": "TAKEN_IN", "date": "2026-03-01"}, "FIELD_REQUIRED", "repair_id"),
    ({"kind": "DELIVERED", "date": "2026-03-01", "plan": "plus1"}, "FIELD_OUT_OF_PLACE", "plan"),
    ({"kind": "CORRECTED", "corrects_fact_id": "01900000-0000-7000-8000-000000000000"}, "FACT_MISSING", "corrects_fact_id"),
    ({"kind": "REPLACED", "date": "2026-03-01", "old_serial": "nobody-knows-it"}, "UNIT_MISSING", "old_serial"),
    ({"kind": "VOIDED", "date": "2026-03-01", "layers": ["STATUTORY"]}, "LAYER_BY_LAW", "layers"),
    ({"kind": "PLAN_BOUGHT", "date": "2026-03-01", "contract_id": "C", "plan": "plus9"}, "CODE_UNKNOWN", "plan"),
    ({"kind": "REPAIRED", "date": "2026-03-01", "repair_id": "R", "component": "moter"}, "CODE_UNKNOWN", "component"),
    ({"kind": "DELIVERED", "date": "2026-03-01", "record_time": "2200-01-01T00:00:00Z"}, "TIME_IN_FUTURE", "record_time"),
    ({"kind": "DELIVERED", "date": str(today(9))}, "FACT_WRONG", None)])
def test_a_fact_that_cannot_be_is_refused(web, sku, body, reason, field):
    answer = post_fact(web, make_unit(web, sku), **body)
    assert (answer.status, answer.reason, answer.json.get("field")) == (400, reason, field), answer


def test_a_fact_is_there_once_whichever_unit_it_is_told_of(web, sku):
    fact_id, serial = str(uuid.uuid4()), make_unit(web, sku)
    tell(web, serial, "PURCHASED", "2026-03-01", fact_id=fact_id)
    for other in (serial, make_unit(web, sku)):
        again = post_fact(web, other, kind="DELIVERED", date="2026-03-02", fact_id=fact_id)
        assert (again.status, again.reason) == (409, "FACT_EXISTS")


def test_a_fact_repeated_with_its_key_is_one_fact(web, stage, sku):
    serial, key = make_unit(web, sku), str(uuid.uuid4())
    body = {"kind": "DELIVERED", "date": "2026-03-15"}
    answers = [web.post(f"/v1/units/{serial}/facts", TELLER, body, key) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200] and answers[0].json == answers[1].json
    assert stage.value("SELECT count(*) FROM warranty.unit_facts WHERE serial = %s", serial) == 1


def test_only_integrations_tell_facts(web, sku):
    serial = make_unit(web, sku, "customer:dora")
    for caller in ("customer:dora", AGENT, MANAGER):
        assert post_fact(web, serial, caller, kind="DELIVERED", date="2026-03-15").status == 403


def test_of_facts_that_contradict_each_other_told_at_once_one_is_taken(web, stage, sku):
    for _ in range(count(10, 300)):
        serial, answers = make_unit(web, sku), [None] * 6

        def work(i, serial=serial, answers=answers):
            answers[i] = post_fact(stage.web() if i % 2 else web, serial, kind="DELIVERED", date=f"2026-03-{i + 1:02}")

        run_threads(len(answers), work)
        taken = [answer.json["date"] for answer in answers if answer.status == 200]
        assert len(taken) == 1 and {answer.reason for answer in answers if answer.status != 200} == {"FACTS_CONTRADICT"}, answers
        assert read(web, serial)["delivery_date"] == taken[0]
        assert kinds_of(stage, serial) == ["UnitRegistered", "UnitFactRecorded"]


def test_a_replacement_links_both_units_and_a_correction_parts_them(web, stage, sku):
    old, new = make_unit(web, sku, delivery_date="2026-03-15"), make_unit(web, sku)
    fact = tell(web, new, "REPLACED", "2026-06-01", old_serial=old, receive_date="2026-05-20")
    assert (read(web, old)["replaced_by_serial"], read(web, new)["replaces_serial"]) == (new, old)
    assert read(web, old)["last_cover_date"] == "2026-05-31"
    assert kinds_of(stage, old) == kinds_of(stage, new) == ["UnitRegistered", "UnitFactRecorded"]
    for serial in (old, new):
        kinds = [entry["kind"] for entry in read_history(stage, web, serial)]
        assert "REPLACED" in kinds
    other = make_unit(web, sku)
    twice = post_fact(web, other, kind="REPLACED", date="2026-06-02", old_serial=old)
    assert (twice.status, twice.reason) == (409, "FACTS_CONTRADICT")
    tell(web, new, "CORRECTED", corrects_fact_id=fact["fact_id"])
    assert "replaced_by_serial" not in read(web, old) and "replaces_serial" not in read(web, new)
    assert read(web, old)["last_cover_date"] == "2027-03-15" and "last_cover_date" not in read(web, new)


def test_a_fact_of_a_replaced_unit_moves_the_one_that_took_its_place(web, stage, sku):
    old, new = make_unit(web, sku, purchase_date="2026-03-01"), make_unit(web, sku)
    tell(web, new, "REPLACED", "2026-06-01", old_serial=old)
    before = read(web, new)
    tell(web, old, "DELIVERED", "2026-03-09")
    after = read(web, new)
    assert (before["last_cover_date"], after["last_cover_date"]) == ("2027-03-01", "2027-03-09")
    assert after["version"] == before["version"] + 1
    assert kinds_of(stage, new)[-1] == "UnitFactRecorded"
