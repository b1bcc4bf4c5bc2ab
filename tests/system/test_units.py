"""Units: what may be told of them and by whom, their owners, recalls, lists, history and certificate."""
# SPDX-License-Identifier: Apache-2.0
import json
import uuid

import pytest

from stage import count
from units import TELLER, kinds_of, read, tell, today
from world import AGENT, make_claim, make_name, make_product, make_unit, read_all, read_history, run_threads, settle

STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "warranty": 2, "events": 1}
MANAGER = "manager:max"


@pytest.fixture(scope="module", name="sku")
def sku_fixture(web):
    """A small appliance: one year."""
    return make_product(web)


# ---- registering ----

def test_staff_tell_everything_of_a_sale_and_it_comes_back(web, sku):
    told = {"purchase_date": "2026-03-10", "delivery_date": "2026-03-15", "order_date": "2026-03-01", "install_date": "2026-03-16",
            "register_date": "2026-03-20", "manufacture_date": "2026-01-10", "region": "DE", "channel": "online",
            "customer_class": "consumer", "condition": "new", "price_paid": {"minor": 5900, "currency_code": "EUR"},
            "order_number": "O-1", "owner_id": "anna"}
    unit = read(web, make_unit(web, sku, **told))
    assert {name: unit[name] for name in told} == told
    assert unit["last_cover_date"] == "2028-03-15"  # two years by law for a consumer in the EU


def test_a_customer_says_when_they_bought_and_registers_today(web, stage, sku):
    unit = read(web, make_unit(web, sku, "customer:bert", purchase_date=str(today(-10)), region="DE"), "customer:bert")
    assert (unit["purchase_date"], unit["register_date"], unit["owner_id"]) == (str(today(-10)), str(today()), "bert")
    facts = stage.query("SELECT kind FROM warranty.unit_facts WHERE serial = %s ORDER BY kind", unit["serial"])
    assert [row[0] for row in facts] == ["PURCHASED", "REGISTERED"]
    assert "register_date" not in read(web, make_unit(web, sku))


@pytest.mark.parametrize("field,value", [
    ("delivery_date", "2026-01-01"), ("order_date", "2026-01-01"), ("install_date", "2026-01-01"),
    ("manufacture_date", "2026-01-01"), ("register_date", "2026-01-01"), ("price_paid", {"minor": 100, "currency_code": "EUR"})])
def test_what_the_company_knows_is_not_the_customers_to_say(web, sku, field, value):
    answer = web.post("/v1/units", "customer:cleo", {"serial": make_name("SN"), "sku": sku, field: value})
    assert (answer.status, answer.reason, answer.json["field"]) == (403, "FIELD_NOT_YOURS", field)


@pytest.mark.parametrize("field,value,nearest", [
    ("region", "Germany", None), ("channel", "onlin", "online"), ("customer_class", "consumers", "consumer"), ("condition", "neu", "new")])
def test_a_code_that_the_policy_does_not_know_is_refused_with_the_nearest_or_all(web, sku, field, value, nearest):
    answer = web.post("/v1/units", AGENT, {"serial": make_name("SN"), "sku": sku, field: value})
    assert (answer.status, answer.reason, answer.json["field"]) == (400, "CODE_UNKNOWN", field)
    if nearest:
        assert f'did you mean "{nearest}"' in answer.json["detail"]
    else:
        assert "; it has " in answer.json["detail"]


@pytest.mark.parametrize("fields,reason,field", [
    ({"purchase_date": str(today(5))}, "DATE_IN_FUTURE", "purchase_date"),
    ({"purchase_date": "1850-01-01"}, "DATE_TOO_EARLY", "purchase_date"),
    ({"price_paid": {"minor": 1, "currency_code": "XXA"}}, "CURRENCY_UNKNOWN", "price_paid.currency_code"),
    ({"price_paid": {"minor": -1, "currency_code": "EUR"}}, "FIELD_RANGE", "price_paid.minor"),
    ({"delivery_date": "2026-01-01", "manufacture_date": "2026-01-02"}, "FACTS_CONTRADICT", None)])
def test_a_registration_that_cannot_be_right_is_refused(web, stage, sku, fields, reason, field):
    serial = make_name("SN")
    answer = web.post("/v1/units", AGENT, {"serial": serial, "sku": sku} | fields)
    assert (answer.status, answer.reason, answer.json.get("field")) == (400, reason, field), answer
    assert stage.query("SELECT 1 FROM warranty.units WHERE serial = %s", serial) == []


def test_a_product_has_components_and_traits(web):
    body = {"sku": make_name("SKU"), "name": "A fridge", "category": "large_appliances", "components": ["compressor", "lamp"],
            "waterproof": "NO"}
    made = web.post("/v1/products", AGENT, body)
    assert {name: made.json[name] for name in body} == body
    path = f"/v1/products/{body['sku']}"
    changed = web.call("PUT", path, AGENT, {"name": "A fridge", "category": "large_appliances", "waterproof": "YES"}, If_Match='"1"')
    assert (changed.json.get("components", []), changed.json["waterproof"]) == ([], "YES")
    assert web.get(path).json == changed.json


def test_a_part_that_no_policy_has_is_refused_with_the_nearest(web):
    body = {"sku": make_name("SKU"), "name": "A fridge", "category": "large_appliances", "components": ["lamp", "compresor"]}
    refused = web.post("/v1/products", AGENT, body)
    assert (refused.status, refused.reason, refused.json["field"]) == (400, "CODE_UNKNOWN", "components[1]")
    assert 'did you mean "compressor"' in refused.json["detail"]
    assert web.get(f"/v1/products/{body['sku']}").status == 404
    made = web.post("/v1/products", AGENT, body | {"components": ["lamp"]})
    assert made.status == 201
    changed = web.call("PUT", f"/v1/products/{body['sku']}", AGENT, {name: body[name] for name in ("name", "category", "components")}, If_Match='"1"')
    assert (changed.status, changed.reason) == (400, "CODE_UNKNOWN")
    assert web.get(f"/v1/products/{body['sku']}").json == made.json


# ---- owners ----

def test_an_owner_gives_a_unit_away_and_does_not_see_it_any_more(web, stage, sku):
    serial = make_unit(web, sku, "customer:emil", purchase_date=str(today(-20)))
    given = web.post(f"/v1/units/{serial}:transfer", "customer:emil", {"owner_id": "fritz"})
    assert (given.status, given.json["owner_id"]) == (200, "fritz"), given
    assert web.get(f"/v1/units/{serial}", "customer:emil").status == 404
    assert read(web, serial, "customer:fritz")["owner_id"] == "fritz"
    assert kinds_of(stage, serial) == ["UnitRegistered", "UnitTransferred"]
    assert stage.value("SELECT count(*) FROM warranty.unit_facts WHERE serial = %s AND kind = 'TRANSFERRED'", serial) == 1
    again = web.post(f"/v1/units/{serial}:transfer", "customer:emil", {"owner_id": "emil"})
    assert (again.status, again.reason) == (404, "UNIT_MISSING")


def test_a_transfer_repeated_with_its_key_gets_the_first_answer(web, sku):
    serial, key = make_unit(web, sku, "customer:gina"), str(uuid.uuid4())
    answers = [web.post(f"/v1/units/{serial}:transfer", "customer:gina", {"owner_id": "hans"}, key) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 200] and answers[0].json == answers[1].json


def test_a_transfer_is_of_today_for_customers_and_never_of_a_day_to_come(web, sku):
    serial = make_unit(web, sku, "customer:ida")
    early = web.post(f"/v1/units/{serial}:transfer", "customer:ida", {"owner_id": "jan", "date": str(today(-3))})
    assert (early.status, early.reason) == (403, "FIELD_NOT_YOURS")
    late = web.post(f"/v1/units/{serial}:transfer", AGENT, {"owner_id": "jan", "date": str(today(3))})
    assert (late.status, late.reason) == (400, "DATE_IN_FUTURE")
    same = web.post(f"/v1/units/{serial}:transfer", AGENT, {"owner_id": "ida"})
    assert (same.status, same.reason) == (400, "OWNER_IS_THE_SAME")
    stale = web.post(f"/v1/units/{serial}:transfer", AGENT, {"owner_id": "jan"}, If_Match='"7"')
    assert (stale.status, stale.reason) == (412, "VERSION_MISMATCH")
    done = web.post(f"/v1/units/{serial}:transfer", AGENT, {"owner_id": "jan", "date": str(today(-3))}, If_Match='"1"')
    assert (done.status, done.json["owner_id"]) == (200, "jan")


def test_a_buyer_takes_what_is_nobodys_with_serial_and_order_number(web, stage, sku):
    serial = make_unit(web, sku, order_number="O-4711", delivery_date=str(today(-5)))
    path = f"/v1/units/{serial}:claim_ownership"
    for wrong in ("O-4712", "O-471", "O-47111", "o-4711"):
        refused = web.post(path, "customer:kim", {"order_number": wrong})
        assert (refused.status, refused.reason) == (404, "UNIT_MISSING")
    taken = web.post(path, "customer:kim", {"order_number": "O-4711"})
    assert (taken.status, taken.json["owner_id"], taken.json["version"]) == (200, "kim", 2)
    assert read(web, serial, "customer:kim")["last_cover_date"] == taken.json["last_cover_date"]
    late = web.post(path, "customer:lea", {"order_number": "O-4711"})
    nobody = web.post(f"/v1/units/{make_name('SN')}:claim_ownership", "customer:lea", {"order_number": "O-4711"})
    assert (late.status, late.json["detail"]) == (nobody.status, nobody.json["detail"]) == (404, late.json["detail"])
    assert kinds_of(stage, serial) == ["UnitRegistered", "UnitTransferred"]
    assert web.post(path, AGENT, {"order_number": "O-4711"}).status == 403


def test_a_unit_without_an_order_number_is_taken_by_nobody(web, sku):
    serial = make_unit(web, sku)
    assert web.post(f"/v1/units/{serial}:claim_ownership", "customer:lea", {"order_number": "x"}).status == 404


def test_of_two_buyers_at_once_one_has_it(web, stage, sku):
    for _ in range(count(10, 300)):
        serial, answers = make_unit(web, sku, order_number="O-1"), [None] * 4

        def work(i, serial=serial, answers=answers):
            answers[i] = stage.web().post(f"/v1/units/{serial}:claim_ownership", f"customer:{serial}-{i}", {"order_number": "O-1"})

        run_threads(len(answers), work)
        assert sorted(answer.status for answer in answers) == [200, 404, 404, 404], answers
        assert read(web, serial)["owner_id"] == [answer for answer in answers if answer.status == 200][0].json["owner_id"]


def guess(web, serial, caller, number):
    return web.post(f"/v1/units/{serial}:claim_ownership", caller, {"order_number": number})


def test_wrong_guesses_are_limited_for_each_customer(web, stage, sku):
    serial = make_unit(web, sku, order_number="O-77")
    for number in ("O-1", "O-2", "O-2", "O-3", "O-4", "O-5", "O-5"):  # the same one again is not another guess
        assert guess(web, serial, "customer:mel", number).status == 404
    begun = stage.value("SELECT extract(epoch FROM min(t)) FROM warranty.ownership_guesses, unnest(guess_times) AS t WHERE subject = 'mel'")
    for number in ("O-6", "O-77"):  # not even the right one
        refused = guess(web, serial, "customer:mel", number)
        assert (refused.status, refused.reason) == (429, "GUESSES_TOO_MANY"), refused
        assert 3000 < int(refused.headers["retry-after"]) <= 3601
    assert "O-1" not in str(stage.query("SELECT * FROM warranty.ownership_guesses")) and begun
    assert guess(web, serial, "customer:nic", "O-6").status == 404
    stage.query("UPDATE warranty.ownership_guesses SET guess_times = ARRAY(SELECT t - interval '1 hour' FROM unnest(guess_times) AS t),"
                " last_time = last_time - interval '1 hour' WHERE subject = 'mel'")
    assert guess(web, serial, "customer:nic", "O-77").status == 200
    assert stage.query("SELECT subject FROM warranty.ownership_guesses WHERE subject = 'mel'") == []  # it counts no more
    assert stage.value("SELECT cardinality(guesses) FROM warranty.ownership_guesses WHERE subject = 'nic'") == 1  # the right one is none


def test_guesses_at_once_are_counted_exactly(web, stage, sku):
    """From two replicas: of twenty different ones five are looked at."""
    stage.start("warranty")
    serial, answers = make_unit(web, sku, order_number="O-77"), [None] * 20

    def work(i):
        answers[i] = guess(stage.web(), serial, "customer:oda", f"O-{i}")

    run_threads(len(answers), work)
    assert sorted(answer.status for answer in answers) == [404] * 5 + [429] * 15, answers


# ---- lists ----

def test_units_are_found_by_a_part_of_the_serial_number_and_by_their_order(web, sku):
    part, order = uuid.uuid4().hex[:10], make_name("O")
    serials = [f"A-{part}_0%", f"B-{part}_1%", f"C-{part}_2%", f"D-{part}x1y"]
    for serial in serials:
        assert web.post("/v1/units", AGENT, {"serial": serial, "sku": sku, "order_number": order}).status == 201
    for query in (f"serial_part={part}", f"order_number={order}", f"serial_part={part}&sku={sku}",
                  f"order_number={order}&serial_part=-{part}&sku={sku}"):
        found, _ = read_all(web, f"/v1/units?{query}", "units", AGENT, 2)
        assert [unit["serial"] for unit in found] == serials, query
    for query, wanted in ((f"serial_part={part}_1%25", serials[1:2]), (f"serial_part={part}x1", serials[3:]), (f"serial_part={part}y1", []), (f"serial_part={part}&sku=other", []),
                          (f"serial_part={part.upper()}", [] if part.upper() != part else serials)):
        assert [unit["serial"] for unit in web.get(f"/v1/units?{query}", AGENT).json.get("units", [])] == wanted, query
    short = web.get("/v1/units?serial_part=ab", AGENT)
    assert (short.status, short.reason, short.json["field"]) == (400, "FIELD_TOO_SHORT", "serial_part")


def test_a_customer_finds_their_own_units_only(web, sku):
    owner = make_name("mia")
    mine = make_unit(web, sku, f"customer:{owner}", order_number="O-77")
    theirs = make_unit(web, sku, "customer:nina", order_number="O-77")
    for query in ("", "order_number=O-77", f"serial_part={mine[3:]}", f"serial_part={theirs[3:]}", f"sku={sku}"):
        found, _ = read_all(web, f"/v1/units?{query}", "units", f"customer:{owner}", 10)
        assert [unit["serial"] for unit in found] == ([] if theirs[3:] in query else [mine]), query


def test_expiring_units_come_by_their_last_day(web, sku):
    owner = make_name("olga")
    ends = {}
    for days in (-370, -300, -20, -360, -300):
        serial = make_unit(web, sku, owner_id=owner, delivery_date=str(today(days)))
        ends[serial] = read(web, serial)["last_cover_date"]
    wanted = sorted((last, serial) for serial, last in ends.items() if str(today()) <= last < str(today(200)))
    assert len(wanted) == 3
    for caller in (f"customer:{owner}", AGENT):
        found, _ = read_all(web, f"/v1/units:expiring?before={today(200)}", "units", caller, 2)
        assert [(unit["last_cover_date"], unit["serial"]) for unit in found if unit.get("owner_id") == owner] == wanted
    past, _ = read_all(web, f"/v1/units:expiring?before={today()}&after={today(-100)}", "units", f"customer:{owner}", 1)
    assert [unit["last_cover_date"] for unit in past] == [last for last in sorted(ends.values()) if last < str(today())]
    assert web.get("/v1/units:expiring", AGENT).reason == "FIELD_REQUIRED"


# ---- history ----

def test_a_history_tells_facts_and_claims_oldest_first_page_by_page(web, stage, sku):
    serial = make_unit(web, sku, "customer:paul", purchase_date=str(today(-10)))
    claim = make_claim(web, serial, "customer:paul")
    tell(web, serial, "DELIVERED", today(-8))
    settle(stage)
    entries, _ = read_all(web, f"/v1/units/{serial}/history", "entries", AGENT, 2)
    assert [entry["kind"] for entry in entries][:3] == ["PURCHASED", "DELIVERED", "REGISTERED"]
    assert {entry["kind"] for entry in entries[3:]} == {"CLAIM_SUBMITTED", "CLAIM_DECIDED"}
    assert [(entry["date"], entry["record_time"]) for entry in entries] == sorted((entry["date"], entry["record_time"]) for entry in entries)
    told = [entry for entry in entries if entry["kind"].startswith("CLAIM")]
    assert {entry["resource"] for entry in told} == {f"/v1/claims/{claim['claim_id']}"}
    assert all(entry["summary"] for entry in entries)


def test_a_history_tells_what_other_services_say_of_the_unit(web, stage, sku):
    serial = make_unit(web, sku, "customer:sven", purchase_date=str(today(-10)))
    settle(stage)
    owner = stage.value("SELECT owner_id FROM events.log WHERE aggregate_id = %s", serial)
    for repair_id, owner_id, unit in (("R-1", owner, serial), ("R-2", None, serial), ("R-3", owner, None)):
        stage.query("INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id,"
                    " unit_serial, principal, payload) VALUES (gen_random_uuid(), 'repairs.v1.RepairBegun', 'repair', %s, 1, now(), %s, %s,"
                    " 'system:repairs', '')", f"{serial}-{repair_id}", owner_id, unit)
    told = [(line["kind"], line.get("resource"), line["summary"]) for line in read_history(stage, web, serial)]
    lines = [("REPAIR_BEGUN", f"/v1/repairs/{serial}-{repair_id}", "repair begun") for repair_id in ("R-1", "R-2", "R-3")]
    assert [line in told for line in lines] == [True, True, False]
    told = [line.get("resource") for line in read_history(stage, web, serial, "customer:sven")]
    assert [line[1] in told for line in lines] == [True, False, False]


def test_a_new_owner_sees_the_facts_and_not_the_claims_of_the_old_one(web, stage, sku):
    serial = make_unit(web, sku, "customer:quin", purchase_date=str(today(-10)))
    make_claim(web, serial, "customer:quin")
    web.post(f"/v1/units/{serial}:transfer", "customer:quin", {"owner_id": "rita"})
    kinds = {entry["kind"] for entry in read_history(stage, web, serial, "customer:rita")}
    assert kinds == {"PURCHASED", "REGISTERED", "TRANSFERRED"}
    assert "CLAIM_DECIDED" in {entry["kind"] for entry in read_history(stage, web, serial)}
    assert web.get(f"/v1/units/{serial}/history", "customer:quin").status == 404


# ---- certificate ----

def test_a_certificate_is_a_page_in_the_readers_language(web, sku):
    serial = make_unit(web, sku, owner_id="sara", delivery_date=str(today(-10)), region="DE", customer_class="consumer", channel="shop",
                       condition="new", order_number="<O&1>")
    path = f"/v1/units/{serial}/certificate"
    page = web.get(path, "customer:sara")
    assert (page.status, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    text = page.body.decode()
    for word in ("Warranty certificate", serial, sku, "Example Appliances GmbH", "Our warranty", "By law", "1.1", "&lt;O&amp;1&gt;",
                 "@media print", '<html lang="en">'):
        assert word in text, word
    german = web.get(f"{path}?language=de", "customer:sara").body.decode()
    assert "Garantieurkunde" in german and '<html lang="de">' in german
    same = web.get(path, "customer:sara", If_None_Match=page.headers["etag"])
    assert (same.status, same.body) == (304, b"")
    assert web.get(path, "customer:tina").status == 404
    assert "<script" not in text


def test_a_certificate_of_an_unknown_sale_says_what_is_missing(web, sku):
    text = web.get(f"/v1/units/{make_unit(web, sku)}/certificate", AGENT).body.decode()
    assert "<tbody>" not in text and "proof of purchase" in text


# ---- recalls ----

def make_recall(web, sku, first, last, **fields):
    """A recall, as answered."""
    body = {"sku": sku, "first_serial": first, "last_serial": last, "title": "It may burn.", "instruction": "Unplug it.\n12:Call us."}
    answer = web.post("/v1/recalls", MANAGER, body | fields)
    assert answer.status == 201, answer
    assert answer.headers["location"] == f"/v1/recalls/{answer.json['recall_id']}"
    return answer.json


def test_a_recall_reaches_the_units_of_its_range_until_it_ends(web, stage):
    sku, prefix = make_product(web), make_name("R")
    serials = [f"{prefix}-{number}" for number in ("099", "100", "150", "200", "201")]
    for serial in serials:
        assert web.post("/v1/units", AGENT, {"serial": serial, "sku": sku, "delivery_date": str(today(-5))}).status == 201
    recall = make_recall(web, sku, f"{prefix}-100", f"{prefix}-200")
    assert (recall["state"], recall["unit_count"], recall["claimed_count"]) == ("OPEN", 3, 0)
    other = make_recall(web, sku, f"{prefix}-150", f"{prefix}-150", title="Another one.")
    reached = {serial: [found["title"] for found in read(web, serial).get("recalls", [])] for serial in serials}
    assert list(reached.values()) == [[], ["It may burn."], ["It may burn.", "Another one."], ["It may burn."], []]
    assert read(web, serials[1])["recalls"] == [{"recall_id": recall["recall_id"], "title": recall["title"], "instruction": recall["instruction"]}]
    decision = web.get(f"/v1/units/{serials[1]}/coverage", AGENT).json["decision"]
    assert json.dumps(decision)  # the fact is offered to the engine, which reads it where the policy asks
    make_claim(web, serials[1])
    assert web.get(f"/v1/recalls/{recall['recall_id']}", AGENT).json["claimed_count"] == 1
    ended = web.post(f"/v1/recalls/{recall['recall_id']}:close", MANAGER)
    assert (ended.status, ended.json["state"], ended.json["version"]) == (200, "ENDED", 2)
    assert web.post(f"/v1/recalls/{recall['recall_id']}:close", MANAGER).status == 409
    assert read(web, serials[1])["recalls"] == [] and len(read(web, serials[2])["recalls"]) == 1
    listed, _ = read_all(web, f"/v1/recalls?sku={sku}", "recalls", AGENT, 1)
    assert [found["recall_id"] for found in listed] == [other["recall_id"], recall["recall_id"]]
    assert kinds_of(stage, recall["recall_id"]) == ["RecallCreated", "RecallClosed"]


@pytest.mark.parametrize("fields,status,reason", [
    ({"first_serial": "B", "last_serial": "A"}, 400, "RANGE_EMPTY"), ({"sku": "no-such"}, 400, "PRODUCT_MISSING")])
def test_a_recall_that_reaches_nothing_by_its_own_words_is_refused(web, sku, fields, status, reason):
    body = {"sku": sku, "first_serial": "A", "last_serial": "B", "title": "x", "instruction": "y"} | fields
    answer = web.post("/v1/recalls", MANAGER, body)
    assert (answer.status, answer.reason) == (status, reason)


def test_only_managers_call_units_back(web, sku):
    body = {"sku": sku, "first_serial": "A", "last_serial": "B", "title": "x", "instruction": "y"}
    for caller in (AGENT, TELLER, "customer:uwe"):
        assert web.post("/v1/recalls", caller, body).status == 403
    assert web.get("/v1/recalls", "customer:uwe").status == 403
