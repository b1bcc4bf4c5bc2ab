"""The twelve cases of the entitlement ledger, by API: facts are told by an integration, coverage is asked for any day.

The policy is the default one with a few more categories, each with one of the terms that the cases speak of, and a plan that stays
with its buyer. The clock stands in 2040, so that every day of the cases has passed; when a fact was learnt is told with it.
"""
# SPDX-License-Identifier: Apache-2.0
import datetime
import re
import time

import pytest

import first_policy
from api import Api
from installation import ROOT
from world import make_name, make_product

STAGE = {"AFTERCARE_TEST_CLOCK": "yes", "warranty": 0, "gateway": 0}
TELLER = "integration:erp"
MANAGER = "manager:max"
NOW = datetime.datetime(2040, 1, 1, 12, tzinfo=datetime.timezone.utc)

# Each category's length, and what becomes of the warranty when a unit is replaced.
TERMS = {
    "four_years": ("4 years", None), "half_year": ("6 months", None), "two_months": ("2 months", None), "long": ("18 months", None),
    "two_years": ("2 years", None), "remaining": ("1 year", "remaining"), "restart": ("1 year", "restart"),
}


def policy_of_cases():
    """The default policy's text with the categories of TERMS, in English only."""
    text = (ROOT / "deploy" / "policies" / "default.yaml").read_text(encoding="utf-8")
    text = replace(text, "languages: [en, de]", "languages: [en]")
    categories = "".join(f", {name}: {{}}" for name in TERMS)
    text = replace(text, "{small_appliances: {}, large_appliances: {}}", "{small_appliances: {}, large_appliances: {}" + categories + "}")
    labels = "".join(f", {name}: category {name}" for name in TERMS)
    text = replace(text, "small_appliances: small appliances", "small_appliances: small appliances" + labels)
    rules = ""
    for name, (length, _) in TERMS.items():
        for when, value in ((f"category: {name}", length), (f"category: {name}, cost_class: travel", "none"),
                            (f"condition: refurbished, category: {name}", length),
                            (f"condition: refurbished, category: {name}, cost_class: travel", "none")):
            rules += f"          - {{when: {{{when}}}, length: {value}}}\n"
    last = "compressor, cost_class: parts}, length: 1 year}\n"
    text = replace(text, last, last + rules)
    carry = "".join(f"          - {{when: {{category: {name}}}, carry_over: {carry}}}\n" for name, (_, carry) in TERMS.items() if carry)
    text = replace(text, "set: {carry_over: longer_of, at_least: 6 months}\n",
                   "set: {carry_over: longer_of, at_least: 6 months}\n        except:\n" + carry)
    return replace(text, "set: {cooling_off: 30 days, refund_after: pro_rata, transferable: yes}\n",
                   "set: {cooling_off: 30 days, refund_after: pro_rata, transferable: yes}\n        except:\n"
                   "          - {when: {plan: plus1}, transferable: no}\n")


def replace(text, old, new):
    """Once, where it must be."""
    assert text.count(old) == 1, (text.count(old), old)
    return text.replace(old, new)


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """Everything that decides, by the policy of the cases, in the year 2040."""
    stage.set_clock(int(NOW.timestamp() - time.time()))
    for daemon in [stage.start(noun, wait=False) for noun in ("documents", "policy", "gateway")]:
        daemon.wait_ready()
    api = Api(f"http://127.0.0.1:{stage.port}", stage.cluster.keys)
    draft = first_policy.ask(api, "POST", "/v1/policies", body=policy_of_cases().encode(), kind="application/yaml")
    first_policy.ask(api, "POST", f"/v1/policies/{draft['policy_id']}:publish", body={"effective_from": "2000-01-01"})
    stage.start("warranty")


@pytest.fixture(scope="module", name="skus")
def skus_fixture(web, daemons):
    """A product of each category."""
    assert daemons is None
    return {name: make_product(web, name) for name in [*TERMS, "small_appliances", "large_appliances"]}


def tell(web, serial, kind, date=None, **fields):
    """Adds a fact that was learnt on its day, unless the fields say otherwise; answers it."""
    body = {"kind": kind} | ({"date": date, "record_time": f"{date}T12:00:00Z"} if date else {}) | fields
    answer = web.post(f"/v1/units/{serial}/facts", TELLER, body)
    assert answer.status == 200, answer
    return answer.json


def make(web, sku, *facts, **fields):
    """A unit of a business customer in Germany, and its facts as (kind, day)."""
    body = {"serial": make_name("SN"), "sku": sku, "region": "DE", "customer_class": "business", "condition": "new",
            "channel": "shop"} | fields
    answer = web.post("/v1/units", TELLER, body)
    assert answer.status == 201, answer
    for kind, date in facts:
        tell(web, body["serial"], kind, date)
    return body["serial"]


def repair(web, serial, taken_in, handed_back, coverage="COVERED"):
    """A repair from its intake to its end; answers its number."""
    repair_id = make_name("R")
    tell(web, serial, "TAKEN_IN", taken_in, repair_id=repair_id)
    tell(web, serial, "HANDED_BACK", handed_back, repair_id=repair_id, coverage=coverage)
    return repair_id


def ask(web, serial, at, known_at=None):
    """Coverage on a day."""
    query = f"?at={at}" + (f"&known_at={known_at}T12:00:00Z" if known_at else "")
    answer = web.get(f"/v1/units/{serial}/coverage{query}", MANAGER)
    assert answer.status == 200, answer
    return answer.json


def layers(answer, layer="COMMERCIAL", cost_class="parts", component=""):
    """Those of a kind."""
    return [found for found in answer.get("layers", [])
            if (found["layer"], found["cost_class"], found.get("component", "")) == (layer, cost_class, component)]


def interval(web, serial, at, layer="COMMERCIAL", **known):
    """First and last day of the one layer of a kind that covers a day; None where none does."""
    found = layers(ask(web, serial, at, **known), layer)
    assert len(found) <= 1, found
    return (found[0]["start_date"], found[0].get("last_date")) if found else None


def next_day(day):
    """The day after."""
    return str(datetime.date.fromisoformat(day) + datetime.timedelta(days=1))


def ends(web, serial, last, layer="COMMERCIAL"):
    """Whether a layer covers its last day and not the next one, and says so."""
    covered = interval(web, serial, last, layer)
    return covered is not None and covered[1] == last and interval(web, serial, next_day(last), layer) is None


def test_1_one_year_has_both_its_days(web, skus):
    serial = make(web, skus["small_appliances"], ("DELIVERED", "2026-03-15"))
    assert interval(web, serial, "2026-03-15") == ("2026-03-15", "2027-03-15")
    assert ends(web, serial, "2027-03-15")
    after = ask(web, serial, "2027-03-16")
    assert (after["outcome"], after["decision"]["reason"], after["decision"]["deciding_clause_id"]) == \
        ("NOT_COVERED", "EXPIRED", "warranty.period")
    assert interval(web, serial, "2026-03-14") is None


@pytest.mark.parametrize("category,delivered,last", [
    ("small_appliances", "2024-02-29", "2025-02-28"), ("two_years", "2024-02-29", "2026-02-28"),
    ("four_years", "2024-02-29", "2028-02-29"), ("small_appliances", "2023-02-28", "2024-02-28")])
def test_2_a_leap_day_is_added_to_once(web, skus, category, delivered, last):
    assert ends(web, make(web, skus[category], ("DELIVERED", delivered)), last)


@pytest.mark.parametrize("category,delivered,last", [
    ("half_year", "2025-08-31", "2026-02-28"), ("long", "2025-08-31", "2027-02-28"), ("two_months", "2026-01-31", "2026-03-31")])
def test_3_months_end_on_their_last_day(web, skus, category, delivered, last):
    assert ends(web, make(web, skus[category], ("DELIVERED", delivered)), last)


def test_4_a_better_day_that_is_learnt_later_moves_the_end_and_the_old_view_stays(web, skus):
    serial = make(web, skus["small_appliances"], ("PURCHASED", "2026-05-01"))
    tell(web, serial, "DELIVERED", "2026-05-09", record_time="2026-06-20T12:00:00Z")
    assert interval(web, serial, "2026-06-01", known_at="2026-06-01") == ("2026-05-01", "2027-05-01")
    assert interval(web, serial, "2026-06-21", known_at="2026-06-21") == ("2026-05-09", "2027-05-09")
    assert interval(web, serial, "2026-06-01") == ("2026-05-09", "2027-05-09")
    assert "purchased" in str(ask(web, serial, "2026-06-01", "2026-06-01")["decision"]["steps"])


def test_5_without_a_proof_the_day_of_making_counts_and_without_any_day_nothing_is_denied(web, skus):
    serial = make(web, skus["small_appliances"], ("MANUFACTURED", "2025-01-10"))
    assert interval(web, serial, "2025-04-10") == ("2025-04-10", "2026-04-10")
    assert ends(web, serial, "2026-04-10")
    unknown = ask(web, make(web, skus["small_appliances"]), "2026-01-01")
    assert (unknown["outcome"], unknown.get("layers", [])) == ("UNDETERMINED", [])
    assert [needed["name"] for needed in unknown["decision"]["needed"]] == ["proof_of_purchase"]


def make_case_6(web, skus):
    """Delivered 2026-01-20, twelve days in repair."""
    serial = make(web, skus["small_appliances"], ("DELIVERED", "2026-01-20"))
    repair(web, serial, "2026-03-02", "2026-03-14")
    return serial


def test_6_days_in_repair_are_added(web, skus):
    assert ends(web, make_case_6(web, skus), "2027-02-01")


def make_case_7(web, skus):
    """Delivered 2026-01-20, in repair over the end."""
    serial = make(web, skus["small_appliances"], ("DELIVERED", "2026-01-20"))
    repair(web, serial, "2027-01-15", "2027-02-10")
    return serial


def test_7_what_was_left_at_the_intake_is_left_at_the_return(web, skus):
    serial = make_case_7(web, skus)
    assert ends(web, serial, "2027-02-15")
    [inside] = layers(ask(web, serial, "2027-02-01"))
    assert inside["is_paused"] is True
    again, late = serial, make_case_7(web, skus)
    repair(web, again, "2027-02-15", "2027-02-20")
    assert ends(web, again, "2027-02-20")
    repair(web, late, "2027-02-16", "2027-02-20")
    assert ends(web, late, "2027-02-15")
    assert ask(web, late, "2027-02-16")["outcome"] == "NOT_COVERED"


def test_7_a_unit_in_our_hands_does_not_expire(web, skus):
    serial = make(web, skus["small_appliances"], ("DELIVERED", "2026-01-20"))
    tell(web, serial, "TAKEN_IN", "2027-01-15", repair_id="R-1")
    [inside] = layers(ask(web, serial, "2027-06-01"))
    assert (inside["is_paused"], inside["last_date"]) == (True, "2027-06-06")


def test_8_repairs_are_united_and_uncovered_ones_add_nothing(web, skus):
    serial = make(web, skus["small_appliances"], ("DELIVERED", "2026-02-10"))
    repair(web, serial, "2026-06-01", "2026-06-11")
    repair(web, serial, "2026-06-08", "2026-06-20")
    repair(web, serial, "2026-09-01", "2026-09-11", "NOT_COVERED")
    assert ends(web, serial, "2027-03-01")


def test_9_a_plan_begins_when_the_warranty_ends_and_moves_with_it(web, skus):
    def add_plan(serial, day, plan="plus2"):
        tell(web, serial, "PLAN_BOUGHT", day, contract_id=make_name("C"), plan=plan)
        return serial

    before = add_plan(make(web, skus["small_appliances"], ("DELIVERED", "2026-01-20")), "2026-01-20")
    assert interval(web, before, "2028-01-01", "EXTENDED") == ("2027-01-21", "2029-01-20")
    after = add_plan(make_case_6(web, skus), "2026-01-20")
    assert interval(web, after, "2028-01-01", "EXTENDED") == ("2027-02-02", "2029-02-01")
    assert interval(web, after, "2027-02-01", "EXTENDED") is None
    repair(web, after, "2028-05-01", "2028-05-11")
    assert ends(web, after, "2029-02-11", "EXTENDED")
    over = add_plan(make_case_7(web, skus), "2026-01-20")
    assert interval(web, over, "2028-01-01", "EXTENDED") == ("2027-02-16", "2029-02-15")
    leap = add_plan(make(web, skus["four_years"], ("DELIVERED", "2024-02-29")), "2024-02-29", "plus1")
    assert ends(web, leap, "2029-02-28", "EXTENDED")


def replace_unit(web, sku, serial, received, handed_over):
    """Gives another unit in place of one; answers its serial number."""
    new = make(web, sku)
    tell(web, new, "REPLACED", handed_over, old_serial=serial, receive_date=received)
    return new


@pytest.mark.parametrize("category,last", [("remaining", "2027-04-20"), ("restart", "2028-03-11"), ("small_appliances", "2027-09-11")])
def test_10_a_replacement_has_what_the_policy_carries_over(web, skus, category, last):
    old = make(web, skus[category], ("DELIVERED", "2026-04-10"))
    new = replace_unit(web, skus[category], old, "2027-03-01", "2027-03-11")
    assert interval(web, new, "2027-03-11")[1] == last and ends(web, new, last)
    assert ends(web, old, "2027-03-10")
    read = {serial: web.get(f"/v1/units/{serial}", MANAGER).json for serial in (old, new)}
    assert (read[new]["replaces_serial"], read[old]["replaced_by_serial"]) == (old, new)
    assert (read[old]["last_cover_date"], read[new]["last_cover_date"]) == ("2027-03-10", last)


def test_10_an_early_replacement_keeps_what_was_left(web, skus):
    old = make(web, skus["small_appliances"], ("DELIVERED", "2026-04-10"))
    assert ends(web, replace_unit(web, skus["small_appliances"], old, "2026-05-10", "2026-05-20"), "2027-04-20")


def test_11_the_law_stands_beside_the_warranty(web, skus):
    consumer = make(web, skus["small_appliances"], ("DELIVERED", "2025-06-30"), customer_class="consumer")

    def kinds(serial, at):
        return {(found["layer"], found["cost_class"]) for found in ask(web, serial, at).get("layers", [])}

    law = {("STATUTORY", "parts"), ("STATUTORY", "labour"), ("STATUTORY", "travel")}
    assert kinds(consumer, "2026-06-30") == law | {("COMMERCIAL", "parts"), ("COMMERCIAL", "labour")}
    for at in ("2026-07-01", "2026-09-01", "2027-06-30"):
        assert kinds(consumer, at) == law
    assert kinds(consumer, "2027-07-01") == set()
    business = make(web, skus["small_appliances"], ("DELIVERED", "2025-06-30"))
    assert kinds(business, "2026-06-30") == {("COMMERCIAL", "parts"), ("COMMERCIAL", "labour")}
    assert kinds(business, "2026-07-01") == set()


def test_11_a_component_has_its_own_length(web, skus):
    large = make(web, skus["large_appliances"], ("DELIVERED", "2026-05-31"))
    assert ends(web, large, "2028-05-31")
    last_day = ask(web, large, "2036-05-31")
    [compressor] = last_day["layers"]
    assert (compressor["component"], compressor["cost_class"], compressor["last_date"]) == ("compressor", "parts", "2036-05-31")
    assert ask(web, large, "2036-06-01")["outcome"] == "NOT_COVERED"


def test_12_a_transfer_ends_what_stays_with_the_buyer_and_goodwill_is_its_own_layer(web, skus):
    serial = make(web, skus["small_appliances"], ("DELIVERED", "2026-01-31"))
    tell(web, serial, "PLAN_BOUGHT", "2026-01-31", contract_id=make_name("C"), plan="plus1")
    assert interval(web, serial, "2027-06-01", "EXTENDED") == ("2027-02-01", "2028-01-31")
    tell(web, serial, "TRANSFERRED", "2026-08-20")
    assert ends(web, serial, "2027-01-31")
    assert interval(web, serial, "2027-06-01", "EXTENDED") is None
    tell(web, serial, "GOODWILL", "2027-02-01", last_date="2027-04-30", cost_classes=["parts"], clause_id="general.authority")
    on_first = ask(web, serial, "2027-02-01")
    assert [(found["layer"], found["cost_class"]) for found in on_first["layers"]] == [("GOODWILL", "parts")]
    assert ends(web, serial, "2027-04-30", "GOODWILL")


def test_12_a_repair_is_guaranteed_for_itself(web, skus):
    serial = make(web, skus["small_appliances"], ("DELIVERED", "2026-01-20"))
    repair_id = repair(web, serial, "2026-12-10", "2026-12-20", "NOT_COVERED")
    tell(web, serial, "REPAIRED", "2026-12-20", repair_id=repair_id, fault_code="F1", component="motor", has_succeeded=True)
    assert ends(web, serial, "2027-01-20")
    [guaranteed] = layers(ask(web, serial, "2027-03-20"), "REPAIR", "parts", "motor")
    assert guaranteed["last_date"] == "2027-03-20"
    assert ask(web, serial, "2027-03-21")["outcome"] == "NOT_COVERED"


def test_the_explanation_adds_up_to_the_date(web, skus):
    answer = ask(web, make_case_6(web, skus), "2026-06-01")
    told = [computed["explanation"] for computed in answer["decision"]["computed"] if computed["name"] == "last_date"]
    assert told == ["delivered 2026-01-20 + 1 year + 12 days in repair"], told
    assert re.fullmatch(r"[0-9a-f-]{36}", answer["decision"]["decision_id"])
