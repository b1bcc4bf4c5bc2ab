"""Surveys that were away for long: what they make up for, and what they leave."""
# SPDX-License-Identifier: Apache-2.0
import pytest

from claims import AGENT
from stage import wait_until
from survey_world import STAGE, changed_policy, close_claim, invitation_of, pass_days, read, start, wait_state

assert STAGE  # the stage of this module, too


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage, tmp_path_factory):
    """An installation that reminds three times within thirty days."""
    policy = changed_policy(tmp_path_factory.mktemp("policy"), "reminders_max: 1\n", "reminders_max: 3\n")
    start(stage, policy=policy)


def test_of_the_reminders_missed_in_a_downtime_one_is_sent_and_the_others_keep_their_time(stage, web):
    invitation = invitation_of(web, close_claim(web))
    pass_days(stage, 2)
    wait_state(web, invitation, "SENT")
    stage.only("surveys").stop()
    pass_days(stage, 20)  # those of the 8th and 15th day are missed
    stage.start("surveys")
    wait_until(lambda: web.get("/v1/survey_templates", AGENT).status == 200, "surveys is found")
    due = ("SELECT count(*) FROM surveys.timers t JOIN surveys.invitations i ON i.invitation_id::text = t.aggregate_id"
           " WHERE i.invitation_id = %s AND t.kind = 'invitation_remind' AND t.due_time < i.send_time + interval '20 days'")
    wait_until(lambda: not stage.value(due, invitation["invitation_id"]), "what was missed is done")
    reminded = read(web, invitation)
    assert (reminded["state"], reminded["version"]) == ("REMINDED", 3)  # sent, and reminded of once
    pass_days(stage, 3)
    wait_until(lambda: read(web, invitation)["version"] == 4, "the third reminder is sent")
    pass_days(stage, 8)
    assert wait_state(web, invitation, "EXPIRED")["version"] == 5
