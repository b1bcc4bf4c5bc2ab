"""Who may call what, of the methods by which people and other systems are told, and answer (access.py says how)."""
# SPDX-License-Identifier: Apache-2.0
import uuid

import pytest

import access
import notices
import survey_world
from access import OWNER
from claims import MANAGER
from mailbox import Mailbox
from notices import ADMINISTRATOR, AGENT
from receiver import Receiver
from stage import wait_until
from world import make_name

STAGE = {
    "documents": 1, "events": 1, "policy": 1, "surveys": 1,
    "AFTERCARE_TEST_CLOCK": "the stage's",
    "AFTERCARE_NOTIFY_COLLECT": "0ms",
    "AFTERCARE_NOTIFY_MIN_GAP": "0ms",
    "AFTERCARE_NOTIFY_WEBHOOK_IS_HTTP_FINE": "yes",
    "AFTERCARE_NOTIFY_WEBHOOK_IS_PRIVATE_FINE": "yes",
}
BATCH = 10  # invitations that are made at once: they take two days
NEVER_SAID = "warranty.v1.RecallClosed"
TEMPLATE = survey_world.TEMPLATE | {"is_enabled": False}
ACTION = {"title": "Seals leak."}
PLAN = {"plan": "New seals.", "owner_id": "tim", "due_date": "2090-01-01", "check_date": "2090-01-02"}
ADD_MAIL = """INSERT INTO notify.mails (mail_id, message_id, person_id, sender, subject, body, state, receive_time)
              VALUES (%s, %s, %s, 'Ada <ada@example.org>', 'Hello', 'It leaks.', 'UNMATCHED', now())"""


class Things:
    """One of each; new for each call that uses them up."""

    def __init__(self, stage, web, receiver):
        self.stage, self.web, self.receiver = stage, web, receiver
        self.invited = []
        self.notice_id = self.new_notice(is_enabled=True)
        self.post("/v1/survey_templates", {"template": survey_world.TEMPLATE}, 201)
        self.template_id = survey_world.TEMPLATE["template_id"]
        self.message_id = self.get(self.told_of(survey_world.close_claim(web)))["messages"][0]["message_id"]
        self.webhook_id = self.new_webhook("/taken")
        self.delivery_id = self.try_webhook(self.webhook_id)
        self.loop_id = self.new_loop()
        self.action_id = self.new_action()

    def post(self, path, body=None, status=200, caller=MANAGER):
        """What was answered, which must have this status."""
        answer = self.web.post(path, caller, body or {})
        assert answer.status == status, answer
        return answer.json

    def get(self, path, caller=ADMINISTRATOR):
        """What is there."""
        answer = self.web.get(path, caller)
        assert answer.status == 200, answer
        return answer.json

    def wait(self, path, state):
        """Waits until what is there has a state."""
        wait_until(lambda: self.get(path)["state"] == state, f"{path} is {state}")

    # ---- notify ----

    @staticmethod
    def notice(is_enabled=False):
        """A notice that is to be."""
        return notices.shipped("claim_settled") | {"notice_id": f"n_{uuid.uuid4().hex}", "is_enabled": is_enabled}

    def new_notice(self, is_enabled=False):
        """The code of a new notice."""
        return self.post("/v1/notices", {"notice": self.notice(is_enabled)}, 201)["notice_id"]

    def told_of(self, claim_id):
        """The list of messages about a claim, once there is one."""
        path = f"/v1/messages?aggregate_type=claim&aggregate_id={claim_id}"
        wait_until(lambda: self.get(path)["messages"], "there is a message")
        return path

    def sent(self):
        """A message that was sent."""
        self.wait(f"/v1/messages/{self.message_id}", "SENT")
        return self.message_id

    def person(self, is_out=False):
        """Somebody whom nobody knows, who wants no surveys."""
        person_id = f"p-{uuid.uuid4().hex}"
        if is_out:
            self.post(f"/v1/people/{person_id}:opt_out", {"category": "SURVEY"})
        return person_id

    def new_webhook(self, path=None):
        """The identity of a new webhook, which is tried by itself only."""
        return self.receiver.subscribe(self.web, ADMINISTRATOR, path or f"/{uuid.uuid4().hex}", NEVER_SAID)["webhook_id"]

    def try_webhook(self, webhook_id):
        """The identity of a delivery."""
        return self.post(f"/v1/webhooks/{webhook_id}:test", caller=ADMINISTRATOR)["delivery_id"]

    def disabled(self):
        """The identity of a webhook that is gone."""
        path = f"/{uuid.uuid4().hex}"
        self.receiver.answers[path] = 410
        webhook_id = self.new_webhook(path)
        self.try_webhook(webhook_id)
        self.wait(f"/v1/webhooks/{webhook_id}", "DISABLED")
        return webhook_id

    def delivered(self):
        """A delivery that was taken."""
        self.wait(f"/v1/deliveries/{self.delivery_id}", "DELIVERED")
        return self.delivery_id

    def mail(self):
        """The identity of a mail that belongs nowhere, as if it had been read from a mailbox."""
        mail_id = str(uuid.uuid4())
        self.stage.query(ADD_MAIL, mail_id, f"<{mail_id}@example.org>", self.person())
        return mail_id

    # ---- surveys ----

    def invitation(self):
        """The identity of an invitation that was sent, and not answered."""
        if not self.invited:
            made = [survey_world.invitation_of(self.web, claim_id)
                    for claim_id in [survey_world.close_claim(self.web) for _ in range(BATCH)]]
            survey_world.pass_days(self.stage, 2)
            self.invited = [survey_world.wait_state(self.web, one, "SENT")["invitation_id"] for one in made]
        return self.invited[-1]

    def answerable(self):
        """The same, where it may be used up by who may."""
        invitation_id = self.invitation()
        if self.get(f"/v1/invitations/{invitation_id}")["state"] == "SENT":
            return invitation_id
        self.invited.pop()
        return self.answerable()

    def new_loop(self, is_contacted=False):
        """The identity of a loop."""
        invitation_id = self.answerable()
        self.post(f"/v1/invitations/{invitation_id}:answer", self.answers(0))
        loops = self.get("/v1/survey_loops?state=OPEN&page_size=500")["loops"]
        [loop_id] = [one["loop_id"] for one in loops if one["invitation_id"] == invitation_id]
        if is_contacted:
            self.post(f"/v1/survey_loops/{loop_id}:contact", {"note": "I called."})
        return loop_id

    @staticmethod
    def answers(recommend=10):
        """What somebody answers."""
        return {"answers": [{"question_id": "recommend", "number": recommend}, {"question_id": "satisfaction", "number": 5}]}

    def new_action(self, state="OPEN"):
        """The identity of a corrective action."""
        action_id = self.post("/v1/corrective_actions", {"action": ACTION}, 201)["action_id"]
        path = f"/v1/corrective_actions/{action_id}"
        if state != "OPEN":
            self.post(f"{path}:plan", PLAN)
        if state == "DONE":
            self.post(f"{path}:complete")
        return action_id


# For each method: (path, body) of a call, and its media type where that is not JSON.
FORM = "application/x-www-form-urlencoded"
CALLS = {
    "CreateNotice": lambda it: ("/v1/notices", {"notice": it.notice()}),
    "GetNotice": lambda it: (f"/v1/notices/{it.notice_id}", None),
    "ListNotices": lambda it: ("/v1/notices?page_size=1", None),
    "UpdateNotice": lambda it: (f"/v1/notices/{it.notice_id}", {"notice": it.notice(True) | {"notice_id": it.notice_id}}),
    "DeleteNotice": lambda it: (f"/v1/notices/{it.new_notice()}", None),
    "PreviewNotice": lambda it: (f"/v1/notices/{it.notice_id}:preview", {}),
    "GetMessage": lambda it: (f"/v1/messages/{it.message_id}", None),
    "ListMessages": lambda it: ("/v1/messages?page_size=1", None),
    "ReplayMessage": lambda it: (f"/v1/messages/{it.sent()}:replay", {}),
    "GetOptOuts": lambda it: (f"/v1/people/{it.person()}/opt_outs", None),
    "OptOut": lambda it: (f"/v1/people/{it.person()}:opt_out", {"category": "SURVEY"}),
    "OptIn": lambda it: (f"/v1/people/{it.person(is_out=True)}:opt_in", {"category": "SURVEY"}),
    "GetUnsubscribePage": lambda it: (f"/unsubscribe/{it.person()}/SURVEY/en", None),
    "PostUnsubscribePage": lambda it: (f"/unsubscribe/{it.person()}/SURVEY/en", b"", FORM),
    "CreateWebhook": lambda it: ("/v1/webhooks", {"url": it.receiver.url, "types": [NEVER_SAID]}),
    "GetWebhook": lambda it: (f"/v1/webhooks/{it.webhook_id}", None),
    "ListWebhooks": lambda it: ("/v1/webhooks?page_size=1", None),
    "DeleteWebhook": lambda it: (f"/v1/webhooks/{it.new_webhook()}", None),
    "EnableWebhook": lambda it: (f"/v1/webhooks/{it.disabled()}:enable", {}),
    "RotateWebhookSecret": lambda it: (f"/v1/webhooks/{it.new_webhook()}:rotate_secret", {}),
    "TestWebhook": lambda it: (f"/v1/webhooks/{it.webhook_id}:test", {}),
    "GetDelivery": lambda it: (f"/v1/deliveries/{it.delivery_id}", None),
    "ListDeliveries": lambda it: ("/v1/deliveries?page_size=1", None),
    "ReplayDelivery": lambda it: (f"/v1/deliveries/{it.delivered()}:replay", {}),
    "GetMail": lambda it: (f"/v1/mails/{it.mail()}", None),
    "ListMails": lambda it: ("/v1/mails?page_size=1", None),
    "AssignMail": lambda it: (f"/v1/mails/{it.mail()}:assign", {"aggregate_type": "claim", "aggregate_id": str(uuid.uuid4())}),
    "DismissMail": lambda it: (f"/v1/mails/{it.mail()}:dismiss", {}),
    "CreateTemplate": lambda it: ("/v1/survey_templates", {"template": TEMPLATE | {"template_id": make_name("t")}}),
    "GetTemplate": lambda it: (f"/v1/survey_templates/{it.template_id}", None),
    "ListTemplates": lambda it: ("/v1/survey_templates?page_size=1", None),
    "UpdateTemplate": lambda it: (f"/v1/survey_templates/{it.template_id}", {"template": survey_world.TEMPLATE}),
    "GetInvitation": lambda it: (f"/v1/invitations/{it.invitation()}", None),
    "ListInvitations": lambda it: ("/v1/invitations?page_size=1", None),
    "AnswerInvitation": lambda it: (f"/v1/invitations/{it.answerable()}:answer", it.answers()),
    "DismissInvitation": lambda it: (f"/v1/invitations/{it.answerable()}:dismiss", {}),
    "GetSurveyPage": lambda it: (f"/survey/{it.invitation()}", None),
    "PostSurveyPage": lambda it: (f"/survey/{it.answerable()}", b"recommend=9&satisfaction=5", FORM),
    "GetLoop": lambda it: (f"/v1/survey_loops/{it.loop_id}", None),
    "ListLoops": lambda it: ("/v1/survey_loops?page_size=1", None),
    "AssignLoop": lambda it: (f"/v1/survey_loops/{it.loop_id}:assign", {"assignee_id": "desk"}),
    "RecordContact": lambda it: (f"/v1/survey_loops/{it.new_loop()}:contact", {"note": "I called."}),
    "CloseLoop": lambda it: (f"/v1/survey_loops/{it.new_loop(is_contacted=True)}:close", {"is_recovered": True}),
    "CreateAction": lambda it: ("/v1/corrective_actions", {"action": ACTION}),
    "GetAction": lambda it: (f"/v1/corrective_actions/{it.action_id}", None),
    "ListActions": lambda it: ("/v1/corrective_actions?page_size=1", None),
    "PlanAction": lambda it: (f"/v1/corrective_actions/{it.action_id}:plan", PLAN),
    "CompleteAction": lambda it: (f"/v1/corrective_actions/{it.new_action('PLANNED')}:complete", {}),
    "VerifyAction": lambda it: (f"/v1/corrective_actions/{it.new_action('DONE')}:verify", {"is_effective": True, "finding": "None leaks."}),
    "GetResults": lambda it: (f"/v1/survey_results?template_id={it.template_id}", None),
}
METHODS = access.methods("MESSAGES")


@pytest.fixture(scope="module")
def things(stage, web):
    """Things, and the servers that they need."""
    mailbox, receiver = Mailbox(), Receiver()
    stage.start("notify", **mailbox.environment())
    yield Things(stage, web, receiver)
    mailbox.close()
    receiver.close()


def test_the_matrix_knows_every_method():
    assert set(CALLS) == set(METHODS)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_lets_in_exactly_the_roles_it_names(web, stage, things, name):
    assert not access.find_wrong(web, stage, METHODS[name], lambda: CALLS[name](things))


def test_what_was_answered_cannot_be_seen_by_a_customer(web, things):
    for path in (f"/v1/messages/{things.message_id}", f"/v1/invitations/{things.invitation()}", f"/v1/mails/{things.mail()}"):
        assert web.get(path, f"customer:{OWNER}").status == 403
        assert web.get(path, AGENT).status == 200
