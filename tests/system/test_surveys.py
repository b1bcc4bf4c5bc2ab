"""aftercare-surveys through the gateway: one row, one event, the same answer again."""
# SPDX-License-Identifier: Apache-2.0
import uuid

import pytest

CUSTOMER = "customer:anna"


@pytest.fixture(autouse=True, scope="module", name="daemon")
def daemon_fixture(stage):
    """The daemon beside those that every stage has."""
    return stage.start("surveys")


def test_a_note_is_stored_once_with_one_event(stage, web):
    key = str(uuid.uuid4())
    made = web.call("POST", "/v1/surveys/notes", CUSTOMER, {"text": "Grüße"}, key=key)
    assert made.status == 201, made
    again = web.call("POST", "/v1/surveys/notes", CUSTOMER, {"text": "Grüße"}, key=key)
    assert (again.status, again.json) == (201, made.json)
    note_id = made.json["note_id"]
    assert stage.value("SELECT count(*) FROM surveys.notes") == 1
    assert stage.query("SELECT type, aggregate_version FROM events.outbox WHERE aggregate_id = %s", note_id) == [
        ("surveys.v1.NoteCreated", 1)]


def test_a_note_is_read_by_its_owner_and_by_nobody_else(web):
    made = web.call("POST", "/v1/surveys/notes", CUSTOMER, {"text": "mine"})
    path = made.headers["location"]
    assert web.call("GET", path, CUSTOMER).json == made.json
    assert web.call("GET", path, "customer:bert").status == 404
    assert web.call("GET", path, "agent:desk").status == 200


def test_a_note_that_says_nothing_is_refused(web):
    refused = web.call("POST", "/v1/surveys/notes", CUSTOMER, {"text": " \n"})
    assert (refused.status, refused.reason) == (400, "TEXT_BLANK")
