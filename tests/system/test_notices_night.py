"""No telephone rings at night, by the clock of whoever has it; a mail waits for nobody to wake up."""
# SPDX-License-Identifier: Apache-2.0
import base64
import tempfile

import pytest

import claims
import notices
from claims import MANAGER, do, set_now
from mailbox import Mailbox
from notices import AGENT
from receiver import Receiver
from run import choose_port
from stage import wait_until
from world import make_name

MAIL_PORT, SMS_PORT = choose_port(0), choose_port(0)
SECRET = "whsec_" + base64.b64encode(b"a secret of the provider").decode()
SECRET_FILE = tempfile.NamedTemporaryFile("w", prefix="provider-secret-")  # pylint: disable=consider-using-with
SECRET_FILE.write(SECRET + "\n")
SECRET_FILE.flush()
STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_COLLECT": "0ms",
    "AFTERCARE_NOTIFY_MAIL_FROM": "service@shop.example",
    "AFTERCARE_NOTIFY_PROVIDER_IS_HTTP_FINE": "yes",
    "AFTERCARE_NOTIFY_PROVIDER_SECRET_FILE": SECRET_FILE.name,
    "AFTERCARE_NOTIFY_SMS_URL": f"http://127.0.0.1:{SMS_PORT}/sms",
    "AFTERCARE_NOTIFY_SMTP_IS_PLAIN": "yes",
    "AFTERCARE_NOTIFY_SMTP_URL": f"smtp://127.0.0.1:{MAIL_PORT}",
}
# Half past four in the afternoon, half past ten at night, and half past five in the morning.
EVENING = "2026-06-15T20:30:00+00:00"
NEW_YORK, BERLIN, TOKYO = "+1 212 555 0100", "+49 30 1234567", "+81 3 1234 5678"
ZONES = {NEW_YORK: "America/New_York", BERLIN: "Europe/Berlin", TOKYO: "Asia/Tokyo"}
DUE = {BERLIN: "2026-06-16T06:00:00Z", TOKYO: "2026-06-15T23:00:00Z"}  # eight o'clock


@pytest.fixture(autouse=True, scope="module", name="phones")
def phones_fixture(stage, web):
    """The daemons beside those that every stage has, and a notice by SMS, else by mail."""
    set_now(stage, EVENING)
    notices.start_daemons(stage)
    notices.make(web, notice_id=make_name("n"), channels=["SMS", "EMAIL"], is_quiet_at_night=True)
    made = Receiver(SMS_PORT)
    made.secrets["/sms"] = [SECRET]
    yield made
    made.close()
    assert made.faults == []


def approve(web, **contact):
    """What tells of a claim that was approved just now."""
    serial = claims.make_sold(web, delivery_date="2026-03-15", owner_id=make_name("owner"),
                              price_paid={"minor": 59900, "currency_code": "EUR"})
    claim = claims.file_claim(web, serial, documents=claims.photos(web), contact={"name": "Anna Berg"} | contact)
    do(web, claim, "approve", MANAGER, reason="seen")
    path = f"/v1/messages?aggregate_type=claim&aggregate_id={claim['claim_id']}"
    return wait_until(lambda: web.get(path, AGENT).json["messages"], "there is something to tell")[0]


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


def test_a_mail_comes_at_night_too(stage, web):
    set_now(stage, EVENING)
    mailbox = Mailbox(MAIL_PORT)
    try:
        approve(web, email="berta@customer.example", time_zone=ZONES[BERLIN])
        mailbox.wait_for("berta@customer.example")
    finally:
        mailbox.close()
