"""The consumer of a daemon (common/consumer): each event's effect once and in order, whoever is killed when."""
# SPDX-License-Identifier: Apache-2.0
import collections
import threading
import time

import pytest

from hearer import OTHER, PRODUCT, Log, clear, effects, lanes_of, prepare, start, violations, wait_effects, wait_lanes
from stage import count, wait_until

STAGE = {"warranty": 0, "gateway": 0}


@pytest.fixture(autouse=True, scope="module", name="events")
def events_fixture(stage):
    """A stage where there is something to hear."""
    prepare(stage)


@pytest.fixture(autouse=True, name="clean")
def clean_fixture(stage, events):  # pylint: disable=unused-argument
    """Each test begins at the end of the log."""
    clear(stage)


@pytest.fixture(name="log")
def log_fixture(stage, rng):
    """An empty log."""
    return Log(stage, rng)


def test_the_checker_finds_what_is_wrong():
    rows = [("a", "A", 1, 0), ("b", "A", 2, 0), ("c", "B", 1, 0)]
    assert violations(rows, ["a", "b", "c"]) == []
    assert violations(rows, ["a", "b", "c", "d"]) and violations(rows, ["a", "b"]) and violations(rows + rows[:1], ["a", "b", "c"])
    assert violations([rows[1], rows[0], rows[2]], ["a", "b", "c"])


def test_each_event_has_its_effect_once_and_in_order(stage, log):
    log.add(300)
    daemon = start(stage)
    assert wait_effects(stage, log.ids) == []
    for _ in range(20):
        log.add(log.rng.randrange(1, 40))
    assert wait_effects(stage, log.ids) == []
    status = daemon.status()["consumer_tally"]
    assert (len(status["lanes"]), status["parked"], status["reason"], status["trouble"]) == (16, 0, "", "")
    wait_until(lambda: daemon.status()["consumer_tally"]["position"] == log.end(), "the cursor is at the end")


def test_events_that_nobody_wants_move_the_cursor_too(stage, log):
    start(stage)
    log.add(2500, kind=OTHER)
    last = log.end()
    wait_until(lambda: stage.value("SELECT min(position) FROM hearer.consumer_lanes") >= last, "the rows follow")
    assert wait_effects(stage, log.add(5)) == []


def test_an_event_that_comes_again_at_another_position_is_known(stage, log):
    ids = log.add(3, aggregate="A1")
    start(stage)
    assert wait_effects(stage, ids) == []
    log.add(1, aggregate="A1", event_id=ids[0])
    last = log.add(1, aggregate="A1")
    assert wait_effects(stage, ids + last) == []


def test_replicas_share_the_lanes_and_a_dead_ones_are_taken_over(stage, log):
    first = start(stage)
    wait_lanes([first], [16])
    second = start(stage)
    wait_lanes([first, second], [8, 8])
    third = start(stage)
    wait_until(lambda: sorted(len(lanes_of(one)) for one in (first, second, third)) == [4, 6, 6], "three share")
    held = lanes_of(first) + lanes_of(second) + lanes_of(third)
    assert sorted(held) == list(range(16))
    log.add(400)
    assert wait_effects(stage, log.ids) == []
    assert len({row[3] for row in effects(stage)}) == 3
    second.kill()
    log.add(400)
    assert wait_effects(stage, log.ids, "those of the dead one are taken over") == []
    third.stop()
    wait_lanes([first], [16])
    log.add(100)
    assert wait_effects(stage, log.ids) == []


def test_a_replica_that_hung_writes_nothing_when_it_wakes(stage, log):
    first = start(stage)
    wait_lanes([first], [16])
    second = start(stage)
    wait_lanes([first, second], [8, 8])
    log.add(200)
    assert wait_effects(stage, log.ids) == []
    with first.stopped():
        log.add(400)
        assert wait_effects(stage, log.ids, "the other one does its work") == []
        assert len(lanes_of(second)) == 16
    log.add(400)
    assert wait_effects(stage, log.ids) == []
    wait_until(lambda: sorted(lanes_of(first) + lanes_of(second)) == list(range(16)), "they share again")


def test_a_poison_event_is_parked_and_the_rest_goes_on(stage, log):
    daemon = start(stage)
    [poison] = log.add(1, category="poison", aggregate="P")
    behind = log.add(2, aggregate="P")
    others = log.add(200)
    started_s = time.monotonic()
    wait_until(lambda: stage.value("SELECT count(*) FROM hearer.effects") >= 150, "the others go on")
    assert stage.value("SELECT count(*) FROM hearer.consumer_parked") == 0, "others waited for the poison"
    print(f"others were done after {time.monotonic() - started_s:.2f} s")
    assert wait_effects(stage, behind + others) == []
    print(f"parked after {time.monotonic() - started_s:.2f} s")
    [row] = stage.query("SELECT event_id::text, reason, message, attempts, type, position FROM hearer.consumer_parked")
    assert row[:5] == (poison, "POISONED", "this event is poison", 4, PRODUCT)
    wait_until(lambda: daemon.status()["consumer_tally"]["parked"] == 1, "the status shows it")
    assert "POISONED" in daemon.status()["consumer_tally"]["trouble"]
    wait_until(lambda: daemon.metric("aftercare_consumer_parked") == 1, "it is counted")


def test_an_effect_that_fails_and_an_event_that_cannot_be_read_are_parked_too(stage, log):
    start(stage)
    log.add(1, category="breaks", aggregate="Q")
    log.add(1, aggregate="R", payload=b"\xff\xff")
    good = log.add(20, aggregate="S")
    wait_until(lambda: stage.value("SELECT count(*) FROM hearer.consumer_parked") == 2, "both are parked")
    assert wait_effects(stage, good) == []
    assert {row[0] for row in stage.query("SELECT reason FROM hearer.consumer_parked")} == {"EVENT_UNREADABLE", "CONSTRAINT_VIOLATED"}


def test_what_passes_by_itself_is_waited_for_and_not_parked(stage, log):
    path = stage.folder / "later"
    path.touch()
    daemon = start(stage, AFTERCARE_HEARER_LATER=str(path))
    waiting = log.add(1, category="later", aggregate="L")
    behind = log.add(3, aggregate="L")
    others = [event_id for _ in range(100) for event_id in log.add(1, aggregate=f"B{log.rng.randrange(30)}")]
    wait_until(lambda: daemon.metric("aftercare_consumer_event_repeat_total") >= 8, "it is tried again and again")
    assert stage.value("SELECT count(*) FROM hearer.effects WHERE aggregate_id LIKE '%%-L'") == 0
    path.unlink()
    assert wait_effects(stage, waiting + behind + others) == []
    assert stage.value("SELECT count(*) FROM hearer.consumer_parked") == 0


def test_an_outcome_that_is_not_known_is_looked_up(stage, log):
    start(stage)
    log.add(30, category="twice")
    assert wait_effects(stage, log.ids) == []
    log.add(30)
    assert wait_effects(stage, log.ids) == []


def test_a_daemon_may_have_several_consumers(stage, log):
    daemon = start(stage, AFTERCARE_HEARER_ECHO_LANES="3")
    log.add(20)
    assert wait_effects(stage, log.ids) == []
    wait_until(lambda: len(daemon.status()["consumer_echo"]["lanes"]) == 3 and len(lanes_of(daemon)) == 16, "both have their lanes")
    wait_until(lambda: daemon.metric("aftercare_consumer_lane_hold") == 19, "the metrics are of both")
    wait_until(lambda: daemon.status()["consumer_echo"]["position"] == log.end(), "the other one reads, too")
    daemon.stop()
    assert stage.query("SELECT name FROM hearer.consumer_replicas") == [], "both have left"
    assert stage.query("SELECT DISTINCT name FROM hearer.consumer_lanes WHERE holder IS NOT NULL") == []


def test_the_wrong_number_of_lanes_is_refused(stage, log):
    first = start(stage)
    log.add(10)
    assert wait_effects(stage, log.ids) == []
    first.stop()
    second = start(stage, AFTERCARE_HEARER_LANES="8")
    wait_until(lambda: "LANES_DIFFER" in second.status()["consumer_tally"]["reason"], "it says so")
    assert lanes_of(second) == []


@pytest.mark.faults
def test_effects_are_exactly_once_whoever_is_killed_when(stage, log, rng):
    """Replicas are killed, database connections cut and the events daemon killed at random, while events come."""
    replicas = [start(stage) for _ in range(3)]
    is_over = threading.Event()

    def append():
        while not is_over.is_set():
            log.add(rng.randrange(1, 60))
            is_over.wait(rng.random() * 0.02)

    thread = threading.Thread(target=append)
    thread.start()
    kills = collections.Counter()
    try:
        for _ in range(count(12, 200)):
            before = stage.value("SELECT count(*) FROM hearer.effects")
            wait_until(lambda before=before: stage.value("SELECT count(*) FROM hearer.effects") > before + rng.randrange(200), "work goes on")
            kind = rng.choice(["replica", "replica", "connections", "drain", "events"])
            kills[kind] += 1
            if kind == "connections":
                stage.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hearer_service'")
                continue
            if kind == "events":
                stage.only("events").kill()
                stage.start("events")
                continue
            victim = rng.randrange(len(replicas))
            if kind == "drain":
                replicas[victim].wait_ready().stop()
            else:
                replicas[victim].kill()
            replicas[victim] = start(stage, wait=False)
    finally:
        is_over.set()
        thread.join()
    found = wait_effects(stage, log.ids)
    print(f"{len(log.ids)} events, {dict(kills)}")
    assert found == [], found[:10]
    assert stage.value("SELECT count(*) FROM hearer.consumer_parked") == 0
