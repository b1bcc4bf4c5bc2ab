"""HTTP as it should be spoken, and what happens to those who speak it otherwise."""
# SPDX-License-Identifier: Apache-2.0
import json
import random
import threading

import pytest

from conftest import close_stage, open_stage
from stage import count, wait_until
from web import Raw
from world import AGENT, make_name, make_product, make_unit, run_threads

REQUEST_TIMEOUT_S = 1
STAGE = {"AFTERCARE_GATEWAY_REQUEST_TIMEOUT": f"{REQUEST_TIMEOUT_S}s",
         "AFTERCARE_GATEWAY_CORS_ORIGINS": "https://app.example,https://shop.example:8443"}
LIST = b"GET /v1/products?page_size=1 HTTP/1.1\r\n"
HOST = b"Host: x\r\n"
BODY_BYTES_MAX = 131072


@pytest.fixture(autouse=True)
def nobody_is_harmed(web):
    """After each test a well-behaved client is served."""
    yield
    assert web.get("/v1/products?page_size=1").status == 200


def post_head(web, *lines):
    """The head of a POST that is right but for `lines`."""
    token = web.tokens.of("agent", "desk").encode()
    return (b"POST /v1/products HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: "
            + make_name("key").encode() + b"\r\nAuthorization: Bearer " + token + b"\r\n"
            + b"".join(line + b"\r\n" for line in lines))


# ---- requests that two parsers could read differently ----

SMUGGLED = LIST + HOST + b"X-Smuggled: yes\r\n\r\n"
BODY = b'{"sku": "smuggled"}'
AMBIGUOUS = {
    "Content-Length and Transfer-Encoding": [b"Content-Length: 4", b"Transfer-Encoding: chunked"],
    "Transfer-Encoding and Content-Length": [b"Transfer-Encoding: chunked", b"Content-Length: 4"],
    "two Content-Lengths": [b"Content-Length: 19", b"Content-Length: 0"],
    "two equal Content-Lengths": [b"Content-Length: 19", b"Content-Length: 19"],
    "Content-Length list": [b"Content-Length: 19, 19"],
    "Content-Length +19": [b"Content-Length: +19"], "Content-Length -1": [b"Content-Length: -1"],
    "Content-Length hexadecimal": [b"Content-Length: 0x13"], "Content-Length with a blank": [b"Content-Length: 1 9"],
    "Content-Length empty": [b"Content-Length:"], "Content-Length overflow": [b"Content-Length: 18446744073709551635"],
    "blank before the colon": [b"Transfer-Encoding : chunked"], "blank before Content-Length's colon": [b"Content-Length : 19"],
    "xchunked": [b"Transfer-Encoding: xchunked"], "gzip, chunked": [b"Transfer-Encoding: gzip, chunked"],
    "chunked, identity": [b"Transfer-Encoding: chunked, identity"], "identity": [b"Transfer-Encoding: identity"],
    "chunked twice": [b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"],
    "chunked in quotes": [b'Transfer-Encoding: "chunked"'], "empty coding": [b"Transfer-Encoding:"],
    "NUL in a value": [b"Content-Length: 19", b"X: a\0b"], "NUL in a name": [b"Content-Length: 19", b"X\0Y: a"],
    "control character in a value": [b"Content-Length: 19", b"X: a\x01b"], "DEL in a value": [b"Content-Length: 19", b"X: a\x7fb"],
    "bare CR in a value": [b"Content-Length: 19", b"X: a\rTransfer-Encoding: chunked"],
    "name with a blank": [b"Content-Length: 19", b"X Y: a"], "name with a bracket": [b"Content-Length: 19", b"X(: a"],
    "name beyond ASCII": [b"Content-Length: 19", b"X\xc3\xa4: a"], "no name": [b"Content-Length: 19", b": a"],
    "no colon": [b"Content-Length: 19", b"nonsense"], "second Host": [b"Content-Length: 19", b"Host: y"],
    "second equal Host": [b"Content-Length: 19", b"Host: x"],
}


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_an_ambiguous_request_is_refused_and_the_connection_closed(web, stage, name):
    with Raw(stage.port) as raw:
        raw.send(post_head(web, *AMBIGUOUS[name]) + b"\r\n" + BODY + SMUGGLED)
        answer = raw.read_answer()
        assert answer is None or answer.status in (400, 413, 501), answer
        assert raw.is_ended(), "the connection stays open"
    assert stage.value("SELECT count(*) FROM warranty.products WHERE sku = 'smuggled'") == 0


LINES = {
    "NUL in the target": b"GET /v1/products?a=\0b HTTP/1.1", "control character in the target": b"GET /v1/pro\x01ducts HTTP/1.1",
    "HTTP/2.0": b"GET /v1/products HTTP/2.0", "HTTP/9": b"GET /v1/products HTTP/9", "no version": b"GET /v1/products",
    "no such protocol": b"GET /v1/products FTP/1.1", "method no token": b"G(T /v1/products HTTP/1.1", "noise": b"\x16\x03\x01\x02\x00\x01",
    "only blanks": b"   ", "four words": b"GET /v1/products HTTP/1.1 x",
}


@pytest.mark.parametrize("name", LINES)
def test_a_broken_request_line_is_refused(stage, name):
    with Raw(stage.port) as raw:
        raw.send(LINES[name] + b"\r\n" + HOST + b"\r\n")
        answer = raw.read_answer()
        assert answer is None or answer.status >= 400, answer
        assert raw.is_ended()


def test_a_request_without_host_is_refused(stage):
    with Raw(stage.port) as raw:
        raw.send(LIST + b"\r\n")
        assert raw.read_answer().status == 400


@pytest.mark.parametrize("host", ["", "a b", "a/b", "user@host", "a:b", "[::1", "::1", "a:99999"])
def test_a_host_that_is_none_is_refused(stage, host):
    with Raw(stage.port) as raw:
        raw.send(LIST + f"Host: {host}\r\n\r\n".encode() + SMUGGLED)
        answer = raw.read_answer()
        assert (answer.status, answer.json["reason"]) == (400, "HTTP_MALFORMED")
        assert raw.is_ended()


CHUNKS = {
    "size no number": b"zz\r\nabc\r\n0\r\n\r\n", "size overflow": b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "negative size": b"-1\r\nabc\r\n0\r\n\r\n", "chunk longer than said": b"2\r\n{}abc\r\n0\r\n\r\n",
    "no end of line after the chunk": b"2\r\n{}0\r\n\r\n",
}


@pytest.mark.parametrize("name", CHUNKS)
def test_a_broken_chunked_body_ends_the_connection(web, stage, name):
    with Raw(stage.port) as raw:
        raw.send(post_head(web, b"Transfer-Encoding: chunked") + b"\r\n" + CHUNKS[name] + SMUGGLED)
        answer = raw.read_answer()
        assert answer is None or answer.status in (400, 413), answer
        assert raw.is_ended()


def test_a_chunked_body_is_read(web, stage):
    sku = make_name("SKU")
    body = json.dumps({"sku": sku, "name": "n", "category": "small_appliances"}).encode()
    with Raw(stage.port) as raw:
        raw.send(post_head(web, b"Transfer-Encoding: chunked") + b"\r\n")
        for i in range(0, len(body), 7):
            piece = body[i:i + 7]
            raw.send(b"%x;ext=1\r\n%s\r\n" % (len(piece), piece))
        raw.send(b"0\r\nTrailer: x\r\n\r\n" + LIST + HOST + b"\r\n")
        assert raw.read_answer().status == 201
        assert raw.read_answer().status == 200  # what was pipelined behind it
    assert web.get(f"/v1/products/{sku}").status == 200


# ---- limits ----

def test_headers_have_a_limit(stage):
    for size, statuses in ((7000, {200}), (15000, {200}), (20000, {431}), (100000, {431, None})):
        with Raw(stage.port) as raw:
            try:
                raw.send(LIST + HOST + b"X-Long: " + b"a" * size + b"\r\n\r\n")
                answer = raw.read_answer()
            except ConnectionError:
                answer = None
            assert (answer and answer.status) in statuses, (size, answer)


def test_many_headers_have_a_limit(stage):
    with Raw(stage.port) as raw:
        try:
            raw.send(LIST + HOST + b"".join(b"X-%d: a\r\n" % i for i in range(5000)) + b"\r\n")
            answer = raw.read_answer()
        except ConnectionError:
            answer = None
        assert answer is None or answer.status == 431


def test_a_target_has_a_limit(stage):
    for size, statuses in ((8000, {404}), (40000, {414, 431, None})):
        with Raw(stage.port) as raw:
            raw.send(b"GET /v1/" + b"a" * size + b" HTTP/1.1\r\n" + HOST + b"\r\n")
            answer = raw.read_answer()
            assert (answer and answer.status) in statuses, (size, answer)


def test_a_body_that_is_said_to_be_too_large_is_refused_before_it_is_sent(web, stage):
    with Raw(stage.port) as raw:
        raw.send(post_head(web, b"Content-Length: %d" % (BODY_BYTES_MAX + 1), b"Expect: 100-continue") + b"\r\n")
        answer = raw.read_answer()
        assert (answer.status, answer.json["reason"]) == (413, "BODY_TOO_LARGE") and raw.is_ended()


def test_a_body_at_the_limit_is_read(web):
    body = json.dumps({"sku": make_name("SKU"), "name": "n", "category": "small_appliances"}).encode()
    assert web.post("/v1/products", AGENT, body + b" " * (BODY_BYTES_MAX - len(body))).status == 201
    answer = web.post("/v1/products", AGENT, body + b" " * (BODY_BYTES_MAX + 1 - len(body)))
    assert (answer.status, answer.reason) == (413, "BODY_TOO_LARGE")


def test_a_chunked_body_over_the_limit_is_413(web, stage):
    with Raw(stage.port) as raw:
        raw.send(post_head(web, b"Transfer-Encoding: chunked") + b"\r\n")
        for _ in range(20):
            raw.send(b"2000\r\n" + b" " * 8192 + b"\r\n")
        raw.send(b"0\r\n\r\n")
        answer = raw.read_answer()
        assert (answer.status, answer.json["reason"]) == (413, "BODY_TOO_LARGE") and raw.is_ended()


def test_a_chunked_body_without_end_is_cut_off(web, stage):
    """What a client can make us read is bounded: four limits, and what sockets hold."""
    sent_bytes = 0
    with Raw(stage.port) as raw:
        raw.send(post_head(web, b"Transfer-Encoding: chunked") + b"\r\n")
        try:
            while sent_bytes < 100 * BODY_BYTES_MAX:
                raw.send(b"2000\r\n" + b" " * 8192 + b"\r\n")
                sent_bytes += 8192
        except ConnectionError:
            pass
        print(f"cut off after {sent_bytes:,} bytes were accepted")
        assert sent_bytes < 100 * BODY_BYTES_MAX


# ---- clients that are slow, or leave ----

@pytest.mark.parametrize("content", [LIST + HOST + b"X-Slow: " + b"a" * 1000, b"G" * 1000], ids=["header", "first line"])
def test_a_client_that_dribbles_its_head_is_cut_off(stage, content):
    assert_cut_off(stage, b"", content)


def test_a_client_that_dribbles_its_body_is_cut_off(web, stage):
    assert_cut_off(stage, post_head(web, b"Content-Length: 1000") + b"\r\n", b" " * 1000)


def assert_cut_off(stage, beginning, content):
    """One byte each half second, so that a limit on silence alone would never end it."""
    gone = threading.Event()
    with Raw(stage.port) as raw:
        raw.send(beginning)
        reader = threading.Thread(target=lambda: raw.is_ended() and gone.set())
        reader.start()
        sent = 0
        for i in range(len(content)):
            try:
                raw.send(content[i:i + 1])
                sent += 1
            except ConnectionError:
                break
            if gone.wait(0.5):
                break
        reader.join()
    print(f"cut off after {sent} bytes, half a second each; the limit is {REQUEST_TIMEOUT_S} s")
    assert gone.is_set() and sent < 60


def test_slow_clients_do_not_slow_others(web, stage):
    """Half-open requests, all cut off; meanwhile others are served."""
    slow = [Raw(stage.port) for _ in range(count(200, 2000))]
    for raw in slow:
        raw.send(LIST + b"Ho")
    for _ in range(20):
        assert web.get("/v1/products?page_size=1").status == 200
    assert all(raw.is_ended() for raw in slow)
    for raw in slow:
        raw.socket.close()


@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("cut", [1, 30, -5, None], ids=["first byte", "head", "end missing", "whole"])
def test_clients_that_leave_within_their_next_request_are_let_go(web, stage, cut, is_reset):
    """The end of the stream may come together with bytes of a request; it must be seen, not waited for."""
    gateway = stage.only("gateway")
    web.hang_up()
    wait_until(lambda: gateway.metric("aftercare_http_connection_open") <= 1, "nobody is there")
    cut_before = gateway.metric("aftercare_http_connection_timeout_total")
    requests = [LIST + HOST + b"\r\n", post_head(web, b"Content-Length: 100") + b"\r\n" + b" " * 100]
    for request in requests * 20:
        raw = Raw(stage.port)
        raw.send(LIST + HOST + b"\r\n")
        assert raw.read_answer().status == 200
        raw.send(request[:cut])
        raw.leave() if is_reset else raw.socket.close()
    wait_until(lambda: gateway.metric("aftercare_http_connection_open") <= 1, "all are gone")
    assert gateway.metric("aftercare_http_connection_timeout_total") == cut_before, "they were waited for"


def gateway_is_at_rest(gateway, fd_count):
    """Whether descriptors, connections and tasks are back where they were."""
    return (gateway.fd_count() <= fd_count and gateway.metric("aftercare_task_alive") == 0
            and gateway.status()["in_flight"] == 0)


@pytest.mark.faults
def test_clients_that_leave_while_their_request_is_at_work_leave_nothing_behind(web, stage):
    """Thousands ask while the only warranty daemon hangs, and go away."""
    sku, serial = make_product(web), make_name("SN")
    gateway = stage.only("gateway")
    web.hang_up()
    before = gateway.fd_count()
    token = web.tokens.of("agent", "desk").encode()
    body = json.dumps({"serial": serial, "sku": sku}).encode()
    client_count = count(300, 2000)
    with stage.only("warranty").stopped():
        leaving = [Raw(stage.port) for _ in range(client_count)]
        for i, raw in enumerate(leaving):
            if i % 2:
                raw.send(b"POST /v1/units HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: one-of-many\r\n"
                         b"Authorization: Bearer " + token + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            else:
                raw.send(b"GET /v1/units HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + b"\r\n\r\n")
        wait_until(lambda: gateway.metric("aftercare_http_connection_open") >= client_count, "all are there")
        assert web.get("/healthz").status == 404 and web.get("/openapi.json").status == 200
        for i, raw in enumerate(leaving):
            raw.leave() if i % 3 else raw.socket.close()
        web.hang_up()
        wait_until(lambda: gateway.metric("aftercare_http_connection_open") <= 2, "all are gone")
    wait_until(lambda: gateway_is_at_rest(gateway, before), "the gateway is at rest")
    wait_until(lambda: web.get("/v1/units", AGENT).status == 200, "the daemon is back")
    assert stage.value("SELECT count(*) FROM warranty.units WHERE serial = %s", serial) <= 1
    assert web.post("/v1/units", AGENT, {"serial": serial, "sku": sku}, "one-of-many").status == 201
    assert stage.value("SELECT count(*) FROM events.outbox WHERE aggregate_id = %s", serial) == 1


# ---- HTTP as it should be ----

def test_requests_of_one_connection_are_answered_in_order(web, stage):
    serials = [make_unit(web, make_product(web)) for _ in range(5)]
    token = web.tokens.of("agent", "desk").encode()
    with Raw(stage.port) as raw:
        raw.send(b"".join(b"GET /v1/units/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n" % (serial.encode(), token)
                          for serial in serials))
        assert [raw.read_answer().json["serial"] for _ in serials] == serials


def test_head_is_get_without_the_body(web, stage):
    sku = make_product(web)
    body = web.get(f"/v1/products/{sku}")
    with Raw(stage.port) as raw:
        raw.send(b"HEAD /v1/products/%s HTTP/1.1\r\nHost: x\r\n\r\n" % sku.encode() + LIST + HOST + b"\r\n")
        head = raw.read_answer(is_head=True)
        assert (head.status, head.body, head.headers["etag"]) == (200, b"", body.headers["etag"])
        assert int(head.headers["content-length"]) == len(body.body)
        assert raw.read_answer().status == 200


@pytest.mark.parametrize("path,method,allowed", [
    ("/v1/products", "DELETE", "GET, HEAD, OPTIONS, POST"), ("/v1/products/x", "POST", "GET, HEAD, OPTIONS, PUT"),
    ("/v1/claims/7e1ce6a4-8a5c-4b0e-9a2e-0d8a3f2b7c11:withdraw", "GET", "OPTIONS, POST"), ("/v1/products", "TRACE", None),
    ("/v1/products", "PROPFIND", None)])
def test_another_method_is_405_and_says_which_are_allowed(web, path, method, allowed):
    answer = web.call(method, path, AGENT)
    assert (answer.status, answer.reason) == (405, "METHOD_NOT_ALLOWED"), answer
    if allowed:
        assert ", ".join(sorted(answer.headers["allow"].split(", "))) == allowed


@pytest.mark.parametrize("path", ["/v2/products", "/v1/product", "/v1/products/", "/v1//products", "/v1/products/x/y", "/V1/products",
                                  "/v1", "/favicon.ico", "/metrics", "/readyz", "/status"])
def test_an_unknown_path_is_404(web, path):
    answer = web.get(path, AGENT)
    assert (answer.status, answer.reason) == (404, "PATH_UNKNOWN"), answer


@pytest.mark.parametrize("path", ["/v1/units/%zz", "/v1/units/%", "/v1/units/%00", "/v1/units/%ff", "/v1/units/..", "/v1/units/%2e%2e",
                                  "/v1/units/.", "/v1/units/%c0%af", "/v1/units/%ed%a0%80"])
def test_a_malformed_path_is_400(web, path):
    answer = web.get(path, AGENT)
    assert (answer.status, answer.reason) == (400, "PATH_MALFORMED"), answer


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1",
                                          "application/jsonx", "json", ""])
def test_a_body_of_another_type_is_415(web, content_type):
    answer = web.post("/v1/products", AGENT, {"sku": "x"}, Content_Type=content_type)
    assert (answer.status, answer.reason) == (415, "MEDIA_TYPE_UNSUPPORTED"), answer


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=UTF-8", 'application/json;charset="utf-8"',
                                          "application/merge-patch+json"])
def test_json_has_several_names(web, content_type):
    body = {"sku": make_name("SKU"), "name": "n", "category": "small_appliances"}
    assert web.post("/v1/products", AGENT, body, Content_Type=content_type).status == 201


def test_a_body_or_parameters_where_none_belong_are_refused(web):
    answer = web.call("GET", "/v1/products", None, {"a": 1})
    assert (answer.status, answer.reason) == (400, "BODY_UNEXPECTED")
    answer = web.post("/v1/products?sku=x", AGENT, {"name": "n"})
    assert (answer.status, answer.reason) == (400, "PARAMETER_UNEXPECTED")
    answer = web.call("PUT", "/v1/products/A", AGENT, {"sku": "B", "name": "n", "category": "small_appliances"}, If_Match="*")
    assert (answer.status, answer.reason, answer.json["field"]) == (400, "PATH_CONTRADICTED", "sku")
    answer = web.post("/v1/units", AGENT, {"serial": "S", "sku": "S"}, If_Match='"1"')
    assert (answer.status, answer.reason) == (400, "IF_MATCH_UNEXPECTED")


def test_a_preflight_is_answered_for_the_origins_of_the_installation_only(web):
    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "authorization, idempotency-key"}
    for origin in ("https://app.example", "https://shop.example:8443"):
        answer = web.call("OPTIONS", "/v1/units", Origin=origin, **asked)
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == origin and "Origin" in answer.headers["vary"]
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "idempotency-key" in answer.headers["access-control-allow-headers"].lower()
        assert answer.headers["access-control-max-age"] == "600"
        assert "access-control-allow-credentials" not in answer.headers
    for origin in ("https://evil.example", "https://app.example.evil", "http://app.example", "null", "https://shop.example"):
        answer = web.call("OPTIONS", "/v1/units", Origin=origin, **asked)
        assert "access-control-allow-origin" not in answer.headers
        assert "access-control-allow-origin" not in web.get("/v1/products", Origin=origin).headers


def test_a_browser_may_read_answers_and_refusals(web):
    for path, caller in (("/v1/products", None), ("/v1/units", None), ("/v1/nothing", None)):
        answer = web.get(path, caller, Origin="https://app.example")
        assert answer.headers["access-control-allow-origin"] == "https://app.example", path
        exposed = answer.headers["access-control-expose-headers"].lower()
        assert all(name in exposed for name in ("etag", "location", "idempotent-replayed", "retry-after", "traceparent"))


def test_options_says_what_a_path_allows(web):
    answer = web.call("OPTIONS", "/v1/products")
    assert (answer.status, answer.body) == (204, b"")
    assert {"GET", "HEAD", "POST", "OPTIONS"} == set(answer.headers["allow"].split(", "))


def test_answers_are_not_sniffed_stored_or_referred_from(web):
    sku = make_product(web)
    for path, cache in ((f"/v1/products/{sku}", "private, no-cache"), ("/v1/products", "no-store"), ("/v1/nothing", "no-store")):
        headers = web.get(path).headers
        assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
        assert headers["cache-control"] == cache, path


def test_a_trace_is_continued_and_a_broken_one_begun_anew(web):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = web.get("/v1/units/none", AGENT, traceparent=f"00-{trace}-00f067aa0ba902b7-01")
    version, trace_id, span, flags = answer.headers["traceparent"].split("-")
    assert (version, trace_id, flags) == ("00", trace, "01") and span != "00f067aa0ba902b7"
    assert answer.json["trace_id"] == trace
    for broken in ("00-" + "0" * 32 + "-00f067aa0ba902b7-01", f"00-{trace}-{'0' * 16}-01", "ff-x", f"00-{trace.upper()}-00f067aa0ba902b7-01",
                   f"00-{trace}-00f067aa0ba902b7", "x" * 55):
        answer = web.get("/v1/products", traceparent=broken)
        assert len(answer.headers["traceparent"]) == 55 and trace not in answer.headers["traceparent"], broken


def test_refusals_are_problem_documents(web):
    answer = web.get("/v1/units/none", AGENT)
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert (problem["type"], problem["title"], problem["status"], problem["code"]) == ("about:blank", "Not Found", 404, "NOT_FOUND")
    assert (problem["domain"], problem["reason"]) == ("warranty", "UNIT_MISSING") and problem["detail"]


def test_a_client_beyond_its_rate_is_told_when_to_come_back(cluster, request):
    limited = open_stage(cluster, request)
    try:
        with_limit = limited.start("gateway", AFTERCARE_GATEWAY_ANONYMOUS_RATE="1", AFTERCARE_GATEWAY_ANONYMOUS_BURST="5",
                                   AFTERCARE_GATEWAY_TOKEN_FAILURE_RATE="1", AFTERCARE_GATEWAY_TOKEN_FAILURE_BURST="5")
        [first] = [gateway for gateway in limited.running("gateway") if gateway is not with_limit]
        first.stop()
        web = limited.web()
        assert web.get("/v1/units", AGENT).status == 200
        for caller, path in ((None, "/v1/products"), ("Bearer nonsense", "/v1/units")):
            answers = [web.get(path, caller) for _ in range(30)]
            refused = [answer for answer in answers if answer.status == 429]
            assert refused and refused[0].reason == "RATE_LIMITED", answers
            assert int(refused[0].headers["retry-after"]) >= 1
        assert web.get("/v1/units", AGENT).status == 200  # this token was found to hold before
    finally:
        close_stage(limited)


def test_clients_behind_a_trusted_proxy_have_limits_of_their_own(cluster, request):
    limited = open_stage(cluster, request)
    try:
        [first] = limited.running("gateway")
        limited.start("gateway", AFTERCARE_GATEWAY_ANONYMOUS_RATE="1", AFTERCARE_GATEWAY_ANONYMOUS_BURST="5",
                      AFTERCARE_GATEWAY_TRUSTED_PROXIES="127.0.0.0/8, ::1")
        first.stop()
        web = limited.web()
        answers = [web.get("/v1/products", X_Forwarded_For=f"198.51.100.{i}, 203.0.113.7") for i in range(30)]
        assert 429 in [answer.status for answer in answers], answers
        assert web.get("/v1/products", X_Forwarded_For="203.0.113.8").status == 200
    finally:
        close_stage(limited)


def test_random_heads_harm_nobody(stage, rng):
    """Bytes drawn from pieces that parsers stumble over."""
    pieces = [b"GET ", b"POST ", b"/v1/products", b"?a=b", b" HTTP/1.1", b" HTTP/1.0", b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\0", b":", b" ",
              b"Host: x", b"Content-Length: ", b"Transfer-Encoding: chunked", b"5", b"0\r\n\r\n", b"Authorization: Bearer ", b"%", b"\xff",
              b"Expect: 100-continue", b"Connection: close", b"Upgrade: h2c", b"\t", b"Idempotency-Key: \"", b"a" * 300]

    seeds = [rng.getrandbits(32) for _ in range(8)]

    def work(i):
        mine = random.Random(seeds[i])
        for _ in range(count(400, 10000) // 8):
            with Raw(stage.port) as raw:
                try:
                    raw.send(b"".join(mine.choices(pieces, k=mine.randrange(1, 40))))
                    if mine.random() < 0.5:
                        raw.leave()
                except ConnectionError:
                    pass

    run_threads(len(seeds), work)
    wait_until(lambda: stage.only("gateway").metric("aftercare_http_connection_open") <= 2, "all connections have ended")
