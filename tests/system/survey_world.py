"""Surveys to test with: an installation that asks after closed claims, invitations, and their pages."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import html
import importlib
import json
import re
import shutil
import urllib.parse

import first_policy
import notices
from api import Api
from claims import AGENT, MANAGER, TECHNICIAN, do, file_claim, make_sold, photos, set_now, start_daemons
from mailbox import Mailbox
from stage import wait_until
from wire import ROOT, Caller, envelope, make_principal
from world import LANE_COUNT, LOGGED, make_name

surveys = importlib.import_module("surveys.v1.surveys_pb2")
TEMPLATE = json.loads((ROOT / "deploy" / "surveys" / "after_claim.json").read_text(encoding="utf-8"))
DAY_S = 86400
STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "warranty": 0, "gateway": 0, "events": 1}
MAIL_STAGE = STAGE | {
    "AFTERCARE_NOTIFY_COLLECT": "0ms",
    "AFTERCARE_NOTIFY_MIN_GAP": "0ms",
    "AFTERCARE_NOTIFY_PUBLIC_URL": "https://service.shop.example",
}


def changed_policy(folder, old, new):
    """The main file of the default policy in a folder, with a text replaced that must be there once."""
    shutil.copy(first_policy.MAIN.with_name("default.de.yaml"), folder)
    text = first_policy.MAIN.read_text(encoding="utf-8")
    assert text.count(old) == 1, old
    (folder / "default.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return folder / "default.yaml"


def start(stage, now="2026-03-02T10:00+01:00", policy=first_policy.MAIN):
    """All daemons, and the survey that an installation begins with."""
    set_now(stage, now)
    start_daemons(stage, publish=lambda: first_policy.publish_first(Api(f"http://127.0.0.1:{stage.port}", stage.cluster.keys), policy))
    stage.start("surveys")
    add(stage.web(), "/v1/survey_templates", {"template": TEMPLATE})


@contextlib.contextmanager
def by_mail(stage, web, notice_names, policy=first_policy.MAIN):
    """An installation that asks by mail, with these notices; and the mail server."""
    made = Mailbox()
    stage.environment |= made.environment()
    start(stage, "2026-03-02T12:00+01:00", policy)
    stage.start("notify")
    add_notices(web, notice_names)
    yield made
    made.close()


def add(web, path, body):
    """Something new, once the gateway has found who keeps it."""
    made = wait_until(lambda: (answer := web.post(path, MANAGER, body)).status != 503 and answer, f"{path} is found")
    assert made.status == 201, made


def add_notices(web, names):
    """Notices as they are shipped."""
    for name in names:
        add(web, "/v1/notices", {"notice": notices.shipped(name)})


def settle(stage):
    """Waits until surveys has heard all that was said so far."""
    wait_until(lambda: stage.value(LOGGED), "the log has every event")
    last = stage.value("SELECT position FROM events.relay")

    def is_settled():
        said = [daemon.status()["consumer_trigger"] for daemon in stage.running("surveys")]
        return (sum(len(one["lanes"]) for one in said) == LANE_COUNT
                and all(one["position"] >= last for one in said if one["lanes"]))

    wait_until(is_settled, "surveys has heard every event")


def pass_days(stage, days):
    """Lets business time go on."""
    stage.set_clock(int(stage.clock.read_text(encoding="ascii")) + round(days * DAY_S))


def close_claim(web, person=None, language="de", with_contact=True, contact=None):
    """The claim_id of a claim that was settled and closed."""
    person = person or make_name("person")
    serial = make_sold(web, delivery_date="2026-01-15", owner_id=person, price_paid={"minor": 5900, "currency_code": "EUR"})
    contact = contact or {"name": "Ada", "email": f"{person}@example.org", "language": language}
    contact = {"contact": contact} if with_contact else {}
    claim = file_claim(web, serial, documents=photos(web), **contact)
    assert claim["state"] == "APPROVED", claim
    do(web, claim, "fulfil", TECHNICIAN, fulfilment={"remedy": "REPAIR"})
    do(web, claim, "settle")
    do(web, claim, "close")
    return claim["claim_id"]


def invitation_of(web, claim_id):
    """The invitation that a closed claim has made."""
    path = f"/v1/invitations?aggregate_type=claim&aggregate_id={claim_id}"
    return wait_until(lambda: web.get(path, AGENT).json["invitations"], "the claim has an invitation")[0]


def read(web, invitation):
    """The invitation as it is now."""
    answer = web.get(f"/v1/invitations/{invitation['invitation_id']}", AGENT)
    assert answer.status == 200, answer
    return answer.json


def wait_state(web, invitation, state):
    """Waits until it stands there."""
    return wait_until(lambda: (now := read(web, invitation))["state"] == state and now, f"the invitation is {state}")


def invite(stage, web, **options):
    """An invitation that was sent."""
    invitation = invitation_of(web, close_claim(web, **options))
    assert invitation["state"] == "SCHEDULED", invitation
    pass_days(stage, 2)
    return wait_state(web, invitation, "SENT")


def contact_of(stage, invitation):
    """Contact and link, as a daemon that writes to people is told."""
    [path] = stage.bus_folder.glob("surveys-*.sock")
    notify = make_principal(envelope.Principal.DAEMON, "system:notify", ["system"])
    request = surveys.GetInvitationContactRequest(aggregate_id=invitation["invitation_id"])
    with Caller(path, stage.installation_key) as caller:
        reply = caller.ask("", request, notify, method="surveys.v1.SurveysService/GetInvitationContact")
    assert reply.code == 0, reply
    return surveys.GetInvitationContactResponse.FromString(reply.body)


def open_page(stage, web, invitation, language=None):
    """(answer, text) of the page of an invitation."""
    link = contact_of(stage, invitation).link + (f"&language={language}" if language else "")
    answer = web.get(link)
    return answer, answer.body.decode()


def form_of(page):
    """Where a page sends its form, and what it sends without being filled in."""
    action = html.unescape(re.search(r'<form method="post" action="([^"]*)"', page).group(1))
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page))
    return action, hidden


def send_page(web, page, **fields):
    """The answer to a filled form, as a browser without JavaScript sends it."""
    action, hidden = form_of(page)
    body = urllib.parse.urlencode(hidden | fields).encode()
    return web.call("POST", action, body=body, key=None, Content_Type="application/x-www-form-urlencoded")


def answer_by_phone(web, invitation, recommend=10, satisfaction=5, expect=200, **more):
    """The answer to what an agent enters."""
    answers = [{"question_id": "recommend", "number": recommend}, {"question_id": "satisfaction", "number": satisfaction}]
    answers += [{"question_id": name, **value} for name, value in more.items()]
    answer = web.post(f"/v1/invitations/{invitation['invitation_id']}:answer", AGENT, {"answers": answers})
    assert answer.status == expect, answer
    return answer.json
