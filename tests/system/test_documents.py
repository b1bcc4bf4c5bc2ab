"""Documents: up and down byte for byte, kept once, checked by content; and what happens to bodies that do not arrive."""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import http.client
import uuid

import pytest

import wire
from stage import wait_until
from web import Raw
from wire import documents
from world import run_threads

STAGE = {"AFTERCARE_TEST_CLOCK": "", "AFTERCARE_DOCUMENTS_PURGE_INTERVAL": "200ms"}
CUSTOMER = "customer:anna"
PNG = b"\x89PNG\r\n\x1a\n"
PIECE = 128 * 1024
LIMIT = 10 * 1024 * 1024
DAY_S = 24 * 3600


@pytest.fixture(autouse=True, scope="module", name="daemon")
def daemon_fixture(stage):
    """The daemon beside those that every stage has."""
    return stage.start("documents")


def make_png(rng, size):
    """Bytes that begin as a PNG does, and that nobody else has."""
    return PNG + rng.randbytes(size - len(PNG))


def upload(web, content, caller=CUSTOMER, path="/v1/documents", media_type="image/png", **fields):
    """The answer to a document."""
    return web.call("POST", path, caller, content, Content_Type=media_type, **fields)


def store_count(stage):
    """What is there: (uploads, pieces, contents, documents)."""
    tables = ("uploads", "pieces", "contents", "documents")
    return tuple(stage.value(f"SELECT count(*) FROM documents.{table}") for table in tables)


def begin_upload(raw, stage, size, *headers, caller=CUSTOMER, key=None):
    """Sends the head of a document, and nothing of it."""
    token = stage.tokens.of(*caller.split(":", 1))
    lines = ["POST /v1/documents HTTP/1.1", "Host: x", f"Authorization: Bearer {token}",
             f"Idempotency-Key: {key or uuid.uuid4()}", "Content-Type: image/png", *headers]
    if size is not None:
        lines.append(f"Content-Length: {size}")
    raw.send("\r\n".join(lines).encode() + b"\r\n\r\n")


def wait_for_pieces(stage, count):
    """Waits until that many pieces more than now have come."""
    before = store_count(stage)[1]
    return lambda: wait_until(lambda: store_count(stage)[1] >= before + count, "pieces are stored")


# ---- up and down ----

def test_the_largest_document_comes_back_byte_for_byte(stage, web, rng):
    content = make_png(rng, LIMIT)
    made = upload(web, content, path="/v1/documents?file_name=T%C3%BCr.png")
    assert made.status == 201, made
    document = made.json
    assert (document["size_bytes"], document["media_type"]) == (LIMIT, "image/png")
    assert (document["sha256"], document["file_name"]) == (hashlib.sha256(content).hexdigest(), "Tür.png")
    assert made.headers["location"] == f"/v1/documents/{document['document_id']}"
    assert web.get(made.headers["location"], CUSTOMER).json == document
    got = web.get(made.headers["location"] + "/content", CUSTOMER)
    assert got.status == 200 and got.body == content
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-length"] == str(LIMIT)
    assert got.headers["content-disposition"].endswith("filename*=UTF-8''T%C3%BCr.png")
    events = stage.query("SELECT type FROM events.outbox WHERE aggregate_id = %s", document["document_id"])
    assert events == [("documents.v1.DocumentUploaded",)]


@pytest.mark.parametrize("size", [len(PNG), PIECE - 1, PIECE, PIECE + 1, 3 * PIECE])
def test_sizes_around_a_piece_come_back_byte_for_byte(web, rng, size):
    content = make_png(rng, size)
    made = upload(web, content)
    assert made.status == 201, made
    got = web.get(made.headers["location"] + "/content", CUSTOMER)
    assert (got.status, got.body) == (200, content)


def test_a_chunked_body_is_a_document_too(web, rng):
    content = make_png(rng, 2 * PIECE)
    pieces = (content[at:at + 9999] for at in range(0, len(content), 9999))
    made = web.call("POST", "/v1/documents", CUSTOMER, pieces, Content_Type="image/png")
    assert made.status == 201, made
    assert web.get(made.headers["location"] + "/content", CUSTOMER).body == content


def test_who_has_the_content_is_told_so(web, rng):
    made = upload(web, make_png(rng, 2 * PIECE))
    path = made.headers["location"] + "/content"
    etag = web.get(path, CUSTOMER).headers["etag"]
    assert etag == f'"{made.json["sha256"]}"'
    same = web.get(path, CUSTOMER, If_None_Match=etag)
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", etag)
    assert web.get(path, CUSTOMER, If_None_Match='"other"').status == 200
    head = web.call("HEAD", path, CUSTOMER)
    assert (head.status, head.headers["content-length"], head.body) == (200, str(2 * PIECE), b"")


def test_a_text_is_what_is_utf8(web):
    text = "Es tropft, seit Montag. 水が漏れる。\n".encode() * 9000
    made = upload(web, text, media_type="text/plain; charset=utf-8")
    assert made.status == 201, made
    got = web.get(made.headers["location"] + "/content", CUSTOMER)
    assert (got.body, got.headers["content-type"]) == (text, "text/plain; charset=utf-8")
    refused = upload(web, text + b"\xfc", media_type="text/plain")
    assert (refused.status, refused.reason) == (400, "DOCUMENT_TYPE_WRONG")


# ---- once ----

def test_a_document_sent_again_with_its_key_is_answered_as_the_first_time(stage, web, rng):
    content, key = make_png(rng, 3 * PIECE + 5), str(uuid.uuid4())
    before = store_count(stage)
    made = upload(web, content, key=key)
    again = upload(web, content, key=key)
    assert (made.status, again.status, again.json) == (201, 201, made.json)
    assert again.headers["idempotent-replayed"] == "true"
    assert tuple(now - old for now, old in zip(store_count(stage), before)) == (1, 4, 1, 1)
    other = upload(web, content + b"!", key=key)
    assert (other.status, other.reason) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert upload(web, content, "customer:bert", key=key).json["document_id"] != made.json["document_id"]


def test_a_content_is_kept_once_whoever_sends_it(stage, web, rng):
    content = make_png(rng, 2 * PIECE)
    first = upload(web, content).json
    before = store_count(stage)
    second = upload(web, content, "customer:bert").json
    assert second["document_id"] != first["document_id"] and second["sha256"] == first["sha256"]
    assert tuple(now - old for now, old in zip(store_count(stage), before)) == (0, 0, 0, 1)
    assert web.get(f"/v1/documents/{second['document_id']}/content", "customer:bert").body == content


def test_one_content_sent_by_many_at_once_is_kept_once(stage, rng):
    content, before = make_png(rng, PIECE + 1), store_count(stage)
    clients = [stage.web() for _ in range(6)]
    key = str(uuid.uuid4())

    def send(i):
        answer = upload(clients[i], content, f"customer:c{i}" if i < 3 else CUSTOMER, key=key)
        assert answer.status == 201, answer

    run_threads(6, send)
    wait_until(lambda: tuple(now - old for now, old in zip(store_count(stage), before)) == (1, 2, 1, 4),
               "one content, and a document for each caller")


# ---- whose ----

def test_another_customers_document_is_not_there(web, rng):
    made = upload(web, make_png(rng, 100))
    path = made.headers["location"]
    for what in (path, path + "/content"):
        assert web.get(what, "customer:bert").status == 404
        assert web.get(what, "agent:desk").status == 200
        assert web.get(what, "trainer:tom").status == 403
        assert web.get(what).status == 401
    assert web.get(f"/v1/documents/{uuid.uuid4()}/content", CUSTOMER).status == 404


def read_as(stage, document_id, offset, principal):
    """The reply of a service that is asked for content over the bus."""
    [path] = stage.bus_folder.glob("documents-*.sock")
    with wire.Caller(path, stage.installation_key) as caller:
        question = documents.ReadContentRequest(document_id=document_id, body_offset=offset)
        return caller.ask("ReadContent", question, principal, method="documents.v1.DocumentsService/ReadContent")


def test_services_read_what_they_were_sent_over_the_bus_and_callers_do_not(stage, web, rng):
    content = make_png(rng, PIECE + 10)
    document = upload(web, content).json
    system = wire.make_principal(wire.envelope.Principal.DAEMON, "system:warranty", ["system"])
    whole = b""
    while len(whole) < len(content):
        reply = read_as(stage, document["document_id"], len(whole), system)
        assert reply.code == 0, reply
        body = documents.ReadContentResponse.FromString(reply.body).body
        assert (body.etag, body.size_bytes, body.media_type) == (document["sha256"], len(content), "image/png")
        whole += body.content
    assert whole == content
    assert read_as(stage, str(uuid.uuid4()), 0, system).reason == "DOCUMENT_MISSING"
    staff = wire.make_principal(subject="desk", roles=["agent", "administrator"])
    assert read_as(stage, document["document_id"], 0, staff).reason == "ROLE_MISSING"


def test_an_upload_of_which_a_piece_is_missing_cannot_be_ended(stage):
    system = wire.make_principal(wire.envelope.Principal.DAEMON, "system:gateway", ["system"])
    full = bytes(PIECE)
    cases = [([(0, full), (1, b"x")], 2, True), ([(0, full), (2, b"x")], 2, False), ([(0, b"x"), (1, full)], 2, False),
             ([(0, full)], 2, False), ([(1, full)], 1, False), ([(0, b"")], 1, True)]
    [path] = stage.bus_folder.glob("documents-*.sock")
    with wire.Caller(path, stage.installation_key) as caller:
        def ask(verb, request):
            return caller.ask(verb, request, system, method=f"documents.v1.DocumentsService/{verb}",
                              idempotency_key=str(uuid.uuid4()))

        for pieces, count, is_whole in cases:
            upload_id = str(uuid.uuid4())
            for number, content in pieces:
                assert ask("StorePiece", documents.StorePieceRequest(upload_id=upload_id, number=number, content=content)).code == 0
            ended = ask("FinishUpload", documents.FinishUploadRequest(
                upload_id=upload_id, document_id=str(uuid.uuid4()), purpose="a.v1.A/B", media_type="text/csv", piece_count=count,
                size_bytes=sum(len(content) for _, content in pieces), sha256=bytes(32)))
            assert (ended.code == 0, ended.reason) == (is_whole, "" if is_whole else "UPLOAD_INCOMPLETE"), (pieces, ended)
            ask("DropUpload", documents.DropUploadRequest(upload_id=upload_id))


# ---- refused ----

def test_what_the_content_is_must_be_what_it_is_said_to_be(stage, web):
    before = store_count(stage)[3]
    for content, media_type in ((b"%PDF-1.7\n", "image/png"), (PNG, "application/pdf"), (b"MZ\x90\0", "image/jpeg"),
                                (b"<html><script>", "image/gif"), (b"\0binary", "text/plain"), (b"%PDF-1.7\n", "text/plain")):
        refused = upload(web, content, media_type=media_type)
        assert (refused.status, refused.reason) == (400, "DOCUMENT_TYPE_WRONG"), (content, refused)
    empty = upload(web, b"")
    assert (empty.status, empty.reason) == (400, "DOCUMENT_EMPTY")
    assert store_count(stage)[3] == before


@pytest.mark.parametrize("status, reason, change", [
    (401, "TOKEN_MISSING", {"caller": None}),
    (403, "ROLE_MISSING", {"caller": "trainer:tom"}),
    (415, "MEDIA_TYPE_UNSUPPORTED", {"media_type": "image/svg+xml"}),
    (415, "MEDIA_TYPE_UNSUPPORTED", {"media_type": "application/json"}),
    (415, "MEDIA_TYPE_UNSUPPORTED", {"Content_Encoding": "gzip"}),
    (400, "IDEMPOTENCY_KEY_MISSING", {"key": None}),
    (400, "FIELD_FORMAT", {"path": "/v1/documents?file_name=a%0Ab"}),
    (400, "PARAMETER_UNKNOWN", {"path": "/v1/documents?upload=x"}),
    (400, "PARAMETER_UNKNOWN", {"path": "/v1/documents?kind=fault_photo"}),  # a claim says what it is to it
    (400, "FIELD_TOO_LONG", {"path": "/v1/documents?file_name=" + 256 * "a"}),
    (400, "PARAMETER_REPEATED", {"path": "/v1/documents?file_name=a&file_name=b"}),
])
def test_a_refusal_that_the_head_decides_comes_before_the_body(stage, web, status, reason, change):
    before = store_count(stage)
    web.hang_up()
    refused = upload(web, PNG + bytes(PIECE), Expect="100-continue", **({"caller": CUSTOMER} | change))
    assert (refused.status, refused.reason) == (status, reason), refused
    assert store_count(stage) == before


def test_the_body_is_asked_for_only_after_the_head_was_found_good(stage):
    with Raw(stage.port) as raw:
        begin_upload(raw, stage, len(PNG), "Expect: 100-continue", caller="trainer:tom")
        answer = raw.reader.readline()
        assert answer.startswith(b"HTTP/1.1 403"), answer
    with Raw(stage.port) as raw:
        begin_upload(raw, stage, len(PNG), "Expect: 100-continue")
        assert raw.reader.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert raw.reader.readline() == b"\r\n"
        raw.send(PNG)
        assert raw.read_answer().status == 201


def test_more_than_the_limit_is_refused_declared_or_not(stage, web, rng):
    before = store_count(stage)
    with Raw(stage.port) as raw:
        begin_upload(raw, stage, LIMIT + 1)
        refused = raw.read_answer()
        assert (refused.status, refused.reason) == (413, "BODY_TOO_LARGE")
    content = make_png(rng, LIMIT + 1)
    pieces = (content[at:at + 100000] for at in range(0, len(content), 100000))
    refused = web.call("POST", "/v1/documents", CUSTOMER, pieces, Content_Type="image/png")
    assert (refused.status, refused.reason) == (413, "BODY_TOO_LARGE")
    assert store_count(stage) == before


# ---- half ----

def test_a_client_that_stops_half_way_leaves_nothing(stage, web, rng):
    before, have_come = store_count(stage), wait_for_pieces(stage, 3)
    with Raw(stage.port) as raw:
        begin_upload(raw, stage, LIMIT)
        raw.send(make_png(rng, 3 * PIECE + 100))
        have_come()
        raw.leave()
    wait_until(lambda: store_count(stage) == before, "its pieces are dropped")
    assert upload(web, PNG).status == 201


@pytest.mark.faults
def test_a_gateway_killed_half_way_costs_one_more_try(stage, rng):
    content, key = make_png(rng, 8 * PIECE), str(uuid.uuid4())
    before, have_come = store_count(stage), wait_for_pieces(stage, 3)
    with Raw(stage.port) as raw:
        begin_upload(raw, stage, len(content), key=key)
        raw.send(content[:3 * PIECE + 100])
        have_come()
        stage.only("gateway").kill()
        assert raw.is_ended()
    stage.start("gateway")
    made = upload(stage.web(), content, key=key)
    assert made.status == 201 and "idempotent-replayed" not in made.headers
    assert stage.web().get(made.headers["location"] + "/content", CUSTOMER).body == content
    stage.set_clock(7 * 3600)
    wait_until(lambda: store_count(stage)[0] == before[0] + 1, "the half upload is purged, the document is not")
    stage.set_clock(0)


@pytest.mark.faults
def test_without_the_documents_service_an_upload_says_so_and_works_later(stage, web, daemon, rng):
    content, key = make_png(rng, 2 * PIECE), str(uuid.uuid4())
    daemon.kill()
    away = upload(web, content, key=key)
    assert away.status == 503 and int(away.headers["retry-after"]) > 0
    stage.start("documents")
    assert upload(web, content, key=key).status == 201


def test_what_became_no_document_is_nobodys_and_purged_after_a_day(stage, web):
    before = store_count(stage)
    assert upload(web, b"MZ" + bytes(200), media_type="image/jpeg").status == 400
    assert store_count(stage)[0] == before[0] + 1
    document_id = stage.value("SELECT document_id FROM documents.uploads WHERE NOT is_kept AND media_type = 'image/jpeg'")
    assert web.get(f"/v1/documents/{document_id}/content", "agent:desk").status == 404  # it never was a document
    stage.set_clock(DAY_S + 60)
    wait_until(lambda: store_count(stage)[0] <= before[0], "it is purged")
    stage.set_clock(0)
    assert store_count(stage)[2:] == before[2:]


# ---- flat ----

def peak_bytes(pid):
    """The largest resident size since reset_peak."""
    with open(f"/proc/{pid}/status", encoding="ascii") as lines:
        [line] = [line for line in lines if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def reset_peak(pid):
    """Begins anew with the present resident size."""
    with open(f"/proc/{pid}/clear_refs", "w", encoding="ascii") as file:
        file.write("5")


def test_the_gateways_memory_is_flat_while_many_are_carried(stage, rng):
    count, room = 8, 24 * 1024 * 1024
    stage.only("gateway").stop()
    # Freed memory is otherwise kept back by the sanitizer.
    options = stage.environment["ASAN_OPTIONS"] + ":quarantine_size_mb=1"
    gateway = stage.start("gateway", ASAN_OPTIONS=options)
    contents = [make_png(rng, LIMIT) for _ in range(count)]
    clients = [stage.web() for _ in range(count)]
    upload(clients[0], make_png(rng, LIMIT))
    reset_peak(gateway.pid)
    before = peak_bytes(gateway.pid)
    paths = [None] * count

    def send(i):
        made = upload(clients[i], contents[i])
        assert made.status == 201, made
        paths[i] = made.headers["location"] + "/content"

    run_threads(count, send)
    grown_up = peak_bytes(gateway.pid) - before
    slow = [Raw(stage.port) for _ in range(count)]  # who ask, and do not read
    token = stage.tokens.of("customer", "anna")
    for raw, path in zip(slow, paths):
        raw.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
    run_threads(count, lambda i: clients[i].get(paths[i], CUSTOMER).body == contents[i] or pytest.fail(f"{i} is not the same"))
    grown_down = peak_bytes(gateway.pid) - before
    for raw, content in zip(slow, contents):
        assert raw.read_answer().body == content
        raw.socket.close()
    print(f"\n{count} documents of 10 MiB at once: the gateway grew by {grown_up >> 20} MiB up, {grown_down >> 20} MiB up and down")
    assert grown_up < room and grown_down < room, (grown_up, grown_down)


def test_a_client_that_leaves_in_the_middle_of_a_download_harms_nobody(stage, web, rng):
    made = upload(web, make_png(rng, LIMIT))
    path = made.headers["location"] + "/content"
    for _ in range(5):
        connection = http.client.HTTPConnection("127.0.0.1", stage.port, timeout=30)
        connection.request("GET", path, headers={"Authorization": "Bearer " + stage.tokens.of("customer", "anna")})
        connection.getresponse().read(1000)
        connection.close()
    assert len(web.get(path, CUSTOMER).body) == LIMIT
    wait_until(lambda: stage.only("gateway").status()["requests"] == 0, "nothing is left of them")
