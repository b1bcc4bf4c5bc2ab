"""An event that notify or surveys can make nothing of: it is put aside with its reason, all others go on, and a person has it tried
again."""
# SPDX-License-Identifier: Apache-2.0
import re
import uuid

import pytest

import notices
import survey_world
from claims import MANAGER
from names import NEW_ID
from notices import ADMINISTRATOR
from receiver import Receiver
from stage import count, wait_until
from survey_world import TEMPLATE, close_claim
from wire import warranty

STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_WEBHOOK_IS_HTTP_FINE": "yes",
    "AFTERCARE_NOTIFY_WEBHOOK_IS_PRIVATE_FINE": "yes",
}
MOVED = "warranty.v1.ClaimMoved"
# The first of so many events, each of a claim and a person of its own, has the id that is given.
SAY = ("INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, principal,"
       " payload) SELECT CASE n WHEN 1 THEN %s ELSE " + NEW_ID + " END, %s, 'claim', gen_random_uuid(), 1, now(),"
       " gen_random_uuid(), 'system:test', %s FROM generate_series(1, %s) n RETURNING event_id::text, aggregate_id")
CONSUMERS = {"notify": "notices", "surveys": "trigger"}
ROWS = {"notify": "notify.deliveries", "surveys": "surveys.invitations"}
ALL_LIMIT_S = 600


@pytest.fixture(autouse=True, scope="module", name="receiver")
def receiver_fixture(stage, web):
    """Who is told: a notice, a survey and a webhook."""
    notices.start_daemons(stage)
    stage.start("surveys")
    survey_world.add(web, "/v1/survey_templates", {"template": TEMPLATE})
    survey_world.add_notices(web, ["claim_approved"])
    made = Receiver()
    made.subscribe(web, ADMINISTRATOR, "/all", MOVED)
    stage.only("notify").stop()
    stage.start("notify")  # which knows all of it before it hears anything
    yield made
    made.close()
    assert made.faults == []


def parked(stage, noun):
    """{event_id: (reason, attempts)} of what lies parked."""
    return {row[0]: row[1:] for row in stage.query(f"SELECT event_id::text, reason, attempts FROM {noun}.consumer_parked")}


def shown(stage, noun):
    """How many lie parked, as `aftercare status` says: a word for each replica."""
    header, *lines = stage.aftercare("status")[1].splitlines()
    assert header.split()[-2] == "PARKED"
    return [line.split()[-2] for line in lines if line.startswith(f"{noun} ")]


def row_count(stage, noun, event_ids):
    """How many rows these events have made."""
    return stage.value(f"SELECT count(*) FROM {ROWS[noun]} WHERE event_id = ANY(%s::uuid[])", event_ids)


def expect_aside(stage, noun, event_id, claim_id):
    """The event is put aside, and a person sees it and why."""
    wait_until(lambda: event_id in parked(stage, noun), f"{noun} puts it aside")
    assert parked(stage, noun) == {event_id: ("CONSTRAINT_VIOLATED", 4)} and row_count(stage, noun, [event_id]) == 0
    wait_until(lambda: shown(stage, noun) == ["1"], "it is counted")
    assert re.search(rf"^{noun}/{CONSUMERS[noun]} {event_id}\n    {MOVED} of claim {claim_id}, since .*tried 4 times\n    CONSTRAINT_VIOLATED: .*poison_ck",
                     stage.aftercare("parked")[1], re.MULTILINE)


def test_an_event_that_always_fails_is_put_aside_and_the_others_go_on(stage, web, receiver):
    claim = web.get(f"/v1/claims/{close_claim(web)}", MANAGER).json
    closed = warranty.ClaimMoved(claim_id=claim["claim_id"], serial=claim["serial"], to_state=warranty.Claim.State.CLOSED, verb="CloseClaim")
    poison, events = str(uuid.uuid4()), count(200, 10000)
    for table in ROWS.values():
        stage.query(f"ALTER TABLE {table} ADD CONSTRAINT poison_ck CHECK (event_id <> '{poison}')")
    said = dict(stage.query(SAY, poison, MOVED, closed.SerializeToString(), events + 1))
    others = [event_id for event_id in said if event_id != poison]
    for noun in CONSUMERS:
        wait_until(lambda noun=noun: row_count(stage, noun, others) == events, f"{noun} goes on", ALL_LIMIT_S)
        expect_aside(stage, noun, poison, said[poison])

    for noun, consumer in CONSUMERS.items():
        status, _, complaint = stage.aftercare("retry", f"{noun}/{consumer}", poison)
        assert status == 1 and "refused again, CONSTRAINT_VIOLATED" in complaint
        stage.query(f"ALTER TABLE {ROWS[noun]} DROP CONSTRAINT poison_ck")
        status, out, _ = stage.aftercare("retry", f"{noun}/{consumer}", poison)
        assert status == 0 and out.startswith("done; ")
        assert parked(stage, noun) == {} and row_count(stage, noun, [poison]) == 1
    wait_until(lambda: poison in [post.event["id"] for post in receiver.posts], "its delivery leaves", ALL_LIMIT_S)


def test_an_event_that_cannot_be_read_is_put_aside_by_both(stage):
    poison = str(uuid.uuid4())
    stage.query(SAY, poison, MOVED, b"\xff\xff\xff", 1)
    for noun, reason in (("notify", "MESSAGE_MALFORMED"), ("surveys", "EVENT_UNREADABLE")):
        wait_until(lambda noun=noun: poison in parked(stage, noun), f"{noun} puts it aside")
        assert parked(stage, noun)[poison] == (reason, 4)
