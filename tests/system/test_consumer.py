"""The consumer of a daemon (common/consumer): each event's effect once and in order, whoever is killed when.

Events are left in the outbox here, and effects are read here: our own counters are no witnesses.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import re
import subprocess
import threading
import time
import uuid

import psycopg2.extras
import pytest

from installation import ROOT
from migrate import run
from stage import BUILD, count, wait_until
from wire import warranty as messages

STAGE = {"warranty": 0, "gateway": 0}
DRIVER = BUILD / "tests" / "consumer_driver"
PRODUCT = "warranty.v1.ProductCreated"
OTHER = "hearer.v1.NothingKnown"
AGGREGATES = 40


@pytest.fixture(autouse=True, scope="module", name="events")
def events_fixture(stage):
    """The events daemon, and a schema "hearer" with the tables of common/consumer.sql."""
    run(stage.server, "psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-v", "services=hearer",
        "-f", str(ROOT / "deploy" / "roles.sql"))
    template = ROOT / "scripts" / "templates" / "service" / "schema" / "deploy" / "create_service.sql"
    stage.query(re.sub("@noun@", "hearer", template.read_text(encoding="utf-8")))
    tables = (ROOT / "common" / "consumer.sql").read_text(encoding="utf-8").replace("NOUN", "hearer")
    stage.query(f"""BEGIN; SET LOCAL ROLE hearer_owner; SET LOCAL search_path TO hearer; {tables}
        CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1), event_id uuid, type text, aggregate_id text,
            aggregate_version bigint, category text CHECK (category <> 'breaks'), pid integer);
        GRANT SELECT, INSERT ON effects TO hearer_service; COMMIT;""")
    return stage.start("events")


def start(stage, wait=True, **environment):
    """One more replica of the daemon that consumes."""
    return stage.start("hearer", wait, DRIVER, **environment)


@pytest.fixture(autouse=True, name="clean")
def clean_fixture(stage, events):
    """Each test begins at the end of the log as it is, with nothing heard, and nobody who hears."""
    assert events is not None
    for daemon in stage.running("hearer"):
        daemon.stop()
    stage.query("TRUNCATE hearer.effects, hearer.consumer_lanes, hearer.consumer_replicas, hearer.consumer_inbox,"
                " hearer.consumer_parked")
    stage.query("INSERT INTO hearer.consumer_lanes (name, lane, epoch, position)"
                " SELECT 'tally', lane, epoch, position FROM events.relay, generate_series(0, 15) AS lane")


class Log:
    """The events that a test says, and which versions of aggregates they are of."""

    def __init__(self, stage, rng):
        self.stage, self.rng = stage, rng
        self.prefix = uuid.uuid4().hex[:8]
        self.versions = collections.Counter()
        self.ids = []

    def add(self, event_count=1, category="", kind=PRODUCT, aggregate=None, event_id=None, payload=None):
        """Says events, in one transaction; answers their ids."""
        rows = []
        for _ in range(event_count):
            name = f"{self.prefix}-{aggregate or self.rng.randrange(AGGREGATES)}"
            self.versions[name] += 1
            product = messages.ProductCreated(sku=name, category=category).SerializeToString() if kind == PRODUCT else b""
            rows.append((event_id or str(uuid.uuid4()), kind, "product" if kind == PRODUCT else "nothing", name, self.versions[name],
                         "system:test", product if payload is None else payload))
        self.ids += [row[0] for row in rows]
        connection = self.stage.server.connect()
        with connection, connection.cursor() as cursor:
            psycopg2.extras.execute_values(
                cursor, "INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, principal,"
                " payload, event_time) VALUES %s", rows, template="(%s, %s, %s, %s, %s, %s, %s, now())")
        connection.close()
        return [row[0] for row in rows]

    def end(self):
        """The last position, once all that was said has one."""
        wait_until(lambda: self.stage.value("SELECT count(*) FROM events.log WHERE aggregate_id LIKE %s", self.prefix + "%") >= len(self.ids),
                   "the log has what was said")
        return self.stage.value("SELECT position FROM events.relay")


@pytest.fixture(name="log")
def log_fixture(stage, rng):
    """An empty log."""
    return Log(stage, rng)


def effects(stage):
    """What the handlers did, in its order."""
    return stage.query("SELECT event_id::text, aggregate_id, aggregate_version, pid FROM hearer.effects ORDER BY id")


def violations(rows, wanted):
    """What is wrong with them: an event that is missing, there twice, or before an earlier one of its aggregate."""
    found = []
    seen = collections.Counter(row[0] for row in rows)
    found += [f"{event_id} has {seen[event_id]} effects" for event_id in wanted if seen[event_id] != 1]
    found += [f"{event_id} was never said" for event_id in seen.keys() - set(wanted)]
    last = {}
    for event_id, aggregate, version, _ in rows:
        if version <= last.get(aggregate, 0):
            found.append(f"{aggregate} {version} came behind {last[aggregate]} ({event_id})")
        last[aggregate] = version
    return found


def wait_effects(stage, wanted, what="all have had their effect"):
    """Waits until there are as many effects as there should be, and answers what is wrong with them."""
    wait_until(lambda: stage.value("SELECT count(*) FROM hearer.effects") >= len(wanted), what)
    return violations(effects(stage), wanted)


def lanes_of(daemon):
    """Lanes that it holds."""
    return daemon.status()["consumer_tally"]["lanes"]


def wait_lanes(daemons, wanted):
    """Waits until these hold that many lanes."""
    wait_until(lambda: [len(lanes_of(daemon)) for daemon in daemons] == wanted, f"the lanes are {wanted}")


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


def aftercare(stage, *words):
    """(status, what it printed, what it complained of) of the command line."""
    done = subprocess.run([BUILD / "bin" / "aftercare", *words, "--run-dir", str(stage.run_folder)], capture_output=True, text=True,
                          timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


def parked(stage):
    """What lies parked: {event_id: (reason, attempts, has_wish)}."""
    return {row[0]: row[1:] for row in
            stage.query("SELECT event_id::text, reason, attempts, has_wish FROM hearer.consumer_parked")}


def make_sick(stage, log, event_count, category="sick"):
    """Has as many events parked, each the first of an aggregate, and answers the file that makes them so, and their ids."""
    path = stage.folder / "later"
    path.write_text("")
    ids = [event_id for number in range(event_count) for event_id in log.add(1, category=category, aggregate=f"{category}{number}")]
    return path, ids


def test_a_parked_event_is_tried_again_by_hand(stage, log):
    path, [sick] = make_sick(stage, log, 1)
    behind = log.add(2, aggregate="sick0")
    first = start(stage, AFTERCARE_HEARER_LATER=str(path))
    second = start(stage, AFTERCARE_HEARER_LATER=str(path))
    wait_until(lambda: parked(stage), "it is parked")
    assert wait_effects(stage, behind) == []
    status, out, _ = aftercare(stage, "parked")
    assert status == 0 and f"hearer/tally {sick}\n    {PRODUCT} of product {log.prefix}-sick0, since " in out
    assert "tried 4 times\n    SICK: the file is there\n" in out
    wait_until(lambda: first.status()["consumer_tally"]["parked"] == second.status()["consumer_tally"]["parked"] == 1, "both show it")
    assert re.search(r"PARKED .*\nevents .* -  .*\nhearer .* 1  .*\nhearer .* 1  ", aftercare(stage, "status")[1])

    status, _, complaint = aftercare(stage, "retry", "hearer/tally", sick)
    assert (status, complaint) == (1, "aftercare: refused again, SICK: the file is there\n")
    assert parked(stage) == {sick: ("SICK", 5, False)}
    path.unlink()
    status, out, _ = aftercare(stage, "retry", "hearer/tally", sick)
    assert status == 0 and out.startswith("done; ")
    assert [row[0] for row in effects(stage)] == behind + [sick], "it has its effect once, behind the later ones"
    assert aftercare(stage, "parked")[:2] == (0, "")
    wait_until(lambda: first.metric("aftercare_consumer_parked") == 0, "it is counted no more")
    assert wait_effects(stage, behind + [sick] + log.add(20)) == [f"{log.prefix}-sick0 1 came behind 3 ({sick})"]

    complaints = [aftercare(stage, "retry", *words)[::2] for words in
                  (("hearer/tally", sick), ("hearer/tally", "x"), ("hearer/other", sick), ("nobody/tally", sick))]
    assert [status for status, _ in complaints] == [1] * 4
    assert complaints[0][1] == 'aftercare: no such event is parked for "tally"\n'
    assert aftercare(stage, "retry", "tally", sick)[0] == aftercare(stage, "retry", "hearer/tally", "../status")[0] == 2


def test_what_passes_leaves_the_wish_and_holds_up_nobody(stage, log):
    path, [sick] = make_sick(stage, log, 1)
    [moot] = log.add(1, category="moot", aggregate="sick0")
    daemon = start(stage, AFTERCARE_HEARER_LATER=str(path))
    wait_until(lambda: len(parked(stage)) == 2, "both are parked")
    path.write_text("not now")
    stage.query("UPDATE hearer.consumer_parked SET has_wish = true")
    wait_until(lambda: daemon.log.read_text().count("parked event refused again") >= 2, "it is tried again and again")
    assert wait_effects(stage, log.add(3, aggregate="sick0")) == [], "the aggregate's next events did not wait"
    assert parked(stage) == {sick: ("SICK", 4, True), moot: ("SICK", 4, True)}
    path.unlink()
    wait_until(lambda: not parked(stage), "both are done")
    assert [row[0] for row in effects(stage)].count(sick) == 1 and moot not in [row[0] for row in effects(stage)]


@pytest.mark.faults
def test_parked_events_have_their_effect_once_whoever_is_killed_when(stage, log, rng):
    path, sick = make_sick(stage, log, 12)
    replicas = [start(stage, AFTERCARE_HEARER_LATER=str(path)) for _ in range(3)]
    wait_until(lambda: len(parked(stage)) == len(sick), "all are parked")
    path.unlink()
    stage.query("UPDATE hearer.consumer_parked SET has_wish = true")
    for _ in range(count(4, 40)):
        left = len(parked(stage))
        others = log.add(rng.randrange(1, 40))
        if rng.random() < 0.5:
            stage.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hearer_service'")
        else:
            victim = rng.randrange(len(replicas))
            replicas[victim].kill()
            replicas[victim] = start(stage, wait=False, AFTERCARE_HEARER_LATER=str(path))
        print(f"{left} left, {len(others)} more")
    wait_until(lambda: not parked(stage), "all are done")
    assert wait_effects(stage, log.ids) == []


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
                replicas[victim].stop()
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
