"""Ways of asking that a policy adds to those it is shipped with: each leads to its own address, and answers come by those it names."""
# SPDX-License-Identifier: Apache-2.0
import pytest

import drafts
import first_policy
import survey_world
from stage import wait_until
from survey_world import answer_by_phone, close_claim, contact_of, invitation_of, pass_days, read
from tokens import make_link
from world import make_name

STAGE = survey_world.STAGE
METHODS = "methods: [email, online_form, phone]\n"
PHONE = "+49301234567"


@pytest.fixture(autouse=True, scope="module")
def installation(stage):
    """Daemons and a survey; nobody who writes, so that an invitation stays sent."""
    survey_world.start(stage)


def invite(stage, web, **contact):
    """The invitation of somebody who has a phone and a mailbox, once it was sent or was not."""
    contact = {"name": "Ada", "email": f"{make_name('a')}@example.org", "phone": PHONE, "language": "en"} | contact
    invitation = invitation_of(web, close_claim(web, contact=contact))
    pass_days(stage, 2)
    wait_until(lambda: read(web, invitation)["state"] != "SCHEDULED", "its time has come")
    return read(web, invitation)


def put_in_force(stage, web, methods):
    """Has customers asked by ways of which the policy has codes for two more than it is shipped with."""
    count = stage.value("SELECT count(*) FROM surveys.policies")
    text = drafts.change(first_policy.pack(), METHODS, f"methods: {methods}\n")
    text = drafts.change(text, "codes:", "codes:\n  contact_channel: [sms, push]")
    text = drafts.change(text, "contact_channel: {phone: telephone,", "contact_channel: {sms: text message, push: push message, phone: telephone,")
    text = drafts.change(text, "contact_channel: {phone: Telefon,", "contact_channel: {sms: SMS, push: Mitteilung, phone: Telefon,")
    made = drafts.make_draft(web, text)
    answer = drafts.publish(web, made["policy_id"], drafts.in_days(stage, 5))
    assert answer.status == 200, answer
    pass_days(stage, 1)
    wait_until(lambda: stage.value("SELECT count(*) FROM surveys.policies") == count + 1, "surveys has the version")
    pass_days(stage, 5)


def answer_by_link(stage, web, invitation):
    """What the company's own form is told, which has a link for this."""
    path = f"/v1/invitations/{invitation['invitation_id']}:answer"
    link = make_link(stage.installation_key, "surveys.v1.SurveysService/AnswerInvitation", invitation["invitation_id"])
    answers = [{"question_id": "recommend", "number": 9}, {"question_id": "satisfaction", "number": 5}]
    return web.post(f"{path}?link={link}", None, {"answers": answers})


def test_ways_that_a_policy_adds_lead_to_their_own_address_alone(stage, web):
    put_in_force(stage, web, "[sms, online_form]")
    asked = invite(stage, web, push_token="telephone-1")
    contact = contact_of(stage, asked).contact
    assert (asked["state"], contact.email, contact.phone, contact.push_token) == ("SENT", "", PHONE, "")
    assert answer_by_phone(web, asked, expect=409)["reason"] == "METHOD_NOT_OFFERED"
    answered = answer_by_link(stage, web, asked)
    assert (answered.status, answered.json["channel"]) == (200, "ONLINE_FORM"), answered

    put_in_force(stage, web, "[push]")
    asked = invite(stage, web, push_token="telephone-1")
    contact = contact_of(stage, asked).contact
    assert (asked["state"], contact.email, contact.phone, contact.push_token) == ("SENT", "", "", "telephone-1")
    refused = answer_by_link(stage, web, asked)
    assert (refused.status, refused.reason) == (409, "METHOD_NOT_OFFERED") and '"online_form"' in refused.json["detail"], refused
    unreached = invite(stage, web)
    assert (unreached["state"], unreached["reason"]) == ("NOT_SENT", "NO_METHOD")
