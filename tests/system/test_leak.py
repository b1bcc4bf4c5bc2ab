"""Many requests, many of them given up at random moments: descriptors and coroutines are back where they were."""
# SPDX-License-Identifier: Apache-2.0
import json
import random
import threading

from stage import count, wait_until
from web import Raw
from world import make_name, make_product, run_threads

THREADS = 8


def make_requests(web, sku, rng):
    """The bytes of a random request: good ones of each kind, and some that are refused."""
    token = web.tokens.of("agent", "desk").encode()
    head = b"\r\nHost: x\r\nAuthorization: Bearer " + token
    choice = rng.randrange(6)
    if choice == 0:
        return b"GET /v1/products HTTP/1.1\r\nHost: x\r\n\r\n"
    if choice == 1:
        return b"GET /v1/units?page_size=5 HTTP/1.1" + head + b"\r\n\r\n"
    if choice == 2:
        return b"GET /v1/units/none HTTP/1.1" + head + b"\r\n\r\n"
    body = json.dumps({"serial": make_name("SN"), "sku": sku if choice < 5 else "NO-SUCH"}).encode()
    return (b"POST /v1/units HTTP/1.1" + head + b"\r\nContent-Type: application/json\r\nIdempotency-Key: " + make_name("k").encode()
            + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def be_fickle(web, sku, rng, request_count, answered):
    """A client: it keeps or leaves its connection, before, within and after a request."""
    raw = Raw(web.port)
    for _ in range(request_count):
        request = make_requests(web, sku, rng)
        whim = rng.random()
        try:
            if whim < 0.1:  # goes in the middle of the request
                raw.send(request[:rng.randrange(1, len(request))])
            else:
                raw.send(request)
                if whim >= 0.2:  # else goes without waiting
                    answer = raw.read_answer()
                    assert answer is not None and answer.status in (200, 201, 400, 404), answer
                    answered.append(answer.status)
        except ConnectionError:
            whim = 0
        if whim < 0.25:
            raw.leave() if rng.random() < 0.5 else raw.socket.close()
            raw = Raw(web.port)
    raw.socket.close()


def test_nothing_is_left_of_many_requests(stage, web, rng):
    sku, answered = make_product(web), []
    total = count(2000, 100000)
    web.hang_up()
    daemons = stage.running("gateway") + stage.running("warranty")
    gateway = stage.only("gateway")
    run_threads(THREADS, lambda i: be_fickle(web, sku, random.Random(i), 10, answered))  # what is opened once is open
    wait_until(lambda: gateway.metric("aftercare_http_connection_open") <= 1, "all connections are closed")
    before = {daemon: daemon.fd_count() for daemon in daemons}
    lasting = {daemon: daemon.metric("aftercare_task_alive") for daemon in daemons}  # those that follow the events
    seeds = [rng.getrandbits(32) for _ in range(THREADS)]
    answered.clear()
    duration_s = run_threads(THREADS, lambda i: be_fickle(web, sku, random.Random(seeds[i]), total // THREADS, answered))
    wait_until(lambda: gateway.metric("aftercare_http_connection_open") <= 1, "all connections are closed")
    for daemon in daemons:
        wait_until(lambda: daemon.metric("aftercare_task_alive") <= lasting[daemon],  # pylint: disable=cell-var-from-loop
                   f"{daemon.noun} has {lasting[daemon]} tasks")
        wait_until(lambda: daemon.fd_count() <= before[daemon], f"{daemon.noun} has {before[daemon]} descriptors")  # pylint: disable=cell-var-from-loop
    print(f"{total:,} requests in {duration_s:.0f} s, {len(answered):,} answered, the others left")
    assert len(answered) > total * 0.6
    assert threading.active_count() < 50
