"""By which ways customers are asked: those that the policy in force names, and no others."""
# SPDX-License-Identifier: Apache-2.0
import re

import pytest

import drafts
import first_policy
import notices
import survey_world
from mailbox import plain
from stage import wait_until
from survey_world import answer_by_phone, close_claim, contact_of, invitation_of, pass_days, read, send_page, surveys, wait_state
from world import make_name

STAGE = survey_world.MAIL_STAGE
METHODS = "methods: [email, online_form, phone]\n"
PHONE = "+49301234567"
PAGE = re.compile(r"https://service\.shop\.example(/survey/\S+)")


@pytest.fixture(autouse=True, scope="module", name="mailbox")
def mailbox_fixture(stage, web, tmp_path_factory):
    """An installation whose policy has customers asked by mail alone, and the mail server."""
    policy = survey_world.changed_policy(tmp_path_factory.mktemp("policy"), METHODS, "methods: [email]\n")
    with survey_world.by_mail(stage, web, ("survey_invitation", "survey_reminder"), policy) as made:
        yield made


@pytest.fixture(scope="module", name="ways")
def ways_fixture():
    """What is known of a customer who can be reached in both ways, and of those who can be in one."""
    both = {"name": "Ada", "email": f"{make_name('a')}@example.org", "phone": PHONE, "language": "en"}
    return {"both": both, "email": both | {"phone": ""}, "phone": both | {"email": ""}}


def invite(stage, web, contact):
    """The invitation of a claim that was closed, once it was sent or was not."""
    invitation = invitation_of(web, close_claim(web, contact={name: value for name, value in contact.items() if value}))
    assert invitation["state"] == "SCHEDULED", invitation
    pass_days(stage, 2)
    wait_until(lambda: read(web, invitation)["state"] != "SCHEDULED", "its time has come")
    return read(web, invitation)


def by_mail_alone(stage, web, mailbox, ways):
    """What a policy that names mails alone makes of three customers; answers who was asked."""
    asked = invite(stage, web, ways["both"])
    assert asked["state"] == "SENT"
    contact = contact_of(stage, asked).contact
    assert (contact.email, contact.phone, contact.push_token) == (ways["both"]["email"], "", "")
    refused = answer_by_phone(web, asked, expect=409)
    assert (refused["reason"], refused["details"]["clause_id"]) == ("METHOD_NOT_OFFERED", "survey.methods")
    assert "survey.methods" in refused["detail"] and read(web, asked) == asked
    unreached = invite(stage, web, ways["phone"])
    assert (unreached["state"], unreached["reason"], unreached["reason_clause_id"]) == ("NOT_SENT", "NO_METHOD", "survey.methods")
    mailbox.wait_for(ways["both"]["email"])
    return asked


def test_only_the_ways_of_the_policy_in_force_are_used(stage, web, mailbox, ways):
    asked = by_mail_alone(stage, web, mailbox, ways)
    address = ways["both"]["email"]
    page = PAGE.search(plain(mailbox.wait_for(address)[0])).group(1)

    by_phone = drafts.make_draft(web, drafts.change(first_policy.pack(), METHODS, "methods: [phone]\n"))
    assert drafts.publish(web, by_phone["policy_id"], drafts.in_days(stage, 5)).status == 200
    pass_days(stage, 1)
    wait_until(lambda: stage.value("SELECT count(*) FROM surveys.policies") == 2, "surveys has the second version")
    pass_days(stage, 5)

    called = invite(stage, web, ways["both"])
    assert called["state"] == "SENT" and contact_of(stage, called).contact.email == ""
    unreached = invite(stage, web, ways["email"])
    assert (unreached["state"], unreached["reason"], unreached["reason_clause_id"]) == ("NOT_SENT", "NO_METHOD", "survey.methods")
    pass_days(stage, 6)
    wait_state(web, asked, "REMINDED")  # they have their page still, but mails are no way any more
    survey_world.settle(stage)
    notices.settle(stage)
    survey_world.settle(stage)
    assert len(mailbox.to(address)) == 1 and wait_state(web, called, "SENT")
    assert answer_by_phone(web, called)["channel"] == "PHONE"
    sent = send_page(web, web.get(page).body.decode(), recommend="9", satisfaction="5")
    assert sent.status == 200 and wait_state(web, asked, "ANSWERED")["channel"] == "EMAIL"


def test_who_is_not_asked_by_the_policy_is_told_with_the_clause(stage, web):
    person = make_name("person")
    first, second = (invitation_of(web, close_claim(web, person=person)) for _ in range(2))
    assert "reason_clause_id" not in first and (second["reason"], second["reason_clause_id"]) == ("COOL_DOWN", "survey.methods")
    said = "SELECT payload FROM events.log WHERE aggregate_id = %s AND type = 'surveys.v1.InvitationSkipped'"
    [[payload]] = wait_until(lambda: stage.query(said, second["invitation_id"]), "the log has it")
    told = surveys.InvitationSkipped.FromString(payload)
    assert (told.reason, told.reason_clause_id) == ("COOL_DOWN", "survey.methods")
