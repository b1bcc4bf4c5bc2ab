"""A new version of the policy takes effect: what was sold before keeps its terms, what is opened after has the new promises."""
# SPDX-License-Identifier: Apache-2.0
import calendar
import datetime
import time
import zoneinfo

import pytest

import first_policy
from api import Api
from stage import wait_until
from world import AGENT, make_claim, make_product, make_unit

STAGE = {"AFTERCARE_TEST_CLOCK": "yes", "documents": 1, "policy": 1, "warranty": 2}
SOLD = {"region": "DE", "channel": "shop", "customer_class": "business", "condition": "new"}
ZONE = zoneinfo.ZoneInfo("Europe/Berlin")
LEAD_DAYS = 10


def move_to(stage, day):
    """Moves the clock to noon of a day."""
    stage.set_clock(int(datetime.datetime.combine(day, datetime.time(12), ZONE).timestamp() - time.time()))


def today(offset_days=0):
    """The policy's day, with the clock at rest."""
    return datetime.datetime.now(ZONE).date() + datetime.timedelta(days=offset_days)


@pytest.fixture(scope="module", name="effective")
def effective_fixture(stage):
    """The day from which a second version holds: half a year of warranty, and a decision within one working day."""
    text = first_policy.pack()
    for old, new in (("          length: 1 year\n          starts: [delivered", "          length: 6 months\n          starts: [delivered"),
                     ("decide_within: 3 working days of office", "decide_within: 1 working day of office")):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    api, day = Api(f"http://127.0.0.1:{stage.port}", stage.cluster.keys), today(LEAD_DAYS)
    draft = first_policy.ask(api, "POST", "/v1/policies", body=text.encode(), kind="application/yaml")
    first_policy.ask(api, "POST", f"/v1/policies/{draft['policy_id']}:publish", body={"effective_from": str(day)})
    stage.set_clock(1)  # daemons ask for new versions as soon as the clock is moved
    wait_until(lambda: all(daemon.metric("aftercare_policies_version_hold") == 2 for daemon in stage.running("warranty")),
               "every replica has the version")
    stage.set_clock(0)
    return day


def versions_of(decision):
    """The version pinned for each legal moment."""
    return {pin["moment"]: int(pin["policy_version"]) for pin in decision["pins"]}


def last_of(web, serial, at):
    """The last day of our own warranty for parts, and the version whose terms were sold."""
    answer = web.get(f"/v1/units/{serial}/coverage?at={at}", AGENT).json
    [last] = {layer["last_date"] for layer in answer["layers"] if (layer["layer"], layer["cost_class"]) == ("COMMERCIAL", "parts")}
    return last, versions_of(answer["decision"])["sale"]


def add_months(day, months):
    """As the law counts: the same day of the month, or the last there is."""
    year, month = day.year + (day.month - 1 + months) // 12, (day.month - 1 + months) % 12 + 1
    return str(datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1])))


def test_units_keep_the_terms_of_their_sale_and_cases_have_the_promises_of_their_day(stage, web, effective):
    sku, sold = make_product(web), today(-1)
    before = make_unit(web, sku, delivery_date=str(sold), **SOLD)
    assert last_of(web, before, today()) == (add_months(sold, 12), 1)
    early = make_claim(web, before)
    assert versions_of(early["decision"]) == {"sale": 1, "case": 1}
    move_to(stage, effective)
    for _ in range(4):  # by either replica
        assert last_of(web, before, effective) == (add_months(sold, 12), 1)
        after = make_unit(web, sku, delivery_date=str(effective), **SOLD)
        assert last_of(web, after, effective) == (add_months(effective, 6), 2)
        assert web.get(f"/v1/units/{after}", AGENT).json["last_cover_date"] == add_months(effective, 6)
        assert versions_of(make_claim(web, before)["decision"]) == {"sale": 1, "case": 2}
        assert versions_of(make_claim(web, after)["decision"]) == {"sale": 2, "case": 2}
    read = web.get(f"/v1/claims/{early['claim_id']}", AGENT).json
    assert (read["decision"], read.get("decide_by")) == (early["decision"], early.get("decide_by"))


def test_a_day_before_it_takes_effect_the_old_version_holds(stage, web, effective):
    eve = effective - datetime.timedelta(days=1)
    move_to(stage, eve)
    serial = make_unit(web, make_product(web), delivery_date=str(eve), **SOLD)
    assert last_of(web, serial, eve) == (add_months(eve, 12), 1)
    assert versions_of(make_claim(web, serial)["decision"]) == {"sale": 1, "case": 1}
