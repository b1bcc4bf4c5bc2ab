"""What happened to a claim reaches the customer by mail, in their language, once; and what keeps it from them."""
# SPDX-License-Identifier: Apache-2.0
import re

import pytest

import claims
import notices
from claims import MANAGER, do
from mailbox import plain
from notices import AGENT, new_address, wait_messages
from stage import wait_until
from world import LANE_COUNT, make_name

STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_CASE_URL": "https://shop.example/cases/{aggregate_type}/{aggregate_id}?t={token}",
    "AFTERCARE_NOTIFY_COLLECT": "0ms",
    "AFTERCARE_NOTIFY_MIN_GAP": "10m",
}
HOUR_S = 3600


@pytest.fixture(autouse=True, scope="module", name="mailbox")
def mailbox_fixture(stage):
    """An installation that tells of approvals by mail, and the mail server."""
    with notices.by_mail(stage, "claim_approved") as made:
        yield made


def approve(web, owner=None, address=None, **contact):
    """(claim, address) of a claim that a person approved."""
    address = address or new_address()
    return notices.approve(web, owner, email=address, **contact), address


def test_an_approval_reaches_the_customer_in_their_language_with_a_link_that_opens_it(stage, web, mailbox):
    claim, address = approve(web)
    mail, = mailbox.wait_for(address)
    assert mail["Subject"] == f"Ihre Meldung zu {claim['serial']} ist anerkannt"
    text = plain(mail)
    assert "Guten Tag Anna Berg," in text
    token = re.search(rf"https://shop\.example/cases/claim/{claim['claim_id']}\?t=(\S+)", text).group(1)
    assert web.get(f"/v1/claims/{claim['claim_id']}?link={token}").json["claim_id"] == claim["claim_id"]
    assert mail["Auto-Submitted"] == "auto-generated" and mail.mail_from == "service@shop.example"
    message, = wait_messages(web, claim, "SENT")
    assert mail["Message-ID"].startswith(f"<{message['message_id']}@")
    read = web.get(f"/v1/messages/{message['message_id']}", AGENT).json
    assert [one["outcome"] for one in read["attempts"]] == ["ACCEPTED"]
    assert [one["notice_id"] for one in read["parts"]] == ["claim_approved"]
    assert address not in str(stage.query("SELECT m.*, p.*, a.* FROM notify.messages m JOIN notify.message_parts p USING (message_id)"
                                          " JOIN notify.attempts a USING (message_id)"))


def test_a_language_that_nobody_wrote_is_read_in_that_of_the_policy(web, mailbox):
    claim, address = approve(web, language="fr")
    mail, = mailbox.wait_for(address)
    assert mail["Subject"] == f"Your claim for {claim['serial']} is approved"


def test_who_cannot_be_reached_is_not_written_to(web):
    serial = claims.make_sold(web, delivery_date="2026-03-15", owner_id=make_name("owner"),
                              price_paid={"minor": 59900, "currency_code": "EUR"})
    claim = claims.file_claim(web, serial, documents=claims.photos(web), contact={"phone": "+49 30 1234567"})
    do(web, claim, "approve", MANAGER, reason="seen")
    message, = wait_messages(web, claim, "SUPPRESSED")
    assert message["reason"] == "NO_ADDRESS"


def test_what_the_server_puts_off_is_sent_later_as_the_same_mail(stage, web, mailbox):
    mailbox.answers.append("451 4.7.1 try again later")
    claim, address = approve(web)
    message, = wait_until(lambda: [
        one for one in web.get(f"/v1/messages?aggregate_type=claim&aggregate_id={claim['claim_id']}", AGENT).json["messages"]
        if web.get(f"/v1/messages/{one['message_id']}", AGENT).json["attempts"]], "an attempt was made")
    assert message["state"] == "WAITING" and not mailbox.to(address)
    stage.set_clock(HOUR_S)
    mail, = mailbox.wait_for(address)
    assert mail["Message-ID"].startswith(f"<{message['message_id']}@")
    message, = wait_messages(web, claim, "SENT")
    attempts = web.get(f"/v1/messages/{message['message_id']}", AGENT).json["attempts"]
    assert [(one["number"], one["outcome"], one["code"]) for one in attempts] == [(1, "DEFERRED", 451), (2, "ACCEPTED", 250)]


def test_what_the_server_refuses_is_dead_until_a_person_sends_it_again(web, mailbox):
    mailbox.answers.append("554 5.7.1 not here")
    claim, address = approve(web)
    message, = wait_messages(web, claim, "DEAD")
    assert message["reason"] == "REFUSED"
    again = web.post(f"/v1/messages/{message['message_id']}:replay", AGENT, {})
    assert (again.status, again.json["state"]) == (200, "WAITING")
    mail, = mailbox.wait_for(address)
    assert mail["Message-ID"].startswith(f"<{message['message_id']}@")
    wait_messages(web, claim, "SENT")


def test_what_comes_soon_after_a_message_waits_and_comes_as_one(stage, web, mailbox):
    owner, address = make_name("owner"), new_address()
    approve(web, owner, address=address)
    mailbox.wait_for(address)
    later = [approve(web, owner, address=address)[0] for _ in range(2)]
    for claim in later:
        wait_messages(web, claim, "WAITING")
    assert len(mailbox.to(address)) == 1
    stage.set_clock(2 * HOUR_S)
    _, digest = mailbox.wait_for(address, 2)
    assert digest["Subject"] == f"Ihre Meldung zu {later[1]['serial']} ist anerkannt (+ 1)"
    assert all(f"/cases/claim/{claim['claim_id']}?t=" in plain(digest) for claim in later)


def test_an_event_that_comes_again_is_not_told_again(stage, web, mailbox):
    claim, address = approve(web)
    mailbox.wait_for(address)
    wait_messages(web, claim, "SENT")
    stage.running("notify")[0].stop()
    stage.query("WITH forgotten AS (DELETE FROM notify.consumer_inbox) UPDATE notify.consumer_lanes SET epoch = 0, position = 0 RETURNING 1")
    daemon = stage.start("notify").wait_ready()
    last = stage.value("SELECT position FROM events.relay")

    def is_settled():
        said = daemon.status()["consumer_notices"]
        return len(said["lanes"]) == LANE_COUNT and said["position"] >= last

    wait_until(is_settled, "every event was heard again")
    assert len(wait_messages(web, claim, "SENT")) == 1
    assert stage.value("SELECT count(*) FROM notify.messages m WHERE NOT EXISTS (SELECT FROM notify.message_parts p"
                       " WHERE p.message_id = m.message_id)") == 0
    assert len(mailbox.to(address)) == 1


def test_a_notice_that_is_gone_is_not_told_any_more(stage, web, mailbox):
    owner, address = make_name("owner"), new_address()
    approve(web, owner, address=address)
    mailbox.wait_for(address)
    claim, _ = approve(web, owner, address=address)
    wait_messages(web, claim, "WAITING")
    notice = web.get("/v1/notices/claim_approved", AGENT).json
    kept = {name: value for name, value in notice.items() if name not in ("create_time", "version")}
    off = web.call("PUT", "/v1/notices/claim_approved", MANAGER, {"notice": kept | {"is_enabled": False}}, If_Match='"1"')
    assert off.status == 200, off
    stage.set_clock(4 * HOUR_S)
    message, = wait_messages(web, claim, "SUPPRESSED")
    assert message["reason"] == "NOTICE_GONE" and len(mailbox.to(address)) == 1


@pytest.mark.faults
def test_who_is_killed_in_the_midst_leaves_nothing_untold_and_nothing_told_as_another(stage, web, mailbox):
    notice = web.get("/v1/notices/claim_approved", AGENT).json
    if not notice["is_enabled"]:  # another test has put it off
        kept = {name: value for name, value in notice.items() if name not in ("create_time", "version")}
        on = web.call("PUT", "/v1/notices/claim_approved", MANAGER, {"notice": kept | {"is_enabled": True}}, If_Match=f'"{notice["version"]}"')
        assert on.status == 200, on
    other = stage.start("notify")
    told = [approve(web) for _ in range(12)]
    mailbox.wait_for(told[0][1])
    next(daemon for daemon in stage.running("notify") if daemon is not other).kill()
    for claim, address in told:
        mails = mailbox.wait_for(address)
        message, = wait_messages(web, claim, "SENT")
        assert {mail["Message-ID"].partition("@")[0] for mail in mails} == {f"<{message['message_id']}"}
