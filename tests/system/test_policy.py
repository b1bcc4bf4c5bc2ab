"""aftercare-policy through the gateway: drafts, checks, versions, and who may write and read them."""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from drafts import AGENT, OWNER, change, in_days, make_draft, make_draft_of, pack, publish, start_daemons, store, today
from installation import ROOT
from stage import BUILD

STAGE = {"AFTERCARE_TEST_CLOCK": "yes", "warranty": 0, "gateway": 0}
FIRST_DAY = "2000-01-01"


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """The daemons that this needs."""
    return start_daemons(stage)


@pytest.fixture(scope="module", name="packed")
def packed_fixture():
    """The default policy as one YAML file."""
    return pack()


@pytest.fixture(scope="module", name="first")
def first_fixture(stage, web, daemons):
    """The first version, long in force: the default policy, as scripts/run publishes it."""
    assert daemons and web.get("/policy").reason == "POLICY_NONE"
    published = stage.publish_policy()
    assert stage.publish_policy() is None, "once only"
    return published


@pytest.fixture(autouse=True, name="versions")
def versions_fixture(first):
    """Every test finds one version at least."""
    return first


# ---- drafts ----

def test_a_draft_is_stored_once_with_one_event(stage, web, packed):
    made = store(web, packed)
    key = "draft-of-this-test"
    made = web.call("POST", "/v1/policies", OWNER, packed.encode(), key=key, Content_Type="application/yaml")
    again = web.call("POST", "/v1/policies", OWNER, packed.encode(), key=key, Content_Type="application/yaml")
    assert (made.status, again.status) == (201, 201) and made.json == again.json
    assert again.headers["idempotent-replayed"] == "true"
    draft = made.json
    assert (draft["state"], draft["version_number"], draft["version"]) == ("DRAFT", 0, 1)
    assert draft["title"] == "Product after-sales service policy" and draft["languages"] == ["en", "de"]
    assert stage.query("SELECT type, aggregate_version FROM events.outbox WHERE aggregate_id = %s", draft["policy_id"]) == [
        ("policy.v1.PolicyCreated", 1)]
    assert web.get(f"/v1/policies/{draft['policy_id']}", AGENT).json == draft


def test_a_draft_is_replaced_at_the_version_that_was_read(web, packed):
    draft = make_draft(web, packed)
    path = f"/v1/policies/{draft['policy_id']}"
    changed = change(packed, "title: Product after-sales service policy", "title: Another title").encode()
    kind = {"Content_Type": "application/yaml"}
    assert web.call("PUT", path, OWNER, changed, **kind).reason == "IF_MATCH_MISSING"
    assert web.call("PUT", path, OWNER, changed, If_Match='"7"', **kind).status == 412
    replaced = web.call("PUT", path, OWNER, changed, If_Match='"1"', **kind)
    assert replaced.status == 200, replaced
    assert (replaced.headers["etag"], replaced.json["title"]) == ('"2"', "Another title")
    assert replaced.json["digest"] != draft["digest"]
    assert web.call("PUT", path, OWNER, packed.encode(), If_Match='"1"', **kind).status == 412
    assert web.get(path, AGENT).json == replaced.json


def test_a_draft_is_deleted_and_a_version_is_not(stage, web, first, packed):
    draft = make_draft(web, packed)
    path = f"/v1/policies/{draft['policy_id']}"
    assert web.call("DELETE", path, OWNER).reason == "IF_MATCH_MISSING"
    assert web.call("DELETE", path, OWNER, If_Match='"7"').status == 412
    assert web.call("DELETE", path, AGENT, If_Match='"1"').status == 403
    deleted = web.call("DELETE", path, OWNER, key="delete-the-draft", If_Match='"1"')
    assert (deleted.status, deleted.json) == (200, draft)
    assert web.call("DELETE", path, OWNER, key="delete-the-draft", If_Match='"1"').json == draft  # the same call again
    assert web.call("DELETE", path, OWNER, If_Match='"1"').reason == "POLICY_MISSING"
    assert web.get(path, AGENT).status == web.get(f"{path}?format=text", AGENT).status == 404
    assert [row[0] for row in stage.query("SELECT type FROM events.outbox WHERE aggregate_id = %s ORDER BY aggregate_version",
                                          draft["policy_id"])] == ["policy.v1.PolicyCreated", "policy.v1.PolicyDeleted"]
    kept = web.call("DELETE", f"/v1/policies/{first['policy_id']}", OWNER, If_Match=f'"{first["version"]}"')
    assert (kept.status, kept.reason) == (409, "POLICY_NOT_DRAFT")
    stage.query("SET ROLE policy_service; DELETE FROM policy.policies WHERE state <> 'DRAFT'; RESET ROLE")  # nor by its database's rules
    assert web.get(f"/v1/policies/{first['policy_id']}", AGENT).json == first


def test_a_text_that_cannot_be_read_is_refused_with_every_place(web, packed):
    broken = change(packed, "time_zone: Europe/Berlin", "time_zone: Europe/Berln")
    broken = change(broken, "currency: EUR", "currency: EURO")
    refused = store(web, broken)
    assert (refused.status, refused.reason) == (422, "POLICY_MALFORMED"), refused
    problems = {problem["reason"]: problem for problem in refused.json["problems"]}
    assert {"CALENDAR_WRONG", "CURRENCY_UNKNOWN"} <= set(problems)
    line = broken.split("EURO")[0].count("\n") + 1
    currency = problems["CURRENCY_UNKNOWN"]
    assert (currency["line"], currency["column"], currency["severity"]) == (line, len("currency: ") + 1, "ERROR")
    assert store(web, "a: [").json["problems"][0]["reason"] == "YAML_MALFORMED"
    for body in ("", "\0", "{", "\x7f", "a: \0b", "[" * 100000, "a: &x [*x]", "- " * 50000):
        assert store(web, body).reason == "POLICY_MALFORMED", body[:20]
    latin = web.call("POST", "/v1/policies", OWNER, b"title: gr\xfc\xdfe", Content_Type="application/yaml")
    assert latin.reason == "POLICY_MALFORMED", latin


def test_json_and_yaml_come_back_with_the_same_digest(web, packed, tmp_path):
    draft = make_draft(web, packed)
    path = f"/v1/policies/{draft['policy_id']}"
    for name, kind in (("yaml", "application/yaml"), ("json", "application/json")):
        given = web.get(f"{path}?format={name}", AGENT)
        assert given.status == 200 and given.headers["content-type"] == kind, given
        assert f"policy-draft.{name}" in given.headers["content-disposition"]
        assert make_draft_of(web, given.body, kind)["digest"] == draft["digest"]
        if name == "json":
            assert hashlib.sha256(given.body).hexdigest() == draft["digest"]
        copy = tmp_path / f"policy.{name}"
        copy.write_bytes(given.body)
        checked = subprocess.run([BUILD / "bin" / "aftercare", "policy", "check", copy, "--json"], capture_output=True, check=True)
        assert json.loads(checked.stdout)["digest"] == draft["digest"]


def test_a_version_given_back_becomes_a_draft_again(web, first):
    given = web.get("/v1/policies/1?format=yaml", AGENT)
    assert b"version: 1\n" in given.body and b"effective_from:" in given.body
    draft = make_draft_of(web, given.body, "application/yaml")
    assert draft["state"] == "DRAFT" and draft["digest"] != first["digest"]
    assert b"effective_from" not in web.get(f"/v1/policies/{draft['policy_id']}?format=yaml", AGENT).body


def test_a_policy_may_be_one_file_by_hand_with_holidays_of_the_installation(web):
    text = (ROOT / "deploy" / "policies" / "default.yaml").read_text(encoding="utf-8")
    alone = change(text, "languages: [en, de]", "languages: [en]")
    draft = make_draft(web, alone)
    assert draft["languages"] == ["en"]
    given = web.get(f"/v1/policies/{draft['policy_id']}?format=json", AGENT).json
    assert given["holidays"]["DE"]["rules"]


def test_other_media_types_and_other_forms_are_refused(web, packed):
    assert store(web, packed, "text/plain").reason == "MEDIA_TYPE_UNSUPPORTED"
    assert web.get("/v1/policies/1?format=pdf", AGENT).reason == "FORMAT_UNKNOWN"
    assert web.get("/v1/policies/1?region=DE", AGENT).reason == "FORMAT_MISSING"
    assert web.get("/policy?format=yaml").reason == "FORMAT_UNKNOWN"


def test_policies_are_listed_newest_first_page_by_page(web, packed):
    ids = [make_draft(web, packed)["policy_id"] for _ in range(3)]
    seen, token = [], ""
    while True:
        page = web.get(f"/v1/policies?page_size=2&state=DRAFT&page_token={token}", AGENT).json
        seen += [policy["policy_id"] for policy in page["policies"]]
        token = page["next_page_token"]
        if not token:
            break
    assert seen[:3] == ids[::-1] and len(seen) == len(set(seen))
    assert [policy["version_number"] for policy in web.get("/v1/policies?state=PUBLISHED", AGENT).json["policies"]][-1] == 1


@pytest.mark.parametrize("make,why", [(lambda path: path.mkdir(), "DE.yaml"),
                                      (lambda path: path.write_bytes(b"#" * (1024 * 1024 + 1)), "DE.yaml: it is larger than 1 MiB"),
                                      (lambda path: path.parent.rmdir(), "No such file or directory")])
def test_holidays_that_cannot_be_read_stop_the_start(stage, tmp_path, make, why):
    folder = tmp_path / "holidays"
    folder.mkdir()
    make(folder / "DE.yaml")
    done = subprocess.run([BUILD / "bin" / "aftercare-policy"], env=stage.environment | {"AFTERCARE_POLICY_HOLIDAYS": str(folder)},
                          capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2 and f"AFTERCARE_POLICY_HOLIDAYS: {folder}" in done.stderr and why in done.stderr, done


# ---- checking ----

def test_a_check_tells_errors_with_their_places_in_the_authors_file(web, packed):
    tied = add_tie(packed)
    draft = make_draft(web, tied)
    checked = web.post(f"/v1/policies/{draft['policy_id']}:check", OWNER, {"suggest": True})
    assert (checked.status, checked.reason) == (422, "POLICY_FAULTY"), checked
    tie = next(problem for problem in checked.json["problems"] if problem["reason"] == "RULES_TIE")
    assert tie["clause_id"] == "warranty.period" and tie["severity"] == "ERROR"
    assert tied.splitlines()[tie["line"] - 1].strip(), "the place is in the text that was sent"
    assert "when" in tie["suggestion"]
    assert "suggestion" not in str(web.post(f"/v1/policies/{draft['policy_id']}:check", OWNER).json)
    refused = publish(web, draft["policy_id"], "2090-01-01")
    assert (refused.status, refused.reason) == (422, "POLICY_FAULTY")
    assert web.get(f"/v1/policies/{draft['policy_id']}?format=html", AGENT).reason == "POLICY_FAULTY"
    assert web.get(f"/v1/policies/{draft['policy_id']}?format=yaml", AGENT).status == 200


def add_tie(packed):
    """Two exceptions of warranty.period that cross, with different lengths."""
    lines = packed.split("\n")
    at = next(i for i, line in enumerate(lines) if line.strip() in ("- clause: warranty.period", "clause: warranty.period"))
    begin = next(i for i in range(at, len(lines)) if lines[i].strip() == "except:")
    indent = lines[begin + 1][:len(lines[begin + 1]) - len(lines[begin + 1].lstrip())]
    extra = []
    for axis, value, length in (("channel", "shop", "5 years"), ("region", "GB", "4 years")):
        extra += [f"{indent}- length: {length}", f"{indent}  when:", f"{indent}    {axis}: {value}"]
    return "\n".join(lines[:begin + 1] + extra + lines[begin + 1:])


def test_a_policy_without_errors_is_told_its_warnings(web, first):
    checked = web.post(f"/v1/policies/{first['policy_id']}:check", OWNER)
    assert checked.status == 200, checked
    assert checked.json["digest"] == first["digest"]
    assert checked.json["warning_count"] == len(checked.json["problems"]) > 0
    assert {problem["severity"] for problem in checked.json["problems"]} == {"WARNING"}


# ---- publishing and revoking ----

def test_what_scripts_run_publishes_is_the_default_policy_packed(web, first, packed):
    draft = make_draft(web, packed)
    assert publish(web, draft["policy_id"], FIRST_DAY).reason == "EFFECTIVE_TOO_EARLY"
    given = make_draft_of(web, web.get(f"/v1/policies/{first['policy_id']}?format=yaml", AGENT).body, "application/yaml")
    assert given["digest"] == draft["digest"]


def test_a_version_has_a_number_a_day_and_never_changes(stage, web, first, packed):
    assert (first["state"], first["version_number"], first["effective_from"]) == ("PUBLISHED", 1, FIRST_DAY)
    assert web.get("/v1/policies/1", AGENT).json == first == web.get(f"/v1/policies/{first['policy_id']}", AGENT).json
    put = web.call("PUT", f"/v1/policies/{first['policy_id']}", OWNER, packed.encode(), If_Match="*",
                   Content_Type="application/yaml")
    assert (put.status, put.reason) == (409, "POLICY_NOT_DRAFT")
    assert publish(web, first["policy_id"], "2090-01-01").reason == "POLICY_NOT_DRAFT"
    payload = stage.query("SELECT type, aggregate_version FROM events.outbox WHERE aggregate_id = %s ORDER BY id", first["policy_id"])
    assert payload == [("policy.v1.PolicyCreated", 1), ("policy.v1.PolicyPublished", 2)]


def test_a_later_version_takes_effect_after_today_and_after_all_others(stage, web, packed):
    draft = make_draft(web, packed)["policy_id"]
    early = publish(web, draft, today(stage))
    assert (early.status, early.reason, early.json["field"]) == (400, "EFFECTIVE_TOO_EARLY", "effective_from"), early
    assert publish(web, draft, in_days(stage, 30), If_Match='"9"').status == 412
    published = publish(web, draft, in_days(stage, 30), If_Match='"1"')
    assert published.status == 200, published
    number = published.json["version_number"]
    other = make_draft(web, packed)["policy_id"]
    for days in (29, 30):
        assert publish(web, other, in_days(stage, days)).reason == "EFFECTIVE_BEFORE_OTHERS"
    revoked = web.post(f"/v1/policies/{number}:revoke", OWNER, {"reason": "a mistake in clause 3"})
    assert (revoked.status, revoked.json["state"], revoked.json["revoke_reason"]) == (200, "REVOKED", "a mistake in clause 3")
    assert web.post(f"/v1/policies/{number}:revoke", OWNER, {"reason": "again"}).reason == "POLICY_NOT_PUBLISHED"
    assert web.get(f"/policy?version={number}").status == 404
    again = publish(web, other, in_days(stage, 29))
    assert again.json["version_number"] == number + 1
    assert web.post(f"/v1/policies/{number + 1}:revoke", OWNER, {"reason": "the end of the test"}).status == 200


def test_a_version_in_force_is_not_revoked(web):
    refused = web.post("/v1/policies/1:revoke", OWNER, {"reason": "too late"})
    assert (refused.status, refused.reason) == (409, "POLICY_IN_FORCE")


def test_of_drafts_published_at_once_each_gets_a_number_of_its_own(stage, web, packed):
    drafts = [make_draft(web, packed)["policy_id"] for _ in range(4)]
    day = in_days(stage, 40)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda draft: publish(web, draft, day), drafts))
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [200, 409, 409, 409], answers
    assert {answer.reason for answer in answers if answer.status == 409} <= {"EFFECTIVE_BEFORE_OTHERS", "LOST_RACE"}
    [won] = [answer.json for answer in answers if answer.status == 200]
    assert web.post(f"/v1/policies/{won['version_number']}:revoke", OWNER, {"reason": "the end of the test"}).status == 200
    assert stage.value("SELECT last_number FROM policy.line") == won["version_number"]


# ---- who may ----

@pytest.mark.parametrize("role", ["customer", "agent", "technician", "parts_clerk", "trainer", "complaint_handler", "manager",
                                  "policy_owner", "analyst", "administrator", "integration"])
def test_only_policy_owners_write_and_only_staff_read(web, packed, first, role):
    caller = f"{role}:someone"
    writes = 422 if role == "policy_owner" else 403
    assert store(web, "a: [", caller=caller).status == writes
    reads = 403 if role == "customer" else 200
    for path in ("/v1/policies", "/v1/policies/1", "/v1/policies/1?format=yaml", "/v1/policies/1?format=html"):
        assert web.get(path, caller).status == reads, path
    path = f"/v1/policies/{first['policy_id']}"
    assert web.post(f"{path}:publish", caller, {"effective_from": "2090-01-01"}).status == (409 if role == "policy_owner" else 403)
    assert web.post("/v1/policies/1:revoke", caller, {"reason": "x"}).status == (409 if role == "policy_owner" else 403)
    checks = 200 if role in ("policy_owner", "manager", "administrator") else 403
    assert web.post(f"{path}:check", caller).status == checks
    assert web.get("/policy", caller).status == web.get("/policy").status == 200
    assert packed


def test_without_a_token_only_the_page_is_open(web):
    for path in ("/v1/policies", "/v1/policies/1", "/v1/policies/1:diff", "/v1/staff", "/v1/staff/clara"):
        assert web.get(path).status == 401
