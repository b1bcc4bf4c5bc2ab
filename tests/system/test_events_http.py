"""Events over HTTP: lists, the schema of payloads, who sees what, and what is gone (docs/protocol/events.md, 8)."""
# SPDX-License-Identifier: Apache-2.0
import base64
import json

import jsonschema
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from event_reader import ADVANCED, DECIDED, REGISTERED, last_position, say
from event_source import EventSource
from event_web import SCHEMA, begin, fill, list_all, positions, pseudonym
from installation import ROOT
from stage import wait_until

STAGE = {"warranty": 0, "events": 1}
SEES_ALL = ("analyst", "manager", "administrator", "integration", "customer,analyst")
SEES_NONE = ("agent", "technician", "policy_owner", "agent,trainer", "")


@pytest.fixture(scope="module", name="filled")
def filled_fixture(stage):
    """A log with events of all kinds of owners; how long it is."""
    return fill(stage)


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
