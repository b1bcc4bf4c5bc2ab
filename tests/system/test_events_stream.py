"""Events as they come: streams over HTTP, the tickets that open them, and what may happen to them (docs/protocol/events.md, 8)."""
# SPDX-License-Identifier: Apache-2.0
import base64
import datetime
import threading
import time
import urllib.parse

import jsonschema
import pytest

from event_reader import ADVANCED, DECIDED, REGISTERED, last_position, say, wait_appended
from event_source import EventSource
from event_web import BATCH, SCHEMA, begin, fill, list_all, positions, pseudonym, wait_joined
from stage import count, wait_until
from web import Raw

STAGE = {"warranty": 0, "events": 1, "AFTERCARE_GATEWAY_EVENT_COMMENT_INTERVAL": "300ms",
         "AFTERCARE_GATEWAY_CORS_ORIGINS": "https://shop.example",
         # What was freed is not kept for long: the size of the process is looked at.
         "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:quarantine_size_mb=1"}


@pytest.fixture(scope="module", name="filled")
def filled_fixture(stage):
    """A log with events of all kinds of owners; how long it is."""
    return fill(stage)


@pytest.mark.usefixtures("filled")
def test_a_stream_begins_with_what_comes_next(stage):
    with begin(stage) as source:
        wait_joined(source)
        begin_position = last_position(stage)
        say(stage, 3, DECIDED)
        found = source.take(3)
        assert [said.position for said in found] == [begin_position + 1, begin_position + 2, begin_position + 3]
        assert all(said.event == DECIDED and said.json["sequence"] == said.id for said in found)
        jsonschema.validate(found[0].json, SCHEMA)


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("after", ["0-0", "0-7", "1-0", "1-7"])
def test_a_place_means_the_same_to_a_list_and_a_stream(stage, web, after):
    """Also where its epoch is not said, and before the first event."""
    listed = web.get(f"/v1/events?after={after}&limit=20", "analyst:ada").json
    assert positions(listed)[0] == int(after[-1]) + 1
    for place in ({"query": f"?after={after}"}, {"last": after}):
        with begin(stage, limit_s=5, **place) as source:
            assert [said.json for said in source.take(20)] == listed, place


@pytest.mark.usefixtures("filled")
def test_a_stream_goes_on_where_it_was(stage, web):
    whole = list_all(web)
    with begin(stage, query="?after=1-100") as source:
        assert [said.json for said in source.take(len(whole) - 100)] == whole[100:]
        last = source.last
    name = say(stage, 5, REGISTERED, "unit")
    wait_appended(stage, len(whole) + 5)
    with begin(stage, query="?after=1-1", last=last) as source:  # the header is newer than the address
        assert [said.position for said in source.take(5)] == list(range(len(whole) + 1, len(whole) + 6))
    with begin(stage, query=f"?after=1-1&aggregate=unit/{name}-2") as source:
        assert [said.json["subject"] for said in source.take(1)] == [f"{name}-2"]


@pytest.mark.usefixtures("filled")
def test_each_stream_has_what_it_asks_for_and_may_see(stage, web):
    anna, bob = pseudonym(stage, "anna"), pseudonym(stage, "bob")
    wishes = {"all": ("analyst:ada", ""), "anna": ("customer:anna", ""), "a type": ("analyst:ada", f"types={DECIDED}"),
              "two types": ("manager:max", f"types={DECIDED}&types={ADVANCED}"), "aggregates": ("integration:i", "aggregate=unit"),
              "anna's units": ("customer:anna", "aggregate=unit")}
    for is_behind in (True, False):  # pulled for itself, and as it comes
        after = list_all(web)[0 if is_behind else -1]["sequence"]
        sources = {name: begin(stage, caller, f"?after={after}&{query}") for name, (caller, query) in wishes.items()}
        for source in sources.values():
            wait_joined(source)
        say(stage, 5, DECIDED, "claim", owner=bob)
        say(stage, 5, REGISTERED, "unit", owner=anna)
        say(stage, 5, ADVANCED, "import")
        end = say(stage, 1, DECIDED, "unit", owner=anna)  # all want this one
        for name, (caller, query) in wishes.items():
            found = []
            while not found or found[-1]["subject"] != f"{end}-1":
                found += [said.json for said in sources[name].take(1)]
            filters = urllib.parse.parse_qs(query)
            if not is_behind:
                assert found == [one for one in list_all(web, caller, **filters) if one["sequence"] > after], name
            assert "customer" not in caller or {one["ownerid"] for one in found} == {anna}
            sources[name].close()


def test_nothing_is_lost_or_doubled_over_reconnects_under_load(stage, web):
    start = last_position(stage)
    goal = count(3000, 30000)
    is_over = threading.Event()

    def write():
        for _ in range(goal // 50):
            say(stage_of_thread(stage), 50, DECIDED, owner=pseudonym(stage, "anna"))
        is_over.set()

    writer = threading.Thread(target=write)
    writer.start()
    found, last, connects = [], f"1-{start}", 0
    while len(found) < goal // 50 * 50:
        connects += 1
        with begin(stage, last=last) as source:
            found += source.take(min(1 + connects * 37 % 300, goal // 50 * 50 - len(found)))
            last = source.last
    writer.join()
    assert is_over.is_set() and connects > 10
    assert [said.position for said in found] == list(range(start + 1, start + 1 + len(found)))
    print(f"\n{len(found)} events over {connects} connections")
    assert [said.json["id"] for said in found] == [one["id"] for one in list_all(web)[start:]]


class stage_of_thread:  # pylint: disable=invalid-name,too-few-public-methods
    """A connection of its own for `say`."""

    def __init__(self, stage):
        self.connection = stage.server.connect()
        self.connection.autocommit = True

    def query(self, statement, *parameters):
        """As Stage has it; then the connection is closed."""
        with self.connection.cursor() as cursor:
            cursor.execute(statement, parameters)
        self.connection.close()


def test_a_client_that_takes_nothing_costs_no_memory_and_misses_nothing(stage):
    gateway = stage.only("gateway")
    start = last_position(stage)
    size = count(20000, 100000)
    slow = [begin(stage, query=f"?after=1-{start}") for _ in range(10)]
    with begin(stage, query=f"?after=1-{start}") as fast:
        say(stage, 5000, DECIDED, payload=b"\x0a\x24" + b"x" * 36)
        fast.take(5000)  # all of them have filled what there is between us by now
        before_bytes = resident_bytes(gateway)
        for _ in range(size // 5000):
            say(stage, 5000, DECIDED, payload=b"\x0a\x24" + b"x" * 36)
            fast.take(5000)
    grown_bytes = resident_bytes(gateway) - before_bytes
    held = gateway.metric("aftercare_event_feed_hold"), gateway.metric("aftercare_event_feed_size_bytes")
    print(f"\n10 streams that are not read, {size} events: {grown_bytes / 1e6:.1f} MB more, {held} held")
    assert held[0] <= 4096 and held[1] <= 4 << 20
    assert grown_bytes < size * 400  # one stream's worth of events, had they been kept for it
    for source in slow:
        with source:
            assert [said.position for said in source.take(5000 + size)] == list(range(start + 1, start + 1 + 5000 + size))


def resident_bytes(daemon):
    """VmRSS."""
    with open(f"/proc/{daemon.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmRSS"))


def test_a_stream_ends_with_its_token(stage):
    claims = stage.tokens.claims(["analyst"], "ada", exp=int(time.time()) + 2)
    begin_s = time.monotonic()
    with begin(stage, "Bearer " + stage.tokens.sign(claims)) as source:
        while source.read() is not None:
            assert time.monotonic() - begin_s < 10, "it goes on without a token"


def test_a_caller_has_only_so_many_streams(stage):
    sources = [begin(stage, "analyst:many") for _ in range(20)]
    try:
        with EventSource(stage, "analyst:many") as refused:
            assert (refused.status, refused.reason, refused.answer.getheader("Retry-After")) == (429, "STREAMS_TOO_MANY", "1")
        with begin(stage, "analyst:another"):
            pass
        assert stage.only("gateway").status()["event_streams"] >= 20
    finally:
        for source in sources:
            source.close()
    wait_until(lambda: stage.only("gateway").status()["event_streams"] == 0, "those who left are not counted")


def test_a_browsers_page_may_read_the_stream_where_its_origin_is_known(stage, web):
    for origin, allowed in (("https://shop.example", "https://shop.example"), ("https://evil.example", None)):
        with begin(stage, Origin=origin) as source:
            assert source.answer.getheader("Access-Control-Allow-Origin") == allowed
            assert (source.answer.getheader("Cache-Control"), source.answer.getheader("Vary")) == ("no-store", "Origin")
    preflight = web.call("OPTIONS", "/v1/events", Origin="https://shop.example", Access_Control_Request_Method="GET",
                         Access_Control_Request_Headers="authorization, last-event-id")
    assert "Last-Event-ID" in preflight.headers["access-control-allow-headers"]


def test_head_and_other_media_types_get_the_list(stage, web):
    assert web.get("/v1/events?limit=1", "analyst:ada", Accept="application/json, */*").headers["content-type"] == BATCH
    with Raw(stage.port) as raw:
        raw.send(f"HEAD /v1/events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nAuthorization: Bearer "
                 f"{stage.tokens.of('analyst', 'ada')}\r\n\r\n".encode())
        assert raw.read_answer(is_head=True).status == 200


def test_a_bad_place_is_refused(stage):
    with EventSource(stage, last="yesterday") as source:
        assert (source.status, source.reason) == (400, "FIELD_FORMAT")
    with EventSource(stage, query="?after=7") as source:
        assert (source.status, source.reason) == (400, "FIELD_FORMAT")


# ---- tickets ----

def make_ticket(web, caller="analyst:ada"):
    """A ticket."""
    answer = web.call("POST", "/v1/events:ticket", caller, key=None)
    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store"), answer
    return answer.json["ticket"]


def expect_unauthenticated(stage, ticket, reason):
    """A stream is refused."""
    with EventSource(stage, None, "?ticket=" + ticket) as source:
        assert (source.status, source.reason) == (401, reason), ticket


@pytest.mark.usefixtures("filled")
def test_a_ticket_opens_its_callers_stream(stage, web):
    with begin(stage, None, "?after=1-0&ticket=" + make_ticket(web, "customer:anna")) as source:
        assert {said.json["ownerid"] for said in source.take(50)} == {pseudonym(stage, "anna")}
    with begin(stage, None, "?after=1-0&ticket=" + make_ticket(web)) as source:
        assert [said.position for said in source.take(50)] == list(range(1, 51))


def test_a_ticket_opens_nothing_else(stage, web):
    ticket = make_ticket(web)
    for path in ("/v1/events", "/v1/events/schema", "/v1/me", "/v1/policies"):
        for accept in (None, "text/event-stream" if path != "/v1/events" else "application/json"):
            answer = web.get(f"{path}?ticket={ticket}", Accept=accept)
            assert (answer.status, answer.reason) == (401, "TOKEN_MISSING"), (path, answer)
        for scheme in ("Bearer", "Link", "Ticket"):
            assert web.get(path, f"{scheme} {ticket}").status == 401
    answer = web.call("POST", f"/v1/events:ticket?ticket={ticket}")
    assert (answer.status, answer.reason) == (401, "TOKEN_MISSING")
    token = stage.tokens.of("analyst", "ada")
    for stranger in ("", "x", ticket[:-1], ticket + "A", "A" + ticket[1:], ticket[:40] + "AAAA" + ticket[44:], token, "A" * 5000):
        expect_unauthenticated(stage, stranger, "TICKET_INVALID")
    assert "ada" not in base64.urlsafe_b64decode(ticket + "=" * (-len(ticket) % 4)).decode("latin-1")  # proxies keep addresses


def test_a_ticket_ends_with_the_token_it_was_made_for(stage, web):
    claims = stage.tokens.claims(["analyst"], "ada", exp=int(time.time()) + 1)
    ticket = make_ticket(web, "Bearer " + stage.tokens.sign(claims))

    def is_refused():
        with EventSource(stage, None, "?ticket=" + ticket) as source:
            return source.status == 401 and source.reason == "TICKET_EXPIRED"

    wait_until(is_refused, "the ticket has ended")


def test_a_ticket_says_when_it_ends(web):
    answer = web.call("POST", "/v1/events:ticket", "analyst:ada", key=None)
    end = datetime.datetime.fromisoformat(answer.json["expire_time"].replace("Z", "+00:00"))
    left_s = (end - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
    assert 50 < left_s <= 60


# ---- what else may happen ----

def test_the_gateway_drains_at_once_and_streams_go_on_at_the_next(stage):
    start = last_position(stage)
    source, stalled = begin(stage, query=f"?after=1-{start}"), begin(stage, query="?after=1-0")
    wait_joined(source)
    say(stage, 10, DECIDED)
    source.take(10)
    begin_s = time.monotonic()
    stage.only("gateway").stop()
    while source.read() is not None:
        pass
    print(f"\ndrained in {time.monotonic() - begin_s:.2f} s")
    stage.start("gateway")
    say(stage, 10, DECIDED)
    with begin(stage, last=source.last) as again:
        assert [said.position for said in again.take(10)] == list(range(start + 11, start + 21))
    source.close()
    stalled.close()


def test_streams_outlive_the_events_daemon(stage):
    start = last_position(stage)
    with begin(stage, query=f"?after=1-{start}") as source:
        wait_joined(source)
        stage.only("events").kill()
        assert not wait_joined(source).data  # comments go on
        say(stage, 10, DECIDED)
        stage.start("events")
        assert [said.position for said in source.take(10)] == list(range(start + 1, start + 11))


def test_a_new_epoch_is_no_seam(stage):
    start = last_position(stage)
    with begin(stage, query=f"?after=1-{start}") as source:
        wait_joined(source)
        stage.query("INSERT INTO events.epochs (epoch, first_position, start_time) VALUES (2, %s, now())", start + 1)
        stage.query("UPDATE events.relay SET epoch = 2")
        say(stage, 3, DECIDED)
        assert [said.id for said in source.take(3)] == [f"2-{start + n:016d}" for n in (1, 2, 3)]
    with begin(stage, last=f"1-{start}") as source:
        assert [said.id for said in source.take(3)] == [f"2-{start + n:016d}" for n in (1, 2, 3)]
    with EventSource(stage, last=f"1-{start + 1}") as source:  # what it has read is something else now
        assert source.take(1)[0].event == "RESYNC"
