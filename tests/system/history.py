"""What clients saw, and whether that can be true: the checker reads this and PostgreSQL, never our own counters.

Each operation registers one unit under one key of its own, and is repeated with that key until it has an answer. Each try
ends in one of three ways:

    ok        201: acknowledged; the unit must be there for good
    refused   any other definite answer: it must not be there
    unknown   a lost connection or 503: it may have happened; the next try with the same key tells

A violation is a text; none means that what was seen can be true.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import contextlib
import dataclasses
import json
import threading
import time

# How long after a kill a request may still be given to the dead process, before its connection's end is noticed.
NOTICE_S = 0.5


@dataclasses.dataclass
class Try:
    """One request."""

    key: str
    serial: str
    outcome: str
    begin_s: float
    end_s: float
    status: int = 0
    body: bytes = b""
    detail: str = ""


class History:
    """Tries of all clients, and when processes were killed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.tries = []
        self.counts = collections.Counter()
        self.kills_s = []
        self.outages_s = []

    def add(self, one):
        """Called by clients, at once."""
        with self.lock:
            self.tries.append(one)
            self.counts[one.outcome] += 1

    def add_kill(self):
        """To be called right before a process is killed."""
        self.kills_s.append(time.monotonic())

    @contextlib.contextmanager
    def outage(self):
        """Within it any call may fail."""
        begin_s = time.monotonic()
        yield
        self.outages_s.append((begin_s, time.monotonic()))

    def keep(self, path):
        """Writes all of it, for looking at a failure."""
        with open(path, "w", encoding="utf-8") as file:
            for one in self.tries:
                file.write(json.dumps(dataclasses.asdict(one) | {"body": one.body.decode(errors="replace")}) + "\n")
            file.write(json.dumps({"kills_s": self.kills_s, "outages_s": self.outages_s}) + "\n")

    def count(self, outcome):
        """How many tries ended so."""
        return self.counts[outcome]


def check(history, units, events, is_refusal_expected=lambda one: False):
    """Violations. `units` are serials of rows, `events` (serial, version) of rows, both as PostgreSQL has them."""
    violations = []
    violations += check_rows(history, collections.Counter(units), collections.Counter(events))
    violations += check_answers(history)
    violations += check_errors(history, is_refusal_expected)
    return violations


def check_rows(history, units, events):
    """What was acknowledged is there once, with one event; what was refused is not; nothing is there that nobody asked for."""
    by_serial = collections.defaultdict(list)
    for one in history.tries:
        by_serial[one.serial].append(one)
    versions = collections.defaultdict(dict)
    for (serial, version), number in events.items():
        versions[serial][version] = number
    for serial, tries in by_serial.items():
        is_acknowledged = any(one.outcome == "ok" for one in tries)
        if is_acknowledged and units[serial] != 1:
            yield f"{serial} was acknowledged and is there {units[serial]} times"
        if not is_acknowledged and units[serial] and all(one.outcome == "refused" for one in tries):
            yield f"{serial} was refused and is there"
        if units[serial] > 1:
            yield f"{serial} is there {units[serial]} times"
        if versions[serial] != ({1: 1} if units[serial] else {}):
            yield f"{serial} is there {units[serial]} times and has other events than one of version 1"
    for serial in units.keys() - by_serial.keys():
        yield f"{serial} is there and nobody asked for it"


def check_answers(history):
    """One key has one answer; every operation ends in a definite one."""
    answers, last = collections.defaultdict(set), {}
    for one in history.tries:
        if one.outcome == "ok":
            answers[one.key].add(one.body)
        last[one.key] = one.outcome if one.outcome != "unknown" or one.key not in last else last[one.key]
    for key, bodies in answers.items():
        if len(bodies) > 1:
            yield f"key {key} was answered in {len(bodies)} ways"
    for key, outcome in last.items():
        if outcome == "unknown":
            yield f"key {key} never had a definite answer"


def check_errors(history, is_refusal_expected):
    """Nothing is refused that should not be, and only what was in flight at a kill is unknown."""
    outages_s = [(kill_s, kill_s) for kill_s in history.kills_s] + history.outages_s
    for one in history.tries:
        if one.outcome == "refused" and not is_refusal_expected(one):
            yield f"{one.serial} was refused: {one.status} {one.body[:300]!r}"
        in_flight = any(one.begin_s <= end_s + NOTICE_S and one.end_s >= begin_s for begin_s, end_s in outages_s)
        if one.outcome == "unknown" and not in_flight:
            yield f"{one.serial} failed while nothing was killed: {one.status} {one.detail}"
