"""Pulls: who may, what is asked for, waiting, sizes, and the reader that comes too late."""
# SPDX-License-Identifier: Apache-2.0
import json
import signal
import threading
import time

import pytest

import keys
from event_reader import ADVANCED, DECIDED, REGISTERED, Client, Refused, client_of, events, lane_of, last_position, say, wait_appended
from stage import wait_until
from wire import Caller, make_principal

STAGE = {"warranty": 0, "gateway": 0, "events": 2}
UNAUTHENTICATED, DENIED, INVALID = 16, 7, 3
BODY_BYTES_MAX = 196608


@pytest.fixture(scope="module", name="client")
def client_fixture(stage):
    """An analyst's."""
    with client_of(stage) as made:
        yield made


def expect_refusal(call, code, reason):
    """The refusal."""
    with pytest.raises(Refused) as caught:
        call()
    assert (caught.value.code, caught.value.reason) == (code, reason), caught.value
    return caught.value


# ---- who may ----

def test_whoever_may_read_is_answered_with_a_token(stage):
    for roles in ("analyst", "manager", "administrator", "integration", "customer,analyst"):
        with client_of(stage, roles=roles) as client:
            assert client.stream().epoch == 1
            client.pull(limit=1)


def test_others_are_refused(stage):
    for roles in ("customer", "agent", "technician", "policy_owner", ""):
        with client_of(stage, roles=roles) as client:
            expect_refusal(client.stream, DENIED, "ROLE_MISSING")
            expect_refusal(lambda: client.pull(limit=1), DENIED, "ROLE_MISSING")  # pylint: disable=cell-var-from-loop


def test_a_token_that_does_not_hold_is_refused(stage):
    tokens, now_s = stage.tokens, int(time.time())
    good = tokens.claims(["analyst"], "ada")
    other_key = json.loads(keys.run_jose("jwk", "gen", "-i", '{"alg": "ES256"}', text=""))
    bad = {
        "expired": tokens.sign(good | {"iat": now_s - 7200, "exp": now_s - 3600}),
        "not begun": tokens.sign(good | {"nbf": now_s + 3600}),
        "another audience": tokens.sign(good | {"aud": "somebody"}),
        "another issuer": tokens.sign(good | {"iss": "somebody"}),
        "system": tokens.sign(good | {"sub": "system:warranty"}),
        "cut": tokens.sign(good)[:-4],
        "none": "x",
        "with a zero byte": tokens.sign(good) + "\0",
        "of another key": tokens.sign(good, key=other_key),
    }
    for name, token in bad.items():
        with client_of(stage) as client:
            client.token = token
            refusal = expect_refusal(client.stream, UNAUTHENTICATED, "TOKEN_INVALID")
            assert "does not hold" in str(refusal), name
    # A role that no token may carry is none.
    with client_of(stage) as client:
        client.token = tokens.sign(good | {"roles": ["system"]})
        expect_refusal(client.stream, DENIED, "ROLE_MISSING")


def test_a_principal_without_its_mac_is_no_token(stage):
    path = sorted(stage.bus_folder.glob("events-*.sock"))[0]
    with Caller(path, stage.installation_key) as caller:
        principal = make_principal(roles=["analyst"])
        request = {"method": "events.v1.EventsService/GetStream"}
        reply = caller.ask("", events.GetStreamRequest(), principal, mac=b"", **request)
        assert (reply.code, reply.reason) == (UNAUTHENTICATED, "TOKEN_INVALID")
        assert caller.ask("", events.GetStreamRequest(), principal, **request).code == 0


# ---- what is asked for ----

@pytest.fixture(scope="module", name="whole")
def whole_fixture(stage, client):
    """A log with events of every kind, as a pull without filters has it."""
    for _ in range(3):
        say(stage, 40, DECIDED, "claim", owner="p-alice", serial="HER-1")
        say(stage, 70, REGISTERED, "unit", owner="p-bob")
        say(stage, 20, ADVANCED, "import")
        say(stage, 1, "of.no.Contract", "thing", owner="p-alice")
    wait_appended(stage, 393)
    return client.read_all()


def test_the_log_is_read_whole_whatever_the_size_of_the_pages(client, whole):
    assert [event.position for event in whole] == list(range(1, len(whole) + 1))
    assert len({event.event_id for event in whole}) == len(whole) == 393
    for limit in (1, 7, 100):
        assert client.read_all(limit=limit) == whole
    assert len(client.pull().events) == 100  # unless it is said


def test_events_have_what_their_writer_left(whole, stage):
    event = whole[0]
    assert (event.type, event.aggregate_type, event.aggregate_version, event.owner_id, event.unit_serial, event.principal) == (
        DECIDED, "claim", 1, "p-alice", "HER-1", "system:test")
    assert all(event.lane == lane_of(event) for event in whole)
    assert all(event.event_time.seconds > 0 and event.append_time.seconds > 0 for event in whole)
    assert stage.value("SELECT count(*) FROM events.log") == len(whole)


WISHES = {
    "one type": ({"types": [DECIDED]}, lambda event: event.type == DECIDED),
    "three types, one of them nobody's": ({"types": [DECIDED, ADVANCED, "a.v1.B"]}, lambda event: event.type in (DECIDED, ADVANCED)),
    "a type twice": ({"types": [ADVANCED, ADVANCED]}, lambda event: event.type == ADVANCED),
    "more types than are sought one by one": ({"types": [DECIDED, "of.no.Contract"] + [f"a.v1.B{i}" for i in range(20)]},
                                              lambda event: event.type in (DECIDED, "of.no.Contract")),
    "a type of aggregate": ({"aggregate": "unit"}, lambda event: event.aggregate_type == "unit"),
    "an owner": ({"owner_id": "p-alice"}, lambda event: event.owner_id == "p-alice"),
    "an owner and a type": ({"owner_id": "p-alice", "types": [DECIDED]}, lambda event: event.owner_id == "p-alice" and event.type == DECIDED),
    "an owner and a type of aggregate": ({"owner_id": "p-alice", "aggregate": "thing"}, lambda event: event.aggregate_type == "thing"),
    "a lane": ({"lane_count": 4, "lane": 3}, lambda event: event.lane % 4 == 3),
    "a lane and a type": ({"lane_count": 2, "lane": 1, "types": [REGISTERED]}, lambda event: event.lane % 2 == 1 and event.type == REGISTERED),
    "nothing that there is": ({"owner_id": "p-nobody"}, lambda event: False),
}


@pytest.mark.parametrize("wish", WISHES)
def test_only_what_was_asked_for_is_answered_and_all_of_it(client, whole, wish):
    fields, is_wanted = WISHES[wish]
    expected = [event for event in whole if is_wanted(event)]
    assert client.read_all(**fields) == expected
    assert client.read_all(limit=3, **fields) == expected
    assert client.read_all(after=200, **fields) == [event for event in expected if event.position > 200]


def test_one_aggregate_is_found_by_its_id(client, whole):
    for event in (whole[5], whole[60], whole[130]):
        assert client.read_all(aggregate=f"{event.aggregate_type}/{event.aggregate_id}") == [event]
        assert client.read_all(aggregate=f"other/{event.aggregate_id}") == []


def test_the_lanes_together_are_the_log(client, whole):
    for count in (2, 5, 256):
        found = [event for lane in range(count) for event in client.read_all(lane_count=count, lane=lane)]
        assert sorted(found, key=lambda event: event.position) == whole


def test_what_cannot_be_wished_for_is_refused(client):
    for field, fields in {"aggregate": {"aggregate": "claim/"}, "lane": {"lane_count": 4, "lane": 4}, "limit": {"limit": 1001},
                          "wait_ms": {"wait_ms": 30001}, "types": {"types": ["a.v1.B"] * 65}}.items():
        with pytest.raises(Refused) as caught:
            client.pull(**fields)
        assert caught.value.code == INVALID and caught.value.details["field"] == field, caught.value
    with pytest.raises(Refused):
        client.pull(aggregate="/x")


def test_an_answer_is_no_larger_than_the_bus_carries(stage, client, whole):
    assert whole
    begin = last_position(stage)
    say(stage, 300, payload=b"x" * 1000)
    say(stage, 5, payload=b"x" * 131072)
    say(stage, 2000)
    wait_appended(stage, begin + 2305)
    after, sizes = begin, []
    while after < begin + 2305:
        answer = client.pull(after=after, limit=1000)
        sizes.append((answer.ByteSize(), len(answer.events)))
        assert answer.events and answer.events[0].position == after + 1
        after = answer.next_after
    assert max(size for size, _ in sizes) <= BODY_BYTES_MAX
    assert max(size for size, number in sizes if number > 1) <= 132 * 1024  # a single one always fits
    print(f"\n2,305 events in {len(sizes)} answers of at most {max(sizes)[0]} bytes")


# ---- waiting ----

@pytest.mark.parametrize("number", [0, 1])
def test_a_pull_waits_for_an_event_in_whichever_replica(stage, number):
    with client_of(stage, number) as client:
        end = client.stream().last_position
        for wishes, kind in (({}, DECIDED), ({"types": [REGISTERED]}, REGISTERED), ({"lane_count": 1}, DECIDED)):
            request = client.send("PullEvents", events.PullEventsRequest(after=end, wait_ms=20000, **wishes), 20000)
            assert not client.socket.poll(100)
            say(stage, 1, kind)
            begin_s = time.monotonic()
            answer = client.receive(request, events.PullEventsResponse, 20000)
            print(f"\nreplica {number}, {wishes}: {1000 * (time.monotonic() - begin_s):.0f} ms from the commit to the answer")
            assert [event.type for event in answer.events] == [kind]
            end = answer.next_after


def test_an_event_that_was_not_asked_for_ends_no_wait(stage, client):
    end = client.stream().last_position
    request = client.send("PullEvents", events.PullEventsRequest(after=end, wait_ms=1500, types=["a.v1.B"]), 1500)
    say(stage, 5)
    answer = client.receive(request, events.PullEventsResponse, 1500)
    assert not answer.events and answer.next_after == end + 5


def test_an_answer_without_events_comes_when_the_wait_is_over(client):
    end = client.stream().last_position
    begin_s = time.monotonic()
    answer = client.pull(after=end, wait_ms=500)
    assert not answer.events and answer.next_after == answer.last_position == end
    assert time.monotonic() - begin_s >= 0.49  # the daemon reads a clock of whole milliseconds
    assert not client.pull(after=end).events


def test_many_wait_at_once_and_cost_nothing_that_grows(stage, client):
    """Each of a hundred readers gets the event; while they wait the daemon answers others."""
    end = client.stream().last_position
    requests = [client.send("PullEvents", events.PullEventsRequest(after=end, wait_ms=20000), 20000) for _ in range(100)]
    daemons = stage.running("events")
    wait_until(lambda: sum(daemon.metric("aftercare_events_pull_wait") for daemon in daemons) == 100, "all wait")
    with client_of(stage) as other:
        other.stream()
    say(stage, 1)
    replies = set()
    while len(replies) < 100:
        assert client.socket.poll(10000)
        replies.add(client.socket.recv())
    assert len(requests) == 100
    wait_until(lambda: sum(daemon.metric("aftercare_events_pull_wait") for daemon in daemons) == 0, "none waits")


def test_a_daemon_that_ends_lets_nobody_wait(stage):
    known = set(stage.bus_folder.glob("events-*.sock"))
    daemon = stage.start("events")
    [path] = set(stage.bus_folder.glob("events-*.sock")) - known
    with Client(path, stage.tokens.of("analyst", "ada")) as client:
        end = client.stream().last_position
        request = client.send("PullEvents", events.PullEventsRequest(after=end, wait_ms=30000), 30000)
        wait_until(lambda: daemon.metric("aftercare_events_pull_wait") == 1, "it waits")
        begin_s = time.monotonic()
        daemon.signal(signal.SIGTERM)  # who reads only after the end may find the connection gone, and the answer with it
        answer = client.receive(request, events.PullEventsResponse)
        assert not answer.events and answer.next_after == end
        assert time.monotonic() - begin_s < 10 and daemon.wait_end() == 0
    assert not list(stage.bus_folder.glob(f"{path.stem}*"))


# ---- GetStream ----

def test_a_stream_says_its_ends_and_where_each_replica_publishes(stage):
    said = []
    for number in (0, 1):
        with client_of(stage, number) as client:
            said.append(client.stream())
    assert {stream.publication for stream in said} == {f"ipc://{path}" for path in stage.bus_folder.glob("events-*.pub")}
    assert said[0].first_position == 1 and said[0].epoch == 1
    assert said[0].last_position == last_position(stage) and said[0].publication_port == 0


# ---- the form ----

def test_aggregates_are_found_while_others_write(stage, client):
    """A page is of one moment: what it says of the log's end and its events agree."""
    is_stopping = threading.Event()

    def write():
        while not is_stopping.is_set():
            say(stage_connection, 20)

    class stage_connection:  # pylint: disable=invalid-name
        """A connection of its own: psycopg2's are not shared by threads that write at once."""
        connection = stage.server.connect()

        @classmethod
        def query(cls, text, *values):
            """As the stage's."""
            with cls.connection, cls.connection.cursor() as cursor:
                cursor.execute(text, values)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        after = client.stream().last_position
        for _ in range(100):
            answer = client.pull(after=after, limit=50, types=[DECIDED])
            positions = [event.position for event in answer.events]
            assert positions == list(range(after + 1, after + 1 + len(positions)))
            assert answer.next_after == after + len(positions)
            after = answer.next_after
    finally:
        is_stopping.set()
        thread.join()
        stage_connection.connection.close()
