"""What must be true after every fault, of a stage and of what its clients saw (docs/faults.md names them I1 to I7).

    history.check   I1 acknowledged writes are there once; I2 none is there twice for a key; I7 what was unknown was resolved by
                    its key. Versions in the outbox.
    check_log       I3 positions without a gap, versions of each aggregate 1, 2, 3 ... in the order of positions
    check_views     I4 what the consumer in warranty keeps is what the log says
    Stage.close     I5 no daemon ended that was not killed, none left a sanitizer's report
    Rest            I6 descriptors and coroutines are back where they were
"""
# SPDX-License-Identifier: Apache-2.0
import pytest

from clients import read_rows
from history import check
from stage import wait_until
from world import settle

SHOWN = 10
GAPS = """SELECT position, row_number() OVER (ORDER BY position) FROM events.log"""
VERSIONS = """SELECT aggregate_type, aggregate_id, aggregate_version,
                     row_number() OVER (PARTITION BY aggregate_type, aggregate_id ORDER BY position) FROM events.log"""
TWICE = "SELECT event_id FROM events.log GROUP BY event_id HAVING count(*) > 1"
UNTOLD = "SELECT serial FROM warranty.unit_facts EXCEPT SELECT serial FROM warranty.unit_history"
UNSAID = "SELECT serial FROM warranty.unit_history EXCEPT SELECT unit_serial FROM events.log EXCEPT SELECT aggregate_id FROM events.log"


def check_log(stage):
    """I3, of the log as PostgreSQL has it."""
    for position, place in stage.query(f"SELECT * FROM ({GAPS}) AS l (position, place) WHERE position <> place ORDER BY 1 LIMIT 1"):
        yield f"position {place} of the log is not there; the next one is {position}"
    for kind, name, version, place in stage.query(f"SELECT * FROM ({VERSIONS}) AS l (kind, id, version, place) WHERE version <> place"):
        yield f"{kind} {name}: event {place} is of version {version}"
    for [event_id] in stage.query(TWICE):
        yield f"event {event_id} has several positions"


def check_views(stage):
    """I4, of what warranty shows of the events."""
    for [serial] in stage.query(UNTOLD):
        yield f"{serial} has facts and no history"
    for [serial] in stage.query(UNSAID):
        yield f"{serial} has a history and is not in the log"
    for consumer, event_id, reason in stage.query("SELECT name, event_id, reason FROM warranty.consumer_parked"):
        yield f"{consumer} put event {event_id} aside: {reason}"


def find_violations(stage, history, sku, is_refusal_expected=lambda one: False):
    """I1 to I4 and I7, once everything that was said is known everywhere."""
    found = []
    if stage.running("events"):
        settle(stage)
        found += [*check_log(stage), *check_views(stage)]
    return found + check(history, *read_rows(stage, sku), is_refusal_expected)


def verify(stage, history, sku, request, is_refusal_expected=lambda one: False):
    """No violation; else the history is kept."""
    found = find_violations(stage, history, sku, is_refusal_expected)
    print(f"{len(history.tries)} tries: {history.count('ok')} acknowledged, {history.count('unknown')} unknown,"
          f" {len(history.kills_s)} kills")
    if found:
        path = stage.cluster.folder.parent / f"aftercare-history-{request.node.name}.jsonl"
        history.keep(path)
        pytest.fail(f"{len(found)} violations, the first of them:\n" + "\n".join(found[:SHOWN]) + f"\nthe history is in {path}")
    assert history.count("ok") > 50


class Rest:
    """What daemons hold when nothing is asked of them, to be compared later (I6)."""

    def __init__(self, daemons):
        self.before = {daemon: (daemon.fd_count(), daemon.metric("aftercare_task_alive")) for daemon in daemons}

    def is_back(self):
        """Whether no process has more than before."""
        return all(daemon.fd_count() <= fds and daemon.metric("aftercare_task_alive") <= tasks
                   for daemon, (fds, tasks) in self.before.items())

    def wait(self):
        """Waits until it is so."""
        wait_until(self.is_back, "descriptors and coroutines are back where they were")
