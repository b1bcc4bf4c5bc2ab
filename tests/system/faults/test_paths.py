"""The ways of a client to the gateway, and of a service to the events it consumes, are cut, silent, stalled and slow."""
# SPDX-License-Identifier: Apache-2.0
import pytest

from clients import Load
from history import History
from invariants import Rest, verify
from places import events_proxy, http_proxy, serving
from stage import count, wait_until
from world import LANE_COUNT, make_product

STAGE = {"published": True, "warranty": 0, "gateway": 0}
CLIENTS = 16
WAIT_S = 3
pytestmark = [pytest.mark.faults, pytest.mark.faults_only]


def wait_for_more(history, number=60):
    """Waits until the clients have got on."""
    before = history.count("ok")
    wait_until(lambda: history.count("ok") >= before + number, "the clients work")


def test_clients_whose_connections_end_anywhere_find_their_answers(stage, web, rng, request):
    """Cut at any byte, swallowed, held up: whoever asks again with the key hears what was done."""
    with serving(stage) as [service], http_proxy(stage) as proxy:
        sku, history = make_product(web), History()
        web.hang_up()
        rest = Rest([service, *stage.running("gateway")])
        load = Load(stage, history, CLIENTS, lambda i: sku)
        load.web.port, load.web.limit_s = proxy.listen, WAIT_S
        with load:
            for _ in range(count(10, 200)):
                wait_for_more(history, rng.randrange(1, 60))
                with history.outage():
                    rng.choice([proxy.cut, proxy.cut, proxy.cut, lambda: swallow(proxy, history), lambda: hold_up(proxy, history)])()
                    wait_for_more(history, 1)
        verify(stage, history, sku, request)
        proxy.cut()
        rest.wait()


def swallow(proxy, history):
    """Until every client has given up."""
    unknown = history.count("unknown")
    proxy.silence()
    wait_until(lambda: history.count("unknown") >= unknown + CLIENTS, "the clients give up")
    proxy.speak()
    proxy.cut()


def hold_up(proxy, history):
    """The same, but what was sent arrives late."""
    unknown = history.count("unknown")
    proxy.stall()
    wait_until(lambda: history.count("unknown") >= unknown + CLIENTS, "the clients give up")
    proxy.go_on()


def test_a_service_cut_off_from_the_events_catches_up(stage, web, rng, request):
    """Its views stand still meanwhile; nothing that was said is missing or told twice in the end."""
    with events_proxy(stage) as proxy, serving(stage, AFTERCARE_BUS_CONNECT=f"tcp://127.0.0.1:{proxy.listen}"):
        sku, history = make_product(web), History()
        with Load(stage, history, CLIENTS, lambda i: sku, manufacture_date="2026-01-01"):
            for _ in range(count(6, 100)):
                wait_for_more(history, rng.randrange(1, 100))
                fault = rng.choice(["cut", "silence", "stall", "slow"])
                if fault == "cut":
                    proxy.cut()
                    continue
                told = stage.value("SELECT count(*) FROM warranty.unit_history")
                start, end = {"silence": (proxy.silence, proxy.speak), "stall": (proxy.stall, proxy.go_on),
                              "slow": (lambda: setattr(proxy, "delay_s", 0.1), lambda: setattr(proxy, "delay_s", 0.0))}[fault]
                start()
                wait_for_more(history, 200)
                end()
                wait_until(lambda: stage.value("SELECT count(*) FROM warranty.unit_history") > told, "the views go on")  # pylint: disable=cell-var-from-loop
        assert history.count("unknown") == 0
        verify(stage, history, sku, request)


def test_lanes_of_a_service_that_is_cut_off_from_the_events_go_to_one_that_is_not(stage, web, request):
    """It still reaches PostgreSQL, so its lease would live on. It has its share again once it is not cut off any more."""
    def lanes_of(daemon):
        return len(daemon.status()["consumer_views"]["lanes"])

    with events_proxy(stage) as proxy:
        cut_off = stage.start("warranty", AFTERCARE_BUS_CONNECT=f"tcp://127.0.0.1:{proxy.listen}")
        other = stage.start("warranty", AFTERCARE_BUS_CONNECT=f"tcp://127.0.0.1:{proxy.target}")
        gateway = stage.start("gateway")
        wait_until(lambda: lanes_of(cut_off) == lanes_of(other) == LANE_COUNT // 2, "they share the lanes")
        sku, history = make_product(web), History()
        proxy.silence()
        with Load(stage, history, CLIENTS, lambda i: sku, manufacture_date="2026-01-01"):
            wait_until(lambda: lanes_of(other) == LANE_COUNT and lanes_of(cut_off) == 0, "the other one has them all")
            wait_for_more(history)
        wait_until(lambda: stage.value("SELECT count(*) FROM warranty.unit_history WHERE serial = %s", history.tries[-1].serial), "the views go on")
        proxy.speak()
        proxy.cut()
        wait_until(lambda: lanes_of(cut_off) == LANE_COUNT // 2, "it has its share again")
        verify(stage, history, sku, request)
        for daemon in (gateway, cut_off, other):
            daemon.stop()
