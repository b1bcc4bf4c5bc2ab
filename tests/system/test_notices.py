"""Notices, opt-outs, webhooks: what people set up, and what is refused of it."""
# SPDX-License-Identifier: Apache-2.0
import uuid

import pytest

import claims
import notices
from notices import ADMINISTRATOR, AGENT, MANAGER
from stage import wait_until
from world import make_name


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """The daemons beside those that every stage has."""
    notices.start_daemons(stage)


def refused(web, **fields):
    """(status, reason, field) of a notice that is refused."""
    answer = web.post("/v1/notices", MANAGER, {"notice": notices.shipped("claim_approved") | {"notice_id": make_name("n")} | fields})
    return answer.status, answer.reason, answer.json.get("field")


def words(subject="About {claim_id}", body="Hello {contact.name}", language="en"):
    """The words of a notice in one language."""
    return [{"language": language, "subject": subject, "body": body}]


# ---- notices ----

@pytest.mark.parametrize("name", notices.names())
def test_a_notice_that_is_shipped_is_taken_and_read_back(web, name):
    notice = notices.shipped(name)
    made = web.post("/v1/notices", MANAGER, {"notice": notice})
    assert made.status == 201, made
    assert made.headers["location"] == f"/v1/notices/{name}"
    read = web.get(f"/v1/notices/{name}", AGENT)
    assert (read.status, read.json) == (200, made.json)
    assert read.json["texts"] == notice["texts"]
    assert web.post("/v1/notices", MANAGER, {"notice": notice}).reason == "NOTICE_EXISTS"
    assert name in [one["notice_id"] for one in web.get("/v1/notices?page_size=500", AGENT).json["notices"]]


def test_a_notice_that_could_not_be_written_is_refused_with_its_place(web):
    bad = words(body="Hello\n\nyour {clam_id}")
    answer = web.post("/v1/notices", MANAGER, {"notice": notices.shipped("claim_approved") | {"notice_id": "bad", "texts": bad}})
    assert (answer.status, answer.reason, answer.json["field"]) == (400, "PLACEHOLDER_UNKNOWN", "notice.texts[0].body")
    assert (answer.json["line"], answer.json["column"]) == (3, 6)
    assert "{claim_id}" in answer.json["detail"]


def test_a_notice_that_cannot_be_is_refused(web):
    condition = {"field": "to_state", "values": ["APPROVED"]}
    assert refused(web, event="warranty.v1.ClaimPainted") == (400, "EVENT_UNKNOWN", "notice.event")
    assert refused(web, event="warranty.v1.ProductCreated") == (400, "EVENT_WITHOUT_READER", "notice.event")
    assert refused(web, conditions=[condition | {"field": "colour"}])[1:] == (
        "CONDITION_FIELD_UNKNOWN", "notice.conditions[0].field")
    assert refused(web, conditions=[condition | {"values": ["APPROVED", "PAINTED"]}])[1:] == (
        "CONDITION_VALUE_UNKNOWN", "notice.conditions[0].values[1]")
    assert refused(web, texts=words() + words(language="EN"))[1:] == ("LANGUAGE_TWICE", "notice.texts[1].language")
    assert refused(web, texts=words(language="fr"))[1:] == ("LANGUAGE_MISSING", "notice.texts")
    assert refused(web, channels=["EMAIL", "EMAIL"])[1] == "CHANNEL_TWICE"


def test_a_notice_is_replaced_only_as_it_was_read(stage, web):
    notice = notices.make(web, notice_id=make_name("n"))
    path = f"/v1/notices/{notice['notice_id']}"
    new = notices.shipped("claim_approved") | {"notice_id": notice["notice_id"], "texts": words()}
    changed = web.call("PUT", path, MANAGER, {"notice": new}, If_Match='"1"')
    assert (changed.status, changed.json["version"], changed.json["texts"]) == (200, 2, words())
    assert web.call("PUT", path, MANAGER, {"notice": new}, If_Match='"1"').status == 412
    other = web.call("PUT", path, MANAGER, {"notice": new | {"notice_id": "other"}}, If_Match='"2"')
    assert other.reason == "NOTICE_ID_CHANGED"
    assert web.call("DELETE", path, MANAGER, If_Match='"2"').status in (200, 204)
    assert web.get(path, AGENT).reason == "NOTICE_MISSING"
    assert stage.value("SELECT count(*) FROM notify.notices WHERE notice_id = %s", notice["notice_id"]) == 0


def test_only_those_who_answer_for_words_change_them(web):
    assert web.post("/v1/notices", AGENT, {"notice": notices.shipped("claim_approved")}).status == 403
    assert web.post("/v1/notices", "customer:anna", {"notice": notices.shipped("claim_approved")}).status == 403


def test_a_preview_is_in_the_language_asked_for_and_keeps_nothing(stage, web):
    notice = notices.make(web, notice_id=make_name("n"))
    path = f"/v1/notices/{notice['notice_id']}:preview"
    german = web.post(path, AGENT, {"language": "de-AT"}).json
    assert (german["language"], german["subject"]) == ("de", "Ihre Meldung zu [serial] ist anerkannt")
    assert "Guten Tag [contact.name]" in german["text"] and "<p" in german["html"]
    assert web.post(path, AGENT, {"language": "fr"}).json["language"] == "en"
    tried = web.post(path, AGENT, {"text": words(subject="{{x}} <b>", body="a < b & {serial}")[0]}).json
    assert (tried["subject"], tried["text"]) == ("{x} <b>", "a < b & [serial]")
    assert "a &lt; b &amp; [serial]" in tried["html"]
    assert web.post(path, AGENT, {"text": words(body="{nothing}")[0]}).reason == "PLACEHOLDER_UNKNOWN"
    assert web.post(path, AGENT, {"event_id": str(uuid.uuid4())}).reason == "EVENT_MISSING"
    assert stage.value("SELECT count(*) FROM notify.messages") == 0


# ---- opt-outs ----

def test_an_opt_out_is_said_once_and_taken_back(web):
    person = make_name("p")
    out = web.post(f"/v1/people/{person}:opt_out", AGENT, {"category": "SURVEY"})
    assert out.status == 200, out
    again = web.post(f"/v1/people/{person}:opt_out", AGENT, {"category": "SURVEY"})
    assert [one["category"] for one in again.json["opt_outs"]] == ["SURVEY"]
    assert again.json == out.json
    back = web.post(f"/v1/people/{person}:opt_in", AGENT, {"category": "SURVEY"})
    assert back.json["opt_outs"] == [] == web.get(f"/v1/people/{person}/opt_outs", AGENT).json["opt_outs"]
    web.post(f"/v1/people/{person}:opt_out", AGENT, {"category": "REMINDER"})
    assert [one["category"] for one in web.get(f"/v1/people/{person}/opt_outs", AGENT).json["opt_outs"]] == ["REMINDER"]


def test_nobody_is_without_what_they_must_hear_of_their_own_case(web):
    assert web.post("/v1/people/p:opt_out", AGENT, {"category": "CASE"}).reason == "CATEGORY_NEEDED"


# ---- webhooks ----

def make_webhook(web, **fields):
    """A new subscription, as answered."""
    made = web.post("/v1/webhooks", ADMINISTRATOR, {"url": "https://hooks.example.org/in", "types": ["warranty.v1.ClaimMoved"]} | fields)
    assert made.status == 201, made
    return made.json


def test_a_secret_is_shown_once_and_can_be_replaced(web):
    webhook = make_webhook(web, description="Data warehouse")
    path = f"/v1/webhooks/{webhook['webhook_id']}"
    assert webhook["secret"].startswith("whsec_") and webhook["state"] == "ACTIVE"
    read = web.get(path, ADMINISTRATOR).json
    assert "secret" not in read and read == {name: value for name, value in webhook.items() if name != "secret"}
    assert all("secret" not in one for one in web.get("/v1/webhooks", ADMINISTRATOR).json["webhooks"])
    new = web.post(f"{path}:rotate_secret", ADMINISTRATOR, {}).json
    assert new["secret"] != webhook["secret"] and "old_secret_expire_time" in new
    assert web.post(f"{path}:enable", ADMINISTRATOR, {}).reason == "WEBHOOK_STATE"
    assert web.call("DELETE", path, ADMINISTRATOR, If_Match=f'"{new["version"]}"').status in (200, 204)
    assert web.get(path, ADMINISTRATOR).reason == "WEBHOOK_MISSING"


@pytest.mark.parametrize("url, reason", [
    ("http://hooks.example.org/", "URL_NOT_HTTPS"), ("ftp://hooks.example.org/", "URL_NOT_HTTPS"),
    ("https://", "URL_MALFORMED"), ("https://user:word@hooks.example.org/", "URL_MALFORMED")])
def test_an_address_that_cannot_be_a_webhook_is_refused(web, url, reason):
    assert web.post("/v1/webhooks", ADMINISTRATOR, {"url": url}).reason == reason


def test_a_webhook_wants_only_events_that_there_are(web):
    assert web.post("/v1/webhooks", ADMINISTRATOR,
                    {"url": "https://x.example.org/", "types": ["warranty.v1.Nothing"]}).reason == "EVENT_UNKNOWN"


# ---- what is not there ----

@pytest.mark.parametrize("path, reason", [
    ("messages", "MESSAGE_MISSING"), ("deliveries", "DELIVERY_MISSING"), ("mails", "MAIL_MISSING")])
def test_what_is_not_there_is_not_found(web, path, reason):
    assert web.get(f"/v1/{path}/{uuid.uuid4()}", ADMINISTRATOR).reason == reason
    assert web.get(f"/v1/{path}", ADMINISTRATOR).status == 200


def test_a_mail_is_put_where_it_belongs(stage, web):
    mail_id, claim_id = str(uuid.uuid4()), str(uuid.uuid4())
    stage.query("INSERT INTO notify.mails (mail_id, message_id, person_id, sender, subject, body, state, receive_time)"
                " VALUES (%s, %s, 'p', 'Ada <ada@example.org>', 'Help', 'It does not heat.', 'UNMATCHED', '2026-03-15') RETURNING 1",
                mail_id, mail_id)
    assert [one["mail_id"] for one in web.get("/v1/mails?state=UNMATCHED", AGENT).json["mails"]] == [mail_id]
    put = web.post(f"/v1/mails/{mail_id}:assign", AGENT, {"aggregate_type": "claim", "aggregate_id": claim_id}).json
    assert (put["state"], put["matched_by"], put["aggregate_id"]) == ("MATCHED", "PERSON", claim_id)
    found = web.get(f"/v1/mails?aggregate_type=claim&aggregate_id={claim_id}", AGENT).json["mails"]
    assert [one["mail_id"] for one in found] == [mail_id]
    assert web.get(f"/v1/mails/{mail_id}", AGENT).json["text"] == "It does not heat."
    gone = web.post(f"/v1/mails/{mail_id}:dismiss", AGENT, {}).json
    assert gone["state"] == "DISMISSED" and "aggregate_id" not in gone


def test_where_no_channel_is_configured_a_message_says_so(web):
    made = web.post("/v1/notices", MANAGER, {"notice": notices.shipped("claim_created") | {"notice_id": make_name("n")}})
    assert made.status == 201, made
    claim = claims.file_claim(web, claims.make_sold(web), contact={"name": "Ada", "email": "ada@example.org", "language": "en"})
    path = f"/v1/messages?aggregate_type=claim&aggregate_id={claim['claim_id']}"
    message, = wait_until(lambda: [one for one in web.get(path, AGENT).json["messages"] if one["state"] != "WAITING"], "it is over")
    assert (message["state"], message["reason"]) == ("SUPPRESSED", "NO_CHANNEL")
