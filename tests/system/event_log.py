"""A reader of the log that pulls all the while, and the checker of what it saw."""
# SPDX-License-Identifier: Apache-2.0
import collections
import dataclasses
import importlib
import socket
import threading
import time

import zmq

import wire

events = importlib.import_module("events.v1.events_pb2")

METHOD = "events.v1.EventsService/"
LIMIT = 1000
ASK_LIMIT_MS = 2000
HELLO_LIMIT_MS = 500
PAUSE_S = 0.005


@dataclasses.dataclass(frozen=True)
class Seen:
    """An event at its place."""
    position: int
    event_id: str
    aggregate: str
    version: int
    seen_s: float
    logged_s: float = 0.0  # when it was appended, by the log


def is_open(path):
    """Whether a process listens there; killed ones leave their socket behind."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
            return True
        except OSError:
            return False


class Puller:
    """Asks any replica of `events`, and another one where that does not answer."""

    def __init__(self, stage):
        self.stage = stage
        self.caller = None
        self.principal = wire.make_principal(wire.envelope.Principal.DAEMON, "system:test", ["system"], 3600000)

    def pull(self, after, limit=LIMIT, **wishes):
        """The answer; None where nobody could give one now."""
        if self.caller is None and not self._connect():
            return None
        request = self.caller.make_request("", events.PullEventsRequest(after=after, limit=limit, **wishes), self.principal,
                                           method=METHOD + "PullEvents")
        try:
            self.caller.send(request)
            is_answered = self.caller.socket.poll(ASK_LIMIT_MS)
        except zmq.Again:
            is_answered = False
        if not is_answered:
            self.hang_up()
            return None
        reply = wire.envelope.Reply.FromString(self.caller.socket.recv()[4:])
        if reply.code == 0:
            return events.PullEventsResponse.FromString(reply.body)
        self.hang_up()
        assert reply.code in (1, 4, 14), reply  # cancelled, too late, unavailable
        return None

    def _connect(self):
        for path in sorted(self.stage.bus_folder.glob("events-*.sock"), key=lambda path: path.stat().st_mtime, reverse=True):
            if not is_open(path):
                continue
            self.caller = wire.Caller(path, self.stage.installation_key)
            self.caller.socket.setsockopt(zmq.SNDTIMEO, HELLO_LIMIT_MS)
            try:
                self.caller.send(wire.PING)
                if self.caller.socket.poll(HELLO_LIMIT_MS):
                    self.caller.socket.recv()
                    return True
            except zmq.Again:
                pass  # stopped
            self.hang_up()
        return False

    def hang_up(self):
        """The next pull goes to whoever answers."""
        if self.caller is not None:
            self.caller.socket.close()
        self.caller = None


class Reader:
    """Pulls what is behind `after` in a thread of its own and keeps all it saw."""

    def __init__(self, stage, after=0):
        self.puller = Puller(stage)
        self.after = after
        self.seen = []
        self.ids = set()
        self.error = None
        self.is_stopping = False
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_stopping = True
        self.thread.join()
        self.puller.hang_up()
        assert self.error is None, self.error

    def has(self, written):
        """Whether it saw all of these."""
        assert self.error is None, self.error
        return all(one.event_id in self.ids for one in written)

    def _run(self):
        try:
            after = self.after
            while not self.is_stopping:
                answer = self.puller.pull(after)
                for event in answer.events if answer else ():
                    self.take(event)
                if answer and answer.events:
                    after = answer.next_after
                else:
                    time.sleep(PAUSE_S)
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.error = error

    def take(self, event):
        """One event."""
        now_s = time.monotonic()
        logged_s = event.append_time.ToNanoseconds() / 1e9 - time.time() + now_s
        self.seen.append(Seen(event.position, event.event_id, event.aggregate_id, event.aggregate_version, now_s, logged_s))
        self.ids.add(event.event_id)


def read_whole(stage):
    """The log from its beginning, once more: [(position, event_id)]."""
    puller, whole, after = Puller(stage), [], 0
    while True:
        answer = puller.pull(after)
        if answer is None:
            continue
        if not answer.events:
            puller.hang_up()
            return whole
        whole += [(event.position, event.event_id) for event in answer.events]
        after = answer.next_after


def check(written, rolled_back, seen, after=0):
    """Violations of what is promised, as texts: of what was committed, rolled back, and seen in this order, behind `after`."""
    times = collections.Counter(one.event_id for one in seen)
    committed = {one.event_id: one for one in written}
    for event_id in committed.keys() - times.keys():
        yield f"lost: {committed[event_id]}"
    for event_id, number in times.items():
        if number > 1:
            yield f"{event_id} came {number} times"
        if event_id in rolled_back:
            yield f"{event_id} was rolled back"
        elif event_id not in committed:
            yield f"{event_id} is nobody's"
    for place, one in enumerate(seen, after + 1):
        if one.position != place:
            yield f"position {place} is not contiguous: {one}"
            break
    versions = collections.Counter()
    for one in seen:
        if one.version != versions[one.aggregate] + 1:
            yield f"after version {versions[one.aggregate]} of its aggregate came {one}"
        versions[one.aggregate] = one.version


def check_waits(written, seen, long_commit_s, marked_s):
    """Violations of "nobody waits for the long transaction": what others had committed at `marked_s` was seen before it ended."""
    seen_s = {one.event_id: one.seen_s for one in seen}
    for one in written:
        if one.after_s <= marked_s and seen_s.get(one.event_id, long_commit_s + 1) > long_commit_s:
            yield f"waited for the long transaction: {one}"


def describe_delays(written, seen):
    """For people: from a commit's acknowledgement to the log and to the reader; an event may come before its writer knows."""
    after_s = {one.event_id: one.after_s for one in written}
    words = [f"{len(seen)} events"]
    for what, moments in (("log", [(one.event_id, one.logged_s) for one in seen]), ("reader", [(one.event_id, one.seen_s) for one in seen])):
        delays = sorted(max(0.0, 1000 * (moment_s - after_s[event_id])) for event_id, moment_s in moments if event_id in after_s)
        middle, high = delays[len(delays) // 2], delays[len(delays) * 99 // 100]
        words.append(f"from commit to {what} p50 {middle:.1f} ms, p99 {high:.1f} ms, longest {delays[-1]:.0f} ms")
    return "; ".join(words)
