"""The bus between gateway and warranty, over tcp through a proxy: cut, silent, stalled, answers that come twice or out of turn, messages of
another release."""
# SPDX-License-Identifier: Apache-2.0
import signal
import threading
import time

import pytest

from clients import Load
from history import History
from invariants import Rest, verify
from places import bus_proxy, start_gateway
from stage import count, wait_until
from world import AGENT, make_name, make_product, run_threads
from zmtp import make_newer, make_older, repeat_and_reorder, rewrite

STAGE = {"published": True, "warranty": 0, "gateway": 0}
CLIENTS = 16
pytestmark = pytest.mark.faults


@pytest.fixture(name="between")
def between_fixture(stage):
    """(proxy, service, gateway): the one way from a gateway to a service."""
    with bus_proxy(stage) as (proxy, service):
        gateway = start_gateway(stage, proxy)
        wait_until(lambda: stage.web().get("/v1/products?page_size=1").status == 200, "they have found each other")
        yield proxy, service, gateway
        gateway.stop()
        service.stop()


def wait_for_more(history, number=60):
    """Waits until the clients have got on."""
    before = history.count("ok")
    wait_until(lambda: history.count("ok") >= before + number, "the clients work")


def test_connections_that_are_cut_lose_nothing(stage, between, rng, request):
    """With the only replica behind it, each cut leaves outcomes unknown: their keys tell."""
    proxy, service, gateway = between
    sku, history = make_product(stage.web()), History()
    rest = Rest([service, gateway])
    with Load(stage, history, CLIENTS, lambda i: sku):
        for _ in range(count(10, 200)):
            wait_for_more(history, rng.randrange(1, 60))
            with history.outage():
                proxy.cut()
                wait_for_more(history, 1)
    assert gateway.metric("aftercare_bus_replica_lose_total") > 0
    verify(stage, history, sku, request)
    rest.wait()


def test_a_silent_network_is_found_and_found_again(stage, between, request):
    """Half-open: nobody is told of an end. Calls end within their time, the gateway stays as it is and finds the service again."""
    proxy, service, gateway = between
    sku, history = make_product(stage.web()), History()
    rest = Rest([service, gateway])
    with Load(stage, history, CLIENTS, lambda i: sku):
        for _ in range(count(2, 20)):
            wait_for_more(history)
            with history.outage():
                proxy.silence()
                unknown = history.count("unknown")
                wait_until(lambda: history.count("unknown") >= unknown + CLIENTS, "calls are given up")  # pylint: disable=cell-var-from-loop
                assert gateway.ask("/healthz")[0] == 200
                begin_s = time.monotonic()
                answer = stage.web().get("/v1/units", AGENT)
                assert answer.status == 503 and int(answer.headers["retry-after"]) >= 1
                print(f"refused after {1000 * (time.monotonic() - begin_s):.0f} ms")
                proxy.speak()
                wait_for_more(history, 1)
    longest_s = max(one.end_s - one.begin_s for one in history.tries)
    print(f"the longest call took {longest_s:.1f} s")
    verify(stage, history, sku, request)
    rest.wait()


def test_a_network_that_stalls_delivers_late_and_doubles_nothing(stage, between, request):
    """What was sent arrives later: requests whose callers have gone on are not done a second time."""
    proxy, service, _ = between
    sku, history = make_product(stage.web()), History()
    with Load(stage, history, CLIENTS, lambda i: sku):
        for is_server_only in (True, False) * count(1, 10):
            wait_for_more(history)
            with history.outage():
                unknown = history.count("unknown")
                proxy.stall(is_server_only)
                wait_until(lambda: history.count("unknown") >= unknown + CLIENTS, "calls are given up")  # pylint: disable=cell-var-from-loop
                proxy.go_on()
                wait_for_more(history, 1)
    print(f"{service.metric('aftercare_bus_request_expire_total'):.0f} requests came after their deadline")
    verify(stage, history, sku, request)


def test_a_slow_network_only_slows(stage, between, request):
    proxy, _, _ = between
    sku, history = make_product(stage.web()), History()
    proxy.delay_s = 0.02
    with Load(stage, history, CLIENTS, lambda i: sku):
        wait_for_more(history, 200)
    assert history.count("unknown") == 0
    verify(stage, history, sku, request)


def test_answers_that_come_twice_or_out_of_turn_reach_nobody_wrong(stage):
    """Each caller reads a unit of its own again and again; what is not the answer to a call at hand is dropped and counted."""
    with bus_proxy(stage, repeat_and_reorder) as (proxy, service):
        gateway, web = start_gateway(stage, proxy), stage.web()
        wait_until(lambda: web.get("/v1/products?page_size=1").status == 200, "they have found each other")
        sku = make_product(web)

        def read_own(_):
            serial = make_name("SN")
            assert web.post("/v1/units", AGENT, {"serial": serial, "sku": sku}).json["serial"] == serial
            for _ in range(count(50, 1000)):
                assert web.get(f"/v1/units/{serial}", AGENT).json["serial"] == serial
            web.hang_up()

        run_threads(CLIENTS, read_own)
        dropped = gateway.metric("aftercare_bus_reply_drop_total")
        print(f"{dropped:.0f} answers were nobody's")
        assert dropped > CLIENTS * 40
        gateway.stop()
        service.stop()


def test_a_gateway_killed_with_calls_at_work_leaves_their_answers_to_the_key(stage):
    """The service cannot deliver, and counts it; whoever comes again with the key gets what was stored."""
    service, gateway, web = stage.start("warranty"), stage.start("gateway"), stage.web()
    wait_until(lambda: web.get("/v1/products?page_size=1").status == 200, "they have found each other")
    sku = make_product(web)
    bodies = [{"serial": make_name("SN"), "sku": sku} for _ in range(10)]
    lost = service.metric("aftercare_bus_reply_lose_total")
    threads = [threading.Thread(target=post_and_lose, args=(stage.web(), body)) for body in bodies]
    connection = stage.server.connect()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE warranty.units IN SHARE MODE")
        for thread in threads:
            thread.start()
        wait_until(lambda: service.status()["in_flight"] >= len(bodies), "the calls are at work")
        gateway.kill()
    connection.rollback()
    connection.close()
    for thread in threads:
        thread.join()
    wait_until(lambda: service.metric("aftercare_bus_reply_lose_total") >= lost + len(bodies), "nobody takes the answers")
    gateway = stage.start("gateway")
    wait_until(lambda: web.get("/v1/products?page_size=1").status == 200, "they have found each other")
    created = dict(stage.query("SELECT serial, create_time FROM warranty.units WHERE sku = %s", sku))
    for body in bodies:
        answer = web.post("/v1/units", AGENT, body, body["serial"])
        assert answer.status == 201 and answer.json["serial"] == body["serial"]
    kept = dict(stage.query("SELECT serial, create_time FROM warranty.units WHERE sku = %s", sku))
    assert len(kept) == len(bodies) and created.items() <= kept.items()
    print(f"{len(created)} of {len(bodies)} were done without their caller")
    gateway.signal(signal.SIGTERM)
    service.stop()


def post_and_lose(web, body):
    """A registration under its serial as key, whose answer never comes."""
    with pytest.raises(OSError):
        web.post("/v1/units", AGENT, body, body["serial"])


@pytest.mark.parametrize("make", [make_newer, make_older])
def test_a_gateway_and_a_service_of_two_releases_understand_each_other(stage, make, request):
    """Either hears what the other's release might say: with fields that it does not know, or without those that can be spared."""
    with bus_proxy(stage, rewrite(make)) as (proxy, service):
        gateway = start_gateway(stage, proxy)
        web = stage.web()
        wait_until(lambda: web.get("/v1/products?page_size=1").status == 200, "they have found each other")
        sku, history = make_product(web), History()
        with Load(stage, history, CLIENTS, lambda i: sku):
            wait_for_more(history, 200)
        assert web.post("/v1/units", AGENT, {"serial": "", "sku": sku}).status == 400
        assert history.count("unknown") == 0
        verify(stage, history, sku, request)
        gateway.stop()
        service.stop()
