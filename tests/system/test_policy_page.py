"""What aftercare-policy shows through the gateway: the page for everybody, the text for staff, differences, and long ones in pieces."""
# SPDX-License-Identifier: Apache-2.0
import datetime

import pytest

from drafts import AGENT, OWNER, change, in_days, make_draft, make_draft_of, move_to, pack, publish, start_daemons

STAGE = {"AFTERCARE_TEST_CLOCK": "yes", "warranty": 0, "gateway": 0}


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """The daemons that this needs."""
    return start_daemons(stage)


@pytest.fixture(scope="module", name="packed")
def packed_fixture():
    """The default policy as one YAML file."""
    return pack()


@pytest.fixture(autouse=True, scope="module", name="first")
def first_fixture(stage, daemons):
    """The first version, long in force: the default policy, as scripts/run publishes it."""
    assert daemons
    return stage.publish_policy()


def test_everybody_reads_the_policy_in_force(web):
    page = web.get("/policy")
    assert page.status == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<html" in page.body and b'id="warranty.period"' in page.body
    assert b"general.authority" not in page.body, "an internal clause"
    assert b'href="/policy?language=de"' in page.body
    same = web.get("/policy", If_None_Match=page.headers["etag"])
    assert (same.status, same.body) == (304, b"")
    text = web.get("/policy?format=text&language=de-AT&clause=warranty.period")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert "1 Jahr" in text.body.decode() and text.body.decode().count("\n") < 30
    assert web.get("/policy?clause=warranty.perod").reason == "CLAUSE_MISSING"
    assert web.get("/policy?clause=general.authority").reason == "CLAUSE_MISSING"
    assert web.get("/policy?version=999").reason == "POLICY_MISSING"


def test_a_reader_who_says_who_they_are_reads_what_holds_for_them(web):
    clause = "/policy?format=text&clause=warranty.period"
    assert "exceptions: see the table" in web.get(clause).body.decode()
    large = web.get(f"{clause}&category=large_appliances&region=DE&customer_class=consumer&channel=shop").body.decode()
    assert "for 2 years" in " ".join(large.split())
    wrong = web.get(f"{clause}&category=large_aplliances")
    assert (wrong.status, wrong.reason, wrong.json["field"]) == (400, "CODE_UNKNOWN", "category")
    assert "large_appliances?" in wrong.json["detail"]
    linked = web.get("/policy?category=large_appliances&clause=warranty.period").body.decode()
    assert 'href="/policy?language=de&amp;clause=warranty.period&amp;category=large_appliances"' in linked


def test_staff_read_internal_clauses_and_see_which_sections_nobody_enforces(stage, web):
    text = web.get("/v1/policies/1?format=text", AGENT).body.decode()
    sections = text.count("[printed, not yet enforced by a program]")
    assert sections >= 10
    assert web.get("/v1/policies/1?format=text&clause=general.authority", AGENT).status == 200
    offset_s = int(stage.clock.read_text(encoding="ascii"))
    stage.query("INSERT INTO policy.enforced_sections VALUES ('warranty', 'warranty', now() + %s)",
                datetime.timedelta(seconds=offset_s))
    text = web.get("/v1/policies/1?format=text", AGENT).body.decode()
    assert text.count("[printed, not yet enforced by a program]") == sections - 1
    stage.query("UPDATE policy.enforced_sections SET claim_time = claim_time - interval '25 hours'")
    text = web.get("/v1/policies/1?format=text", AGENT).body.decode()
    assert text.count("[printed, not yet enforced by a program]") == sections
    assert "not yet enforced" not in web.get("/policy?format=text").body.decode()


def test_the_page_changes_on_its_day_and_says_what_changed(stage, web, packed):
    before = web.get("/policy?format=text&clause=warranty.period")
    changed = change(packed, "title: Product after-sales service policy", "title: The new policy")
    changed = change_period(changed)
    draft = make_draft(web, changed)["policy_id"]
    day = in_days(stage, 3)
    number = publish(web, draft, day).json["version_number"]
    coming = web.get(f"/policy?format=text&version={number}").body.decode()
    assert coming.startswith("The new policy")
    move_to(stage, day - datetime.timedelta(days=1))
    assert web.get("/policy?format=text&clause=warranty.period").body == before.body
    assert web.post(f"/v1/policies/{number}:revoke", OWNER, {"reason": ""}).status == 400
    move_to(stage, day)
    page = web.get("/policy?format=text")
    assert page.body.decode().startswith("The new policy") and page.headers["etag"] != before.headers["etag"]
    assert page.body.decode() == coming
    assert "what differs from version 1" in web.get("/policy").body.decode()
    assert "what differs" not in web.get("/policy?version=1").body.decode()
    assert web.get("/policy?format=text&version=1&clause=warranty.period").body == before.body
    assert web.post(f"/v1/policies/{number}:revoke", OWNER, {"reason": "late"}).reason == "POLICY_IN_FORCE"
    check_diff(web, number)
    move_to(stage, datetime.datetime.now(datetime.timezone.utc).date())


def change_period(text):
    """The warranty lasts three years for everybody who has no exception."""
    lines = text.split("\n")
    at = next(i for i, line in enumerate(lines) if line.strip() in ("- clause: warranty.period", "clause: warranty.period"))
    place = next(i for i in range(at, len(lines)) if lines[i].strip() == "set:")
    place = next(i for i in range(place, len(lines)) if lines[i].strip().startswith("length:"))
    lines[place] = lines[place].split("length:")[0] + "length: 3 years"
    return "\n".join(lines)


def check_diff(web, number):
    """What changed between the first version and the new one."""
    diff = web.get(f"/v1/policies/{number}:diff?against=1", AGENT)
    assert diff.status == 200, diff
    changes = diff.json["changes"]
    assert diff.json["change_count"] == len(changes)
    [period] = [one for one in changes if one.get("rule_id") == "warranty.period" and one["parameter"] == "length"]
    assert (period["kind"], period["effect"], period["old_value"], period["new_value"]) == (
        "VALUE_CHANGED", "BETTER", "12 months", "36 months")
    assert "3 years" in period["sentence"] and "better" in period["sentence"]
    german = web.get(f"/v1/policies/{number}:diff?against=1&language=de", AGENT).json["changes"]
    assert any("3 Jahre" in one["sentence"] for one in german)
    seen, token = [], ""
    while True:
        page = web.get(f"/v1/policies/{number}:diff?against=1&page_size=1&page_token={token}", AGENT).json
        seen += page["changes"]
        token = page["next_page_token"]
        if not token:
            break
    assert seen == changes
    draft = make_draft_of(web, web.get("/v1/policies/1?format=yaml", AGENT).body, "application/yaml")
    back = web.get(f"/v1/policies/{draft['policy_id']}:diff", AGENT).json["changes"]
    assert {one["effect"] for one in back if one.get("rule_id") == "warranty.period"} == {"WORSE"}, "against the last version"
    assert web.get(f"/v1/policies/1:diff?against={number}&page_size=1", AGENT).json["changes"] != seen[:1]
    assert web.get("/v1/policies/1:diff", AGENT).reason == "POLICY_MISSING"


# ---- pieces ----

NOTES = 400


def make_long(packed):
    """The default policy with many more clauses, in both languages."""
    clauses = "".join(f"      - clause: general.note{i}\n" for i in range(NOTES))
    long = change(packed, "      - clause: general.", clauses + "      - clause: general.")
    for language, words in (("en", "A sentence that says the same again."), ("de", "Ein Satz, der dasselbe sagt.")):
        texts = "".join(f"      general.note{i}: \"{' '.join([words] * 12)}\"\n" for i in range(NOTES))
        head, tail = long.split(f"\n  {language}:\n", 1)
        long = f"{head}\n  {language}:\n" + change(tail, "    texts:\n", "    texts:\n" + texts)
    return long


def test_a_page_larger_than_a_piece_comes_whole_and_is_made_once(stage, web, packed):
    draft = make_draft(web, make_long(packed))["policy_id"]
    [policy] = stage.running("policy")
    for form in ("yaml", "json", "html", "text"):
        before = policy.metric("aftercare_policy_page_render_total")
        whole = web.get(f"/v1/policies/{draft}?format={form}", AGENT)
        assert whole.status == 200 and len(whole.body) > 131072, (form, len(whole.body))
        assert " ".join(whole.body.decode().split()).count("A sentence that says the same again.") == NOTES * 12
        again = web.get(f"/v1/policies/{draft}?format={form}", AGENT)
        assert again.body == whole.body and again.headers["etag"] == whole.headers["etag"]
        assert policy.metric("aftercare_policy_page_render_total") == before + 1
    stage.start("policy")
    html = web.get(f"/v1/policies/{draft}?format=html", AGENT)
    for _ in range(20):  # pieces of one answer come from either replica
        again = web.get(f"/v1/policies/{draft}?format=html", AGENT)
        assert again.status == 200 and again.body == html.body and again.headers["etag"] == html.headers["etag"]
    assert min(daemon.metric("aftercare_policy_page_render_total") for daemon in stage.running("policy")) >= 1
