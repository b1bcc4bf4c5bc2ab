"""Readers of the event stream from beyond the installation, written from docs/protocol/events.md only; and events for them to read.

    say          leaves events in the outbox, as one transaction of some daemon
    Client       pulls from one replica, with a bearer token
    Subscriber   listens, and pulls where it must: gets every event once, in order
"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import importlib
import time
import uuid

import zmq

import wire
from stage import wait_until

events = importlib.import_module("events.v1.events_pb2")

SERVICE = "events.v1.EventsService/"
TICK = "events.v1.Tick"
RESYNC = 11
DECIDED, REGISTERED, ADVANCED = "warranty.v1.ClaimDecided", "warranty.v1.UnitRegistered", "warranty.v1.ImportAdvanced"
SAY = """INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, unit_serial,
                                    principal, trace, payload)
         SELECT gen_random_uuid(), %s, %s, %s || '-' || n, 1, now(), %s, %s, 'system:test', NULL, %s FROM generate_series(1, %s) n"""


def say(stage, count, kind=DECIDED, aggregate="claim", owner=None, serial=None, payload=b""):
    """Leaves events of so many new aggregates; answers what the ids of these begin with."""
    name = uuid.uuid4().hex[:12]
    stage.query(SAY, kind, aggregate, name, owner, serial, payload, count)
    return name


def last_position(stage):
    """Of the log, as PostgreSQL has it."""
    return stage.value("SELECT position FROM events.relay")


def wait_appended(stage, position):
    """Until the log reaches a position."""
    wait_until(lambda: last_position(stage) >= position, f"the log reaches {position}")


def lane_of(event):
    """As the protocol says."""
    return hashlib.sha256(f"{event.aggregate_type}\0{event.aggregate_id}".encode()).digest()[0]


class Refused(Exception):
    """A reply with an error."""

    def __init__(self, reply):
        super().__init__(f"{reply.code} {reply.reason}: {reply.message}")
        self.code = reply.code
        self.reason = reply.reason
        self.details = {detail.name: detail.value for detail in reply.details}


class Client:
    """Asks one replica; `token` in place of a principal."""

    def __init__(self, path, token):
        self.token = token
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.IMMEDIATE, 1)
        self.socket.setsockopt(zmq.SNDTIMEO, wire.ANSWER_LIMIT_MS)
        self.socket.connect(f"ipc://{path}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, method, message, wait_ms=0):
        """A question; its request_id."""
        request = wire.envelope.Request(
            request_id=uuid.uuid4().bytes, method=SERVICE + method, attempt=1, principal=self.token.encode(),
            deadline_time_ms=wire.now_ms() + wire.ANSWER_LIMIT_MS + wait_ms, body=message.SerializeToString())
        self.socket.send(wire.REQUEST + request.SerializeToString())
        return request.request_id

    def receive(self, request_id, answer_type, wait_ms=0):
        """The answer to it. Others belong to questions that were given up."""
        while True:
            assert self.socket.poll(wire.ANSWER_LIMIT_MS + wait_ms), "the replica said nothing"
            reply = wire.envelope.Reply.FromString(self.socket.recv()[4:])
            if reply.request_id == request_id:
                break
        if reply.code:
            raise Refused(reply)
        return answer_type.FromString(reply.body)

    def pull(self, **wishes):
        """PullEvents."""
        wait_ms = wishes.get("wait_ms", 0)
        return self.receive(self.send("PullEvents", events.PullEventsRequest(**wishes), wait_ms), events.PullEventsResponse, wait_ms)

    def stream(self):
        """GetStream."""
        return self.receive(self.send("GetStream", events.GetStreamRequest()), events.GetStreamResponse)

    def read_all(self, after=0, limit=1000, **wishes):
        """Every event from there to the end of the log, page by page."""
        found, epoch = [], 0
        while True:
            answer = self.pull(after=after, epoch=epoch, limit=limit, **wishes)
            assert after <= answer.next_after <= answer.last_position and len(answer.events) <= limit
            assert all(after < event.position <= answer.next_after for event in answer.events)
            found += answer.events
            after, epoch = answer.next_after, answer.epoch
            if after == answer.last_position:
                return found


def client_of(stage, number=0, roles="analyst"):
    """A client of the stage's nth replica of `events`."""
    paths = wait_until(lambda: len(found := sorted(stage.bus_folder.glob("events-*.sock"))) > number and found, "a replica is found")
    return Client(paths[number], stage.tokens.of(roles, "ada"))


class Subscriber:
    """Gets every event, or every event of one type, once and in order: what it hears, and by pulls what it did not."""

    def __init__(self, client, kind="", socket=None, address=None):
        self.client = client
        self.kind = kind
        self.seen = []  # positions, in the order of coming
        self.pull_count = 0
        self.epoch = self.after = self.begin = 0
        self.behind_since_s = None
        self.socket = socket or zmq.Context.instance().socket(zmq.SUB)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt_string(zmq.SUBSCRIBE, kind)
        self.socket.setsockopt_string(zmq.SUBSCRIBE, TICK)  # the last: when it is heard, the other is there
        self.socket.connect(address or client.stream().publication)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def join(self):
        """Begins at the log's end as the first Tick has it. What is heard before it is not needed."""
        tick = self.receive(10000)
        while tick.HasField("event"):
            tick = self.receive(10000)
        self.epoch, self.begin, self.after = tick.epoch, tick.position, tick.position
        self.catch_up()

    def receive(self, limit_ms):
        """The next thing said, None where nothing was."""
        if not self.socket.poll(limit_ms):
            return None
        topic, body = self.socket.recv_multipart()
        said = events.Publication.FromString(body)
        assert topic.decode() == (said.event.type if said.HasField("event") else TICK)
        return said

    def take(self, event):
        """An event that was not seen yet."""
        assert event.position > self.after
        self.seen.append(event.position)
        self.after = event.position

    def catch_up(self):
        """Pulls to the log's end."""
        self.pull_count += 1
        while True:
            answer = self.client.pull(epoch=self.epoch, after=self.after, types=[self.kind] if self.kind else [], limit=1000)
            for event in answer.events:
                self.take(event)
            self.epoch, self.after = answer.epoch, answer.next_after
            if self.after >= answer.last_position:
                return

    def hear(self, limit_ms):
        """Takes the next thing said; False where nothing was."""
        said = self.receive(limit_ms)
        if said is None:
            return False
        if not said.HasField("event"):
            self._judge_tick(said)
        elif said.position > self.after and said.event.type.startswith(self.kind):
            # Nothing may lie between what it has and this: no event at all, or none of its type.
            before = said.previous_position if self.kind else said.position - 1
            if before == 0 and self.kind or before > self.after:
                self.catch_up()
            else:
                self.take(said.event)
        return True

    def _judge_tick(self, tick):
        if tick.position <= self.after:
            self.behind_since_s = None
        elif self.behind_since_s is None:
            self.behind_since_s = time.monotonic()
        elif time.monotonic() - self.behind_since_s >= 0.9:  # a Tick comes each second
            self.catch_up()
            self.behind_since_s = None
