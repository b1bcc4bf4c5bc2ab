"""Events over HTTP to test with: a log of all kinds of owners, lists of it, and streams."""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import hmac
import json
import urllib.parse

from event_reader import ADVANCED, DECIDED, REGISTERED, say, wait_appended
from event_source import EventSource
from installation import ROOT

SCHEMA = json.loads((ROOT / "tests" / "data" / "cloudevents" / "cloudevents.json").read_text())
BATCH = "application/cloudevents-batch+json"


def pseudonym(stage, subject):
    """As the log names a customer."""
    return "p-" + hmac.new(stage.installation_key, b"subject\0" + subject.encode(), hashlib.sha256).digest()[:16].hex()


def fill(stage):
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
