"""Surveys by API and page: templates, who is asked when, answers once, and what is counted."""
# SPDX-License-Identifier: Apache-2.0
import copy

import pytest

from claims import AGENT, MANAGER
from stage import wait_until
from survey_world import (STAGE, TEMPLATE, answer_by_phone, close_claim, contact_of, invitation_of, invite, open_page, pass_days,
                          read, send_page, start, wait_state)
from world import make_name

assert STAGE  # the stage of this module, too


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """An installation that asks."""
    start(stage)


def results(web, group=None, **filters):
    """Results by group."""
    query = "".join(f"&{name}={value}" for name, value in filters.items())
    answer = web.get(f"/v1/survey_results?template_id=after_claim{f'&group={group}' if group else ''}{query}", MANAGER)
    assert answer.status == 200, answer
    return answer.json["results"]


def set_centre(stage, invitations, centre):
    """Who worked on their cases: in the rows, as no daemon tells it yet."""
    stage.query("UPDATE surveys.invitations SET service_centre = %s WHERE invitation_id::text = ANY(%s)", centre,
                [one["invitation_id"] for one in invitations])


# ---- templates ----

def test_a_template_keeps_every_version_and_is_changed_by_its_etag(web):
    template = copy.deepcopy(TEMPLATE) | {"template_id": make_name("t").replace("-", "_"), "is_enabled": False}
    made = web.post("/v1/survey_templates", MANAGER, {"template": template})
    assert (made.status, made.headers["etag"]) == (201, '"1"'), made
    path = made.headers["location"]
    template["questions"] = template["questions"][:1]
    changed = web.call("PUT", path, MANAGER, {"template": template}, If_Match='"1"')
    assert (changed.status, changed.json["version"], len(changed.json["questions"])) == (200, 2, 1)
    assert web.call("PUT", path, MANAGER, {"template": template}, If_Match='"1"').status == 412
    assert web.get(path, AGENT).json == changed.json
    listed = [one["template_id"] for one in web.get("/v1/survey_templates", AGENT).json["templates"]]
    assert listed == sorted(listed) and template["template_id"] in listed


@pytest.mark.parametrize("change, reason", [
    (lambda t: t.update(trigger="never_heard"), "CODE_UNKNOWN"),
    (lambda t: t["questions"][0]["text"].pop(), "LANGUAGE_MISSING"),
    (lambda t: t["questions"].append(t["questions"][0] | {"question_id": "again"}), "KIND_REPEATED"),
    (lambda t: t["questions"][1].update(question_id="recommend"), "QUESTION_REPEATED"),
    (lambda t: t["questions"][3].update(kind="CHOICE"), "CHOICES_MISSING"),
])
def test_a_template_that_cannot_be_asked_is_refused(web, change, reason):
    template = copy.deepcopy(TEMPLATE) | {"template_id": "other", "is_enabled": False}
    change(template)
    refused = web.post("/v1/survey_templates", MANAGER, {"template": template})
    assert (refused.status, refused.reason) == (400, reason)


def test_a_second_enabled_template_of_a_trigger_is_refused(web):
    refused = web.post("/v1/survey_templates", MANAGER, {"template": TEMPLATE | {"template_id": "other"}})
    assert (refused.status, refused.reason) == (409, "TRIGGER_TAKEN")


# ---- who is asked, and when ----

def test_a_closed_claim_is_asked_about_after_the_delay_and_reminded_of_once(stage, web):
    invitation = invitation_of(web, close_claim(web))
    assert (invitation["state"], invitation["category"], invitation["region"]) == ("SCHEDULED", "small_appliances", "DE")
    assert invitation["clause_id"] and invitation["person_id"].startswith("p-")
    pass_days(stage, 1.9)
    assert read(web, invitation)["state"] == "SCHEDULED"
    pass_days(stage, 0.2)
    assert wait_state(web, invitation, "SENT")["version"] == 2
    contact = contact_of(stage, invitation)
    assert contact.contact.language == "de" and contact.link.startswith(f"/survey/{invitation['invitation_id']}?link=")
    pass_days(stage, 15)
    assert wait_state(web, invitation, "REMINDED")["version"] == 3
    pass_days(stage, 15)
    assert wait_state(web, invitation, "EXPIRED")["version"] == 4
    types = [row[0] for row in stage.query(
        "SELECT type FROM (SELECT type, event_id, aggregate_id FROM events.log UNION SELECT type, event_id, aggregate_id"
        " FROM events.outbox) AS said WHERE aggregate_id = %s ORDER BY event_id", invitation["invitation_id"])]
    assert [one.removeprefix("surveys.v1.Invitation") for one in types] == ["Scheduled", "Sent", "Reminded", "Expired"]
    answer, page = open_page(stage, web, invitation)
    assert (answer.status, "Diese Umfrage ist beendet" in page) == (410, True)
    assert answer_by_phone(web, invitation, expect=409)["reason"] == "INVITATION_EXPIRED"


def test_somebody_is_asked_once_within_the_cool_down(stage, web):
    person = make_name("person")
    first = invitation_of(web, close_claim(web, person=person))
    second = invitation_of(web, close_claim(web, person=person))
    assert (first["state"], second["state"], second["reason"]) == ("SCHEDULED", "NOT_SENT", "COOL_DOWN")
    pass_days(stage, 91)
    assert invitation_of(web, close_claim(web, person=person))["state"] == "SCHEDULED"


def test_what_ended_too_long_ago_is_not_asked_about(stage, web):
    """As where the daemon is added to an installation that has events, or was away for long."""
    stage.only("surveys").stop()
    claim = close_claim(web)
    pass_days(stage, 40)
    stage.start("surveys")
    late = invitation_of(web, claim)
    assert (late["state"], late["reason"]) == ("NOT_SENT", "TOO_LATE")


def test_whom_nobody_can_reach_is_not_asked(stage, web):
    person = make_name("person")
    invitation = invitation_of(web, close_claim(web, person=person, with_contact=False))
    pass_days(stage, 2)
    assert wait_state(web, invitation, "NOT_SENT")["reason"] == "NO_CONTACT"
    assert invitation_of(web, close_claim(web, person=person))["state"] == "SCHEDULED"  # they were not asked


def test_whose_case_nobody_tells_a_contact_of_is_not_asked(stage, web):
    """As where an older release wrote it down in another way: it must not wait for ever."""
    invitation = invitation_of(web, close_claim(web))
    stage.query("UPDATE surveys.invitations SET aggregate_id = 'no claim' WHERE invitation_id = %s", invitation["invitation_id"])
    pass_days(stage, 2)
    assert wait_state(web, invitation, "NOT_SENT")["reason"] == "NO_CONTACT"


# ---- answers ----

def test_the_page_works_without_a_script_and_takes_answers_once(stage, web):
    invitation = invite(stage, web)
    answer, page = open_page(stage, web, invitation)
    assert answer.status == 200 and answer.headers["content-type"] == "text/html; charset=utf-8"
    assert '<html lang="de">' in page and "Wie zufrieden sind Sie mit uns?" in page and "<script" not in page
    assert page.count("<fieldset>") == page.count("<legend>") == 3
    missing = send_page(web, page, recommend="9", words="<b>Gut & schön</b>")
    again = missing.body.decode()
    assert missing.status == 422 and "Bitte beantworten Sie diese Frage." in again
    assert 'value="9" required checked' in again and "&lt;b&gt;Gut &amp; schön&lt;/b&gt;" in again
    assert read(web, invitation)["state"] == "SENT"
    sent = send_page(web, again, recommend="9", satisfaction="4", words="Gut & schön")
    assert (sent.status, "Vielen Dank" in sent.body.decode()) == (200, True)
    repeated = send_page(web, again, recommend="9", satisfaction="4", words="Gut & schön")
    assert repeated.status == 200  # a second click: the same answer
    second = send_page(web, page, recommend="1", satisfaction="1")
    assert (second.status, "schon da" in second.body.decode()) == (409, True)
    assert open_page(stage, web, invitation)[0].status == 409
    stored = read(web, invitation)
    assert (stored["state"], stored["channel"]) == ("ANSWERED", "EMAIL")
    assert stored["answers"] == [{"question_id": "recommend", "number": 9}, {"question_id": "satisfaction", "number": 4},
                                 {"question_id": "words", "number": 0, "text": "Gut & schön"}]
    analyst = web.get(f"/v1/invitations/{invitation['invitation_id']}", "analyst:ana").json
    assert "text" not in analyst["answers"][2]


@pytest.mark.parametrize("language, words", [("en", "How did we do?"), ("fr-CA", "Êtes-vous satisfait de notre service ?"),
                                             ("pl", "How did we do?")])
def test_the_page_is_in_the_nearest_language(stage, web, language, words):
    invitation = invite(stage, web, language=language)
    assert f"<h1>{words}</h1>" in open_page(stage, web, invitation)[1]
    assert "<h1>Wie zufrieden sind Sie mit uns?</h1>" in open_page(stage, web, invitation, "de-AT")[1]


def test_a_second_answer_by_telephone_is_refused(stage, web):
    invitation = invite(stage, web)
    assert answer_by_phone(web, invitation, recommend=11, expect=400)["reason"] in ("FIELD_RANGE", "NUMBER_OUT_OF_SCALE")
    assert answer_by_phone(web, invitation, satisfaction=0, expect=400)["reason"] == "NUMBER_OUT_OF_SCALE"
    answered = answer_by_phone(web, invitation)
    assert (answered["state"], answered["channel"]) == ("ANSWERED", "PHONE")
    assert answer_by_phone(web, invitation, expect=409)["reason"] == "INVITATION_ANSWERED"


# ---- results ----

def test_results_leave_out_the_dismissed_and_lead_to_their_answers(stage, web):
    invitations = [invite(stage, web) for _ in range(4)]
    set_centre(stage, invitations[1:3], "north")
    sku = invitations[0]["sku"]
    before = results(web)[0]
    dismissed = web.post(f"/v1/invitations/{invitations[0]['invitation_id']}:dismiss", AGENT, {})
    assert dismissed.json["state"] == "DISMISSED"
    answer_by_phone(web, invitations[1], 10, 5, ease={"number": 7})
    after = results(web)[0]
    assert after["dismissed_count"] == before["dismissed_count"] + 1
    assert after["answered_count"] == before["answered_count"] + 1
    assert after["response_rate"] == round(1000 * after["answered_count"] / (after["sent_count"] - after["dismissed_count"]))
    own = next(one for one in results(web, "PRODUCT") if one["group"] == sku)
    assert (own["sent_count"], own["dismissed_count"], own["answered_count"]) == (1, 1, 0) and "nps" not in own
    one = next(one for one in results(web, "PRODUCT") if one["group"] == invitations[1]["sku"])
    assert one["nps"] == {"n": 1, "value": 1000, "lower": 0, "upper": 0, "has_bounds": False}
    assert one["csat"]["value"] == 1000 and one["ces"]["value"] == 7000 and one["ces_easy"]["upper"] == 1000
    assert [(one["sent_count"], one["answered_count"]) for one in results(web, "SERVICE_CENTRE") if one["group"] == "north"] == [(2, 1)]
    behind = web.get(one["answers"], AGENT).json["invitations"]
    assert [each["invitation_id"] for each in behind] == [invitations[1]["invitation_id"]]
    for group in ("CLAUSE", "CATEGORY", "SERVICE_CENTRE", "REGION", "MONTH", "CHANNEL"):
        for each in results(web, group):
            listed = web.get(each["answers"] + "&page_size=500", AGENT).json["invitations"]
            expected = each["answered_count"] if (group, each["group"]) != ("CHANNEL", "") else after["answered_count"]
            assert len(listed) == expected, (group, each)


# ---- low scores ----

def test_a_low_score_opens_a_loop_that_escalates_and_ends(stage, web):
    invitation = invite(stage, web)
    answer_by_phone(web, invitation, 3, 2)
    loop = wait_until(lambda: next((one for one in web.get("/v1/survey_loops?state=OPEN&page_size=500", AGENT).json["loops"]
                                    if one["invitation_id"] == invitation["invitation_id"]), None), "there is a loop")
    assert loop["clause_ids"] == ["survey.feedback.nps", "survey.feedback.csat"]
    assert loop["owner"] == "service_manager" and loop["contact_by"] and loop["contact_by_explanation"]
    path = f"/v1/survey_loops/{loop['loop_id']}"
    assert web.post(f"{path}:close", AGENT, {"is_recovered": True}).reason == "LOOP_STATE"
    assert web.post(f"{path}:assign", MANAGER, {"assignee_id": "desk"}).json["assignee_id"] == "desk"
    pass_days(stage, 6)
    wait_until(lambda: web.get(path, AGENT).json["is_late"], "the loop is late")
    assert web.get("/v1/survey_loops?mine=true&overdue=true", AGENT).json["loops"]
    assert web.post(f"{path}:contact", AGENT, {"note": "I called."}).json["state"] == "CONTACTED"
    ended = web.post(f"{path}:close", AGENT, {"is_recovered": True}).json
    assert (ended["state"], ended["note"]) == ("RECOVERED", "I called.")


def test_low_scores_that_cluster_open_one_action_which_another_person_verifies(stage, web):
    invitations = [invite(stage, web) for _ in range(6)]
    set_centre(stage, invitations, "south")
    for invitation in invitations:
        answer_by_phone(web, invitation, 0, 1)
    pass_days(stage, 0)
    path = "/v1/corrective_actions?page_size=500"
    wait_until(lambda: len(web.get(path, MANAGER).json["actions"]) >= 3, "low scores have opened actions")
    actions = web.get(path, MANAGER).json["actions"]
    assert sorted(one["clause_id"].removeprefix("survey.feedback.") for one in actions) == ["same_category", "same_centre", "same_clause"]
    assert next(one for one in actions if one["clause_id"].endswith("same_centre"))["subject"] == "south"
    action = web.get(f"/v1/corrective_actions/{actions[0]['action_id']}", MANAGER).json
    assert len(action["invitation_ids"]) >= 5
    own = f"/v1/corrective_actions/{action['action_id']}"
    plan = {"plan": "New seals.", "owner_id": "tim", "due_date": "2020-01-01", "check_date": "2020-01-02"}
    assert web.post(f"{own}:plan", MANAGER, plan | {"check_date": "2019-12-31"}).reason == "CHECK_TOO_EARLY"
    assert web.post(f"{own}:plan", MANAGER, plan).json["state"] == "PLANNED"
    wait_until(lambda: web.get(own, MANAGER).json["is_late"], "its day has passed")
    assert web.post(f"{own}:complete", MANAGER, {}).json["state"] == "DONE"
    verdict = {"is_effective": True, "finding": "No more leaks."}
    assert web.post(f"{own}:verify", MANAGER, verdict).reason == "VERIFIER_DID_IT"
    assert web.post(f"{own}:verify", "manager:max", verdict).json["state"] == "EFFECTIVE"


# ---- what is forgotten (years go by: last in this module) ----

def test_what_customers_wrote_and_what_was_said_with_them_is_forgotten_in_time(stage, web):
    def find_loop(invitation):
        loops = stage.query("SELECT loop_id::text FROM surveys.loops WHERE invitation_id = %s", invitation["invitation_id"])
        return f"/v1/survey_loops/{loops[0][0]}"

    ended, worked_on = (invite(stage, web) for _ in range(2))
    for invitation in (ended, worked_on):
        answer_by_phone(web, invitation, 1, 1, words={"text": "Too slow."})
        assert web.post(f"{find_loop(invitation)}:contact", AGENT, {"note": "Ada is angry."}).status == 200
    assert web.post(f"{find_loop(ended)}:close", AGENT, {"is_recovered": True, "note": "Ada is fine."}).status == 200
    pass_days(stage, 729)
    assert web.get(find_loop(ended), AGENT).json["note"] == "Ada is fine."
    pass_days(stage, 3)
    for invitation in (ended, worked_on):
        wait_until(lambda one=invitation: "Too slow." not in str(read(web, one)["answers"]), "the customer's words are forgotten")
    wait_until(lambda: "note" not in web.get(find_loop(ended), AGENT).json, "the note is forgotten")
    assert web.get(find_loop(worked_on), AGENT).json["note"] == "Ada is angry."  # somebody still needs it
    assert web.post(f"{find_loop(worked_on)}:close", AGENT, {"is_recovered": False}).status == 200
    pass_days(stage, 2)
    wait_until(lambda: "note" not in web.get(find_loop(worked_on), AGENT).json, "the other note is forgotten, too")
