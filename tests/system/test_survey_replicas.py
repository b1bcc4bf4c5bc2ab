"""Replicas of surveys: each closed claim makes one invitation, and nobody is asked twice, whoever is killed when."""
# SPDX-License-Identifier: Apache-2.0
import pytest

from stage import count, wait_until
from survey_world import STAGE, close_claim, start
from world import make_name, run_threads

assert STAGE  # the stage of this module, too
THREADS = 4
CLAIMS_OF_EACH = 3


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """An installation that asks, with two replicas."""
    start(stage)
    stage.start("surveys")


@pytest.mark.faults
def test_each_claim_has_one_invitation_and_each_person_one_question_though_replicas_are_killed(stage):
    people = [make_name("person") for _ in range(count(8, 60))]
    closed = []

    def work(i):
        web = stage.web()
        closed.extend([close_claim(web, person=person) for person in people[i::THREADS]])

    for _ in range(CLAIMS_OF_EACH):
        run_threads(THREADS, work)
        stage.running("surveys")[0].kill()  # while it takes what was closed just now
        stage.start("surveys", wait=False)
    known = "SELECT count(*) FROM surveys.invitations WHERE aggregate_id = ANY(%s)"
    wait_until(lambda: stage.value(known, closed) >= len(closed), "each claim has an invitation")
    rows = stage.query("SELECT person_id, count(*), count(DISTINCT aggregate_id), count(*) FILTER (WHERE state = 'SCHEDULED'),"
                       " count(*) FILTER (WHERE reason = 'COOL_DOWN') FROM surveys.invitations GROUP BY person_id")
    assert {row[1:] for row in rows} == {(CLAIMS_OF_EACH, CLAIMS_OF_EACH, 1, CLAIMS_OF_EACH - 1)} and len(rows) == len(people)
    said = ("SELECT count(*), count(DISTINCT aggregate_id) FROM (SELECT event_id, type, aggregate_id FROM events.outbox UNION"
            " SELECT event_id, type, aggregate_id FROM events.log) AS said WHERE type = 'surveys.v1.Invitation' || %s")
    assert stage.query(said, "Scheduled")[0] == (len(people), len(people))
    assert stage.query(said, "Skipped")[0] == (len(closed) - len(people), len(closed) - len(people))
    for daemon in stage.running("surveys"):
        daemon.wait_ready()
