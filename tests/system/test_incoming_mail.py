"""What people write to the mailbox is kept once, on the right case, with its files; machines are not answered for ever."""
# SPDX-License-Identifier: Apache-2.0
import email.utils
import random
import re

import pytest

import claims
import mail_samples
import notices
from claims import MANAGER
from conftest import SEED
from imap_server import Gate, ImapServer, Liar, make_certificate
from mailbox import plain
from notices import AGENT
from stage import count, wait_until
from world import make_name, read_all

STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_COLLECT": "0ms",
    "AFTERCARE_NOTIFY_FORGET_INTERVAL": "100ms",
    "AFTERCARE_NOTIFY_MIN_GAP": "0ms",
}
HOUR_S, MIB = 3600, 1024 * 1024
REFERENCE = re.compile(r"AC-[0-9A-F]{12}")
CRLF = "\r\n"


@pytest.fixture(autouse=True, scope="module", name="server")
def server_fixture():
    """The mailbox."""
    made = ImapServer()
    yield made
    made.close()


@pytest.fixture(autouse=True, scope="module", name="mailbox")
def mailbox_fixture(stage, server):
    """The daemons beside those that every stage has, the notice of a new claim, and the mail server that we send by."""
    stage.environment |= server.environment()
    with notices.by_mail(stage, "claim_created") as made:
        yield made


class Case:
    """A claim, its customer, and the mail that we wrote because of it."""

    def __init__(self, web, mailbox, address=None):
        self.address = address or notices.new_address()
        before = len(mailbox.to(self.address))
        self.claim = notices.make_claim(web, email=self.address, language="en")
        self.claim_id = self.claim["claim_id"]
        self.mail = mailbox.wait_for(self.address, before + 1)[-1]
        self.reference = REFERENCE.search(plain(self.mail))[0]


def deliver(server, sender, subject="Hello", body="Good day.\r\n", **headers):
    """Puts a simple mail into the mailbox; answers its Message-ID."""
    fields = {"From": sender, "To": "service@shop.example", "Subject": subject, "Message-ID": email.utils.make_msgid(domain="customer.example")}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    server.deliver((CRLF.join(f"{name}: {value}" for name, value in fields.items() if value is not None) + CRLF * 2 + body).encode())
    return (fields["Message-ID"] or "").strip("<>")


def kept(web, message_id):
    """The mail as the API has it, once it is kept."""
    def look():
        return [one for one in read_all(web, "/v1/mails?page_size=500", "mails", AGENT)[0] if one["message_id_header"] == message_id]
    found, = wait_until(look, f"{message_id} is kept")
    answer = web.get(f"/v1/mails/{found['mail_id']}", AGENT)
    assert answer.status == 200, answer
    return answer.json


def place(mail):
    """Where a mail stands: state, how it was matched, and which case."""
    return mail["state"], mail.get("matched_by", ""), mail.get("aggregate_id", "")


def restart(stage, *environments):
    """Other processes of notify in place of those that run, with an environment each. Leases of before are over."""
    for daemon in stage.running("notify"):
        daemon.stop()
    free_lease(stage)
    return [stage.start("notify", **one) for one in environments or [{}]]


def free_lease(stage):
    """The timer's lease ends, as it would by itself within half a minute; and what failed is tried at once."""
    stage.query("UPDATE notify.timers SET lease_time = '-infinity', attempt = 0 WHERE kind = 'mailbox'")


def test_each_mail_of_many_kinds_is_on_its_case_with_its_text(web, mailbox, server):
    total, maker = count(200, 1000), mail_samples.Maker(SEED)
    chosen, cases = random.Random(SEED), [Case(web, mailbox) for _ in range(6)]
    sent = {}
    for number in range(total):
        case, way = chosen.choice(cases), ("subject", "body", "reply", "sender", "nobody")[number % 5]
        sender = f"Anna Berg <{case.address if way == 'sender' else make_name('x') + '@elsewhere.example'}>"
        kind, data = maker.make(sender, f"Re: {case.reference}" if way == "subject" else "My machine", case.reference if way == "body" else "",
                                {"In-Reply-To": case.mail["Message-ID"]} if way == "reply" else {})
        server.deliver(data)
        expected = {"subject": ("MATCHED", "REFERENCE", case.claim_id), "body": ("MATCHED", "REFERENCE", case.claim_id),
                    "reply": ("MATCHED", "REPLY", case.claim_id), "sender": ("MATCHED", "SENDER", case.claim_id),
                    "nobody": ("UNMATCHED", "", "")}[way]
        sent[re.search(rb"Message-ID: <(.*?)>", data)[1].decode()] = (kind, data, expected)
    wait_until(lambda: server.count() == 0, "all were taken", 240)
    listed = {one["message_id_header"]: one for one in read_all(web, "/v1/mails?page_size=500", "mails", AGENT)[0]}
    for message_id, (kind, data, expected) in sent.items():
        mail = web.get(f"/v1/mails/{listed[message_id]['mail_id']}", AGENT).json
        text, names = mail_samples.read(data)
        assert mail_samples.even(mail.get("text", "")) == mail_samples.even(text), (kind, data)
        assert [one["file_name"] for one in mail.get("attachments", [])] == names, (kind, data)
        assert place(mail) == expected, (kind, data)
        assert mail["sender"].startswith("Anna Berg <") and "reason" not in mail, (kind, mail)
        for one in mail.get("attachments", []):
            is_taken = one["media_type"] in ("image/png", "application/pdf")
            assert ("document_id" in one, one.get("reason", "")) == (is_taken, "" if is_taken else "TYPE_REFUSED"), one


def test_a_file_that_came_with_a_mail_is_a_document(web, mailbox, server):
    case = Case(web, mailbox)
    data = mail_samples.PNG + random.Random(SEED).randbytes(300 * 1024)
    message = mail_samples.EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = case.address, case.reference, f"<{make_name('m')}@customer.example>"
    message.set_content("See the photo.")
    message.add_attachment(data, "image", "jpg", filename="wrong.jpg")  # it is none
    message.add_attachment(data, "application", "octet-stream", filename="Foto.png")
    message.add_attachment(mail_samples.PNG + bytes(10 * MIB), "image", "png", filename="large.png")
    message.add_attachment(b"", "image", "png", filename="empty.png")
    message.add_attachment(b"MZ", "application", "x-msdownload", filename="a.exe")
    server.deliver(message.as_bytes(policy=message.policy.clone(linesep=CRLF)))
    mail = kept(web, message["Message-ID"].strip("<>"))
    assert place(mail) == ("MATCHED", "REFERENCE", case.claim_id)
    assert [one.get("reason", "") for one in mail["attachments"]] == ["TYPE_REFUSED", "", "TOO_LARGE", "EMPTY", "TYPE_REFUSED"]
    assert [one["size_bytes"] for one in mail["attachments"]] == [len(data), len(data), 10 * MIB + 8, 0, 2]
    answer = web.get(f"/v1/documents/{mail['attachments'][1]['document_id']}/content", AGENT)
    assert (answer.status, answer.body, answer.headers["content-type"]) == (200, data, "image/png")


def test_who_has_several_open_cases_is_left_to_a_person(web, mailbox, server):
    first = Case(web, mailbox)
    second = Case(web, mailbox, first.address)
    assert place(kept(web, deliver(server, first.address))) == ("UNMATCHED", "", "")
    claims.do(web, second.claim, "withdraw", AGENT)
    assert place(kept(web, deliver(server, first.address.upper()))) == ("MATCHED", "SENDER", first.claim_id)
    both = kept(web, deliver(server, "x@elsewhere.example", f"{first.reference} and {second.reference}"))
    assert place(both) == ("UNMATCHED", "", "")
    answer = web.post(f"/v1/mails/{both['mail_id']}:assign", AGENT, {"aggregate_type": "claim", "aggregate_id": second.claim_id})
    assert (answer.status, place(answer.json)) == (200, ("MATCHED", "PERSON", second.claim_id))
    again = deliver(server, "x@elsewhere.example", "Re: both", In_Reply_To=f"<{both['message_id_header']}>")
    assert place(kept(web, again)) == ("MATCHED", "REPLY", second.claim_id)


def test_a_mail_is_told_as_an_event_without_what_it_says(stage, web, mailbox, server):
    case = Case(web, mailbox)
    mail = kept(web, deliver(server, case.address, f"secret words {case.reference}"))
    type_, version, payload = wait_until(lambda: stage.query(
        "SELECT type, aggregate_version, payload FROM events.log WHERE aggregate_type = 'mail' AND aggregate_id = %s", mail["mail_id"]), "it was told")[0]
    assert (type_, version) == ("notify.v1.MailReceived", 1)
    assert case.claim_id.encode() in bytes(payload) and b"secret" not in bytes(payload) and b"@" not in bytes(payload)


def test_what_is_too_large_or_broken_is_for_people_and_holds_nothing_up(web, server):
    large = deliver(server, "big@customer.example", "A film", "x" * 998 + (CRLF + "x" * 998) * (26 * MIB // 1000))
    server.deliver(b"\x00\xff\xfe no mail at all \r\n\r\n\x80")
    server.deliver(b"")
    nameless = deliver(server, "nameless@customer.example", "No identity", Message_ID=None)
    small = deliver(server, "small@customer.example")
    assert nameless == "" and kept(web, small)["state"] == "UNMATCHED"
    wait_until(lambda: server.count() == 0, "all were taken")
    mail = kept(web, large)
    assert (mail["state"], mail["reason"], mail["subject"], mail["sender"]) == ("UNMATCHED", "TOO_LARGE", "A film", "big@customer.example")
    mails = read_all(web, "/v1/mails?page_size=500", "mails", AGENT)[0]
    assert [one["state"] for one in mails if one.get("subject") == "No identity"] == ["UNMATCHED"]
    assert len([one for one in mails if one["message_id_header"].startswith("sha256:")]) == 3


def report(message_id, action="failed", status="5.1.1"):
    """A report as another mail server writes it (RFC 3464)."""
    return "\r\n".join([
        "From: MAILER-DAEMON@mx.example", "To: service@shop.example", "Subject: Undelivered mail", f"Message-ID: <{make_name('dsn')}@mx.example>",
        "Auto-Submitted: auto-replied", "MIME-Version: 1.0", 'Content-Type: multipart/report; report-type=delivery-status; boundary="b"', "",
        "--b", "Content-Type: text/plain", "", "I could not deliver it.", "--b", "Content-Type: message/delivery-status", "",
        "Reporting-MTA: dns; mx.example", "", "Final-Recipient: rfc822; anna@customer.example", f"Action: {action}", f"Status: {status}", "",
        "--b", "Content-Type: text/rfc822-headers", "", f"Message-ID: {message_id}", "Subject: Ours", "", "--b--", ""]).encode()


def test_a_mail_of_ours_that_bounces_is_dead(web, mailbox, server):
    case = Case(web, mailbox)
    message_id = case.mail["Message-ID"].strip("<>").partition("@")[0]
    wait_until(lambda: web.get(f"/v1/messages/{message_id}", AGENT).json["state"] == "SENT", "it was sent")
    server.deliver(report(case.mail["Message-ID"], "delayed", "4.2.2"))
    wait_until(lambda: server.count() == 0, "it was taken")
    assert web.get(f"/v1/messages/{message_id}", AGENT).json["state"] == "SENT"
    server.deliver(report(case.mail["Message-ID"]))
    message = wait_until(lambda: (found := web.get(f"/v1/messages/{message_id}", AGENT).json)["state"] == "DEAD" and found, "it is dead")
    assert message["reason"] == "BOUNCED"
    bounces = read_all(web, f"/v1/mails?page_size=500&aggregate_type=claim&aggregate_id={case.claim_id}", "mails", AGENT)[0]
    assert [(one["state"], one["reason"], one["matched_by"]) for one in bounces] == [
        ("BOUNCE", "failed 5.1.1", "REPLY"), ("BOUNCE", "delayed 4.2.2", "REPLY")]


def test_each_notice_of_a_case_has_its_reference():
    for notice in map(notices.shipped, notices.names()):
        assert notice["category"] != "CASE" or all("{reference}" in text["body"] for text in notice["texts"]), notice["notice_id"]


class Robot:
    """Answers each mail that it gets, at once and for ever."""

    def __init__(self, mailbox, server, **headers):
        self.address, self.mailbox, self.server, self.headers = f"{make_name('robot')}@customer.example", mailbox, server, headers
        self.answers = []

    def answer(self):
        """Answers what it has not answered yet."""
        for mail in self.mailbox.to(self.address)[len(self.answers):]:
            self.answers.append(deliver(self.server, self.address, f"Re: {mail['Subject']}", "I am away.\r\n", In_Reply_To=mail["Message-ID"],
                                        **self.headers))


@pytest.mark.parametrize("headers", [{}, {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Loop": "robot@customer.example"}])
def test_two_machines_that_answer_each_other_end_after_one_round(stage, web, mailbox, server, headers):
    if web.get("/v1/notices/mail_received", AGENT).status == 404:
        assert web.post("/v1/notices", MANAGER, {"notice": notices.shipped("mail_received")}).status == 201
    robot = Robot(mailbox, server, **headers)
    first = deliver(server, f"Click http://evil.example <{robot.address}>")
    answer, = mailbox.wait_for(robot.address)
    assert answer["Auto-Submitted"] and "evil" not in str(answer)
    robot.answer()
    assert kept(web, robot.answers[0])["state"] == ("AUTOMATIC" if headers else "UNMATCHED")
    notices.settle(stage)
    assert len(mailbox.to(robot.address)) == 1 and kept(web, first)["state"] == "UNMATCHED"
    assert stage.value("SELECT count(*) FROM notify.messages WHERE state = 'WAITING'") == 0


def test_a_sender_is_told_once_a_day_that_a_mail_has_come(stage, web, mailbox, server):
    case = Case(web, mailbox)
    assert place(kept(web, deliver(server, case.address))) == ("MATCHED", "SENDER", case.claim_id)
    told = mailbox.wait_for(case.address, 2)[-1]
    for hours, expected in ((23, 2), (25, 3)):
        stage.set_clock(hours * HOUR_S)
        assert place(kept(web, deliver(server, case.address, plain(told)[-200:].replace("\n", " ")))) == ("MATCHED", "REFERENCE", case.claim_id)
        mailbox.wait_for(case.address, expected)
        notices.settle(stage)
        assert len(mailbox.to(case.address)) == expected
    stage.set_clock(50 * HOUR_S)
    wait_until(lambda: stage.value("SELECT count(*) FROM notify.mail_answers") == 0, "who was told is forgotten")


@pytest.mark.faults
def test_who_is_killed_between_keeping_and_marking_keeps_it_once(stage, web, mailbox, server):
    gate = Gate(server.port, b" STORE ")
    case = Case(web, mailbox)
    daemon, = restart(stage, {"AFTERCARE_NOTIFY_MAILBOX_URL": f"imap://127.0.0.1:{gate.port}"})
    message = mail_samples.EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = case.address, case.reference, f"<{make_name('m')}@customer.example>"
    message.set_content("See the photo.")
    message.add_attachment(mail_samples.PNG + b"1", "image", "png", filename="a.png")
    server.deliver(message.as_bytes(policy=message.policy.clone(linesep=CRLF)))
    assert gate.is_held.wait(60)
    daemon.kill()
    gate.close()
    assert server.count() == 1
    restart(stage)
    wait_until(lambda: server.count() == 0, "it was marked")
    message_id = message["Message-ID"].strip("<>")
    mail = kept(web, message_id)
    assert place(mail) == ("MATCHED", "REFERENCE", case.claim_id)
    assert stage.value("SELECT count(*) FROM notify.mails WHERE message_id = %s", message_id) == 1
    wait_until(lambda: stage.value("SELECT count(*) FROM events.log WHERE aggregate_id = %s", mail["mail_id"]), "it was told")
    assert stage.value("SELECT count(*) FROM events.log WHERE type = 'documents.v1.DocumentUploaded' AND aggregate_id = %s",
                       mail["attachments"][0]["document_id"]) == 1


@pytest.mark.faults
def test_replicas_share_the_mailbox_and_a_lost_one_is_replaced(stage, web, server):
    daemons = restart(stage, {}, {})
    first = [deliver(server, f"{make_name('a')}@customer.example") for _ in range(30)]
    wait_until(lambda: server.count() < 25, "some were taken")
    daemons[0].kill()
    free_lease(stage)
    second = [deliver(server, f"{make_name('a')}@customer.example") for _ in range(10)]
    wait_until(lambda: server.count() == 0, "all were taken")
    for message_id in first + second:
        assert kept(web, message_id)["state"] == "UNMATCHED"
    assert stage.value("SELECT count(*) FROM notify.mails WHERE message_id = ANY (%s)", first + second) == 40
    assert stage.value("SELECT count(*) FROM notify.timers WHERE kind = 'mailbox'") == 1


@pytest.mark.faults
def test_replicas_that_look_at_once_keep_each_mail_once(stage, web, server):
    daemons = restart(stage, {}, {})
    sent = [deliver(server, f"{make_name('a')}@customer.example") for _ in range(count(60, 600))]

    def is_empty():
        free_lease(stage)  # as if whoever looks had hung: the other looks too
        return server.count() == 0

    wait_until(is_empty, "all were taken")
    for message_id in (sent[0], sent[-1]):
        kept(web, message_id)
    assert stage.value("SELECT count(*) FROM notify.mails WHERE message_id = ANY (%s)", sent) == len(sent)
    told = "SELECT count(*) FROM events.log l JOIN notify.mails m ON l.aggregate_id = m.mail_id::text WHERE m.message_id = ANY (%s)"
    wait_until(lambda: stage.value(told, sent) == len(sent), "each was told once")
    assert sum(daemon.metric("aftercare_mailbox_mail_total") for daemon in daemons) >= len(sent)


def look(stage, reason):
    """What /status says of the mailbox, once its last look went so."""
    daemon, = stage.running("notify")
    return wait_until(lambda: (said := daemon.status()["mailbox"])["look_time_ms"] and said["reason"] == reason and said, f"the look ended with {reason!r}")


@pytest.mark.faults
def test_a_server_that_is_not_trusted_is_not_spoken_to(stage, web, server):
    other, plainly = make_certificate(server.folder, "other"), {"AFTERCARE_NOTIFY_MAILBOX_IS_PLAIN": "no"}
    for daemon in stage.running("notify"):  # it trusts what it speaks to without TLS
        daemon.stop()
    message_id = deliver(server, f"{make_name('a')}@customer.example")
    for url in (f"imaps://127.0.0.1:{server.tls_port}", f"imap://127.0.0.1:{server.port}"):
        restart(stage, plainly | {"AFTERCARE_NOTIFY_MAILBOX_URL": url, "AFTERCARE_NOTIFY_MAILBOX_CA_FILE": str(other)})
        assert "certificate" in look(stage, "TLS_FAILED")["message"]
        assert server.count() == 1
    gate = Gate(server.port, b"nothing is held", strip=b"STARTTLS")
    restart(stage, plainly | {"AFTERCARE_NOTIFY_MAILBOX_URL": f"imap://127.0.0.1:{gate.port}", "AFTERCARE_NOTIFY_MAILBOX_CA_FILE": str(server.certificate)})
    look(stage, "TLS_FAILED")
    gate.close()
    for url in (f"imaps://127.0.0.1:{server.tls_port}", f"imap://127.0.0.1:{server.port}"):
        restart(stage, plainly | {"AFTERCARE_NOTIFY_MAILBOX_URL": url, "AFTERCARE_NOTIFY_MAILBOX_CA_FILE": str(server.certificate)})
        assert look(stage, "")["state"] == "OK"
    assert kept(web, message_id)["state"] == "UNMATCHED"


@pytest.mark.faults
def test_a_wrong_password_is_said_and_a_mail_that_is_kept_can_be_moved(stage, web, server):
    wrong = server.folder / "wrong"
    wrong.write_text("not it\n", encoding="ascii")
    restart(stage, {"AFTERCARE_NOTIFY_MAILBOX_PASSWORD_FILE": str(wrong)})
    look(stage, "LOGIN_FAILED")
    with server.look() as client:
        client.create("Done")
    restart(stage, {"AFTERCARE_NOTIFY_MAILBOX_DONE_FOLDER": "Done"})
    before = server.count("ALL")
    kept(web, deliver(server, f"{make_name('a')}@customer.example"))
    wait_until(lambda: server.count("ALL") == before, "it was moved")


@pytest.mark.faults
def test_a_server_that_sends_more_than_it_said_gets_no_memory_for_it(stage):
    liar = Liar()
    daemon, = restart(stage, {"AFTERCARE_NOTIFY_MAILBOX_URL": f"imap://127.0.0.1:{liar.port}"})
    assert "more than it was asked for" in look(stage, "MAILBOX_TOO_MUCH")["message"]
    assert daemon.is_ready()
    liar.close()


@pytest.mark.faults
@pytest.mark.parametrize("answers, reason", [
    ({b"BODY.PEEK[": b'* 1 FETCH (UID 1 BODY[]<0> "Subject: quoted")\r\n'}, "MAIL_NOT_SENT"),
    ({b"BODY.PEEK[": b"* 1 FETCH (UID 1 BODY[]<0> NIL)\r\n"}, "MAIL_NOT_SENT"),
    ({b"BODY.PEEK[": b"* 1 EXPUNGE\r\n"}, ""),  # somebody moved it between two commands
    ({b"UID SEARCH": b"* SEARCH 1\0 2\r\n"}, "MAILBOX_GARBLED")])
def test_a_mail_that_does_not_come_is_neither_kept_nor_marked(stage, answers, reason):
    liar, mails = Liar(answers), "SELECT count(*) FROM notify.mails"
    before = stage.value(mails)
    daemon, = restart(stage, {"AFTERCARE_NOTIFY_MAILBOX_URL": f"imap://127.0.0.1:{liar.port}"})
    said = look(stage, reason)
    word, = answers
    for _ in range(3):  # the third time only its head is asked for
        seen = sum(word in command for command in liar.heard)
        wait_until(lambda: free_lease(stage) or sum(word in command for command in liar.heard) > seen, "it is asked again")
    wait_until(lambda: daemon.status()["mailbox"]["look_time_ms"] > said["look_time_ms"], "a later look ended")
    assert stage.value(mails) == before
    assert not any(b"STORE" in command or b"MOVE" in command for command in liar.heard)
    assert daemon.is_ready()
    liar.close()


@pytest.mark.faults
def test_a_mail_whose_files_cannot_be_kept_waits_and_holds_no_other_up(stage, web, server):
    restart(stage)
    stage.only("documents").stop()
    message = mail_samples.EmailMessage()
    message["From"], message["Subject"], message["Message-ID"] = f"{make_name('a')}@customer.example", "A photo", f"<{make_name('m')}@customer.example>"
    message.set_content("See the photo.")
    message.add_attachment(mail_samples.PNG + b"2", "image", "png", filename="a.png")
    server.deliver(message.as_bytes(policy=message.policy.clone(linesep=CRLF)))
    for _ in range(4):
        assert kept(web, deliver(server, f"{make_name('a')}@customer.example"))["state"] == "UNMATCHED"
        wait_until(lambda: stage.value("SELECT attempt FROM notify.timers WHERE kind = 'mailbox'") > 0, "a look failed")
        free_lease(stage)
    assert server.count() == 1
    stage.start("documents")
    free_lease(stage)
    mail = kept(web, message["Message-ID"].strip("<>"))
    assert "document_id" in mail["attachments"][0] and "reason" not in mail and mail["text"].strip() == "See the photo."
