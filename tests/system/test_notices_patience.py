"""A mail server that thinks long about a mail before it takes it: the mail comes once."""
# SPDX-License-Identifier: Apache-2.0
import threading

import pytest

import claims
import notices
from claims import MANAGER, do
from mailbox import Mailbox
from notices import AGENT
from run import choose_port
from stage import wait_until
from world import make_name

PORT = choose_port(0)
STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_COLLECT": "0ms",
    "AFTERCARE_NOTIFY_MAIL_FROM": "service@shop.example",
    "AFTERCARE_NOTIFY_PUBLIC_URL": "https://service.shop.example",
    "AFTERCARE_NOTIFY_SMTP_IS_PLAIN": "yes",
    "AFTERCARE_NOTIFY_SMTP_URL": f"smtp://127.0.0.1:{PORT}",
}
pytestmark = [pytest.mark.faults, pytest.mark.faults_only]
LEASE = "SELECT extract(epoch FROM max(lease_time))::float8 FROM notify.timers WHERE kind = 'send' AND lease_time <> '-infinity'"
LONGER_S, LIMIT_S = 35, 60  # than a timer is lent for at once, and than any other side is waited for


def test_a_mail_that_the_server_thinks_about_for_longer_than_a_lease_comes_once(stage, web):
    notices.start_daemons(stage)
    stage.start("notify")
    assert web.post("/v1/notices", MANAGER, {"notice": notices.shipped("claim_approved")}).status == 201
    mailbox, thought, address = Mailbox(PORT), threading.Event(), f"{make_name('a')}@customer.example"
    mailbox.before_answer = lambda: thought.wait(LIMIT_S)
    try:
        serial = claims.make_sold(web, delivery_date="2026-03-15", owner_id=make_name("owner"),
                                  price_paid={"minor": 59900, "currency_code": "EUR"})
        claim = claims.file_claim(web, serial, documents=claims.photos(web), contact={"name": "Anna Berg", "email": address})
        do(web, claim, "approve", MANAGER, reason="seen")
        mailbox.wait_for(address)
        first_s = stage.value(LEASE)
        wait_until(lambda: (stage.value(LEASE) or 0) > first_s + LONGER_S, "its timer was lent again and again", LIMIT_S)
        thought.set()
        path = f"/v1/messages?aggregate_type=claim&aggregate_id={claim['claim_id']}"
        message, = wait_until(lambda: [one for one in web.get(path, AGENT).json["messages"] if one["state"] == "SENT"], "it is sent")
        read = web.get(f"/v1/messages/{message['message_id']}", AGENT).json
        assert [one["outcome"] for one in read["attempts"]] == ["ACCEPTED"]
        assert len(mailbox.to(address)) == 1
    finally:
        thought.set()
        mailbox.close()
