"""A client of server-sent events that behaves: reads a stream event by event, and goes on where it was."""
# SPDX-License-Identifier: Apache-2.0
import dataclasses
import http.client
import json
import time


@dataclasses.dataclass
class Said:
    """One event, or a comment (all empty)."""
    id: str = ""
    event: str = ""
    data: str = ""

    @property
    def json(self):
        """The data."""
        return json.loads(self.data)

    @property
    def position(self):
        """Of an event of the log."""
        return int(self.id.split("-")[1])


class EventSource:
    """One connection to /v1/events. `last` is the id of the last event that came."""

    def __init__(self, stage, caller="analyst:ada", query="", last=None, limit_s=30, **headers):
        self.connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=limit_s)
        fields = {"Accept": "text/event-stream"} | {name.replace("_", "-"): value for name, value in headers.items()}
        if caller:
            fields["Authorization"] = caller if " " in caller else "Bearer " + stage.tokens.of(*caller.split(":", 1))
        if last:
            fields["Last-Event-ID"] = last
        self.last = last
        self.limit_s = limit_s
        self.connection.request("GET", "/v1/events" + query, headers=fields)
        self.answer = self.connection.getresponse()
        self.status = self.answer.status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Leaves."""
        self.connection.close()
        self.answer.close()

    @property
    def reason(self):
        """Of a refusal."""
        return json.loads(self.answer.read())["reason"]

    def read(self):
        """The next event or comment; None where the stream has ended."""
        said, is_comment = Said(), False
        while True:
            line = self.answer.readline().decode()
            if not line:
                return None
            line = line.rstrip("\n")
            if not line:
                if said.data or said.event or is_comment:
                    self.last = said.id or self.last
                    return said
                continue
            name, _, value = line.partition(":")
            is_comment = is_comment or not name
            if name in ("id", "event", "data"):
                setattr(said, name, value.removeprefix(" "))

    def take(self, count):
        """So many events; comments are passed over, and are no events however many come."""
        found, end_s = [], time.monotonic() + self.limit_s
        while len(found) < count:
            said = self.read()
            assert said is not None, f"the stream ended after {len(found)} of {count} events"
            assert said.data or time.monotonic() < end_s, f"only comments come after {len(found)} of {count} events"
            if said.data:
                found.append(said)
                end_s = time.monotonic() + self.limit_s
        return found
