"""The worklist: what waits for a member of staff, the first deadline first."""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import hmac
import subprocess
import uuid

import pytest

from claims import do, file_claim, make_sold, refer, set_now, start_daemons
from event_reader import client_of
from stage import BUILD
from wire import surveys
from world import read_all, settle

STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "warranty": 0, "gateway": 0}


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """Whatever a claim needs, on a Monday in office hours."""
    set_now(stage, "2026-11-02T10:00+01:00")
    start_daemons(stage)
    stage.start("events")


def claim_of(item):
    """Its claim_id."""
    return item["resource"].rpartition("/")[2]


def test_it_has_what_waits_for_people_and_the_first_deadline_first(web, stage):
    set_now(stage, "2026-11-03T10:00+01:00")
    later = refer(web)
    set_now(stage, "2026-11-02T10:00+01:00")
    sooner = refer(web)
    waiting = file_claim(web, make_sold(web, delivery_date="2026-03-15"))

    def work(query=""):
        settle(stage)
        items, _ = read_all(web, f"/v1/work?{query}", "items", "agent:wanda", 7)
        return [item for item in items if claim_of(item) in ids]

    ids = {later["claim_id"], sooner["claim_id"], waiting["claim_id"]}
    items = work()
    assert [claim_of(item) for item in items] == [sooner["claim_id"], later["claim_id"]]
    assert items[0]["state"] == "UNDER_REVIEW" and items[0]["due_time"] == sooner["decide_by"]
    assert work("due_today=true") == [] == work("overdue=true") == work("mine=true")
    set_now(stage, "2026-11-05T10:00+01:00")
    assert [claim_of(item) for item in work("due_today=true")] == [sooner["claim_id"]]
    assert work("overdue=true") == []
    set_now(stage, "2026-11-05T19:00+01:00")
    assert [item["is_overdue"] for item in work("overdue=true")] == [True]
    do(web, later, "approve", "agent:wanda", reason="r")
    assert [item["state"] for item in work("mine=true")] == ["APPROVED"]


def park(stage, claim, number):
    """Puts one of a claim's events aside, as if it had been refused at its time, and answers its id."""
    with client_of(stage) as client:
        event = [one for one in client.read_all() if one.aggregate_id == claim["claim_id"]][number]
    lane_count = stage.value("SELECT count(*) FROM warranty.consumer_lanes")
    stage.query("DELETE FROM warranty.consumer_inbox WHERE event_id = %s", event.event_id)
    stage.query("INSERT INTO warranty.consumer_parked (name, event_id, lane, epoch, position, type, event, reason, message, attempts,"
                " park_time) VALUES ('views', %s, %s, 1, %s, %s, %s, 'TEST', 'put aside', 4, now())",
                event.event_id, event.lane % lane_count, event.position, event.type, event.SerializeToString())
    return event.event_id


def retry(stage, event_id):
    """As a person does."""
    done = subprocess.run([BUILD / "bin" / "aftercare", "retry", "warranty/views", event_id, "--run-dir", str(stage.run_folder)],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def test_an_event_that_is_tried_again_late_undoes_nothing(web, stage):
    """What made a claim wait comes again, once after the claim has ended, once while it waits for somebody by now."""
    set_now(stage, "2026-11-02T10:00+01:00")
    ended, taken = refer(web), refer(web)
    do(web, ended, "withdraw", "agent:wanda")
    do(web, taken, "approve", "agent:wanda", reason="r")
    do(web, taken, "fulfil", "agent:wanda", fulfilment={"remedy": "REPAIR"})
    settle(stage)
    items = "SELECT item_id::text, state, due_time, assignee_id, version FROM warranty.work_items ORDER BY 1"
    before = stage.query(items)
    assert ended["claim_id"] not in [row[0] for row in before]
    for claim in (ended, taken):
        retry(stage, park(stage, claim, 0))
    assert stage.query(items) == before


def say(stage, loop_id, version, message):
    """Leaves an event of a low score, as the surveys daemon does."""
    stage.query("INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, principal, payload)"
                " VALUES (gen_random_uuid(), %s, 'survey_loop', %s, %s, now(), 'system:test', %s)",
                message.DESCRIPTOR.full_name, loop_id, version, message.SerializeToString())


def test_a_low_score_is_work_until_its_end_whatever_comes_late(web, stage):
    set_now(stage, "2026-11-02T10:00+01:00")
    loop_id = str(uuid.uuid4())
    path = f"/v1/survey_loops/{loop_id}"
    wanda = "p-" + hmac.new(stage.installation_key, b"subject\0wanda", hashlib.sha256).digest()[:16].hex()

    def item(query=""):
        settle(stage)
        items, _ = read_all(web, f"/v1/work?{query}", "items", "agent:wanda", 7)
        return next((one for one in items if one["resource"] == path), None)

    opened = surveys.LoopOpened(loop_id=loop_id, owner="service_manager")
    opened.contact_by.FromJsonString("2026-11-04T10:00:00Z")
    say(stage, loop_id, 1, opened)
    assert (item()["state"], item()["due_time"], item()["is_overdue"]) == ("OPEN", "2026-11-04T10:00:00Z", False)
    set_now(stage, "2026-11-04T12:00+01:00")
    say(stage, loop_id, 2, surveys.LoopEscalated(loop_id=loop_id, contact_by=opened.contact_by))
    assert item("overdue=true")["state"] == "ESCALATED" and item("mine=true") is None
    say(stage, loop_id, 3, surveys.LoopAssigned(loop_id=loop_id, assignee_id=wanda, contact_by=opened.contact_by, is_late=True,
                                                state=surveys.Loop.State.OPEN))
    assert item("mine=true")["state"] == "ESCALATED"
    say(stage, loop_id, 4, surveys.CustomerContacted(loop_id=loop_id, assignee_id=wanda))
    assert item("mine=true")["state"] == "CONTACTED" and item("overdue=true") is None
    retry(stage, park(stage, {"claim_id": loop_id}, 1))
    assert item()["state"] == "CONTACTED"
    say(stage, loop_id, 5, surveys.LoopClosed(loop_id=loop_id, is_recovered=True))
    assert item() is None
    retry(stage, park(stage, {"claim_id": loop_id}, 0))
    assert item() is None
