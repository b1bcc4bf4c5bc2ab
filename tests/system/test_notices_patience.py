"""A mail server that thinks long about a mail before it takes it: the mail comes once."""
# SPDX-License-Identifier: Apache-2.0
import threading

import pytest

import notices
from notices import AGENT, new_address, wait_messages
from stage import wait_until

STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_COLLECT": "0ms",
    "AFTERCARE_NOTIFY_PUBLIC_URL": "https://service.shop.example",
}
pytestmark = [pytest.mark.faults, pytest.mark.faults_only]
LEASE = "SELECT extract(epoch FROM max(lease_time))::float8 FROM notify.timers WHERE kind = 'send_email' AND lease_time <> '-infinity'"
LONGER_S, LIMIT_S = 35, 60  # than a timer is lent for at once, and than any other side is waited for


def test_a_mail_that_the_server_thinks_about_for_longer_than_a_lease_comes_once(stage, web):
    thought, address = threading.Event(), new_address()
    with notices.by_mail(stage, "claim_approved") as mailbox:
        stage.start("notify")
        mailbox.before_answer = lambda: thought.wait(LIMIT_S)
        try:
            claim = notices.approve(web, email=address)
            mailbox.wait_for(address)
            first_s = stage.value(LEASE)
            wait_until(lambda: (stage.value(LEASE) or 0) > first_s + LONGER_S, "its timer was lent again and again", LIMIT_S)
            thought.set()
            message, = wait_messages(web, claim, "SENT")
            read = web.get(f"/v1/messages/{message['message_id']}", AGENT).json
            assert [one["outcome"] for one in read["attempts"]] == ["ACCEPTED"]
            assert len(mailbox.to(address)) == 1
        finally:
            thought.set()
