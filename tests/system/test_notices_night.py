"""No telephone rings at night, by the clock of whoever has it; a mail waits for nobody to wake up."""
# SPDX-License-Identifier: Apache-2.0
import base64
import tempfile

import pytest

import notices
from claims import set_now
from notices import AGENT, wait_messages
from receiver import Receiver
from world import make_name

SECRET = "whsec_" + base64.b64encode(b"a secret of the provider").decode()
SECRET_FILE = tempfile.NamedTemporaryFile("w", prefix="provider-secret-")  # pylint: disable=consider-using-with
SECRET_FILE.write(SECRET + "\n")
SECRET_FILE.flush()
STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_COLLECT": "0ms",
    "AFTERCARE_NOTIFY_PROVIDER_IS_HTTP_FINE": "yes",
    "AFTERCARE_NOTIFY_PROVIDER_SECRET_FILE": SECRET_FILE.name,
}
# Half past four in the afternoon, half past ten at night, and half past five in the morning.
EVENING = "2026-06-15T20:30:00+00:00"
NEW_YORK, BERLIN, TOKYO = "+1 212 555 0100", "+49 30 1234567", "+81 3 1234 5678"
ZONES = {NEW_YORK: "America/New_York", BERLIN: "Europe/Berlin", TOKYO: "Asia/Tokyo"}
DUE = {BERLIN: "2026-06-16T06:00:00Z", TOKYO: "2026-06-15T23:00:00Z"}  # eight o'clock


@pytest.fixture(autouse=True, scope="module", name="phones")
def phones_fixture():
    """The company's provider."""
    made = Receiver()
    made.secrets["/sms"] = [SECRET]
    yield made
    made.close()
    assert made.faults == []


@pytest.fixture(autouse=True, scope="module", name="mailbox")
def mailbox_fixture(stage, web, phones):
    """An installation with a notice by SMS, else by mail; and the mail server."""
    set_now(stage, EVENING)
    stage.environment |= {"AFTERCARE_NOTIFY_SMS_URL": f"{phones.url}/sms"}
    with notices.by_mail(stage) as made:
        notices.make(web, notice_id=make_name("n"), channels=["SMS", "EMAIL"], is_quiet_at_night=True)
        yield made


def approve(web, **contact):
    """What tells of a claim that was approved just now."""
    return wait_messages(web, notices.approve(web, **contact))[0]


def read(web, message):
    """The message as it is now."""
    return web.get(f"/v1/messages/{message['message_id']}", AGENT).json


def test_by_sms_each_is_told_when_their_own_night_is_over(stage, web, phones):
    messages = {phone: approve(web, phone=phone, time_zone=zone) for phone, zone in ZONES.items()}

    def rung():
        notices.settle(stage)
        return [post.event["to"] for post in phones.posts]

    assert rung() == [NEW_YORK]
    assert {phone: read(web, messages[phone])["due_time"] for phone in DUE} == DUE
    for now, told in (("2026-06-15T22:59:00", [NEW_YORK]), ("2026-06-15T23:00:01", [NEW_YORK, TOKYO]),
                      ("2026-06-16T05:59:00", [NEW_YORK, TOKYO]), ("2026-06-16T06:00:01", [NEW_YORK, TOKYO, BERLIN])):
        set_now(stage, now + "+00:00")
        assert rung() == told
    assert {read(web, message)["state"] for message in messages.values()} == {"SENT"}


def test_a_mail_comes_at_night_too(stage, web, mailbox):
    set_now(stage, EVENING)
    approve(web, email="berta@customer.example", time_zone=ZONES[BERLIN])
    mailbox.wait_for("berta@customer.example")
