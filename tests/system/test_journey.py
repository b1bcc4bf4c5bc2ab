"""What a customer and the service desk do: products, units, coverage, claims, lists; and what the database holds of it."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import io
import re
import time
import uuid
import zoneinfo

import pytest

from api import Api
from journey import Journey
from world import AGENT, events_of, make_claim, make_name, make_product, make_unit, read_all

STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "documents": 1, "policy": 1}
DAY_S = 86400


def today(offset_days=0):
    """The policy's day (it differs from UTC's around midnight), with the clock of the tests at rest."""
    return datetime.datetime.fromtimestamp(time.time() + offset_days * DAY_S, zoneinfo.ZoneInfo("Europe/Berlin")).date()


@pytest.fixture(scope="module")
def sku(web):
    """A small appliance: one year."""
    return make_product(web)


@pytest.fixture(scope="module")
def large_sku(web):
    """A large appliance: two years."""
    return make_product(web, "large_appliances")


def test_a_product_is_added_and_read_by_anybody(web, stage):
    name = make_name("SKU")
    made = web.post("/v1/products", AGENT, {"sku": name, "name": "Wäsche 8 kg", "category": "large_appliances", "brand": "Ä"})
    assert made.status == 201, made
    assert made.headers["location"] == f"/v1/products/{name}"
    assert made.headers["etag"] == '"1"'
    read = web.get(made.headers["location"])
    assert (read.status, read.json) == (200, made.json)
    assert read.json["name"] == "Wäsche 8 kg" and read.json["version"] == 1
    [(kind, version, event, row)] = events_of(stage, name)
    assert (kind, version, row[1]) == ("warranty.v1.ProductCreated", 1, "product")
    assert (event.sku, event.category, event.brand) == (name, "large_appliances", "Ä")


def test_a_product_that_exists_is_not_added_again(web, sku):
    answer = web.post("/v1/products", AGENT, {"sku": sku, "name": "Another", "category": "small_appliances"})
    assert (answer.status, answer.reason) == (409, "PRODUCT_EXISTS")
    assert web.get(f"/v1/products/{sku}").json["name"] == "A product"


@pytest.mark.parametrize("category,nearest", [("small_aplliances", "small_appliances"), ("garden furniture", None)])
def test_a_product_of_a_category_that_no_policy_has_is_refused(web, stage, sku, category, nearest):
    added = make_name("SKU")
    before = web.get(f"/v1/products/{sku}")
    body = {"name": "A product", "category": category}
    for answer in (web.post("/v1/products", AGENT, body | {"sku": added}),
                   web.call("PUT", f"/v1/products/{sku}", AGENT, body, If_Match="*")):
        assert (answer.status, answer.reason, answer.json["field"]) == (400, "CODE_UNKNOWN", "category"), answer
        assert category in answer.json["detail"]
        assert nearest is None or f'did you mean "{nearest}"' in answer.json["detail"]
    assert web.get(f"/v1/products/{added}").status == 404 and events_of(stage, added) == []
    assert web.get(f"/v1/products/{sku}").json == before.json


def test_a_product_changes_only_at_the_version_that_was_read(web, stage):
    sku = make_product(web)
    path, change = f"/v1/products/{sku}", {"name": "New name", "category": "large_appliances"}
    missing = web.call("PUT", path, AGENT, change)
    assert (missing.status, missing.reason) == (428, "IF_MATCH_MISSING")
    stale = web.call("PUT", path, AGENT, change, If_Match='"7"')
    assert (stale.status, stale.reason) == (412, "VERSION_MISMATCH")
    changed = web.call("PUT", path, AGENT, change, If_Match='"1"')
    assert (changed.status, changed.headers["etag"], changed.json["name"]) == (200, '"2"', "New name")
    again = web.call("PUT", path, AGENT, change, If_Match='"1"')
    assert (again.status, again.reason) == (412, "VERSION_MISMATCH")
    assert web.call("PUT", path, AGENT, change, If_Match="*").headers["etag"] == '"3"'
    for malformed in ('1', '"1", "2"', 'W/"1", *', '""'):
        answer = web.call("PUT", path, AGENT, change, If_Match=malformed)
        assert answer.status in (400, 412), (malformed, answer)
    assert [version for _, version, _, _ in events_of(stage, sku)] == [1, 2, 3]


def test_if_none_match_spares_the_answer_while_nothing_changed(web, sku, stage):
    path = f"/v1/products/{sku}"
    etag = web.get(path).headers["etag"]
    same = web.get(path, If_None_Match=etag)
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", etag)
    assert web.get(path, If_None_Match=f'"77", W/{etag}').status == 304
    assert web.get(path, If_None_Match='"77"').status == 200
    web.call("PUT", path, AGENT, {"name": "A product", "category": "small_appliances"}, If_Match=etag)
    assert web.get(path, If_None_Match=etag).status == 200
    assert len(events_of(stage, sku)) == 2


def test_a_customer_registers_a_unit_of_their_own(web, stage, sku):
    serial = make_name("SN")
    made = web.post("/v1/units", "customer:anna@example.com",
                    {"serial": serial, "sku": sku, "purchase_date": "2026-03-15", "order_number": "O 1"})
    assert (made.status, made.headers["location"]) == (201, f"/v1/units/{serial}")
    assert made.json["owner_id"] == "anna@example.com" and made.json["purchase_date"] == "2026-03-15"
    assert "delivery_date" not in made.json
    [(kind, version, event, row)] = events_of(stage, serial)
    assert (kind, version, event.sku, row[5]) == ("warranty.v1.UnitRegistered", 1, sku, serial)
    assert (event.purchase_date.year, event.purchase_date.month, event.purchase_date.day) == (2026, 3, 15)
    assert row[4].startswith("p-") and row[4] == row[6]
    assert made.headers["traceparent"].split("-")[1] == row[7]


def test_a_unit_of_a_product_that_is_not_there_is_refused(web, stage):
    serial = make_name("SN")
    answer = web.post("/v1/units", AGENT, {"serial": serial, "sku": "NO-SUCH"})
    assert (answer.status, answer.reason, answer.json["field"]) == (400, "PRODUCT_MISSING", "sku")
    assert web.get(f"/v1/units/{serial}", AGENT).status == 404
    assert events_of(stage, serial) == []


def test_a_serial_is_registered_once(web, sku):
    serial = make_unit(web, sku)
    answer = web.post("/v1/units", AGENT, {"serial": serial, "sku": sku})
    assert (answer.status, answer.reason) == (409, "UNIT_EXISTS")


def test_a_serial_may_hold_what_paths_escape(web, sku):
    serial = make_name("SN") + "/ü:%3A ?"
    made = web.post("/v1/units", AGENT, {"serial": serial, "sku": sku})
    assert made.status == 201, made
    read = web.get(made.headers["location"], AGENT)
    assert (read.status, read.json["serial"]) == (200, serial)
    assert web.get(made.headers["location"] + "/coverage", AGENT).json["serial"] == serial


SOLD = {"region": "DE", "channel": "shop", "customer_class": "business", "condition": "new"}


def last_dates(answer):
    """The last days of the layers for the whole unit."""
    return {layer["last_date"] for layer in answer.get("layers", []) if not layer.get("component")}


def test_a_small_appliance_is_covered_for_a_year_and_its_last_day_counts(web, sku):
    serial = make_unit(web, sku, delivery_date="2024-02-29", purchase_date="2024-01-01", **SOLD)
    for at, outcome in (("2024-02-28", "NOT_COVERED"), ("2024-02-29", "COVERED"), ("2025-02-28", "COVERED"),
                        ("2025-03-01", "NOT_COVERED")):
        answer = web.get(f"/v1/units/{serial}/coverage?at={at}", AGENT).json
        assert (answer["at"], answer["outcome"], answer["decision"]["deciding_clause_id"]) == (at, outcome, "warranty.period")
        assert last_dates(answer) == ({"2025-02-28"} if outcome == "COVERED" else set())


def test_a_large_appliance_is_covered_for_two_years(web, large_sku):
    serial = make_unit(web, large_sku, purchase_date="2024-06-10", **SOLD)
    answer = web.get(f"/v1/units/{serial}/coverage?at=2026-06-10", AGENT).json
    assert (answer["outcome"], last_dates(answer)) == ("COVERED", {"2026-06-10"})
    assert last_dates(web.get(f"/v1/units/{serial}/coverage?at=2026-06-11", AGENT).json) == set()


def test_coverage_without_a_date_is_undetermined_never_expired(web, sku):
    serial = make_unit(web, sku)
    answer = web.get(f"/v1/units/{serial}/coverage", AGENT).json
    assert answer["outcome"] == "UNDETERMINED" and answer.get("layers", []) == []


def test_coverage_today_follows_the_test_clock(web, stage, sku):
    serial = make_unit(web, sku, purchase_date=str(today(-10)), **SOLD)
    assert web.get(f"/v1/units/{serial}/coverage", AGENT).json["outcome"] == "COVERED"
    stage.set_clock(400 * DAY_S)
    try:
        later = web.get(f"/v1/units/{serial}/coverage", AGENT).json
        assert (later["outcome"], later["at"]) == ("NOT_COVERED", str(today(400)))
        claim = make_claim(web, serial)
        assert (claim["outcome"], claim["reason"], claim["at_date"]) == ("DENIED", "EXPIRED", str(today(400)))
        created = datetime.datetime.fromisoformat(claim["create_time"][:19] + "+00:00")
        assert abs(created.timestamp() - time.time() - 400 * DAY_S) < 3600
        assert f"test clock: {400 * DAY_S} s" in stage.only("warranty").ask("/readyz")[1]
    finally:
        stage.set_clock(0)
    assert web.get(f"/v1/units/{serial}/coverage", AGENT).json["outcome"] == "COVERED"


@pytest.mark.parametrize("age_days,state,outcome,reason", [
    (10, "DOCUMENTS_REQUIRED", "UNDETERMINED", "DOCUMENTS_MISSING"), (800, "REJECTED", "DENIED", "EXPIRED"),
    (None, "DOCUMENTS_REQUIRED", "UNDETERMINED", "PROOF_MISSING")])
def test_a_claim_keeps_the_decision_of_its_day(web, stage, sku, age_days, state, outcome, reason):
    dates = {} if age_days is None else {"delivery_date": str(today(-age_days))}
    serial = make_unit(web, sku, owner_id="bert", **dates, **SOLD)
    claim = make_claim(web, serial, "customer:bert", contact={"name": "Bert", "email": "Bert@Example.com"})
    assert (claim["state"], claim["outcome"], claim["reason"], claim["owner_id"]) == (state, outcome, reason, "bert")
    assert claim["at_date"] == str(today()) and claim["decision"]["deciding_clause_id"] == claim["deciding_clause_id"]
    read = web.get(f"/v1/claims/{claim['claim_id']}", "customer:bert")
    assert (read.status, read.json, read.headers["etag"]) == (200, claim, '"1"')
    [(kind, version, event, row)] = events_of(stage, claim["claim_id"])
    assert (kind, version, row[5]) == ("warranty.v1.ClaimCreated", 1, serial)
    assert event.person_id.startswith("p-") and event.claim_id == claim["claim_id"]


def test_a_claim_may_name_its_own_id_and_only_once(web, sku):
    serial, claim_id = make_unit(web, sku), str(uuid.uuid4())
    assert make_claim(web, serial, claim_id=claim_id)["claim_id"] == claim_id
    body = {"serial": serial, "cause": "unknown", "description": "again", "claim_id": claim_id}
    again = web.post("/v1/claims", AGENT, body)
    assert (again.status, again.reason) == (409, "CLAIM_EXISTS")


def test_staff_record_an_earlier_report_and_customers_do_not(web, sku):
    serial = make_unit(web, sku, owner_id="cleo", delivery_date="2020-01-01", **SOLD)
    claim = make_claim(web, serial, at_date="2021-01-02")
    assert (claim["at_date"], claim["outcome"], claim["reason"]) == ("2021-01-02", "DENIED", "EXPIRED")
    assert make_claim(web, serial, at_date="2020-12-31")["outcome"] != "DENIED"
    body = {"serial": serial, "cause": "unknown", "description": "x", "at_date": "2020-12-31"}
    mine = web.post("/v1/claims", "customer:cleo", body)
    assert (mine.status, mine.reason, mine.json["field"]) == (403, "FIELD_NOT_YOURS", "at_date")
    future = web.post("/v1/claims", AGENT, body | {"at_date": str(today(3))})
    assert (future.status, future.reason) == (400, "DATE_IN_FUTURE")


def test_a_claim_is_withdrawn_once(web, stage, sku):
    claim = make_claim(web, make_unit(web, sku))
    path = f"/v1/claims/{claim['claim_id']}:withdraw"
    stale = web.post(path, AGENT, {}, If_Match='"2"')
    assert (stale.status, stale.reason) == (412, "VERSION_MISMATCH")
    done = web.post(path, AGENT, {}, If_Match='"1"')
    assert (done.status, done.json["state"], done.headers["etag"]) == (200, "WITHDRAWN", '"2"')
    again = web.post(path, AGENT)
    assert (again.status, again.reason, again.json["code"]) == (409, "CLAIM_STATE", "FAILED_PRECONDITION")
    assert [(kind, version) for kind, version, _, _ in events_of(stage, claim["claim_id"])] == [
        ("warranty.v1.ClaimCreated", 1), ("warranty.v1.ClaimMoved", 2)]


def test_lists_give_each_thing_once_page_by_page(web, sku):
    own_sku = make_product(web)
    serials = sorted(make_unit(web, own_sku) for _ in range(11))
    units, page_count = read_all(web, f"/v1/units?sku={own_sku}", "units", AGENT, 4)
    assert ([unit["serial"] for unit in units], page_count) == (serials, 3)
    units, page_count = read_all(web, f"/v1/units?sku={own_sku}", "units", AGENT, 11)
    assert (len(units), page_count) == (11, 1)
    claims = [make_claim(web, serials[0])["claim_id"] for _ in range(7)]
    found, page_count = read_all(web, f"/v1/claims?serial={serials[0]}", "claims", AGENT, 3)
    assert ([claim["claim_id"] for claim in found], page_count) == (claims[::-1], 3)
    nothing = web.get(f"/v1/claims?serial={serials[1]}", AGENT).json
    assert nothing.get("claims", []) == [] and nothing["next_page_token"] == ""
    assert web.get(f"/v1/units/{make_unit(web, sku)}", AGENT).status == 200


def test_lists_are_narrowed_by_their_filters(web, sku):
    everything, _ = read_all(web, "/v1/products", "products", None, 500)
    for category in ("small_appliances", "large_appliances"):
        added = {make_product(web, category) for _ in range(3)}
        listed = sorted(added | {product["sku"] for product in everything if product["category"] == category})
        products, _ = read_all(web, f"/v1/products?category={category}", "products", None, 2)
        assert [product["sku"] for product in products] == listed
    assert web.get("/v1/products?category=none", AGENT).json.get("products", []) == []
    serial = make_unit(web, sku, "customer:dora")
    kept, gone = make_claim(web, serial)["claim_id"], make_claim(web, serial)["claim_id"]
    web.post(f"/v1/claims/{gone}:withdraw", AGENT)
    for query, wanted in (("state=DOCUMENTS_REQUIRED", [kept]), ("state=WITHDRAWN", [gone]), ("", [gone, kept])):
        found = web.get(f"/v1/claims?serial={serial}&{query}".rstrip("&"), AGENT).json["claims"]
        assert [claim["claim_id"] for claim in found] == wanted
    assert web.get("/v1/claims?state=BROKEN", AGENT).status == 400
    mine, _ = read_all(web, "/v1/units", "units", "customer:dora", 1)
    assert [unit["serial"] for unit in mine] == [serial]
    assert {claim["owner_id"] for claim in web.get("/v1/claims", "customer:dora").json["claims"]} == {"dora"}


@pytest.mark.parametrize("query", ["page_size=-1", "page_size=501", "page_size=x", "page_token=%21%21", "page_token=AAAA",
                                   "nonsense=1", "page_size=1&page_size=2", "sku=%FF"])
def test_a_list_refuses_what_it_does_not_understand(web, query):
    answer = web.get(f"/v1/claims?{query}", AGENT)
    assert answer.status == 400 and answer.reason, answer


def test_me_is_how_the_gateway_understands_a_token(web):
    answer = web.get("/v1/me", "agent,manager,unheard_of:kim").json
    assert (answer["subject"], sorted(answer["roles"])) == ("kim", ["agent", "manager"])
    assert answer["expire_time"].endswith("Z")


def test_every_change_has_one_event_and_no_event_names_a_person(web, stage, sku):
    secrets = ["Frieda-Unmistakable", "frieda@unmistakable.example", "+49 170 5550199", "It burnt my Unmistakable curtain"]
    serial = make_unit(web, sku, "customer:" + secrets[1], order_number="O-1")
    contact = {"name": secrets[0], "email": secrets[1], "phone": secrets[2]}
    claim = make_claim(web, serial, "customer:" + secrets[1], contact=contact, description=secrets[3])
    web.post(f"/v1/claims/{claim['claim_id']}:withdraw", "customer:" + secrets[1])
    rows = stage.query("SELECT o::text FROM events.outbox o")
    payloads = b"".join(bytes(row[0]) for row in stage.query("SELECT payload FROM events.outbox"))
    for secret in secrets + ["anna@example.com", "Bert@Example.com"]:
        assert secret.encode() not in payloads
        assert not any(secret in row[0] for row in rows)
    doubled = stage.query("SELECT aggregate_type, aggregate_id, aggregate_version FROM events.outbox"
                          " GROUP BY 1, 2, 3 HAVING count(*) > 1")
    assert doubled == []
    for plural, singular, identity in (("products", "product", "sku"), ("units", "unit", "serial"), ("claims", "claim", "claim_id")):
        missing = stage.query(
            f"SELECT t.{identity} FROM warranty.{plural} t WHERE t.version <> (SELECT count(*) FROM events.outbox o"
            f" WHERE o.aggregate_type = '{singular}' AND o.aggregate_id = t.{identity}::text)")
        assert missing == []
    assert stage.value("SELECT count(*) FROM events.outbox WHERE principal !~ '^p-[0-9a-f]{32}$' OR owner_id !~ '^p-[0-9a-f]{32}$'") == 0


def test_the_fixed_pages_are_there(web):
    description = web.get("/openapi.json")
    assert description.status == 200 and description.json["openapi"].startswith("3.1")
    assert "/v1/claims/{claim_id}:withdraw" in description.json["paths"]
    page = web.get("/docs")
    assert page.status == 200 and page.headers["content-type"].startswith("text/html") and b"/v1/units" in page.body
    root = web.get("/")
    assert root.status in (301, 302, 303, 307, 308) and root.headers["location"] == "/docs"


STORY = """
  policy      version 1, Product after-sales service policy, in force since 2000-01-01
  product     KETTLE-17, Kettle, 1.7 l, small_appliances
  unit        A, sold online in Germany to anna, a consumer, delivered DAY
  coverage    COVERED by warranty.period until DAY, and by eu_consumer_sample.conformity until DAY
  claim       anna, for A: "It does not heat any more." material_defect, with two photos
                APPROVED: GRANTED by warranty.period
                "Your product is covered: our warranty of 1 year runs until DAY (clause 1.1). The repair costs you nothing."
  finding     tim, a technician: impact, without a report
                UNDER_REVIEW: UNDETERMINED by warranty.exclusions.misuse
                "We cannot decide yet. We still need: a technician's report (clause 1.3)."
  finding     tim, a technician: impact, with a report
                REJECTED: DENIED by warranty.exclusions.misuse
                "The warranty does not pay for this. It does not cover: damage caused by misuse, such as force, drops, or use
                 against the manual (clause 1.3). We looked at the law: Directive (EU) 2019/771, Directive 2011/83/EU (sample text).
                 If you do not agree, tell us at any time, and somebody else will look at it again (clause 5.3)."
  appeal      anna: "It never fell. Please have somebody else look at it."
  finding     tess, a technician: material_defect, with a report
                APPEALED: GRANTED by warranty.period
                "Your product is covered: our warranty of 1 year runs until DAY (clause 1.1). The repair costs you nothing."
  decided     APPROVED by hana, a complaint handler: "The dent is the mould's: the heater failed by itself."
  unit        B, sold online in Germany to bert, a business, delivered DAY
  claim       bert, for B: "The lid does not close." material_defect, with two photos
                REJECTED: DENIED by warranty.period
                "Your product is no longer covered: the last day was DAY (clause 1.1). We can examine the product for €39.00.
                 If you do not agree, tell us at any time, and somebody else will look at it again (clause 5.3)."
  unit        C, sold online in Germany to anna, a consumer, delivered DAY
  claim       anna, for C: "The lid does not close." material_defect, with two photos
                UNDER_REVIEW: UNDETERMINED by eu_consumer_sample.conformity
                "We cannot decide yet. We still need: an inspection of the product (by law, sample text)."
  finding     tim, a technician: workmanship_defect, with a report
                APPROVED: GRANTED by eu_consumer_sample.conformity
                "Our own warranty ended on DAY (clause 1.1). By law the seller still answers until DAY (sample text). The repair
                 costs you nothing."
  events      unit A: 1 UnitRegistered
              claim ID: 1 ClaimCreated, 2 ClaimDecided, 3 ClaimDecided, 4 ClaimMoved, 5 ClaimDecided, 6 ClaimMoved
              unit B: 1 UnitRegistered
              claim ID: 1 ClaimCreated
              unit C: 1 UnitRegistered
              claim ID: 1 ClaimCreated, 2 ClaimDecided
"""


def test_the_journey_that_scripts_run_prints(stage):
    out = io.StringIO()
    Journey(Api(f"http://127.0.0.1:{stage.port}", stage.cluster.keys), stage.server, out).play()
    told = re.sub(r"K-[0-9A-F]{8}-([ABC])", r"\1", out.getvalue())
    told = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID", told)
    told = re.sub(r"(?<!since )\b\d{4}-\d{2}-\d{2}\b|[A-Z][a-z]+\s+\d{1,2},\s+\d{4}", "DAY", told)
    assert told.split() == STORY.split(), out.getvalue()
