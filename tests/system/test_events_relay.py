"""The log: nothing lost, nothing doubled, nothing out of order, whatever the writers do; and nobody waits for a long transaction."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import time

import psycopg2
import pytest

from event_log import Reader, Seen, check, check_waits, describe_delays, read_whole
from event_writers import LONG, LongTransaction, Writers, Written
from stage import count, wait_until
from wrong_relays import NaiveCursor, TransactionOrder

WIDTH = 5000  # of the partitions
STAGE = {"warranty": 0, "gateway": 0, "AFTERCARE_EVENTS_SWITCH_INTERVAL": "1s", "AFTERCARE_EVENTS_PARTITION_EVENTS": str(WIDTH)}
SHOWN = 5
PATIENCE_S = count(60, 600)  # writers without a pause are faster than the relay of a test build on a busy machine: it is behind then


@contextlib.contextmanager
def other_database(stage):
    """A transaction that writes in another database of the cluster, open all the while."""
    connection = psycopg2.connect(**(stage.server.parameters | {"dbname": "postgres"}))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
        yield
    connection.rollback()
    connection.close()


def drop_outbox(stage):
    """What the tests before have left there goes, and no event of theirs comes into the next log."""
    stage.query("TRUNCATE events.outbox")
    stage.query("DROP TABLE IF EXISTS public.test_aggregates")


def run_history(stage, rng, reader, seconds, patience_s):
    """(writers, when the long transaction was told to commit, what was looked at before): it begins after a sixth, lasts for a half, and
    then until the reader has all that the others had committed, at most for `patience_s`."""
    with Writers(stage, rng) as writers, other_database(stage):
        end_s = time.monotonic() + seconds
        wait_until(lambda: time.monotonic() > end_s - seconds * 5 / 6, "the long transaction begins")
        long = LongTransaction(writers, rng)
        wait_until(lambda: time.monotonic() > long.begin_s + seconds / 2, "it has lasted")
        marked_s = time.monotonic()
        others = writers.committed_before(marked_s)
        with contextlib.suppress(AssertionError):  # the checker says what is wrong
            wait_until(lambda: reader.has(others), "the others' events are there", patience_s)
        long_commit_s = long.commit()
        wait_until(lambda: time.monotonic() > end_s, "the time is over")
        writers.stop()
        with contextlib.suppress(AssertionError):
            wait_until(lambda: reader.has(writers.written), "all events are there", patience_s)
    return writers, long_commit_s, marked_s


def find_violations(reader, writers, long_commit_s, marked_s):
    """All, as a list."""
    return [*check(writers.written, writers.rolled_back, reader.seen),
            *check_waits(writers.written, reader.seen, long_commit_s, marked_s)]


def test_nothing_is_lost_or_reordered_and_nobody_waits(stage, rng, capsys):
    """64 writers, a long transaction, another in another database, the outbox switched and emptied under them, partitions added."""
    daemon = stage.start("events")
    with Reader(stage) as reader:
        writers, *moments = run_history(stage, rng, reader, count(8, 60), PATIENCE_S)
        assert find_violations(reader, writers, *moments)[:SHOWN] == []
    assert len(writers.rolled_back) > 10 and any(one.aggregate == LONG for one in reader.seen)
    assert read_whole(stage) == [(one.position, one.event_id) for one in reader.seen]
    wait_until(lambda: stage.value("SELECT pg_sequence_last_value('events.outbox_turn')") > 0, "the outbox is switched")
    wait_until(lambda: daemon.metric("aftercare_events_relay_lag_seconds") == 0, "nothing is behind")
    with capsys.disabled():
        print(f"\nrelay: {describe_delays(writers.written, reader.seen)}; {len(writers.rolled_back)} rolled back;"
              f" the long transaction ran {moments[0] - moments[1]:.1f} s on after the mark")
    daemon.stop()


@pytest.mark.parametrize("wrong,expected", [(NaiveCursor, ("lost: ",)), (TransactionOrder, ("after version ", "waited for "))])
def test_a_wrong_relay_is_found_out(stage, rng, wrong, expected):
    drop_outbox(stage)
    with wrong(stage) as reader:
        writers, *moments = run_history(stage, rng, reader, count(4, 20), 2)
        violations = find_violations(reader, writers, *moments)
    for words in expected:
        assert any(one.startswith(words) for one in violations), violations[:SHOWN]


def test_what_is_too_old_goes_by_the_partition_and_only_of_its_class(stage):
    """Progress is kept for a second here, all else for years; nothing that is kept loses its position."""
    drop_outbox(stage)
    daemon = stage.start("events", AFTERCARE_EVENTS_PARTITION_EVENTS="100", AFTERCARE_EVENTS_RETENTION_BRIEF="1s",
                         AFTERCARE_EVENTS_UPKEEP_INTERVAL="100ms", AFTERCARE_EVENTS_SWITCH_INTERVAL="100ms")
    last, total = stage.value("SELECT position FROM events.relay"), 5000 + WIDTH  # past every partition that the tests before have added
    stage.query("INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, principal, payload)"
                " SELECT gen_random_uuid(), CASE WHEN n %% 2 = 0 THEN 'warranty.v1.ImportAdvanced' ELSE 'warranty.v1.UnitRegistered' END,"
                " 'test', n::text, 1, now(), 'p', '' FROM generate_series(1, %s) n", total)
    first = "SELECT first_position FROM events.horizons WHERE class = %s"
    wait_until(lambda: stage.value(first, "brief") > last + total - 200, "old progress is dropped")
    assert stage.value(first, "lasting") == 1
    assert stage.value("SELECT count(*) FROM events.log WHERE class = 'lasting' AND position > %s", last) == total // 2
    assert stage.value("SELECT count(*) FROM events.log WHERE class = 'brief' AND position < %s", stage.value(first, "brief")) == 0
    wait_until(lambda: stage.value("SELECT count(*) FROM events.outbox") == 0, "the outbox is empty")
    assert stage.value("SELECT position FROM events.relay") == last + total
    daemon.stop()


WRITTEN = [Written("a", "A", 1, 1.0, 1.1), Written("b", "A", 2, 2.0, 2.1), Written("c", "B", 1, 2.0, 2.2)]
SEEN = [Seen(1, "a", "A", 1, 1.2), Seen(2, "c", "B", 1, 2.3), Seen(3, "b", "A", 2, 2.3)]


def test_a_true_log_has_no_violation():
    assert list(check(WRITTEN, {"x"}, SEEN)) == []
    assert list(check_waits(WRITTEN, SEEN, 3.0, 2.5)) == []


@pytest.mark.parametrize("seen", [
    SEEN[:2], [*SEEN, Seen(4, "a", "A", 1, 3.0)], [*SEEN, Seen(4, "x", "C", 1, 3.0)], [*SEEN, Seen(4, "y", "C", 1, 3.0)],
    [SEEN[0], SEEN[1], Seen(4, "b", "A", 2, 2.3)], [Seen(1, "b", "A", 2, 2.3), SEEN[1], Seen(3, "a", "A", 1, 2.4)],
    [Seen(0, "a", "A", 1, 1.2), *SEEN[1:]]],
    ids=["lost", "doubled", "rolled back", "out of nothing", "hole", "versions turned round", "not from 1"])
def test_a_doctored_log_is_found_out(seen):
    assert list(check(WRITTEN, {"x"}, seen))


def test_an_event_that_waited_is_found_out():
    assert list(check_waits(WRITTEN, SEEN, 2.25, 2.2)) == [f"waited for the long transaction: {one}" for one in WRITTEN[1:]]
