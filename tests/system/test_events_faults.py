"""The relay killed, doubled, stopped and cut off: no position is doubled, missing or changed."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import threading

import pytest

from event_log import Reader, check, describe_delays, read_whole
from event_writers import Writers
from stage import IS_LONG, count, wait_until
from world import make_name

STAGE = {"warranty": 0, "gateway": 0, "AFTERCARE_EVENTS_SWITCH_INTERVAL": "500ms", "AFTERCARE_EVENTS_PARTITION_EVENTS": "5000"}
pytestmark = pytest.mark.faults
WRITERS = 16
SHOWN = 5
HERE = "(SELECT oid FROM pg_database WHERE datname = current_database())"
HOLDERS = f"FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = {HERE}"
SESSIONS = "FROM pg_stat_activity WHERE usename = 'events_service' AND datname = current_database()"


def relay_state(daemon):
    """What a daemon says of its relay; "" where it does not answer."""
    status, body = daemon.ask("/status")
    return json.loads(body)["relay"]["state"] if status == 200 else ""


def find_relay(stage):
    """The daemon that appends; None where there is none now."""
    found = [daemon for daemon in stage.running("events") if relay_state(daemon) == "relay"]
    assert stage.value(f"SELECT count(*) {HOLDERS}") <= 1
    return found[0] if len(found) == 1 else None


def wait_for_relay(stage):
    """Waits until one appends."""
    return wait_until(lambda: find_relay(stage), "one process is the relay")


@contextlib.contextmanager
def work(stage, rng, replicas=2):
    """(writers, reader) at work beside so many processes, started at once; at the end all that was written must have been seen, as
    promised, and the log must still be what it was."""
    for daemon in [stage.start("events", wait=False) for _ in range(replicas)]:
        daemon.wait_ready()
    wait_for_relay(stage)
    before = read_whole(stage)
    with Reader(stage, len(before)) as reader:
        with Writers(stage, rng, WRITERS, name=make_name("")) as writers:
            yield writers, reader
        wait_until(lambda: reader.has(writers.written), "all events are there")
    assert list(check(writers.written, writers.rolled_back, reader.seen, len(before)))[:SHOWN] == []
    assert read_whole(stage) == before + [(one.position, one.event_id) for one in reader.seen]
    print(describe_delays(writers.written, reader.seen))
    for daemon in stage.running("events"):
        daemon.stop()


def wait_for_more(writers, reader, number=100):
    """Waits until the log goes on."""
    seen = len(reader.seen)
    wait_until(lambda: len(reader.seen) >= seen + number, "events come")
    assert not writers.errors


def test_a_killed_relay_is_followed_by_another_that_goes_on(stage, rng):
    with work(stage, rng) as (writers, reader):
        for _ in range(count(5, 50)):
            wait_for_more(writers, reader, rng.randrange(20, 200))
            wait_for_relay(stage).kill()
            stage.start("events", wait=False)
            wait_for_more(writers, reader)


def is_tick_waiting(stage):
    """Whether the relay's session waits for a lock in the middle of its statement."""
    return stage.value(f"SELECT count(*) {SESSIONS} AND wait_event_type = 'Lock' AND query LIKE 'WITH found AS MATERIALIZED%%'")


def test_a_relay_killed_in_the_middle_of_a_tick_may_have_done_it_and_it_is_not_done_twice(stage, rng):
    """A lock on the relay's row holds the statement; its process dies, and then the server goes on with it or not, as it likes."""
    with work(stage, rng) as (writers, reader):
        for _ in range(count(3, 20)):
            wait_for_more(writers, reader)
            relay = wait_for_relay(stage)
            connection = stage.server.connect()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM events.relay FOR UPDATE")
                wait_until(lambda: is_tick_waiting(stage), "a tick is under way")
                relay.kill()
            connection.rollback()
            connection.close()
            stage.start("events", wait=False)
            wait_for_more(writers, reader)


def test_of_several_started_at_once_one_is_the_relay_and_the_others_answer_readers(stage, rng):
    with work(stage, rng, replicas=4) as (writers, reader):
        relay = wait_for_relay(stage)
        assert stage.value(f"SELECT count(*) {HOLDERS}") == 1
        states = [relay_state(daemon) for daemon in stage.running("events")]
        assert sorted(states) == ["relay"] + 3 * ["standby"]
        assert all(daemon.is_ready() for daemon in stage.running("events"))
        relay.stop()  # as in a restart one by one
        wait_for_more(writers, reader)
        assert wait_for_relay(stage) is not relay


def test_a_relay_that_slept_while_another_took_over_changes_nothing(stage, rng):
    """It is stopped, its session is ended, another goes on; it wakes and believes itself to be the relay."""
    with work(stage, rng) as (writers, reader):
        for _ in range(count(2, 10)):
            sleeper = wait_for_relay(stage)
            with sleeper.stopped():
                [[session]] = stage.query(f"SELECT pid {HOLDERS}")
                stage.query("SELECT pg_terminate_backend(%s)", session)
                wait_until(lambda: stage.value(f"SELECT count(*) {HOLDERS} AND pid <> %s", session), "another has the lock")
                wait_for_more(writers, reader)
            wait_for_more(writers, reader)
            wait_until(lambda: relay_state(sleeper) == "standby", "it knows that it is not the relay")


@contextlib.contextmanager
def cut_off(stage):
    """Nobody of events reaches the database."""
    stage.query(f"REVOKE CONNECT ON DATABASE {stage.name} FROM PUBLIC, events_service")
    stage.query(f"SELECT pg_terminate_backend(pid) {SESSIONS}")
    try:
        yield
    finally:
        stage.query(f"GRANT CONNECT ON DATABASE {stage.name} TO PUBLIC, events_service")


def test_a_relay_that_is_cut_off_goes_on_where_it_was(stage, rng):
    """Its sessions end, and none is let in for a while; the writers go on."""
    with work(stage, rng) as (writers, reader):
        wait_for_more(writers, reader)
        with cut_off(stage):
            wait_until(lambda: not stage.value(f"SELECT count(*) {SESSIONS}"), "the sessions are gone")
            written, seen = writers.count(), len(reader.seen)
            # This is the fault itself, not a wait for a condition.
            threading.Event().wait(20 if IS_LONG else 3)
            assert writers.count() > written and len(reader.seen) == seen
            assert all(daemon.ask("/readyz")[0] == 503 for daemon in stage.running("events"))
        wait_for_more(writers, reader)


def test_a_database_that_crashes_loses_nothing_of_the_log(stage, rng, cluster):
    """Writers that lose their connection do not know what became of their last event, so they rest meanwhile."""
    for _ in range(count(1, 5)):
        with work(stage, rng) as (writers, reader):
            wait_for_more(writers, reader)
            writers.stop()
            cluster.crash()
            wait_until(lambda: reader.has(writers.written), "all events are there")
