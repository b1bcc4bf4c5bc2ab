"""Idempotency-Key: one effect and one answer, however often, at once or later; and which headers are keys."""
# SPDX-License-Identifier: Apache-2.0
import json
import threading

import pytest

from web import Raw
from world import AGENT, events_of, make_claim, make_name, make_product, make_unit, run_threads

STAGE = {"warranty": 2}


@pytest.fixture(scope="module")
def sku(web):
    """A product."""
    return make_product(web)


def body_for(sku):
    """A unit nobody has."""
    return {"serial": make_name("SN"), "sku": sku}


def test_a_change_without_a_key_is_refused(web, stage, sku):
    body = body_for(sku)
    answer = web.post("/v1/units", AGENT, body, key=None)
    assert (answer.status, answer.reason) == (400, "IDEMPOTENCY_KEY_MISSING")
    assert events_of(stage, body["serial"]) == []


def test_a_repeat_gets_the_first_answer(web, stage, sku):
    body, key = body_for(sku), make_name("key")
    first, again = (web.post("/v1/units", AGENT, body, key) for _ in range(2))
    assert (first.status, again.status) == (201, 201) and first.body == again.body
    assert "idempotent-replayed" not in first.headers and again.headers["idempotent-replayed"] == "true"
    for name in ("etag", "location", "content-type"):
        assert first.headers[name] == again.headers[name]
    assert len(events_of(stage, body["serial"])) == 1


def test_a_repeat_may_be_written_differently(web, sku):
    """The request is what counts, not its bytes."""
    body, key = body_for(sku), make_name("key")
    first = web.post("/v1/units", AGENT, body, key)
    spaced = json.dumps(dict(reversed(body.items())), indent=3).encode()
    again = web.post("/v1/units", AGENT, spaced, f'"{key}"')
    assert (again.status, again.body) == (201, first.body)


def test_a_key_is_not_used_for_another_request(web, stage, sku):
    body, key = body_for(sku), make_name("key")
    web.post("/v1/units", AGENT, body, key)
    other = body_for(sku)
    for path, changed in (("/v1/units", other), ("/v1/units", body | {"order_number": "1"}),
                          ("/v1/products", {"sku": make_name("SKU"), "name": "n", "category": "small_appliances"})):
        answer = web.post(path, AGENT, changed, key)
        assert (answer.status, answer.reason) == (422, "IDEMPOTENCY_KEY_REUSED"), answer
    assert events_of(stage, other["serial"]) == []


def test_keys_belong_to_their_caller(web, stage, sku):
    key, bodies = make_name("key"), [body_for(sku) for _ in range(3)]
    callers = (AGENT, "agent:another-desk", "customer:anna")
    answers = [web.post("/v1/units", caller, body, key) for caller, body in zip(callers, bodies)]
    assert [answer.status for answer in answers] == [201, 201, 201]
    assert [len(events_of(stage, body["serial"])) for body in bodies] == [1, 1, 1]


def test_a_refused_request_does_not_use_the_key_up(web, sku):
    body, key = body_for("NO-SUCH"), make_name("key")
    assert web.post("/v1/units", AGENT, body, key).status == 400
    assert web.post("/v1/units", AGENT, body, key).status == 400
    fitting = web.post("/v1/units", AGENT, body | {"sku": sku}, key)
    assert (fitting.status, "idempotent-replayed" in fitting.headers) == (201, False)


def test_a_repeat_gets_the_first_answer_also_when_the_state_has_moved_on(web, sku):
    serial, key, withdrawal = make_unit(web, sku), make_name("key"), make_name("key")
    body = {"serial": serial, "cause": "unknown", "description": "y"}
    first = web.post("/v1/claims", AGENT, body, key)
    path = f"/v1/claims/{first.json['claim_id']}:withdraw"
    done = web.post(path, AGENT, {}, withdrawal, If_Match='"1"')
    assert done.json["state"] == "WITHDRAWN"
    again = web.post("/v1/claims", AGENT, body, key)
    assert (again.body, again.json["state"], again.headers["idempotent-replayed"]) == (first.body, "DOCUMENTS_REQUIRED", "true")
    repeated = web.post(path, AGENT, {}, withdrawal, If_Match='"1"')
    assert (repeated.status, repeated.body, repeated.headers["idempotent-replayed"]) == (200, done.body, "true")
    assert web.get(f"/v1/claims/{first.json['claim_id']}", AGENT).json["state"] == "WITHDRAWN"


def test_a_claim_made_by_the_service_keeps_its_id_in_repeats(web, stage, sku):
    serial, key = make_unit(web, sku), make_name("key")
    ids = {web.post("/v1/claims", AGENT, {"serial": serial, "cause": "unknown", "description": "y"}, key).json["claim_id"]
           for _ in range(5)}
    assert len(ids) == 1
    assert stage.value("SELECT count(*) FROM warranty.claims WHERE serial = %s", serial) == 1


def race(web, thread_count, call):
    """The answers to calls that start together."""
    barrier, answers = threading.Barrier(thread_count), []

    def work(i):
        web.get("/v1/products?page_size=1")  # the connection is open
        barrier.wait()
        answers.append(call(i))
        web.hang_up()

    run_threads(thread_count, work)
    return answers


def test_a_hundred_identical_posts_at_once_have_one_effect_and_one_body(web, stage, sku):
    for _ in range(3):
        body, key = body_for(sku), make_name("key")
        answers = race(web, 100, lambda i: web.post("/v1/units", AGENT, body, key))
        assert {answer.status for answer in answers} == {201}, answers
        assert len({answer.body for answer in answers}) == 1
        assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
        assert len(events_of(stage, body["serial"])) == 1


def test_of_many_who_withdraw_at_once_one_does(web, stage, sku):
    claim_id = make_claim(web, make_unit(web, sku))["claim_id"]
    answers = race(web, 40, lambda i: web.post(f"/v1/claims/{claim_id}:withdraw", AGENT))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 39, answers
    assert {answer.reason for answer in answers} == {None, "CLAIM_STATE"}
    assert [version for _, version, _, _ in events_of(stage, claim_id)] == [1, 2]


def test_of_many_who_register_one_serial_at_once_one_does(web, stage, sku):
    body = body_for(sku)
    answers = race(web, 40, lambda i: web.post("/v1/units", AGENT, body))
    assert sorted(answer.status for answer in answers) == [201] + [409] * 39, answers
    assert len(events_of(stage, body["serial"])) == 1


# ---- which headers are keys ----

def test_quoted_and_bare_are_the_same_key(web, sku):
    body, key = body_for(sku), make_name("key")
    first = web.post("/v1/units", AGENT, body, key)
    assert web.post("/v1/units", AGENT, body, f'"{key}"').body == first.body
    assert web.post("/v1/units", AGENT, body, f' "{key}" ').body == first.body


@pytest.mark.parametrize("key,is_good", [
    ("a", True), ("a" * 255, True), ("a" * 256, False), ("A.b_c:d-9", True), ("a b", False), ("a/b", False), ("ü", False),
    ('"a b/c=d,e;f"', True), ('"' + "a" * 255 + '"', True), ('"' + "a" * 256 + '"', False), ('""', False), ('"a', False),
    ('a"', False), ('"a"b', False), ('"a";p=1', False), ('"a", "b"', False), ('"\\a"', False), ('"\\"\\\\"', True), ("", False),
    ("*a*", False), (":YWJj:", True), ("12", True), ("-", True)])
def test_what_a_key_may_be(web, sku, key, is_good):
    answer = web.post("/v1/units", f"agent:{make_name('desk')}", body_for(sku), key.encode("utf-8"))
    if is_good:
        assert answer.status == 201, answer
    else:
        assert (answer.status, answer.reason in ("IDEMPOTENCY_KEY_MALFORMED", "IDEMPOTENCY_KEY_MISSING")) == (400, True), answer


def read_vectors(shared):
    """(name, raw, expected or None) of the strings of RFC 8941."""
    for path in sorted((shared / "structured_fields").glob("string*.json")):
        for case in json.loads(path.read_text(encoding="utf-8")):
            expected = case.get("expected", [None])[0]
            yield case["name"], case["raw"], None if case.get("must_fail") else expected, case.get("can_fail", False)


def test_structured_field_strings_are_keys_as_their_rfc_says(web, stage, sku, shared):
    """A string of 1 to 255 characters is a key, and the one that it spells; everything else is refused."""
    wrong, counts = [], {"good": 0, "refused": 0, "skipped": 0}
    for name, raw, expected, may_fail in read_vectors(shared):
        if len(raw) != 1 or may_fail:
            counts["skipped"] += 1
            continue
        caller, body = f"agent:{make_name('desk')}", body_for(sku)
        answer = send_key(web, caller, body, raw[0].encode())
        is_good = expected is not None and 1 <= len(expected) <= 255
        counts["good" if is_good else "refused"] += 1
        if is_good:
            stored = stage.query("SELECT key FROM warranty.idempotency i JOIN events.outbox o USING (principal)"
                                 " WHERE o.aggregate_id = %s", body["serial"])
            if answer is None or answer.status != 201 or stored != [(expected,)]:
                wrong.append((name, raw, answer, stored))
        elif answer is not None and answer.status != 400:
            wrong.append((name, raw, answer))
    print(f"structured field strings: {counts}")
    assert counts["good"] > 90 and counts["refused"] > 30
    assert not wrong, wrong


def send_key(web, caller, body, key):
    """The answer to a request with any bytes as its key; None where the connection was closed instead."""
    content = json.dumps(body).encode()
    with Raw(web.port) as raw:
        raw.send(b"POST /v1/units HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: " + key
                 + b"\r\nAuthorization: Bearer " + web.tokens.of(*caller.split(":")).encode()
                 + b"\r\nContent-Length: " + str(len(content)).encode() + b"\r\n\r\n" + content)
        return raw.read_answer()
