"""From a closed claim to what the answer sets going, by mail; and what becomes of invitations that reach nobody."""
# SPDX-License-Identifier: Apache-2.0
import re
import urllib.parse

import pytest

import notices
import survey_world
from claims import AGENT, MANAGER
from mailbox import plain
from stage import wait_until
from survey_world import answer_by_phone, close_claim, invitation_of, pass_days, read, send_page, wait_state
from world import make_name

STAGE = survey_world.MAIL_STAGE
PUBLIC = re.compile(r"https://service\.shop\.example(/survey/\S+)")


@pytest.fixture(autouse=True, scope="module", name="mailbox")
def mailbox_fixture(stage, web):
    """An installation that asks by mail, and the mail server."""
    with survey_world.by_mail(stage, web, ("survey_invitation", "survey_reminder")) as made:
        yield made


def ask(stage, web, mailbox, **options):
    """(invitation, address, mail) of somebody who was asked."""
    person = make_name("person")
    invitation = invitation_of(web, close_claim(web, person=person, **options))
    pass_days(stage, 2)
    mail = mailbox.wait_for(f"{person}@example.org")[0]
    return wait_state(web, invitation, "SENT"), f"{person}@example.org", mail


def opt(web, invitation, verb):
    """Says that whom an invitation asks wants no surveys, or wants them again."""
    path = f"/v1/people/{urllib.parse.quote(invitation['person_id'], safe='')}:{verb}"
    answer = web.post(path, AGENT, {"category": "SURVEY"})
    assert answer.status == 200, answer


def work_of(web, caller=AGENT, **filters):
    """Items of the worklist that are low scores."""
    query = "&".join(f"{name}={value}" for name, value in filters.items())
    items = web.get(f"/v1/work?page_size=500&{query}", caller).json["items"]
    return {one["resource"]: one for one in items if "/survey_loops/" in one["resource"]}


def test_a_closed_claim_is_asked_about_reminded_of_and_a_low_answer_is_followed_up_until_it_escalates(stage, web, mailbox):
    invitation, address, mail = ask(stage, web, mailbox)
    assert mail["Subject"] == "Wie zufrieden waren Sie mit uns?" and "Guten Tag Ada," in plain(mail)
    pass_days(stage, 15)
    reminder = mailbox.wait_for(address, 2)[1]
    assert reminder["Subject"].startswith("Zur Erinnerung")
    assert wait_state(web, invitation, "REMINDED")
    page = web.get(PUBLIC.search(plain(reminder)).group(1))
    assert page.status == 200 and "Wie zufrieden sind Sie mit uns?" in page.body.decode()
    sent = send_page(web, page.body.decode(), recommend="2", satisfaction="2", ease="6", words="Zu langsam.")
    assert (sent.status, "Vielen Dank" in sent.body.decode()) == (200, True)
    assert web.get(PUBLIC.search(plain(mail)).group(1)).status == 409  # the first mail's link, too
    assert answer_by_phone(web, invitation, expect=409)["reason"] == "INVITATION_ANSWERED"
    answered = web.get("/v1/survey_results?template_id=after_claim&group=PRODUCT", MANAGER).json["results"]
    own = next(one for one in answered if one["group"] == invitation["sku"])
    assert (own["sent_count"], own["answered_count"], own["response_rate"]) == (1, 1, 1000)
    assert [own[score]["value"] for score in ("nps", "csat", "ces", "ces_easy")] == [-1000, 0, 6000, 1000]
    assert web.get(own["answers"], AGENT).json["invitations"][0]["invitation_id"] == invitation["invitation_id"]

    loops = web.get("/v1/survey_loops?state=OPEN&page_size=500", AGENT).json["loops"]
    loop = next(one for one in loops if one["invitation_id"] == invitation["invitation_id"])
    path = f"/v1/survey_loops/{loop['loop_id']}"
    # Answered on a Thursday at noon; two working days of office later is Monday's noon.
    item = wait_until(lambda: work_of(web).get(path), "the low score is work")
    assert (item["state"], item["due_time"], item["is_overdue"]) == ("OPEN", loop["contact_by"], False)
    pass_days(stage, 3)
    assert not web.get(path, AGENT).json["is_late"]
    pass_days(stage, 3)
    late = wait_until(lambda: work_of(web, overdue="true").get(path), "the low score is overdue")
    assert wait_until(lambda: work_of(web)[path]["state"] == "ESCALATED", "it is escalated") and late["is_overdue"]
    assert web.post(f"{path}:assign", MANAGER, {"assignee_id": "desk"}).status == 200
    assert wait_until(lambda: work_of(web, mine="true").get(path), "it is somebody's work")["state"] == "ESCALATED"
    assert path not in work_of(web, "agent:other", mine="true")
    assert web.post(f"{path}:contact", AGENT, {"note": "I called."}).status == 200
    wait_until(lambda: work_of(web)[path]["state"] == "CONTACTED" and not work_of(web)[path]["is_overdue"], "it waits for its end")
    assert web.post(f"{path}:close", AGENT, {"is_recovered": False}).json["state"] == "NOT_RECOVERED"
    wait_until(lambda: path not in work_of(web), "it is no work any more")


def test_who_wants_no_surveys_is_neither_asked_nor_reminded_and_may_be_asked_again(stage, web, mailbox):
    invitation, address, _ = ask(stage, web, mailbox)
    person = address.partition("@")[0]
    opt(web, invitation, "opt_out")
    wait_until(lambda: stage.value("SELECT bool_or(is_opted_out) FROM surveys.opt_outs WHERE person_id = %s", invitation["person_id"]),
               "surveys has heard of it")
    pass_days(stage, 15)
    wait_until(lambda: not stage.value("SELECT count(*) FROM surveys.timers WHERE aggregate_id = %s AND kind = 'invitation_remind'",
                                       invitation["invitation_id"]), "the time of the reminder has passed")
    pass_days(stage, 15)
    assert wait_state(web, invitation, "EXPIRED")["version"] == 3  # scheduled, sent, expired: no reminder
    pass_days(stage, 70)
    second = invitation_of(web, close_claim(web, person=person))
    pass_days(stage, 2)
    assert wait_state(web, second, "NOT_SENT")["reason"] == "OPTED_OUT"
    opt(web, invitation, "opt_in")
    wait_until(lambda: not stage.value("SELECT bool_or(is_opted_out) FROM surveys.opt_outs WHERE person_id = %s", invitation["person_id"]),
               "surveys has heard of it")
    third = invitation_of(web, close_claim(web, person=person))
    pass_days(stage, 2)
    wait_state(web, third, "SENT")
    assert len(mailbox.wait_for(address, 2)) == 2


def test_an_invitation_that_comes_back_is_in_no_number(stage, web, mailbox):
    person = make_name("person")
    mailbox.refused.add(f"{person}@example.org")
    invitation = invitation_of(web, close_claim(web, person=person))
    pass_days(stage, 2)
    assert wait_state(web, invitation, "NOT_SENT")["reason"] == "BOUNCED"
    groups = web.get("/v1/survey_results?template_id=after_claim&group=PRODUCT", MANAGER).json["results"]
    assert invitation["sku"] not in [one["group"] for one in groups]
    assert answer_by_phone(web, invitation, expect=409)["reason"] == "INVITATION_NOT_SENT"
    assert invitation_of(web, close_claim(web, person=person))["state"] == "SCHEDULED"  # they were not asked


def test_a_reminder_that_comes_back_takes_nothing_away(stage, web, mailbox):
    invitation, address, _ = ask(stage, web, mailbox)
    mailbox.refused.add(address)
    pass_days(stage, 15)
    wait_state(web, invitation, "REMINDED")
    failed = "SELECT count(*) FROM notify.messages m JOIN notify.message_parts p USING (message_id) WHERE p.aggregate_id = %s AND state = 'DEAD'"
    wait_until(lambda: stage.value(failed, invitation["invitation_id"]), "the reminder has come back")
    notices.settle(stage)
    survey_world.settle(stage)
    assert read(web, invitation)["state"] == "REMINDED" and len(mailbox.to(address)) == 1


def test_whom_only_a_telephone_reaches_is_asked_by_an_agent(stage, web):
    invitation = invitation_of(web, close_claim(web, contact={"name": "Ada", "phone": "+49301234567", "language": "de"}))
    pass_days(stage, 2)
    wait_state(web, invitation, "SENT")
    notices.settle(stage)
    survey_world.settle(stage)
    assert answer_by_phone(web, invitation, 9, 5)["channel"] == "PHONE"
