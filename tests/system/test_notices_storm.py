"""Mails in bad times: the server is away, the sender dies, a thousand events come at once, and the customer has had enough."""
# SPDX-License-Identifier: Apache-2.0
import threading

import pytest

import notices
from claims import do
from mailbox import plain
from notices import AGENT, make_claim, new_address, pass_time, wait_messages
from stage import wait_until
from world import make_name

STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_CASE_URL": "https://shop.example/cases/{aggregate_id}",
    "AFTERCARE_NOTIFY_COLLECT": "1m",
}
MINUTE_S, HOUR_S = 60, 3600
WAITS = "SELECT pid FROM pg_stat_activity WHERE usename = 'notify_service' AND wait_event_type = 'Lock'"


@pytest.fixture(autouse=True, scope="module", name="mailbox")
def mailbox_fixture(stage):
    """An installation that tells of approvals by mail, and the mail server."""
    with notices.by_mail(stage, "claim_approved") as made:
        yield made


def approve(web):
    """(claim, message, address) of a claim that was approved just now, and of what is to be told of it."""
    address = new_address()
    claim = notices.approve(web, email=address)
    return claim, wait_messages(web, claim)[0], address


def read(web, message):
    """A message with its attempts."""
    answer = web.get(f"/v1/messages/{message['message_id']}", AGENT)
    assert answer.status == 200, answer
    return answer.json


def wait_attempts(web, message, count):
    """The message, once so many attempts were made."""
    return wait_until(lambda: len((now := read(web, message))["attempts"]) == count and now, f"{count} attempts were made")


@pytest.mark.faults
def test_a_server_that_is_away_and_then_busy_gets_the_mail_once(stage, web, mailbox):
    claim, message, address = approve(web)
    mailbox.close()  # nobody listens
    pass_time(stage, 2 * MINUTE_S)
    assert wait_attempts(web, message, 1)["state"] == "WAITING"
    mailbox.listen()
    mailbox.answers += ["451 4.3.0 busy", "421 4.7.0 go away", "452 4.2.2 full"]
    for number in range(2, 6):
        pass_time(stage, HOUR_S)
        wait_attempts(web, message, number)
    mail, = mailbox.wait_for(address)
    assert mail["Subject"] == f"Ihre Meldung zu {claim['serial']} ist anerkannt" and "Guten Tag Anna Berg," in plain(mail)
    sent = read(web, message)
    assert sent["state"] == "SENT" and [(one["number"], one["outcome"], one.get("code", 0)) for one in sent["attempts"]] == [
        (1, "UNREACHABLE", 0), (2, "DEFERRED", 451), (3, "DEFERRED", 421), (4, "DEFERRED", 452), (5, "ACCEPTED", 250)]
    pass_time(stage, 24 * HOUR_S)
    notices.settle(stage)
    assert len(mailbox.to(address)) == 1


@pytest.mark.faults
def test_who_dies_between_the_servers_word_and_our_commit_sends_the_same_mail_again(stage, web, mailbox):
    _, message, address = approve(web)
    lock, locked = stage.server.connect(), threading.Event()

    def hold():
        with lock.cursor() as cursor:
            cursor.execute("SELECT FROM notify.messages WHERE message_id = %s FOR UPDATE", (message["message_id"],))
        locked.set()

    mailbox.before_answer = hold  # the server has the mail now, and what we make of its answer cannot commit
    pass_time(stage, 2 * MINUTE_S)
    mailbox.wait_for(address)
    [[backend]] = wait_until(lambda: stage.query(WAITS), "the outcome waits to be written")
    assert locked.is_set() and read(web, message)["attempts"] == []
    mailbox.before_answer = None
    stage.only("notify").kill()
    stage.query("SELECT pg_terminate_backend(%s)", backend)  # as if its statement had never reached it
    wait_until(lambda: not stage.query(WAITS), "nobody waits any more")
    lock.rollback()
    lock.close()
    stage.query("UPDATE notify.timers SET lease_time = '-infinity' RETURNING 1")  # of the dead: it would end in half a minute
    stage.start("notify")
    first, second = mailbox.wait_for(address, 2)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Message-ID"].startswith(f"<{message['message_id']}@")
    print(f"sent twice, both times as {first['Message-ID']}")
    sent = wait_until(lambda: (now := read(web, message))["state"] == "SENT" and now, "it is sent")
    assert [(one["number"], one["outcome"]) for one in sent["attempts"]] == [(1, "ACCEPTED")]
    said = "SELECT count(*) FROM events.log WHERE type = 'notify.v1.MessageSent' AND aggregate_id = %s"
    wait_until(lambda: stage.value(said, message["message_id"]) == 1, "that it was sent is said once")


def test_a_thousand_events_at_once_make_one_mail(stage, web, mailbox):
    owner, address = make_name("owner"), new_address()
    five = [make_claim(web, owner, email=address) for _ in range(5)]
    said = [event_id for claim in five for event_id in notices.say_approved(stage, claim, owner, 200)]
    heard = "SELECT count(*) FROM notify.message_parts WHERE person_id = %s"
    wait_until(lambda: stage.value(heard, owner) == len(said) == 1000, "all of them are to be told")
    pass_time(stage, 2 * MINUTE_S)
    mail, = mailbox.wait_for(address)
    assert mail["Subject"].endswith("(+ 999)")
    assert plain(mail).count("https://shop.example/cases/") == 20 and plain(mail).strip().endswith("+ 980")
    for _ in range(3):
        pass_time(stage, HOUR_S)
    notices.settle(stage)
    message, = web.get(f"/v1/messages?person_id={owner}", AGENT).json["messages"]
    assert message["state"] == "SENT" and len(mailbox.to(address)) == 1
    assert {one["event_id"] for one in read(web, message)["parts"]} == set(said)


def test_who_opts_out_is_not_told_what_waits_nor_what_comes(stage, web, mailbox):
    notices.make(web, notice_id=make_name("n"), category="REMINDER", conditions=[{"field": "verb", "values": ["WithdrawClaim"]}])
    owner, address = make_name("owner"), new_address()

    def withdraw():
        claim = make_claim(web, owner, email=address)
        do(web, claim, "withdraw")
        return wait_messages(web, claim)[0]

    def wait_suppressed(message):
        pass_time(stage, 2 * MINUTE_S)
        found = wait_until(lambda: (now := read(web, message))["state"] == "SUPPRESSED" and now, "it is not told")
        assert found["reason"] == "OPTED_OUT"

    waiting = withdraw()
    person = f"/v1/people/{waiting['person_id']}"
    assert web.post(f"{person}:opt_out", AGENT, {"category": "REMINDER"}).status == 200
    wait_suppressed(waiting)
    wait_suppressed(withdraw())
    assert web.post(f"{person}:opt_in", AGENT, {"category": "REMINDER"}).status == 200
    told = withdraw()
    pass_time(stage, 2 * MINUTE_S)
    mail, = mailbox.wait_for(address)
    assert mail["Message-ID"].startswith(f"<{told['message_id']}@")


def test_nobody_is_told_of_what_happened_long_ago(stage, web):
    """As where the daemon is added to an installation that has events, or was away for long."""
    stage.only("notify").stop()
    owner, address = make_name("owner"), new_address()
    claim = make_claim(web, owner, email=address)
    notices.say_approved(stage, claim, owner)
    old = "SELECT now() - max(append_time) > '1 s'::interval FROM events.log WHERE aggregate_id = %s AND aggregate_version >= 1000"
    wait_until(lambda: stage.value(old, claim["claim_id"]), "the event is a second old")
    notify = stage.start("notify", AFTERCARE_NOTIFY_NOTICE_AGE_MAX="1s")
    notices.settle(stage)
    path = f"/v1/messages?aggregate_type=claim&aggregate_id={claim['claim_id']}"
    assert web.get(path, AGENT).json["messages"] == []
    notify.stop()
    stage.start("notify")
    notices.say_approved(stage, claim, owner, first=2000)
    wait_messages(web, claim)
