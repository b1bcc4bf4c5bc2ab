"""PostgreSQL refuses, stalls, cuts and crashes under load; groups of writes lose nobody but the guilty."""
# SPDX-License-Identifier: Apache-2.0
import threading
import time

import pytest

from clients import Load, make_guilty
from effects import read_rows
from history import History, check
from stage import IS_LONG, count, wait_until
from world import AGENT, make_name, make_product

CLIENTS = 64
pytestmark = pytest.mark.faults
GUILTY = "CONSTRAINT_VIOLATED"


def run_load(stage, sku, poison_each, operation_count, guilty=""):
    """(history, load) of clients of whose units one in `poison_each` is of the product `guilty`."""
    history = History()
    with Load(stage, history, CLIENTS, lambda i: guilty if poison_each and i % poison_each == 7 else sku) as load:
        wait_until(lambda: load.operation_count >= operation_count or load.errors, "the clients are done", 600)
    return history, load


def is_guilty(one):
    """Whether the database refused it."""
    return one.detail == GUILTY


def test_of_a_group_only_the_guilty_fail(stage, web, capsys):
    """One in a hundred breaks a constraint inside its group; the rates are shown in every run.

    The clients are the narrow place here; db_group_pgtest measures the lane without them.
    """
    operation_count, rates, clean_sku = count(1500, 30000), {}, make_product(web)
    guilty_sku = make_guilty(stage, make_product(web))
    for name, each in (("warm", 0), ("without", 0), ("with", 100), ("without again", 0)):
        sku = make_product(web) if each else clean_sku
        history, load = run_load(stage, sku, each, operation_count, guilty_sku)
        rates[name] = load.rate
        guilty = {one.serial for one in history.tries if one.outcome == "refused"}
        if not each:
            assert not guilty
            continue
        units, events = read_rows(stage, sku)
        assert check(history, units, events, is_guilty) == []
        assert stage.only("warranty").metric("aftercare_db_guilty_drop_total") >= len(guilty)
        share = len(guilty) / load.operation_count
        assert 0.003 < share < 0.05, f"{share:.3f} of the units were guilty; one in {each} was meant"
    best = max(rates["without"], rates["without again"])
    with capsys.disabled():
        print(f"\nwrite lane, {CLIENTS} clients: {best:.0f} units/s without guilty ones,"
              f" {rates['with']:.0f} units/s with 1 %: {100 * rates['with'] / best:.0f} %")


def disturb(stage, web, faults):
    """Runs a load and does each of `faults` under it; the history and rows must fit."""
    sku, history = make_product(web), History()
    with Load(stage, history, CLIENTS, lambda i: sku):
        for fault in faults:
            before = history.count("ok")
            wait_until(lambda: history.count("ok") >= before + 100, "the clients work")
            fault()
    units, events = read_rows(stage, sku)
    unknown = [one for one in history.tries if one.outcome == "unknown"]
    print(f"{len(history.tries)} tries, {len(unknown)} unknown, longest {max(one.end_s - one.begin_s for one in history.tries):.2f} s")
    history.kills_s = [one.begin_s for one in unknown]  # when errors are right here is said by the fault, not by a moment
    assert all(one.status in (0, 503) for one in unknown), unknown[:3]
    assert check(history, units, events) == []
    return history


def test_connections_that_are_cut_lose_nothing(stage, web):
    ours = "FROM pg_stat_activity WHERE usename = 'warranty_service' AND datname = current_database()"

    def cut():  # both lanes, each time
        wait_until(lambda: stage.value(f"SELECT count(*) {ours}") >= 2, "the connections are back")
        stage.query(f"SELECT pg_terminate_backend(pid) {ours}")

    disturb(stage, web, [cut] * count(5, 50))


def test_a_database_that_stalls_loses_nothing(stage, web, cluster):
    """Stopped for some seconds, longer than a call may take in the long run; then all goes on."""
    def stall():
        with cluster.paused():
            # This is the fault itself, not a wait for a condition.
            threading.Event().wait(8 if IS_LONG else 3)

    disturb(stage, web, [stall])
    begin = time.monotonic()
    wait_until(lambda: web.get("/v1/units", AGENT).status == 200, "reads are served")
    print(f"served again {time.monotonic() - begin:.2f} s after")


def test_a_database_that_crashes_loses_nothing_acknowledged(stage, web, cluster):
    disturb(stage, web, [cluster.crash] * count(2, 10))
    body, key = {"serial": make_name("SN"), "sku": make_product(web)}, make_name("key")
    assert web.post("/v1/units", AGENT, body, key).status == 201


def test_while_the_database_is_away_calls_are_refused_and_readyz_says_so(stage, web, cluster):
    daemon = stage.only("warranty")
    sku = make_product(web)
    cluster.server.process.send_signal(2)
    cluster.server.process.wait(30)
    try:
        wait_until(lambda: daemon.ask("/readyz")[0] == 503, "the daemon says that it cannot work")
        assert daemon.ask("/healthz")[0] == 200
        answer = web.get("/v1/units", AGENT)
        assert answer.status == 503 and int(answer.headers["retry-after"]) >= 1
    finally:
        cluster.server.spawn()
    daemon.wait_ready()
    assert web.post("/v1/units", AGENT, {"serial": make_name("SN"), "sku": sku}).status == 201


def test_a_lock_that_is_held_costs_its_waiters_and_nobody_else(stage, web):
    """Somebody at the database holds a row; the change of it is refused in time, others are made, and it is made later."""
    held, free = make_product(web), make_product(web)
    change = {"name": "changed", "category": "small_appliances"}
    connection = stage.server.connect()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM warranty.products WHERE sku = %s FOR UPDATE", (held,))
        answer = web.call("PUT", f"/v1/products/{held}", AGENT, change, key="waits", If_Match="*")
        assert answer.status in (409, 503), answer
        assert web.call("PUT", f"/v1/products/{free}", AGENT, change, If_Match="*").status == 200
    connection.rollback()
    connection.close()
    assert web.call("PUT", f"/v1/products/{held}", AGENT, change, key="waits", If_Match="*").status == 200
    assert stage.value("SELECT version FROM warranty.products WHERE sku = %s", held) == 2
