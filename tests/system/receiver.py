"""A receiver of webhooks, written from the specification of Standard Webhooks 1.0.0 only: it keeps what is signed well, refuses the
rest, and fails as often and in the ways that it is told to."""
# SPDX-License-Identifier: Apache-2.0
import base64
import dataclasses
import hashlib
import hmac
import http.server
import json
import socket
import struct
import sys
import threading
import time

TOLERANCE_S = 300
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: what is not read yet is thrown away, and the other side told so


def find_fault(secrets, headers, body, now_s):
    """Why a delivery is not to be believed; None where one of the secrets has signed it just now."""
    missing = [name for name in ("webhook-id", "webhook-timestamp", "webhook-signature") if not headers.get(name)]
    if missing:
        return f"no {missing[0]}"
    if abs(now_s - int(headers["webhook-timestamp"])) > TOLERANCE_S:
        return "an old timestamp"
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    signatures = [part.partition(",")[2] for part in headers["webhook-signature"].split(" ") if part.startswith("v1,")]
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        wanted = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
        if any(hmac.compare_digest(wanted, signature) for signature in signatures):
            return None
    return "no signature of ours"


class Server(http.server.ThreadingHTTPServer):
    """Senders are killed, and their connections with them."""
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A connection that is gone is nothing to speak of."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


@dataclasses.dataclass(frozen=True)
class Post:
    """A delivery that came, and what was answered: a status, "hang" or "reset"."""
    path: str
    id: str
    event: dict
    answer: object


class Receiver:
    """Listens on a port of the loopback, which it chooses, until it is closed."""

    def __init__(self, host="127.0.0.1"):
        self.posts = []
        self.faults = []   # of deliveries that were not believed
        self.answers = {}  # by path: what is answered to the next deliveries there; behind them, and elsewhere, 204
        self.secrets = {}  # by path
        self.released = threading.Event()  # what hangs goes on
        self.server = Server((host, 0), self._make_handler())
        self.url = f"http://{host}:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def _make_handler(outer):  # pylint: disable=no-self-argument
        class Handler(http.server.BaseHTTPRequestHandler):
            """One connection."""
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):  # pylint: disable=invalid-name
                """What http.server calls."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = outer.judge(self.path, self.headers, body)
                if answer == "hang":
                    outer.released.wait()
                    self.close_connection = True
                elif answer == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    self.connection.close()
                    self.close_connection = True
                else:
                    self.send_response(answer)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def finish(self):
                """A connection that was reset has nothing left to be sent."""
                if self.connection.fileno() >= 0:
                    super().finish()

            def log_message(self, *_):
                """Says nothing."""

        return Handler

    def judge(self, path, headers, body):
        """What is answered to a delivery, which is kept where it is believed."""
        fault = find_fault(self.secrets.get(path, []), headers, body, time.time())
        if fault:
            self.faults.append((path, fault))
            return 401
        waiting = self.answers.get(path)
        answer = waiting.pop(0) if isinstance(waiting, list) and waiting else 204 if isinstance(waiting, (list, type(None))) else waiting
        self.posts.append(Post(path, headers["webhook-id"], json.loads(body), answer))
        return answer

    def subscribe(self, web, caller, path, *types):
        """A new webhook for events of these types, as answered."""
        made = web.post("/v1/webhooks", caller, {"url": self.url + path, "types": list(types)})
        assert made.status == 201, made
        self.secrets[path] = [made.json["secret"]]
        return made.json

    def at(self, path):
        """What came there."""
        return [post for post in self.posts if post.path == path]

    def close(self):
        """Listens no more."""
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
