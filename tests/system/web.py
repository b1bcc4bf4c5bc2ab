"""HTTP clients: one that behaves, and raw connections for those that do not."""
# SPDX-License-Identifier: Apache-2.0
import http.client
import io
import json
import socket
import threading
import uuid

ANSWER_LIMIT_S = 30
NEW_KEY = object()


class Answer:
    """Status, headers (names in lower case) and body of an answer."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}
        self.body = body

    @property
    def json(self):
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def reason(self):
        """The reason of a refusal, None of anything else."""
        is_problem = self.headers.get("content-type") == "application/problem+json"
        return self.json.get("reason") if is_problem else None

    def __repr__(self):
        return f"<{self.status} {self.body[:400]!r}>"


class Web:
    """Speaks to one gateway; each thread has a connection of its own, kept open."""

    def __init__(self, port, tokens, limit_s=ANSWER_LIMIT_S, host="127.0.0.1"):
        self.host = host
        self.port = port
        self.tokens = tokens
        self.limit_s = limit_s
        self.local = threading.local()

    def call(self, method, path, caller=None, body=None, key=NEW_KEY, **headers):
        """The answer. `caller` is "roles:subject" or a whole Authorization; a dict as body is sent as JSON; a POST gets a
        new key unless one, or None, is given. Header names are written with underscores."""
        fields = {name.replace("_", "-"): value for name, value in headers.items() if value is not None}
        if caller:
            fields["Authorization"] = caller if " " in caller else "Bearer " + self.tokens.of(*caller.split(":", 1))
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        if body is not None:
            fields.setdefault("Content-Type", "application/json")
        if key is NEW_KEY:
            key = str(uuid.uuid4()) if method == "POST" else None
        if key is not None:
            fields["Idempotency-Key"] = key
        return self.exchange(method, path, body, fields)

    def exchange(self, method, path, body, fields):
        """One request, one answer. A connection that the gateway closed while it was idle is opened again: nothing of the
        request was read then."""
        connection = getattr(self.local, "connection", None)
        if connection is not None and is_closed(connection.sock):
            connection.close()
            connection = None
        if connection is None:
            connection = http.client.HTTPConnection(self.host, self.port, timeout=self.limit_s)
            self.local.connection = connection
        try:
            connection.request(method, path, body, fields)
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        except BaseException:
            self.hang_up()
            raise

    def hang_up(self):
        """Closes this thread's connection."""
        connection = getattr(self.local, "connection", None)
        if connection is not None:
            connection.close()
        self.local.connection = None

    def get(self, path, caller=None, **headers):
        """The answer of a GET."""
        return self.call("GET", path, caller, **headers)

    def post(self, path, caller=None, body=None, key=NEW_KEY, **headers):
        """The answer of a POST."""
        return self.call("POST", path, caller, {} if body is None else body, key, **headers)


def is_closed(sock):
    """Whether the other side has closed a connection on which nothing is expected."""
    if sock is None:
        return True
    limit_s = sock.gettimeout()
    sock.setblocking(False)
    try:
        return sock.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        sock.settimeout(limit_s)


class KeptReader(io.BufferedReader):
    """Holds what was read ahead for the next answer: an answer that ends does not close it."""

    def close(self):
        """Left to the connection."""


class Raw:
    """A connection to send anything on."""

    def __init__(self, port, limit_s=ANSWER_LIMIT_S):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=limit_s)
        self.reader = KeptReader(socket.SocketIO(self.socket, "r"))

    def makefile(self, *_):
        """What http.client reads from."""
        return self.reader

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, content):
        """Sends bytes, or fails as sockets do."""
        self.socket.sendall(content)

    def leave(self):
        """Closes without a goodbye: the other side reads a reset."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.socket.close()

    def read_answer(self, is_head=False):
        """The next answer, with headers repeated joined; None where the connection ends first."""
        try:
            answer = http.client.HTTPResponse(self, method="HEAD" if is_head else "GET")
            answer.begin()
            return Answer(answer.status, answer.getheaders(), answer.read())
        except (http.client.HTTPException, ConnectionError):
            return None

    def is_ended(self):
        """Waits until the other side closes; what it says before is thrown away. False where it does not."""
        try:
            while self.reader.read1(65536):
                pass
            return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False
