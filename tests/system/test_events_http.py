"""Events over HTTP: lists, the schema of payloads, who sees what, and events as they come (docs/protocol/events.md, 8)."""
# SPDX-License-Identifier: Apache-2.0
import base64
import datetime
import hashlib
import hmac
import json
import threading
import time
import urllib.parse

import jsonschema
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from event_reader import ADVANCED, DECIDED, REGISTERED, last_position, say, wait_appended
from event_source import EventSource
from installation import ROOT
from stage import count, wait_until
from web import Raw

STAGE = {"warranty": 0, "events": 1, "AFTERCARE_GATEWAY_EVENT_COMMENT_INTERVAL": "300ms",
         "AFTERCARE_GATEWAY_CORS_ORIGINS": "https://shop.example",
         # What was freed is not kept for long: the size of the process is looked at.
         "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:quarantine_size_mb=1"}
SCHEMA = json.loads((ROOT / "tests" / "data" / "cloudevents" / "cloudevents.json").read_text())
BATCH = "application/cloudevents-batch+json"
SEES_ALL = ("analyst", "manager", "administrator", "integration", "customer,analyst")
SEES_NONE = ("agent", "technician", "policy_owner", "agent,trainer", "")


def pseudonym(stage, subject):
    """As the log names a customer."""
    return "p-" + hmac.new(stage.installation_key, b"subject\0" + subject.encode(), hashlib.sha256).digest()[:16].hex()


@pytest.fixture(scope="module", name="web")
def web_fixture(stage):
    """A client of the gateway."""
    return stage.web()


@pytest.fixture(scope="module", name="filled")
def filled_fixture(stage):
    """A log with events of all kinds of owners; how long it is."""
    for _ in range(3):
        say(stage, 40, DECIDED, "claim", owner=pseudonym(stage, "anna"), serial="HER-1")
        say(stage, 70, REGISTERED, "unit", owner=pseudonym(stage, "bob"), payload=b"\x0a\x05HER-7")
        say(stage, 20, ADVANCED, "import")
        say(stage, 1, "of.no.Contract", "thing", owner=pseudonym(stage, "anna"), payload=b"\xff\x00")
    wait_appended(stage, 393)
    return 393


def list_all(web, caller="analyst:ada", limit=1000, **filters):
    """Every event, page by page."""
    found, after = [], ""
    while True:
        query = urllib.parse.urlencode({"limit": limit, "after": after} | filters, doseq=True)
        answer = web.get("/v1/events?" + query, caller)
        assert (answer.status, answer.headers["content-type"]) == (200, BATCH), answer
        if not answer.json:
            return found
        assert len(answer.json) <= limit and (len(answer.body) <= 128 * 1024 or len(answer.json) == 1)
        found += answer.json
        after = found[-1]["sequence"]


def positions(found):
    """Of CloudEvents."""
    return [int(one["sequence"].split("-")[1]) for one in found]


# ---- lists ----

@pytest.mark.usefixtures("filled")
def test_a_list_goes_to_the_end_of_the_log(web, stage):
    whole = list_all(web)
    assert positions(whole) == list(range(1, last_position(stage) + 1))
    assert list_all(web, limit=7) == whole
    assert len(web.get("/v1/events", "analyst:ada").json) == 100  # unless it is said
    ids = [str(row[0]) for row in stage.query("SELECT event_id FROM events.log ORDER BY position")]
    assert [one["id"] for one in whole] == ids


@pytest.mark.usefixtures("filled")
def test_every_event_is_a_cloudevent(web):
    validator = jsonschema.Draft7Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
    for one in list_all(web):
        validator.validate(one)
        assert one["type"] and one["source"].startswith("/aftercare/") and one["subject"] and one["time"].endswith("Z")
        assert ("data" in one) != ("data_base64" in one) and all(name.islower() and name.isalnum() or name == "data_base64" for name in one)
    units = list_all(web, types=REGISTERED)
    assert all(one["data"]["serial"] == "HER-7" and one["datacontenttype"] == "application/json" for one in units)
    [foreign, *_] = [one for one in list_all(web) if one["type"] == "of.no.Contract"]
    assert base64.b64decode(foreign["data_base64"]) == b"\xff\x00"


FILTERS = {
    "a type": ({"types": DECIDED}, lambda one: one["type"] == DECIDED),
    "two types": ({"types": [DECIDED, ADVANCED]}, lambda one: one["type"] in (DECIDED, ADVANCED)),
    "a type of aggregate": ({"aggregate": "import"}, lambda one: one["source"] == "/aftercare/import"),
    "both": ({"aggregate": "import", "types": [DECIDED, ADVANCED]}, lambda one: one["source"] == "/aftercare/import"),
    "what has not happened": ({"types": "policy.v1.PolicyRevoked"}, lambda one: False),
}


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("name", FILTERS)
def test_only_what_is_asked_for_is_listed_and_all_of_it(web, name):
    filters, is_wanted = FILTERS[name]
    expected = [one for one in list_all(web) if is_wanted(one)]
    assert list_all(web, **filters) == expected
    assert list_all(web, limit=9, **filters) == expected


@pytest.mark.usefixtures("filled")
def test_one_aggregate_is_listed(web):
    one = list_all(web, types=REGISTERED)[5]
    assert list_all(web, aggregate=f"unit/{one['subject']}") == [one]


@pytest.mark.usefixtures("filled")
def test_a_bad_question_is_told_what_is_wrong(web):
    for query, reason in {"after=7": "FIELD_FORMAT", "after=1-": "FIELD_FORMAT", "limit=1001": "FIELD_RANGE", "limit=x": "PARAMETER_MALFORMED",
                          "aggregate=/7": "FIELD_FORMAT", "owner_id=p-1": "PARAMETER_UNKNOWN",
                          "body_offset=1": "PARAMETER_UNKNOWN", "ticket=x": "PARAMETER_UNKNOWN"}.items():
        answer = web.get("/v1/events?" + query, "analyst:ada")
        assert (answer.status, answer.reason) == (400, reason), (query, answer)


@pytest.mark.parametrize("query, reason, field, value", [
    ("types=warranty.v1.ClaimDecide", "TYPE_UNKNOWN", "types", "warranty.v1.ClaimDecide"),
    (f"types={DECIDED}&types=warranty.v1.Claim", "TYPE_UNKNOWN", "types", "warranty.v1.Claim"),  # a message, and no event
    ("types=", "TYPE_UNKNOWN", "types", ""),
    ("aggregate=units", "AGGREGATE_UNKNOWN", "aggregate", "units"),
    ("aggregate=Claim/7", "AGGREGATE_UNKNOWN", "aggregate", "Claim"),
    ("aggregate=unit/", "FIELD_FORMAT", "aggregate", "unit/"),
])
def test_a_name_that_no_event_has_is_refused_by_lists_and_streams(stage, web, query, reason, field, value):
    answer = web.get("/v1/events?" + query, "analyst:ada")
    assert (answer.status, answer.reason, answer.json["field"]) == (400, reason, field), answer
    assert f'"{value}"' in answer.json["detail"] and (reason == "FIELD_FORMAT" or "/docs#event-catalogue" in answer.json["detail"])
    with EventSource(stage, query="?" + query) as source:
        assert source.status == 400
        streamed = json.loads(source.answer.read())
        assert [streamed[name] for name in ("reason", "field", "detail")] == [answer.json[name] for name in ("reason", "field", "detail")]
    assert 'id="event-catalogue"' in web.get("/docs").body.decode()


def test_an_event_larger_than_a_piece_is_given_whole(stage, web):
    name = say(stage, 1, "of.no.Contract", "import", payload=bytes(130000))
    path = f"/v1/events?aggregate=import/{name}-1"
    wait_until(lambda: web.get(path, "analyst:ada").json, "it is listed")
    answer = web.get(path, "analyst:ada")
    assert answer.status == 200 and base64.b64decode(answer.json[0]["data_base64"]) == bytes(130000)
    assert len(answer.body) > 128 * 1024
    with begin(stage, query=f"?after=1-0&aggregate=import/{name}-1") as source:
        assert source.take(1)[0].json == answer.json[0]


# ---- who sees what ----

@pytest.mark.usefixtures("filled")
def test_a_customer_sees_their_own_events_and_never_anothers(web, stage):
    anna = [one for one in list_all(web) if one.get("ownerid") == pseudonym(stage, "anna")]
    assert len(anna) == 123 and list_all(web, "customer:anna") == anna == list_all(web, "customer,agent:anna", limit=10)
    assert {one["ownerid"] for one in list_all(web, "customer:bob")} == {pseudonym(stage, "bob")}
    assert not list_all(web, "customer:carl")
    other = next(one for one in list_all(web) if one.get("ownerid") == pseudonym(stage, "bob"))
    assert not list_all(web, "customer:anna", aggregate=f"unit/{other['subject']}")
    assert not list_all(web, "customer:anna", types=ADVANCED)  # nobody's


@pytest.mark.usefixtures("filled")
def test_roles_decide_who_may_ask(web, stage):
    for roles in SEES_ALL:
        assert len(web.get("/v1/events?limit=1000", f"{roles}:anna").json) > 123
    for roles in SEES_NONE:
        for accept in (None, "text/event-stream"):
            answer = web.get("/v1/events", "Bearer " + stage.tokens.of(roles, "anna"), Accept=accept)
            assert (answer.status, answer.reason) == (403, "ROLE_MISSING"), (roles, answer)
        answer = web.call("POST", "/v1/events:ticket", "Bearer " + stage.tokens.of(roles, "anna"))
        assert (answer.status, answer.reason) == (403, "ROLE_MISSING")
    for path in ("/v1/events", "/v1/events/schema"):
        assert (web.get(path).status, web.get(path).reason) == (401, "TOKEN_MISSING")
    assert web.get("/v1/events/schema", "customer:anna").status == 403


def test_payloads_are_read_by_the_schema_that_is_served(stage, web):
    answer = web.get("/v1/events/schema", "analyst:ada")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/protobuf")
    again = web.get("/v1/events/schema", "analyst:ada", If_None_Match=answer.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    pool, schema = descriptor_pool.DescriptorPool(), descriptor_pb2.FileDescriptorSet.FromString(answer.body)
    for file in schema.file:  # each after what it imports, or the pool refuses it
        pool.Add(file)
    made = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName(REGISTERED)).FromString(b"\x0a\x05HER-7")
    assert made.serial == "HER-7"
    catalogue = (ROOT / "docs" / "events.md").read_text()
    known = {f"{file.package}.{message.name}" for file in schema.file for message in file.message_type}
    types = {line[5:-1] for line in catalogue.splitlines() if line.startswith("### `")}
    assert types and types <= known
    assert stage.value("SELECT count(*) FROM events.log") is not None


# ---- what is gone ----

def test_a_reader_that_cannot_go_on_without_a_gap_is_told_so(stage, web, filled):
    stage.query("UPDATE events.horizons SET first_position = 31")
    try:
        for after in ("", "1-0000000000000029"):
            answer = web.get("/v1/events?after=" + after, "analyst:ada")
            assert (answer.status, answer.reason, answer.json["title"]) == (410, "RESYNC", "Gone"), answer
            assert answer.json["details"] == {"epoch": "1", "first_position": "31", "last_position": str(last_position(stage))}
            with EventSource(stage, last=after or "1-0") as source:
                [resync] = source.take(1)
                assert (resync.event, resync.id, resync.json) == ("RESYNC", "", answer.json["details"])
                assert source.read() is None
        assert positions(web.get("/v1/events?after=1-30&limit=1", "analyst:ada").json) == [31]
    finally:
        stage.query("UPDATE events.horizons SET first_position = 1")
    for after in (f"1-{filled + 100000}", "2-1"):
        assert web.get("/v1/events?after=" + after, "analyst:ada").status == 410
        with EventSource(stage, last=after) as source:
            assert source.take(1)[0].event == "RESYNC" and source.read() is None


# ---- streams ----

def begin(stage, caller="analyst:ada", query="", **options):
    """A stream that is open: it has said its greeting."""
    source = EventSource(stage, caller, query, **options)
    assert source.status == 200, source.answer.read()
    assert source.answer.getheader("Content-Type") == "text/event-stream"
    return source


def wait_joined(source):
    """A comment comes when there is nothing else, so it has joined."""
    while (said := source.read()).data:
        pass
    return said


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
