"""What the daemons stand on changes under load: the clock steps, the schema is ahead of them, messages have fields they do not know."""
# SPDX-License-Identifier: Apache-2.0
import uuid

import pytest

from clients import Load
from event_reader import say
from history import History
from invariants import verify
from stage import count, wait_until
from wire import REPLY, REQUEST, Caller, envelope, make_principal, warranty
from world import AGENT, make_name, make_product, read_history
from zmtp import UNKNOWN_FIELD

STAGE = {"warranty": 2, "gateway": 1, "events": 1, "AFTERCARE_TEST_CLOCK": "the stage's"}
CLIENTS = 16
HOUR_S = 3600
pytestmark = pytest.mark.faults


def wait_for_more(history, number=60):
    """Waits until the clients have got on."""
    before = history.count("ok")
    wait_until(lambda: history.count("ok") >= before + number, "the clients work")


def test_a_clock_that_steps_changes_nothing_but_times(stage, web, rng, request):
    """An hour on, a day back, and so on: no call fails, and events keep their order."""
    sku, history = make_product(web), History()
    with Load(stage, history, CLIENTS, lambda i: sku, manufacture_date="2026-01-01"):
        for _ in range(count(10, 100)):
            wait_for_more(history)
            stage.set_clock(rng.choice([-24, -1, 0, 1, 24]) * HOUR_S + rng.randrange(-60, 60))
        stage.set_clock(0)
        wait_for_more(history)
    assert history.count("unknown") == 0
    verify(stage, history, sku, request)


def test_a_schema_that_is_ahead_is_worked_with(stage, web, request):
    """As a migration of the next release does while this one serves: columns and tables are added, statements are prepared anew."""
    sku, history = make_product(web), History()
    with Load(stage, history, CLIENTS, lambda i: sku):
        for i in range(count(3, 20)):
            wait_for_more(history)
            stage.query(f"ALTER TABLE warranty.units ADD COLUMN of_the_next_release_{i} text")
            stage.query(f"ALTER TABLE warranty.idempotency ADD COLUMN of_the_next_release_{i} bigint NOT NULL DEFAULT {i}")
            stage.query(f"CREATE TABLE warranty.of_the_next_release_{i} (id bigint)")
        wait_for_more(history)
    print(f"{history.count('unknown')} tries had to be made again")
    assert history.count("unknown") == 0
    verify(stage, history, sku, request)


def test_fields_of_a_newer_caller_are_passed_over(stage, web):
    """In the envelope, in who calls, and in the message itself; and in the answer, which the same code reads."""
    sku, serial = make_product(web), make_name("SN")
    path = sorted(stage.bus_folder.glob("warranty-*.sock"))[0]
    with Caller(path, stage.installation_key) as caller:
        body = warranty.RegisterUnitRequest(serial=serial, sku=sku).SerializeToString() + UNKNOWN_FIELD
        principal = make_principal(subject="desk", roles=["agent"]) + UNKNOWN_FIELD
        asked = caller.make_request("RegisterUnit", body, principal, idempotency_key=serial)
        caller.send(REQUEST + asked.SerializeToString() + UNKNOWN_FIELD)
        frame = caller.receive()
        assert frame.startswith(REPLY)
        reply = envelope.Reply.FromString(frame[len(REPLY):])
        assert reply.code == 0, reply
    assert web.get(f"/v1/units/{serial}", AGENT).json["serial"] == serial


def test_events_of_a_newer_release_are_kept_and_read(stage, web):
    """A type that the consumer does not know is a line by its name; one that it knows is read though it has a field that it does not know."""
    sku, serial = make_product(web), make_name("SN")
    assert web.post("/v1/units", AGENT, {"serial": serial, "sku": sku, "manufacture_date": "2026-01-01"}).status == 201
    kinds = [entry["kind"] for entry in read_history(stage, web, serial)]
    [[kind, payload]] = stage.query("SELECT type, payload FROM events.log WHERE aggregate_id = %s", serial)
    said = warranty.UnitRegistered.FromString(bytes(payload))
    for fact in said.facts:
        fact.fact_id = str(uuid.uuid4())
    say(stage, 1, kind, "unit", serial=serial, payload=said.SerializeToString() + UNKNOWN_FIELD)
    say(stage, 1, "warranty.v1.UnitPolished", "unit", serial=serial, payload=UNKNOWN_FIELD)
    assert kinds == ["MANUFACTURED"]
    assert sorted(entry["kind"] for entry in read_history(stage, web, serial)) == kinds + kinds + ["UNIT_POLISHED"]
    assert stage.query("SELECT event_id FROM warranty.consumer_parked") == []
