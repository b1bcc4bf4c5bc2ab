"""More requests than a service can do: some are let in, the rest is refused at once, and nothing else suffers."""
# SPDX-License-Identifier: Apache-2.0
import json
import select
import socket
import time

from load import run_loadgen
from stage import BUILD, count, wait_until
from world import AGENT, make_product

LOADGEN = BUILD / "load" / "loadgen"
CROWD = 256  # calls that may be at hand of a service that is not known to be slow
REQUEST = "GET /v1/products?page_size=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\r\n"


def upstream(stage, service):
    """What the gateway says of a service."""
    return stage.only("gateway").status()["upstreams"][service]


def readable(clients):
    """Those that were answered."""
    return select.select(clients, [], [], 0)[0]


def read_answer(client):
    """The text of a short answer."""
    client.settimeout(20)
    return client.recv(65536).decode()


def test_a_service_that_stands_still_is_given_no_more_and_others_work_on(stage, web):
    make_product(web)
    request = REQUEST.format(web.tokens.of(*AGENT.split(":", 1))).encode()
    clients = [socket.create_connection(("127.0.0.1", stage.port)) for _ in range(CROWD + 40)]
    with stage.only("warranty").stopped():
        for client in clients[:CROWD]:
            client.sendall(request)
        wait_until(lambda: upstream(stage, "warranty")["calls"] == CROWD, "as many as may are at hand")
        for client in clients[CROWD:]:
            started_at = time.monotonic()
            client.sendall(request)
            answer = read_answer(client)
            assert answer.startswith("HTTP/1.1 503") and "Retry-After: 1\r\n" in answer and '"reason":"OVERLOADED"' in answer, answer
            assert time.monotonic() - started_at < 1  # not when the service is given up
        assert not readable(clients[:CROWD])
        assert upstream(stage, "warranty") == {"replicas": 1, "calls": CROWD, "calls_max": 64, "overloaded": True}
        assert web.get("/v1/me", AGENT).status == 200  # what does not need it
        assert web.get("/v1/products").status == 503
    assert [read_answer(client)[:12] for client in clients[:CROWD]] == ["HTTP/1.1 200"] * CROWD
    assert web.call("GET", "/v1/products?page_size=1").status in (200, 503)
    wait_until(lambda: web.get("/v1/products?page_size=1").status == 200 and not upstream(stage, "warranty")["overloaded"], "it is over")
    log = [json.loads(line)["message"] for line in stage.only("gateway").log.read_text().splitlines() if "overloaded" in line]
    assert log == ["a service is overloaded", "a service is no longer overloaded"]
    assert stage.only("gateway").metric("aftercare_gateway_request_refuse_total") >= 41
    for client in clients:
        client.close()


def test_at_ten_times_the_load_what_is_accepted_is_kept_and_the_rest_is_refused(stage, web, tmp_path):
    sku = make_product(web)
    plan = tmp_path / "plan.json"
    kinds = [{"name": "unit", "weight": 1, "method": "POST", "path": "/v1/units", "body": {"serial": "{number}", "sku": sku}}]
    plan.write_text(json.dumps({"host": "127.0.0.1", "port": stage.port, "first": 10 ** 12, "count": 10 ** 12,
                                "headers": {"Authorization": "Bearer " + web.tokens.of(*AGENT.split(":", 1))}, "kinds": kinds}))
    most = run_loadgen(LOADGEN, plan, 64, 2)
    done, statuses = most["all"], set()
    while "201" not in statuses:  # a disk that stands still all the time lets nothing in, and is overload, too
        over = run_loadgen(LOADGEN, plan, 1000, count(4, 60), round(10 * most["rate"]))
        done, statuses = done + over["all"], set(over["statuses"])
        assert statuses <= {"201", "503"} and over["broken"] == over["under_way"] == 0, over
        assert over["refused"] > over["requests"], over
    assert stage.value("SELECT count(*) FROM warranty.units WHERE sku = %s", sku) == done
    after = run_loadgen(LOADGEN, plan, 16, 2)
    assert set(after["statuses"]) == {"201"}, after
