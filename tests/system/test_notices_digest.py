"""Digests: many parts, several claims of one owner with contacts of their own, and parts that are not told."""
# SPDX-License-Identifier: Apache-2.0
import signal

import pytest

import notices
from claims import MANAGER
from mailbox import plain
from names import NEW_ID
from notices import AGENT, make_claim, new_address, pass_time
from stage import wait_until
from world import make_name

STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_COLLECT": "1m",
}
MINUTE_S = 60
MESSAGES = ("INSERT INTO notify.messages (message_id, person_id, channel, state, is_open, timer_id, start_time, due_time, sent_time, create_time)"
            " SELECT " + NEW_ID + ", %s, 'EMAIL', 'SENT', false, gen_random_uuid(), now(), now(), now(), now() FROM generate_series(1, %s)"
            " RETURNING 1")
PARTS = ("INSERT INTO notify.message_parts (message_id, notice_id, event_id, person_id, channel, aggregate_type, aggregate_id, event_time, event)"
         " SELECT message_id, 'n', " + NEW_ID + ", person_id, channel, 'claim', 'c', now() + n * '1 s'::interval, '' FROM notify.messages,"
         " generate_series(1, %s) n WHERE person_id = %s RETURNING 1")


@pytest.fixture(autouse=True, scope="module", name="mailbox")
def mailbox_fixture(stage):
    """An installation that tells of approvals by mail, and the mail server."""
    with notices.by_mail(stage, "claim_approved") as made:
        yield made


def listed(web, **which):
    """All messages of a list, page by page, as many on each as can be asked for."""
    found, token = [], ""
    while True:
        query = "&".join(f"{name}={value}" for name, value in which.items())
        answer = web.get(f"/v1/messages?{query}&page_size=500&page_token={token}", AGENT)
        assert answer.status == 200, answer
        found += answer.json["messages"]
        token = answer.json.get("next_page_token")
        if not token:
            return found


def wait_over(web, owner, count):
    """The messages to somebody, once there are so many and none waits."""
    def look():
        found = listed(web, person_id=owner)
        return found if len(found) == count and all(one["state"] != "WAITING" for one in found) else None
    return wait_until(look, f"{count} messages are over")


def told(message):
    """The claims that a message tells of."""
    return {part["aggregate_id"] for part in message["parts"]}


def wait_heard(stage, owner, count):
    """Waits until so much is to be told to somebody."""
    heard = "SELECT count(*) FROM notify.message_parts WHERE person_id = %s"
    wait_until(lambda: stage.value(heard, owner) == count, f"{count} parts were heard")


# ---- many ----

def test_a_list_of_many_messages_with_many_parts_is_answered_in_pages(stage, web):
    owner = make_name("owner")
    stage.query(MESSAGES, owner, 500)
    stage.query(PARTS, 10, owner)
    found = listed(web, person_id=owner)
    assert len({one["message_id"] for one in found}) == 500
    assert {(len(one["parts"]), one["part_count"]) for one in found} == {(10, 10)}


def test_of_a_message_with_thousands_of_parts_the_newest_thousand_are_shown(stage, web):
    owner = make_name("owner")
    stage.query(MESSAGES, owner, 1)
    stage.query(PARTS, 2500, owner)
    message, = listed(web, person_id=owner)
    assert (len(message["parts"]), message["part_count"]) == (1000, 2500)
    times = [one["event_time"] for one in message["parts"]]
    newest = stage.value("SELECT to_char(max(event_time) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS') FROM notify.message_parts"
                         " WHERE person_id = %s", owner)
    assert times == sorted(times) and times[-1].startswith(newest)


def test_thousands_of_events_are_one_mail(stage, web, mailbox):
    owner, address = make_name("owner"), new_address()
    claim = make_claim(web, owner, email=address)
    notices.say_approved(stage, claim, owner, 4000)
    wait_heard(stage, owner, 4000)
    pass_time(stage, 2 * MINUTE_S)
    mail, = mailbox.wait_for(address)
    assert mail["Subject"].endswith("(+ 3999)") and plain(mail).strip().endswith("+ 3980")
    message, = wait_over(web, owner, 1)
    assert (message["state"], message["part_count"]) == ("SENT", 4000)
    assert web.post(f"/v1/messages/{message['message_id']}:replay", AGENT, {}).status == 200
    assert len(mailbox.wait_for(address, 2)) == 2


def test_there_are_only_so_many_words_in_all_notices(stage, web):
    texts = [{"language": f"en-{chr(65 + i)}{chr(65 + j)}", "subject": "s", "body": "x" * 20000} for i in range(1) for j in range(2)]
    texts += notices.shipped("claim_approved")["texts"]
    made, answer = [], None
    while answer is None or answer.status == 201:
        made.append(make_name("n"))
        answer = web.post("/v1/notices", MANAGER, {"notice": notices.shipped("claim_approved") | {
            "notice_id": made[-1], "is_enabled": False, "texts": texts}})
        assert len(made) < 150, "there is an end"
    assert (answer.status, answer.reason) == (409, "NOTICES_FULL"), answer
    assert stage.only("notify").is_running() and len(made) > 4
    for notice_id in made[:-1]:
        assert web.call("DELETE", f"/v1/notices/{notice_id}", MANAGER, If_Match="*").status in (200, 204)


# ---- who is told what ----

def test_two_claims_of_one_owner_with_two_contacts_are_two_mails(stage, web, mailbox):
    owner, addresses = make_name("owner"), [new_address(), new_address()]
    made = {address: make_claim(web, owner, email=address) for address in addresses}
    for claim in made.values():
        notices.say_approved(stage, claim, owner)
    wait_heard(stage, owner, 2)
    pass_time(stage, 2 * MINUTE_S)
    for address, claim in made.items():
        mail, = mailbox.wait_for(address)
        assert claim["serial"] in mail["Subject"] and "(+" not in mail["Subject"]
        other, = [one for one in made.values() if one is not claim]
        assert other["serial"] not in plain(mail) and other["claim_id"] not in plain(mail)
    found = wait_over(web, owner, 2)
    assert {one["state"] for one in found} == {"SENT"} and sorted(map(len, map(told, found))) == [1, 1]


def test_who_has_no_address_keeps_nobody_else_from_being_told(stage, web, mailbox):
    owner, address = make_name("owner"), new_address()
    first, newest = make_claim(web, owner, email=address), make_claim(web, owner)
    notices.say_approved(stage, first, owner)
    notices.say_approved(stage, newest, owner, time="2026-03-16")
    wait_heard(stage, owner, 2)
    pass_time(stage, 2 * MINUTE_S)
    mail, = mailbox.wait_for(address)
    assert first["serial"] in mail["Subject"]
    ends = {told(one).pop(): (one["state"], one.get("reason", "")) for one in wait_over(web, owner, 2)}
    assert ends == {first["claim_id"]: ("SENT", ""), newest["claim_id"]: ("SUPPRESSED", "NO_ADDRESS")}


def test_what_somebody_is_without_is_said_not_to_be_sent(stage, web, mailbox):
    notice = notices.make(web, notice_id=make_name("n"), category="REMINDER")
    owner, address = make_name("owner"), new_address()
    assert web.post(f"/v1/people/{owner}:opt_out", AGENT, {"category": "REMINDER"}).status == 200
    notices.say_approved(stage, make_claim(web, owner, email=address), owner)
    wait_heard(stage, owner, 2)
    pass_time(stage, 2 * MINUTE_S)
    mail, = mailbox.wait_for(address)
    assert "(+" not in mail["Subject"]
    ends = {one["parts"][0]["notice_id"]: (len(one["parts"]), one["state"], one.get("reason", "")) for one in wait_over(web, owner, 2)}
    assert ends == {"claim_approved": (1, "SENT", ""), notice["notice_id"]: (1, "SUPPRESSED", "OPTED_OUT")}
    said = "SELECT count(*) FROM events.log WHERE type = %s AND aggregate_id = %s"
    for one in listed(web, person_id=owner):
        kind = "MessageSent" if one["state"] == "SENT" else "MessageFailed"
        wait_until(lambda one=one, kind=kind: stage.value(said, f"notify.v1.{kind}", one["message_id"]) == 1, f"{kind} is said")
    assert web.call("DELETE", f"/v1/notices/{notice['notice_id']}", MANAGER, If_Match="*").status in (200, 204)


def test_what_joins_while_the_contact_is_asked_for_is_not_lost(stage, web, mailbox):
    owner, address = make_name("owner"), new_address()
    unreached, claim = make_claim(web, owner), make_claim(web, owner, email=address)
    notices.say_approved(stage, unreached, owner)
    wait_heard(stage, owner, 1)
    asked = "SELECT count(*) FROM notify.timers t JOIN notify.messages m ON t.aggregate_id = m.message_id::text WHERE m.person_id = %s AND t.lease_time > now()"
    warranty = stage.only("warranty")
    warranty.replica.process.send_signal(signal.SIGSTOP)  # who would answer
    try:
        pass_time(stage, 2 * MINUTE_S)
        wait_until(lambda: stage.value(asked, owner) == 1, "the sender has begun")
        notices.say_approved(stage, claim, owner, first=2000)
        wait_heard(stage, owner, 2)
    finally:
        warranty.replica.process.send_signal(signal.SIGCONT)
    pass_time(stage, 2 * MINUTE_S)
    assert len(mailbox.wait_for(address)) == 1
    ends = {told(one).pop(): one["state"] for one in wait_over(web, owner, 2)}
    assert ends == {unreached["claim_id"]: "SUPPRESSED", claim["claim_id"]: "SENT"}


@pytest.mark.parametrize("name, wrong", [("MAIL_FROM", "Shop <service@shop.example>"), ("CASE_URL", "https://shop.example/{claim_id}")])
def test_the_sender_of_mails_and_the_page_of_a_case_are_addresses_or_nothing_starts(stage, name, wrong):
    daemon = stage.start("notify", wait=False, **{f"AFTERCARE_NOTIFY_{name}": wrong})
    daemon.is_expected_to_fail = True
    assert daemon.wait_end() == 1 and f"AFTERCARE_NOTIFY_{name}: \"{wrong}\"" in daemon.log.read_text(encoding="utf-8")
