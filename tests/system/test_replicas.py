"""Two replicas of each daemon: killed, stopped, added, while clients work. Nothing acknowledged is lost, nothing happens twice."""
# SPDX-License-Identifier: Apache-2.0
import signal
import threading

import pytest

from clients import Load
from effects import read_rows
from history import History, check
from invariants import verify
from stage import count, wait_until
from world import AGENT, make_name, make_product

STAGE = {"warranty": 2, "gateway": 2}
CLIENTS = 16
pytestmark = pytest.mark.faults


def test_kill_9_of_any_process_loses_and_doubles_nothing(stage, web, rng, request):
    sku, history = make_product(web), History()
    web.hang_up()
    with Load(stage, history, CLIENTS, lambda i: sku):
        for i in range(count(20, 100)):
            noun = ("warranty", "gateway")[i % 2]
            before = history.count("ok")
            wait_until(lambda: history.count("ok") >= before + 40, "the clients work")
            victim = rng.choice(stage.running(noun))
            history.add_kill()
            victim.kill()
            stage.start(noun)
    verify(stage, history, sku, request)


def test_a_replica_that_is_added_gets_work_without_a_restart(stage, web):
    make_product(web)
    added = stage.start("warranty")

    def has_work():
        web.get("/v1/products?page_size=1")
        return added.status()["answered"] > 0

    wait_until(has_work, "the new replica answers")
    added.stop()
    for _ in range(50):
        assert web.get("/v1/products?page_size=1").status == 200


def test_a_replica_that_hangs_is_left_alone_until_it_is_back(stage, web):
    """Calls go to the other one; what it was given before is asked of the other one too."""
    sku, history = make_product(web), History()
    victim = stage.running("warranty")[0]
    with Load(stage, history, 4, lambda i: sku):
        wait_until(lambda: history.count("ok") >= 40, "the clients work")
        with victim.stopped():
            before = history.count("ok")
            wait_until(lambda: history.count("ok") >= before + count(1500, 20000), "the other one works")
        answered = victim.status()["answered"]
        wait_until(lambda: victim.status()["answered"] > answered + 10, "it is given work again")
    units, events = read_rows(stage, sku)
    late = [one for one in history.tries if one.outcome != "ok"]
    print(f"hanging replica: {len(late)} of {len(history.tries)} tries were not answered well")
    history.kills_s = [one.begin_s for one in late]  # in flight when it hung, or sent before that was noticed
    assert check(history, units, events) == []


def test_without_any_replica_the_gateway_says_so_and_recovers_by_itself(stage, web):
    sku = make_product(web)
    for daemon in stage.running("warranty"):
        daemon.kill()
    body, key = {"serial": make_name("SN"), "sku": sku}, make_name("key")
    answer = wait_until(lambda: (found := web.post("/v1/units", AGENT, body, key)).status == 503 and found, "nobody is there")
    assert int(answer.headers["retry-after"]) >= 1 and answer.json["code"] == "UNAVAILABLE"
    assert any(gateway.ask("/healthz")[0] == 200 for gateway in stage.running("gateway"))
    for _ in range(2):
        stage.start("warranty")
    wait_until(lambda: web.post("/v1/units", AGENT, body, key).status == 201, "it is back")
    assert stage.value("SELECT count(*) FROM events.outbox WHERE aggregate_id = %s", body["serial"]) == 1


def test_a_second_sigterm_ends_a_drain_at_once(stage, web):
    """The drain would wait a minute for a call that hangs; the second signal does not."""
    for gateway in stage.running("gateway"):
        gateway.stop()
    gateway = stage.start("gateway", AFTERCARE_DRAIN_LIMIT="10m")
    hanging = stage.running("warranty")
    for daemon in hanging:
        daemon.signal(signal.SIGSTOP)
    try:
        client = stage.web()
        thread = threading.Thread(target=lambda: ask_and_lose(client))
        thread.start()
        wait_until(lambda: gateway.metric("aftercare_http_connection_open") >= 1 and gateway.status()["in_flight"] >= 0
                   and gateway.metric("aftercare_task_alive") >= 1, "a call is at hand")
        gateway.signal(signal.SIGTERM)
        wait_until(lambda: gateway.ask("/readyz")[1].startswith("draining"), "it drains")
        gateway.is_expected_to_fail = True
        gateway.signal(signal.SIGTERM)
        gateway.wait_end()
        thread.join()
    finally:
        for daemon in hanging:
            daemon.signal(signal.SIGCONT)
        stage.start("gateway")
        stage.start("gateway")
    wait_until(lambda: web.get("/v1/products?page_size=1").status == 200, "all is well again")


def ask_and_lose(client):
    """A request whose connection is cut."""
    try:
        client.get("/v1/products")
    except OSError:
        pass
