"""A daemon asked directly over ZeroMQ, by a client written from docs/protocol/bus.md: what it answers, and what it survives."""
# SPDX-License-Identifier: Apache-2.0
import base64
import os
import socket
import uuid

import pytest

from stage import count, wait_until
from wire import (LEAVING, PING, PONG, REPLY, REQUEST, Caller, envelope, make_principal, now_ms, options, types, vouch,
                  warranty)
from world import make_name

STAGE = {"gateway": 0}
AGENT = {"subject": "desk", "roles": ["agent"]}
OK, INVALID, NOT_FOUND, DENIED, UNIMPLEMENTED, UNAUTHENTICATED = 0, 3, 5, 7, 12, 16


@pytest.fixture(name="open_caller")
def open_caller_fixture(stage):
    """Makes a caller of the only replica."""
    made = []

    def open_caller():
        [path] = stage.bus_folder.glob("warranty-*.sock")
        made.append(Caller(path, stage.installation_key))
        return made[-1]

    yield open_caller
    for caller in made:
        caller.socket.close()


@pytest.fixture(name="caller")
def caller_fixture(open_caller):
    """One caller."""
    return open_caller()


@pytest.fixture(name="sku", scope="module")
def sku_fixture(stage):
    """A product."""
    name = make_name("SKU")
    [path] = stage.bus_folder.glob("warranty-*.sock")
    with Caller(path, stage.installation_key) as caller:
        request = warranty.CreateProductRequest(sku=name, name="A product", category="small_appliances")
        assert caller.ask("CreateProduct", request, make_principal(**AGENT), idempotency_key=name).code == OK
    return name


def ask_unit(caller, sku, principal=None, **fields):
    """(serial, reply) of an attempt to register a unit."""
    serial = make_name("SN")
    reply = caller.ask("RegisterUnit", warranty.RegisterUnitRequest(serial=serial, sku=sku),
                       make_principal(**AGENT) if principal is None else principal, idempotency_key=serial, **fields)
    return serial, reply


def is_registered(stage, serial):
    """Whether the database has it."""
    return stage.value("SELECT count(*) FROM warranty.units WHERE serial = %s", serial) == 1


def assert_alive(open_caller):
    """A new peer is answered."""
    caller = open_caller()
    reply = caller.ask("ListProducts", warranty.ListProductsRequest())
    assert reply.code == OK and not caller.ping().draining


def test_a_call_by_the_book_is_answered(stage, caller, sku):
    serial, reply = ask_unit(caller, sku)
    unit = warranty.RegisterUnitResponse.FromString(reply.body).unit
    assert (reply.code, unit.serial, unit.version, reply.replayed) == (OK, serial, 1, False)
    assert is_registered(stage, serial)


def test_a_ping_says_epoch_and_load(caller):
    first, second = caller.ping(), caller.ping()
    assert len(first.epoch) == 16 and first.epoch == second.epoch and not first.draining


def test_a_refusal_says_code_domain_reason_and_place(caller):
    reply = caller.ask("GetUnit", warranty.GetUnitRequest(serial="nobody's"), make_principal(**AGENT))
    assert (reply.code, reply.domain, reply.reason) == (NOT_FOUND, "warranty", "UNIT_MISSING") and reply.message
    reply = caller.ask("GetUnit", warranty.GetUnitRequest(), make_principal(**AGENT))
    assert reply.code == INVALID and ("field", "serial") in [(detail.name, detail.value) for detail in reply.details]


@pytest.mark.parametrize("forge", ["another key", "flipped bit", "raised role", "no mac", "short mac"])
def test_a_forged_principal_is_refused_and_nothing_happens(stage, caller, sku, forge):
    principal = make_principal(**AGENT)
    mac = vouch(stage.installation_key, principal)
    if forge == "another key":
        mac = vouch(os.urandom(32), principal)
    elif forge == "flipped bit":
        mac = mac[:-1] + bytes([mac[-1] ^ 1])
    elif forge == "raised role":
        mac = vouch(stage.installation_key, make_principal(subject="desk", roles=["customer"]))
    elif forge == "no mac":
        mac = b""
    before = stage.value("SELECT count(*) FROM events.outbox")
    if forge == "short mac":  # not even the form of a request: dropped, unanswered
        caller.send(caller.make_request("ListProducts", b"", principal, mac[:31]))
        assert not caller.ping().draining
        return
    serial, reply = ask_unit(caller, sku, principal, mac=mac)
    assert (reply.code, reply.reason) == (UNAUTHENTICATED, "PRINCIPAL_FORGED")
    assert not is_registered(stage, serial) and stage.value("SELECT count(*) FROM events.outbox") == before


def test_a_principal_that_has_ended_is_refused(stage, caller, sku):
    serial, reply = ask_unit(caller, sku, make_principal(**AGENT, expire_in_ms=-1))
    assert (reply.code, reply.reason) == (UNAUTHENTICATED, "PRINCIPAL_EXPIRED")
    assert not is_registered(stage, serial)


def test_expired_work_is_dropped_and_never_executed(stage, caller, sku):
    serials = [make_name("SN") for _ in range(20)]
    for serial in serials:
        caller.send(caller.make_request("RegisterUnit", warranty.RegisterUnitRequest(serial=serial, sku=sku),
                                        make_principal(**AGENT), deadline_in_ms=-1, idempotency_key=serial))
    last, reply = ask_unit(caller, sku)  # answered first, though sent last
    assert reply.code == OK and is_registered(stage, last)
    assert not any(is_registered(stage, serial) for serial in serials)


def test_daemons_are_told_how_a_claims_customer_is_reached_and_nobody_else_is(caller, sku):
    serial, _ = ask_unit(caller, sku)
    contact = types.Contact(name="Ada Lovelace", email="ada@example.org", language="de", time_zone="Europe/Berlin")
    claims = []
    for given in (contact, None):
        request = warranty.CreateClaimRequest(claim_id=str(uuid.uuid4()), serial=serial, cause="unknown", description="y",
                                              contact=given)
        assert caller.ask("CreateClaim", request, make_principal(**AGENT), idempotency_key=request.claim_id).code == OK
        claims.append(request.claim_id)
    notify = make_principal(envelope.Principal.DAEMON, "system:notify", ["system"])
    answers = []
    for claim_id in claims:
        reply = caller.ask("GetClaimContact", warranty.GetClaimContactRequest(aggregate_id=claim_id), notify)
        assert reply.code == OK
        answers.append(warranty.GetClaimContactResponse.FromString(reply.body))
    assert answers[0].contact == contact and not answers[1].HasField("contact")
    text = answers[0].link
    packed, mac = (base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split("."))
    assert mac == vouch(caller.key, b"link" + bytes(1) + packed)
    assert caller.ask("GetClaim", warranty.GetClaimRequest(claim_id=claims[0]), packed).code == OK
    assert 29 < (envelope.Principal.FromString(packed).expire_time_ms - now_ms()) / 86400e3 < 31
    missing = caller.ask("GetClaimContact", warranty.GetClaimContactRequest(aggregate_id=str(uuid.uuid4())), notify)
    assert (missing.code, missing.reason) == (NOT_FOUND, "CLAIM_MISSING")
    asked = caller.ask("GetClaimContact", warranty.GetClaimContactRequest(aggregate_id=claims[0]), make_principal(**AGENT))
    assert asked.code == DENIED


def test_a_link_opens_its_own_claim_and_nothing_else(caller, sku):
    serial, _ = ask_unit(caller, sku)
    claims = []
    for _ in range(2):
        request = warranty.CreateClaimRequest(claim_id=str(uuid.uuid4()), serial=serial, cause="unknown", description="y")
        assert caller.ask("CreateClaim", request, make_principal(**AGENT), idempotency_key=request.claim_id).code == OK
        claims.append(request.claim_id)
    link = make_principal(envelope.Principal.LINK, "link:1", [], link_resource=claims[0],
                          link_method="warranty.v1.WarrantyService/GetClaim")
    assert caller.ask("GetClaim", warranty.GetClaimRequest(claim_id=claims[0]), link).code == OK
    other = caller.ask("GetClaim", warranty.GetClaimRequest(claim_id=claims[1]), link)
    assert (other.code, other.reason) == (DENIED, "LINK_FOR_SOMETHING_ELSE")
    withdrawal = caller.ask("WithdrawClaim", warranty.WithdrawClaimRequest(claim_id=claims[0]), link, idempotency_key="k")
    assert withdrawal.code == DENIED
    assert caller.ask("ListClaims", warranty.ListClaimsRequest(), link).code == DENIED


def test_an_anonymous_principal_opens_anonymous_methods_only(caller):
    nobody = make_principal(envelope.Principal.ANONYMOUS, "anonymous", [])
    assert caller.ask("ListProducts", warranty.ListProductsRequest(), nobody).code == OK
    assert caller.ask("ListUnits", warranty.ListUnitsRequest(), nobody).code == UNAUTHENTICATED


def test_a_key_is_needed_and_a_repeat_is_answered_from_store(caller, sku):
    request = warranty.RegisterUnitRequest(serial=make_name("SN"), sku=sku)
    keyless = caller.ask("RegisterUnit", request, make_principal(**AGENT))
    assert (keyless.code, keyless.reason) == (INVALID, "IDEMPOTENCY_KEY_MISSING")
    first = caller.ask("RegisterUnit", request, make_principal(**AGENT), idempotency_key="once")
    again = caller.ask("RegisterUnit", request, make_principal(**AGENT), idempotency_key="once", attempt=2)
    assert (first.code, first.replayed, again.code, again.replayed) == (OK, False, OK, True)
    assert first.body == again.body


def test_one_key_used_twice_in_one_group_has_one_effect(stage, caller, sku):
    """Sent back to back, so that both are in the same commit."""
    for i in range(count(20, 500)):
        request = warranty.RegisterUnitRequest(serial=make_name("SN"), sku=sku)
        for _ in range(3):
            caller.send(caller.make_request("RegisterUnit", request, make_principal(**AGENT), idempotency_key=request.serial))
        replies = [envelope.Reply.FromString(caller.receive()[4:]) for _ in range(3)]
        assert {reply.code for reply in replies} == {OK}, (i, replies)
        assert len({reply.body for reply in replies}) == 1
        assert sorted(reply.replayed for reply in replies) == [False, True, True]
        assert stage.value("SELECT count(*) FROM events.outbox WHERE aggregate_id = %s", request.serial) == 1


def test_a_method_that_is_not_there_is_said_to_be_unimplemented(caller):
    assert caller.ask("FlyToTheMoon", b"").code == UNIMPLEMENTED
    assert caller.ask("x", b"", method="elsewhere.v1.Service/Method").code == UNIMPLEMENTED


@pytest.mark.parametrize("frame", [
    b"", b"A", b"AC\x01", b"XX\x01\x01", b"AC\x02\x01", b"AC\x01\x02", b"AC\x01\x04", LEAVING, b"AC\x01\x00", b"AC\x01\xff",
    PING + b"more", REQUEST, REQUEST + b"\xff" * 40, REQUEST + b"\x0a\x7f", REPLY + b"\x0a\x10" + b"x" * 16], ids=repr)
def test_a_frame_of_another_form_is_dropped_unanswered(caller, open_caller, frame):
    caller.send(frame)
    assert not caller.ping().draining  # the next thing it says is the pong
    assert_alive(open_caller)


def broken_requests(caller):
    """Requests that break one rule of the table in section 3."""
    def made(**fields):
        return caller.make_request("ListProducts", b"", **fields)
    return {
        "no request id": made(request_id=b""), "long request id": made(request_id=b"x" * 17),
        "no method": made(method=""), "long method": made(method="a" * 129), "method with a space": made(method="a b"),
        "attempt 0": made(attempt=0), "attempt 101": made(attempt=101), "no principal": made(principal=b""),
        "large principal": made(principal=b"\x12\x05alice" * 700), "long key": made(idempotency_key="k" * 256),
        "key with a control character": made(idempotency_key="a\nb"), "key beyond ASCII": made(idempotency_key="ü"),
        "long traceparent": made(traceparent="0" * 56), "traceparent with a space": made(traceparent="00 01"),
        "large body": caller.make_request("ListProducts", b"\x0a\x00" * 98305),
    }


def test_a_request_that_breaks_a_rule_of_the_form_is_dropped(caller, open_caller):
    for name, request in broken_requests(caller).items():
        caller.send(request)
        caller.send(PING)
        frame = caller.receive()
        assert frame[:4] == PONG, (name, frame)
    assert_alive(open_caller)


def test_messages_of_several_frames_are_dropped(caller, open_caller):
    caller.socket.send_multipart([b"", REQUEST + caller.make_request("ListProducts", b"").SerializeToString()])
    caller.socket.send_multipart([PING, PING])
    assert not caller.ping().draining
    assert_alive(open_caller)


def test_a_frame_beyond_the_limit_costs_its_sender_the_connection(stage, caller, open_caller):
    caller.ping()
    before = stage.only("warranty").fd_count()
    caller.send(REQUEST + b"x" * 300000)

    def is_answered():  # over a new connection, which ZeroMQ makes by itself; what was sent before that is lost
        caller.send(PING)
        return caller.socket.poll(100) and caller.receive()[:4] == PONG

    wait_until(is_answered, "the sender is served again")
    assert_alive(open_caller)
    wait_until(lambda: stage.only("warranty").fd_count() <= before + 2, "the cut connection is gone")


def make_body(sku, **fields):
    """A packed RegisterUnitRequest."""
    return warranty.RegisterUnitRequest(**{"serial": "S", "sku": sku} | fields).SerializeToString()


# What is wrong with it: the body, made for a product that is there.
HOSTILE = {
    "not UTF-8": lambda sku: make_body(sku) + b"\x32\x02\xff\xfe",
    "NUL in a text": lambda sku: make_body(sku) + b"\x32\x03a\x00b",
    "cut short": lambda sku: make_body(sku) + b"\x32\x7fabc",
    "wrong wire type": lambda sku: make_body(sku) + b"\x08\x05",
    "a group that never ends": lambda sku: make_body(sku) + b"\x0b" * 5000,
    "date that is none": lambda sku: make_body(sku, purchase_date={"year": 2025, "month": 2, "day": 30}),
    "date far out": lambda sku: make_body(sku, purchase_date={"year": -1, "month": 1, "day": 1}),
    "empty date": lambda sku: make_body(sku) + b"\x1a\x00" * 60000,
    "long text": lambda sku: make_body(sku, serial="S" * 65),
    "line break in a line": lambda sku: make_body(sku, serial="S\nS"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused(stage, caller, open_caller, sku, name):
    before = stage.value("SELECT count(*) FROM events.outbox")
    reply = caller.ask("RegisterUnit", HOSTILE[name](sku), make_principal(**AGENT), idempotency_key=make_name("k"))
    assert reply.code == INVALID, reply
    assert stage.value("SELECT count(*) FROM events.outbox") == before
    assert_alive(open_caller)


def test_a_deeply_nested_body_is_refused(caller, open_caller):
    """10,000 levels of a field that is not known, and of one that is a message."""
    nested = b""
    for _ in range(10000):
        size, head = len(nested), b""
        while size > 127:
            head += bytes([size & 127 | 128])
            size >>= 7
        nested = b"\x1a" + head + bytes([size]) + nested
    reply = caller.ask("RegisterUnit", nested, make_principal(**AGENT), idempotency_key="deep")
    assert reply.code == INVALID
    assert_alive(open_caller)


def test_noise_on_the_socket_itself_harms_nobody(stage, caller, open_caller, rng):
    """Peers that do not even speak ZeroMQ, or stop in the middle of its handshake."""
    [path] = stage.bus_folder.glob("warranty-*.sock")
    before = stage.only("warranty").fd_count()
    peers = []
    for _ in range(count(50, 1000)):
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(str(path))
        peer.sendall(rng.choice([rng.randbytes(rng.randrange(1, 200)), b"\xff" + b"\0" * 8 + b"\x7f\x03", b"GET / HTTP/1.1\r\n\r\n"]))
        peers.append(peer)
        assert caller.ping().epoch
    for peer in peers:
        peer.close()
    assert_alive(open_caller)
    wait_until(lambda: stage.only("warranty").fd_count() <= before + 4, "the descriptors are back")


def test_roles_that_no_contract_knows_open_nothing(stage, caller):
    number = max(options.Role.values()) + 20
    principal = envelope.Principal(kind=envelope.Principal.TOKEN, subject="x", roles=[number, 1 << 20],
                                   expire_time_ms=now_ms() + 60000).SerializeToString()
    reply = caller.ask("ListUnits", warranty.ListUnitsRequest(), principal)
    assert reply.code in (DENIED, UNAUTHENTICATED)
    assert stage.only("warranty").is_ready()
