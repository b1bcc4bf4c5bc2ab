"""Beside mail: SMS and push messages through the company's provider, ending notices by one click, and forgetting what is over."""
# SPDX-License-Identifier: Apache-2.0
import base64
import datetime
import hashlib
import hmac
import http.server
import json
import re
import tempfile
import threading
import uuid
import zoneinfo

import pytest

import notices
from claims import MANAGER
from mailbox import plain
from notices import AGENT, approve
from stage import wait_until
from world import make_name

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
SECRET_FILE = tempfile.NamedTemporaryFile("w", prefix="provider-secret-")  # pylint: disable=consider-using-with
SECRET_FILE.write(SECRET + "\n")
SECRET_FILE.flush()
STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_COLLECT": "0ms",
    "AFTERCARE_NOTIFY_FORGET_INTERVAL": "100ms",
    "AFTERCARE_NOTIFY_MIN_GAP": "10m",
    "AFTERCARE_NOTIFY_PROVIDER_IS_HTTP_FINE": "yes",
    "AFTERCARE_NOTIFY_PROVIDER_SECRET_FILE": SECRET_FILE.name,
    "AFTERCARE_NOTIFY_PUBLIC_URL": "https://service.shop.example",
}
FORM = {"Content_Type": "application/x-www-form-urlencoded"}
PARTS = {"Content_Type": "multipart/form-data; boundary=b"}
ONE_CLICK = b"List-Unsubscribe=One-Click"
ONE_CLICK_PARTS = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
HOUR_S = 3600
LIMIT_S, MAILS, MAILS_AT_ONCE = 60, 60, 24
BEGUN = "SELECT count(*) FROM notify.timers WHERE kind = 'send_email' AND attempt > 0"


def is_signed(headers, body):
    """Whether the signature is the one of Standard Webhooks, written down here once more."""
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    mac = hmac.new(base64.b64decode(SECRET.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return headers["webhook-signature"] == "v1," + base64.b64encode(mac).decode()


class Provider:
    """Takes short messages, and answers first what it is told to, then 202; always with the number or token in words."""

    def __init__(self):
        outer, self.posts, self.answers = self, [], []

        class Handler(http.server.BaseHTTPRequestHandler):
            """Keeps a request; answers."""

            def do_POST(self):  # pylint: disable=invalid-name
                """What http.server calls."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert is_signed(self.headers, body)
                outer.posts.append((self.path, self.headers["webhook-id"], json.loads(body)))
                said = f"I cannot send to {outer.posts[-1][2]['to']}".encode()
                self.send_response(outer.answers.pop(0) if outer.answers else 202)
                self.send_header("Content-Length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_):
                """Says nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def to(self, address):
        """What was posted for a number or token."""
        return [post for post in self.posts if post[2]["to"] == address]

    def close(self):
        """Listens no more."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(scope="module", name="provider")
def provider_fixture():
    """Who takes SMS and push messages."""
    made = Provider()
    yield made
    made.close()


@pytest.fixture(autouse=True, scope="module", name="mailbox")
def mailbox_fixture(stage, provider):
    """An installation that sends by all ways, and the mail server."""
    url = f"http://127.0.0.1:{provider.server.server_port}"
    stage.environment |= {"AFTERCARE_NOTIFY_PUSH_URL": f"{url}/push", "AFTERCARE_NOTIFY_SMS_URL": f"{url}/sms"}
    with notices.by_mail(stage) as made:
        yield made


@pytest.fixture(name="notice")
def notice_fixture(web):
    """A notice of an approval by push message, else by SMS, else by mail; at night too. Gone after the test."""
    made = notices.make(web, notice_id=make_name("n"), channels=["PUSH", "SMS", "EMAIL"], is_quiet_at_night=False, category="REMINDER")
    yield made
    path = f"/v1/notices/{made['notice_id']}"
    assert web.call("DELETE", path, MANAGER, If_Match="*").status in (200, 204)


def wait_for_message(web, claim, state):
    """The one message that tells of a claim, once it is in a state, with its attempts."""
    path = f"/v1/messages?aggregate_type=claim&aggregate_id={claim['claim_id']}"
    message, = wait_until(lambda: [one for one in web.get(path, AGENT).json["messages"] if one["state"] == state], f"it is {state}")
    return web.get(f"/v1/messages/{message['message_id']}", AGENT).json


# ---- previews: first, for the log is searched by time, and the clock moves below ----

def test_a_preview_tells_of_any_event_of_the_log(stage, web):
    notice = notices.make(web, notice_id=make_name("n"), is_enabled=False)  # nobody is told
    claim = approve(web)
    find = "SELECT event_id::text FROM events.log WHERE aggregate_id = %s AND type = 'warranty.v1.ClaimMoved'"
    [[event_id]] = wait_until(lambda: stage.query(find, claim["claim_id"]), "the log has the event")
    path = f"/v1/notices/{notice['notice_id']}:preview"
    shown = web.post(path, AGENT, {"event_id": event_id, "language": "de"}).json
    assert shown["subject"] == f"Ihre Meldung zu {claim['serial']} ist anerkannt"
    other = stage.value("SELECT event_id::text FROM events.log WHERE type = 'warranty.v1.ClaimCreated' LIMIT 1")
    for missing in (other, str(uuid.uuid4())):
        assert web.post(path, AGENT, {"event_id": missing}).reason == "EVENT_MISSING"
    assert web.call("DELETE", f"/v1/notices/{notice['notice_id']}", MANAGER, If_Match="*").status in (200, 204)


# ---- channels ----

@pytest.mark.parametrize("channel, path, contact", [
    ("PUSH", "/push", {"push_token": "t", "phone": "+49 30 1", "email": "anna@customer.example"}),
    ("SMS", "/sms", {"phone": "+49 30 2", "email": "anna@customer.example"})])
def test_the_first_channel_that_somebody_has_is_taken(web, provider, notice, channel, path, contact):
    claim = approve(web, **contact)
    message = wait_for_message(web, claim, "SENT")
    (where, webhook_id, body), = provider.to(contact.get("push_token", contact["phone"]))
    assert (where, webhook_id, message["channel"]) == (path, f"msg_{message['message_id']}", channel)
    assert (body["message_id"], body["channel"], body["language"]) == (message["message_id"], channel, "de")
    assert body["title"] == f"Ihre Meldung zu {claim['serial']} ist anerkannt"
    assert body["text"] == body["title"]  # the company has no page about cases here: nothing is linked
    assert [(one["outcome"], one["code"]) for one in message["attempts"]] == [("ACCEPTED", 202)]
    assert notice["notice_id"] == message["parts"][0]["notice_id"]


@pytest.mark.usefixtures("notice")
def test_who_has_a_mail_address_only_gets_a_mail(web, mailbox):
    address = f"{make_name('a')}@customer.example"
    message = wait_for_message(web, approve(web, email=address), "SENT")
    [mail] = mailbox.to(address)
    assert message["channel"] == "EMAIL" and "sehen Sie den Stand" not in plain(mail) and "://" not in plain(mail)


@pytest.mark.usefixtures("notice")
def test_who_has_no_address_for_any_channel_is_not_written_to(web):
    assert wait_for_message(web, approve(web), "SUPPRESSED")["reason"] == "NO_ADDRESS"


@pytest.mark.usefixtures("notice")
def test_a_notice_that_does_not_go_by_the_channel_is_left_out(web, provider):
    other = notices.make(web, notice_id=make_name("n"), channels=["PUSH"], category="REMINDER")
    claim = approve(web, phone="+49 30 4")
    told, left_out = (wait_for_message(web, claim, state) for state in ("SENT", "SUPPRESSED"))
    assert other["notice_id"] not in {one["notice_id"] for one in told["parts"]}
    assert ([one["notice_id"] for one in left_out["parts"]], left_out["reason"]) == ([other["notice_id"]], "NO_ADDRESS")
    (_, _, body), = provider.to("+49 30 4")
    assert body["title"] == f"Ihre Meldung zu {claim['serial']} ist anerkannt" and body["text"] == body["title"]
    assert web.call("DELETE", f"/v1/notices/{other['notice_id']}", MANAGER, If_Match="*").status in (200, 204)


@pytest.mark.usefixtures("notice")
def test_what_a_provider_puts_off_comes_again_under_the_same_id(stage, web, provider):
    provider.answers.append(503)
    claim = approve(web, phone="+49 30 3")
    wait_until(lambda: wait_for_message(web, claim, "WAITING")["attempts"], "an attempt was made")
    stage.set_clock(HOUR_S)
    message = wait_for_message(web, claim, "SENT")
    assert [(one["outcome"], one["code"]) for one in message["attempts"]] == [("DEFERRED", 503), ("ACCEPTED", 202)]
    assert not any("answer" in one for one in message["attempts"])  # the provider said the number each time
    assert {webhook_id for _, webhook_id, _ in provider.to("+49 30 3")} == {f"msg_{message['message_id']}"}


@pytest.mark.usefixtures("notice")
def test_who_is_gone_is_not_tried_again(web, provider):
    provider.answers.append(410)
    message = wait_for_message(web, approve(web, push_token="gone"), "DEAD")
    assert (message["reason"], len(provider.to("gone"))) == ("GONE", 1)


@pytest.mark.usefixtures("notice")
def test_a_mail_server_that_hangs_keeps_no_short_message_waiting(stage, web, provider, mailbox):
    thought, address, phone = threading.Event(), notices.new_address(), "+49 30 77"
    mailbox.before_answer = lambda: thought.wait(LIMIT_S)  # nothing else is answered meanwhile
    claim = notices.make_claim(web, email=address)
    try:
        for n in range(MAILS):  # of one claim, but each to be told to somebody else
            notices.say_approved(stage, claim, make_name("owner"), first=1000 + n)
        wait_until(lambda: stage.value(BEGUN) >= MAILS_AT_ONCE, "as many mails as may go at once wait for the server")
        wait_for_message(web, approve(web, phone=phone), "SENT")
        assert len(provider.to(phone)) == 1 and not thought.is_set() and len(mailbox.to(address)) <= 1
    finally:
        thought.set()
        mailbox.before_answer = None
    mailbox.wait_for(address, MAILS)


# ---- one click ----

def unsubscribe_path(mail):
    """Where the mail's header leads to, as the gateway knows it."""
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    return re.fullmatch(r"<https://service\.shop\.example(/unsubscribe/\S+)>", mail["List-Unsubscribe"])[1]


@pytest.mark.usefixtures("notice")
def test_one_click_ends_what_comes_and_what_waits(stage, web, mailbox):
    owner, address = make_name("owner"), f"{make_name('a')}@customer.example"
    approve(web, owner, email=address)
    mail, = mailbox.wait_for(address)
    path, waiting = unsubscribe_path(mail), approve(web, owner, email=address)
    person = wait_for_message(web, waiting, "WAITING")["person_id"]
    assert web.call("POST", path.partition("?")[0], body=ONE_CLICK, key=None, **FORM).status == 401
    assert web.call("POST", path, body=b"a=b", key=None, **FORM).status == 400
    assert web.get(f"/v1/people/{person}/opt_outs", AGENT).json["opt_outs"] == []
    done = web.call("POST", path, body=ONE_CLICK, key=None, **FORM)
    assert done.status == 200 and "Das ist erledigt" in done.body.decode()
    assert [one["category"] for one in web.get(f"/v1/people/{person}/opt_outs", AGENT).json["opt_outs"]] == ["REMINDER"]
    stage.set_clock(3 * HOUR_S)
    assert wait_for_message(web, waiting, "SUPPRESSED")["reason"] == "OPTED_OUT"
    assert wait_for_message(web, approve(web, owner, email=address), "SUPPRESSED")["reason"] == "OPTED_OUT"
    assert len(mailbox.to(address)) == 1


@pytest.mark.usefixtures("notice")
def test_who_came_back_can_leave_by_the_same_mail_again(web, mailbox):
    address = f"{make_name('a')}@customer.example"
    person = wait_for_message(web, approve(web, email=address), "SENT")["person_id"]
    path = unsubscribe_path(mailbox.to(address)[0])
    for _ in range(2):
        for body, kind in ((ONE_CLICK, FORM), (ONE_CLICK_PARTS, PARTS)):  # both are the same, as a repeat is
            assert web.call("POST", path, body=body, key=None, **kind).status == 200
        assert len(web.get(f"/v1/people/{person}/opt_outs", AGENT).json["opt_outs"]) == 1
        assert web.post(f"/v1/people/{person}:opt_in", AGENT, {"category": "REMINDER"}).json["opt_outs"] == []


@pytest.mark.usefixtures("notice")
def test_a_person_sees_a_page_with_one_button(web, mailbox):
    address = f"{make_name('a')}@customer.example"
    approve(web, email=address, language="fr")
    mail, = mailbox.wait_for(address)  # there are no French words of it
    for path, button in ((unsubscribe_path(mail), "Send me no more of these"),
                         ("/unsubscribe/p/SURVEY/de-AT", "Keine solchen Nachrichten mehr")):
        page = web.call("GET", path, Accept="text/html")
        text = page.body.decode()
        assert page.status == 200 and "script-src" not in page.headers["content-security-policy"] and "<script" not in text
        assert text.count("<button") == 1 and button in text
        assert '<form method="post"><input type="hidden" name="List-Unsubscribe" value="One-Click">' in text
    assert web.call("GET", "/unsubscribe/p/CASE/de", Accept="text/html").status == 404


def test_what_must_be_heard_has_no_such_link_and_says_what_was_decided(web, mailbox):
    notice, address = notices.make(web), f"{make_name('a')}@customer.example"
    claim = approve(web, email=address)
    mail, = mailbox.wait_for(address)
    assert mail["List-Unsubscribe"] is None and mail["List-Unsubscribe-Post"] is None
    sentence, = [one["text"] for one in claim["verdict"]["sentences"] if one["language"] == "de"]
    assert sentence in " ".join(plain(mail).split())
    assert web.call("DELETE", f"/v1/notices/{notice['notice_id']}", MANAGER, If_Match="*").status in (200, 204)


# ---- forgetting ----

def make_id(year):
    """An identity of 1 January of a year."""
    ms = (year - 1970) * 365.2425 * 24 * HOUR_S * 1000
    return str(uuid.UUID(int=int(ms) << 80 | 7 << 76 | 2 << 62 | uuid.uuid4().int >> 66))


MESSAGE = ("INSERT INTO notify.messages (message_id, person_id, channel, state, is_open, timer_id, start_time, due_time, sent_time, create_time)"
           " VALUES (%s, 'p', 'EMAIL', %s, false, gen_random_uuid(), '2015-01-01', '2015-01-01', '2015-01-01', '2015-01-01') RETURNING 1")
PART = ("INSERT INTO notify.message_parts (message_id, notice_id, event_id, person_id, channel, aggregate_type, aggregate_id, event_time, event)"
        " VALUES (%s, 'n', %s, 'p', 'EMAIL', 'claim', 'c', '2015-01-01', '') RETURNING 1")
MAIL = ("INSERT INTO notify.mails (mail_id, message_id, person_id, sender, subject, body, state, receive_time)"
        " VALUES (%s, %s, 'p', 'Ada <ada@example.org>', 'Help', 'It leaks.', 'UNMATCHED', '2015-01-01') RETURNING 1")


def test_what_is_over_for_longer_than_the_policy_says_is_forgotten(stage):
    old, waiting, kept = make_id(2014), make_id(2014), make_id(2019)
    for message_id, state in ((waiting, "WAITING"), (kept, "SENT"), (old, "SENT")):
        stage.query(f"WITH message AS ({MESSAGE}), part AS ({PART}) {MAIL}",
                    message_id, state, message_id, message_id, message_id, message_id)  # at once: it may be forgotten at once
    count = "SELECT count(*) FROM notify.{} WHERE {} = ANY (%s::uuid[])"
    rows = {"messages": "message_id", "message_parts": "message_id", "mails": "mail_id"}
    for table, key in rows.items():
        wait_until(lambda table=table, key=key: stage.value(count.format(table, key), [old]) == 0, f"{table} are forgotten")
    assert [stage.value(count.format(table, key), [waiting, kept]) for table, key in rows.items()] == [2, 2, 1]


# ---- nights: last, for the clock moves by days ----

def test_a_telephone_rings_at_no_night_of_its_own_zone(stage, web, provider):
    notice = notices.make(web, notice_id=make_name("n"), channels=["SMS"], is_quiet_at_night=True)
    now = datetime.datetime.now(datetime.timezone.utc)
    evening = (now + datetime.timedelta(days=1)).replace(hour=22, minute=0, second=0, microsecond=0)
    stage.set_clock(int((evening - now).total_seconds()))
    # 16:00 or 17:00, 23:00 or 0:00, 7:00 by their clocks
    told = {zone: approve(web, phone=f"+1 {zone}", time_zone=zone) for zone in ("America/Chicago", "Europe/Berlin", "Asia/Tokyo")}
    wait_for_message(web, told["America/Chicago"], "SENT")
    mornings = {}
    for zone in ("Asia/Tokyo", "Europe/Berlin"):
        night = zoneinfo.ZoneInfo(zone)
        morning = (evening + datetime.timedelta(hours=8)).astimezone(night).replace(hour=8, minute=0)
        mornings[zone] = morning.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        wait_until(lambda zone=zone: wait_for_message(web, told[zone], "WAITING")["due_time"] == mornings[zone], f"{zone} waits for its morning")
    for zone in mornings:
        assert not provider.to(f"+1 {zone}")
        stage.set_clock(int((datetime.datetime.fromisoformat(mornings[zone][:-1] + "+00:00") - now).total_seconds()) + 60)
        wait_for_message(web, told[zone], "SENT")
    assert web.call("DELETE", f"/v1/notices/{notice['notice_id']}", MANAGER, If_Match="*").status in (200, 204)
