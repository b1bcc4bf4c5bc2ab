"""PostgreSQL behind a proxy, killed in part, stopped for long, without room on its disk, and handed over to another server."""
# SPDX-License-Identifier: Apache-2.0
import os
import random
import signal
import threading
import time

import psycopg2
import psycopg2.errors
import pytest

from clients import Load
from history import History
from invariants import Rest, verify
from places import database_proxy, serving
from servers import SmallDisk, Standby, alter, own_stage
from stage import count, wait_until
from world import AGENT, make_name, make_product, run_threads

STAGE = {"published": True, "warranty": 0, "gateway": 0}
CLIENTS = 32
pytestmark = pytest.mark.faults
SERVICES = "FROM pg_stat_activity WHERE usename LIKE '%%_service'"
OURS = "FROM pg_stat_activity WHERE usename = 'warranty_service' AND datname = current_database()"


def wait_for_more(history, number=60):
    """Waits until the clients have got on."""
    before = history.count("ok")
    wait_until(lambda: history.count("ok") >= before + number, "the clients work")


def back_s(history):
    """Seconds until the clients are served again."""
    begin_s = time.monotonic()
    wait_for_more(history, 1)
    return time.monotonic() - begin_s


@pytest.fixture(name="daemon")
def daemon_fixture(stage):
    """The only warranty daemon, and a gateway."""
    with serving(stage) as [daemon]:
        yield daemon


@pytest.fixture(name="through")
def through_fixture(stage):
    """(proxy, daemon): one that reaches PostgreSQL through a proxy."""
    with database_proxy(stage) as (proxy, url), serving(stage, AFTERCARE_DATABASE=url) as [daemon]:
        yield proxy, daemon


def test_a_commit_whose_answer_is_lost_is_answered_by_its_key(stage, web, through):
    """A lock holds the write until no answer of the server comes through any more; it is let go, commits, and the connection ends.
    The client hears the first answer, or asks for it by its key."""
    proxy, daemon = through
    sku = make_product(web)
    for _ in range(count(3, 50)):
        body, answers = {"serial": make_name("SN"), "sku": sku}, []
        thread = threading.Thread(target=lambda: answers.append(stage.web().post("/v1/units", AGENT, body, body["serial"])))  # pylint: disable=cell-var-from-loop
        connection = stage.server.connect()
        with connection, connection.cursor() as cursor:
            cursor.execute("LOCK TABLE warranty.units IN SHARE MODE")
            thread.start()
            wait_until(lambda: stage.value(f"SELECT count(*) {OURS} AND wait_event_type = 'Lock'"), "the write is under way")
            proxy.stall(is_server_only=True)
        connection.close()
        wait_until(lambda: stage.query("SELECT 1 FROM warranty.units WHERE serial = %s", body["serial"]), "it is committed")  # pylint: disable=cell-var-from-loop
        proxy.cut()
        proxy.go_on()
        thread.join()
        [first] = answers
        daemon.wait_ready()
        again = web.post("/v1/units", AGENT, body, body["serial"])
        assert again.status == 201 and again.json["serial"] == body["serial"]
        assert first.status == 503 or (first.status, first.body) == (201, again.body), first
        assert web.post("/v1/units", AGENT, body, body["serial"]).body == again.body
        assert stage.value("SELECT count(*) FROM events.outbox WHERE aggregate_id = %s", body["serial"]) == 1


def test_connections_cut_at_any_byte_lose_nothing(stage, web, through, rng, request):
    proxy, daemon = through
    sku, history, rest = make_product(web), History(), Rest([daemon])
    with Load(stage, history, CLIENTS, lambda i: sku):
        for _ in range(count(10, 200)):
            wait_for_more(history, rng.randrange(1, 60))
            goal = proxy.carried_bytes + rng.randrange(20000)
            with history.outage():
                wait_until(lambda: proxy.carried_bytes >= goal, "so much has been said")  # pylint: disable=cell-var-from-loop
                proxy.cut()
                wait_for_more(history, 1)
    verify(stage, history, sku, request)
    wait_until(lambda: daemon.metric("aftercare_task_alive") <= rest.before[daemon][1], "no coroutine is left")


def test_a_database_that_falls_silent_is_given_up_and_found_again(stage, web, through, request):
    """Half-open: the daemon hears of no end. Calls end in their time, and a new connection is made."""
    proxy, daemon = through
    sku, history = make_product(web), History()
    with Load(stage, history, CLIENTS, lambda i: sku):
        wait_for_more(history)
        with history.outage():
            proxy.silence()
            unknown = history.count("unknown")
            wait_until(lambda: history.count("unknown") >= unknown + CLIENTS, "calls are given up")
            assert daemon.ask("/healthz")[0] == 200
            proxy.speak()
            print(f"served again {back_s(history):.2f} s after the network was")
    verify(stage, history, sku, request)


def test_a_killed_backend_costs_no_acknowledged_write(stage, web, rng, daemon, request):
    """kill -9 of one makes the server end all of them and recover."""
    sku, history = make_product(web), History()
    with Load(stage, history, CLIENTS, lambda i: sku):
        for _ in range(count(2, 20)):
            wait_for_more(history)
            victim = rng.choice(stage.query(f"SELECT pid {OURS}"))[0]
            lost = daemon.metric("aftercare_db_connection_lose_total")
            with history.outage():
                os.kill(victim, signal.SIGKILL)
                wait_until(lambda: daemon.metric("aftercare_db_connection_lose_total") >= lost + 2, "both lanes are lost")  # pylint: disable=cell-var-from-loop
                daemon.wait_ready()
                print(f"served again {back_s(history):.2f} s after")
    verify(stage, history, sku, request)


def test_a_database_that_stands_still_for_ten_seconds_meets_no_storm(stage, web, cluster, daemon, request):
    """Calls end at their deadline, what waits is bounded, and what is sent afterwards is little more than what is asked for."""
    sku, history = make_product(web), History()
    with Load(stage, history, CLIENTS, lambda i: sku):
        wait_for_more(history, 200)
        sent, done = daemon.metric("aftercare_db_statement_send_total"), len(history.tries)
        with history.outage():
            with cluster.paused():
                threading.Event().wait(count(10, 20))  # the fault itself, not a wait for a condition
            print(f"served again {back_s(history):.2f} s after")
        wait_for_more(history, 200)
        sent, tried = daemon.metric("aftercare_db_statement_send_total") - sent, len(history.tries) - done
    longest_s = max(one.end_s - one.begin_s for one in history.tries)
    print(f"{tried} tries cost {sent:.0f} statements; the longest took {longest_s:.1f} s")
    assert sent < 4 * tried + 200
    verify(stage, history, sku, request)


class Locks:
    """Somebody at the database who locks rows two by two, in whatever order, and holds them for a while."""

    def __init__(self, stage, rng, skus):
        self.is_stopping = threading.Event()
        self.deadlocks = 0
        self.threads = [threading.Thread(target=self._run, args=(stage, random.Random(rng.random()), skus)) for _ in range(4)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_stopping.set()
        for thread in self.threads:
            thread.join()

    def _run(self, stage, rng, skus):
        connection = stage.server.connect()
        while not self.is_stopping.is_set():
            with connection.cursor() as cursor:
                try:
                    for sku in rng.sample(skus, 2):
                        cursor.execute("SELECT 1 FROM warranty.products WHERE sku = %s FOR UPDATE", (sku,))
                        self.is_stopping.wait(rng.random() * 0.2)
                except (psycopg2.errors.DeadlockDetected, psycopg2.errors.LockNotAvailable):
                    self.deadlocks += 1
            connection.rollback()
            self.is_stopping.wait(rng.random() * 0.2)
        connection.close()


@pytest.mark.usefixtures("daemon")
def test_changes_of_few_things_under_deadlocks_are_a_chain(stage, web, rng):
    """Each client reads a product and changes it at that version. No change is lost: what was acknowledged are the versions, each by
    one client, and the events say the same."""
    second = stage.start("warranty")
    skus = [make_product(web) for _ in range(4)]
    made = {sku: {} for sku in skus}
    end_s = time.monotonic() + count(8, 60)

    def change(i):
        client, order = stage.web(), random.Random(f"{i} {skus}")
        while time.monotonic() < end_s:
            sku, name = order.choice(skus), make_name("name")
            seen = client.get(f"/v1/products/{sku}")
            answer = None
            while answer is None or answer.status == 503:
                answer = client.call("PUT", f"/v1/products/{sku}", AGENT, {"name": name, "category": "small_appliances"}, key=name,
                                     If_Match=seen.headers["etag"])
            assert answer.status in (200, 409, 412), answer
            if answer.status == 200:
                assert made[sku].setdefault(answer.json["version"], name) == name, "two changes made one version"
        client.hang_up()

    with Locks(stage, rng, skus) as locks:
        run_threads(8, change)
    for sku in skus:
        [last] = stage.query("SELECT version, name FROM warranty.products WHERE sku = %s", sku)
        assert sorted(made[sku]) == list(range(2, last[0] + 1)) and made[sku][last[0]] == last[1]
        events = stage.query("SELECT aggregate_version FROM events.outbox WHERE aggregate_id = %s ORDER BY id", sku)
        assert [version for [version] in events] == list(range(1, last[0] + 1))
    print(f"{sum(map(len, made.values()))} changes, {locks.deadlocks} deadlocks of the other side")
    assert sum(map(len, made.values())) > 10
    second.stop()


def fill_log(connection):
    """Writes to the log of PostgreSQL until it cannot, which ends every session."""
    with connection.cursor() as cursor, pytest.raises(psycopg2.OperationalError):
        while True:
            cursor.execute("SELECT pg_logical_emit_message(false, 'filler', repeat('x', 1000000))")


@pytest.mark.faults_only
def test_a_full_disk_refuses_writes_and_loses_none(cluster, request):
    """Tables cannot grow: writes are refused and reads served. Then PostgreSQL's own log cannot, which ends it. With room again all goes on."""
    try:
        disk = SmallDisk(cluster.folder / "small_disk", 400)
    except OSError as error:
        pytest.skip(f"no file system can be mounted here: {error}")
    with disk, own_stage(cluster, "a small disk", place=disk.path) as stage:
        own, history = stage.cluster, History()
        stage.start_published()
        web = stage.web()
        sku = make_product(web)
        with Load(stage, history, CLIENTS, lambda i: sku):
            wait_for_more(history, 200)
            with history.outage():
                filler = stage.server.connect()
                filler.autocommit = True
                disk.fill()
                unknown = history.count("unknown")
                wait_until(lambda: history.count("unknown") >= unknown + CLIENTS, "writes are refused")
                assert web.get("/v1/units", AGENT).status == 200, "reads are served"
                fill_log(filler)
                wait_until(own.server.has_ended, "it cannot recover")
                unknown = history.count("unknown")
                wait_until(lambda: history.count("unknown") >= unknown + CLIENTS, "writes are refused")
                assert web.get("/v1/units", AGENT).status == 503
                disk.free()
                own.server.spawn()
                print(f"served again {back_s(history):.2f} s after there was room")
            wait_for_more(history, 200)
        verify(stage, history, sku, request)


@pytest.mark.faults_only
def test_a_server_that_hands_over_to_another_loses_nothing(cluster, request):
    """The first becomes read-only, which the daemons learn from its refusals (25006); its standby is promoted, and they find it."""
    with own_stage(cluster, "two servers") as stage, Standby(stage.server, stage.cluster.folder) as standby:
        wait_until(lambda: stage.value("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"), "the standby follows")
        alter(stage, synchronous_standby_names="*")
        stage.start_published(AFTERCARE_DATABASE=standby.url_of_both(stage.environment["AFTERCARE_DATABASE"]))
        web, history = stage.web(), History()
        sku = make_product(web)
        with Load(stage, history, CLIENTS, lambda i: sku):
            wait_for_more(history, 200)
            with history.outage():
                alter(stage, default_transaction_read_only="on")
                unknown = history.count("unknown")
                wait_until(lambda: history.count("unknown") >= unknown + CLIENTS, "writes are refused")
                standby.promote()
                print(f"served again {back_s(history):.2f} s after the standby was promoted")
                assert web.get("/v1/policies", "manager:boss").status == 200
                wait_until(lambda: not stage.value(f"SELECT count(*) {SERVICES}"), "nobody is left at the first")
            wait_for_more(history, 200)
        stage.hang_up()
        stage.server = standby
        verify(stage, history, sku, request)
        stage.hang_up()
        stage.end_daemons()
