"""The load generator tells the truth: of stalls, of refusals, of what it sent."""
# SPDX-License-Identifier: Apache-2.0
import collections
import http.server
import json
import re
import socket
import subprocess
import threading

import pytest
import stage as stage_module

LOADGEN = stage_module.BUILD / "load" / "loadgen"
STALL_S = 0.5
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the server says, and notes what came."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        """Also a POST."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with self.server.lock:
            self.server.seen.append((self.command, self.path, self.headers.get("Idempotency-Key"), body))
            status = self.server.answer(len(self.server.seen))
        if status is None:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        text = b"{}"
        self.wfile.write(b"HTTP/1.1 %d Word\r\nContent-Length: %d\r\n\r\n%s" % (status, len(text), text))

    do_POST = do_GET

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def server():
    """A server of this process; `answer` says the status of the n-th request, None cuts its connection."""
    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    made.lock, made.seen, made.answer = threading.Lock(), [], lambda number: 200
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def run(server, tmp_path, connections, seconds, *options, kinds=None):
    """What loadgen says."""
    plan = {"host": "127.0.0.1", "port": server.server_address[1], "first": 1000, "count": 50, "headers": {"Authorization": "Bearer x"},
            "kinds": kinds or [{"name": "read", "weight": 1, "method": "GET", "path": "/v1/units/{number}"}]}
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    done = subprocess.run([LOADGEN, path, str(connections), str(seconds), *options], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_a_stall_is_charged_for_everybody_who_would_have_come_meanwhile(server, tmp_path):
    """200 a second for two seconds over one connection, which stands still for half a second: a quarter of them waited."""
    stall = threading.Event()
    server.answer = lambda number: stall.wait(STALL_S) or 200 if number == 100 else 200
    found = run(server, tmp_path, 1, 2, "--rate", "200")
    latency_us = found["latency_us"]
    assert found["accepted"] == 400 and found["errors"]["unsent"] == 0, found
    assert latency_us["max"] >= STALL_S * 1e6 and latency_us["p99"] >= STALL_S * 1e6 * 0.8, latency_us
    assert latency_us["p90"] >= STALL_S * 1e6 * 0.3, latency_us
    assert latency_us["p50"] < STALL_S * 1e6 * 0.3, latency_us


def test_what_could_not_be_sent_in_time_is_told(server, tmp_path):
    """A server that answers nothing for longer than the run: one request is under way, the others were never sent."""
    never = threading.Event()
    server.answer = lambda number: never.wait(1.5) or 200 if number > 50 else 200
    found = run(server, tmp_path, 1, 1, "--rate", "100", "--drain", "0.1")
    assert found["accepted"] == 50, found
    assert found["errors"]["unanswered"] == 1 and found["errors"]["unsent"] == 49, found


def test_every_post_has_a_key_and_a_number_of_its_own(server, tmp_path):
    """Reads and writes come in the shares that the plan says."""
    kinds = [{"name": "read", "weight": 80, "method": "GET", "path": "/v1/units/{number}/coverage"},
             {"name": "write", "weight": 20, "method": "POST", "path": "/v1/claims", "body": {"serial": "{number}", "mail": "a-{number}@b"}}]
    found = run(server, tmp_path, 4, 1, kinds=kinds)
    posts = [one for one in server.seen if one[0] == "POST"]
    reads = [one for one in server.seen if one[0] == "GET"]
    keys = {key for _, _, key, _ in posts}
    assert len(keys) == len(posts) and all(UUID.fullmatch(key) for key in keys)
    assert all(key is None for _, _, key, _ in reads)
    assert all(1000 <= int(json.loads(body)["serial"]) < 1050 for _, _, _, body in posts)
    assert len({path for _, path, _, _ in reads}) > 40
    assert found["kinds"]["write"]["accepted_ever"] == len(posts) and found["kinds"]["read"]["accepted_ever"] == len(reads)
    assert 0.1 < len(posts) / len(server.seen) < 0.3


def test_refusals_and_lost_connections_are_not_mixed_with_answers(server, tmp_path):
    """Every seventh is refused, every hundredth is cut off; the others count."""
    server.answer = lambda number: None if number % 100 == 0 else 503 if number % 7 == 0 else 200
    found = run(server, tmp_path, 8, 1)
    expected = collections.Counter(server.answer(number) for number in range(1, len(server.seen) + 1))
    assert found["errors"]["lost"] > 0 and abs(found["errors"]["lost"] - expected[None]) <= 8, found
    assert abs(found["statuses"]["503"] - expected[503]) <= 8 and found["refused"] == found["statuses"]["503"]
    assert abs(found["accepted"] - expected[200]) <= 8 and found["accepted"] == found["statuses"]["200"]
    assert found["refused_latency_us"]["p50"] > 0
