"""The proxy does what it is told, and nothing else."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import socket
import threading

import pytest

from proxy import Proxy
from run import choose_port
from stage import wait_until

LIMIT_S = 20


class Echo:
    """A server that says everything back, in upper case."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.heard = b""
        self.ended_count = 0
        self.thread = threading.Thread(target=self._accept)
        self.thread.start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=(self.listener.accept()[0],), daemon=True).start()

    def _serve(self, peer):
        with contextlib.suppress(OSError), peer:
            while piece := peer.recv(65536):
                self.heard += piece
                peer.sendall(piece.upper())
        self.ended_count += 1

    def close(self):
        """Accepts no more."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()


@pytest.fixture(name="echo")
def echo_fixture():
    """A server."""
    echo = Echo()
    yield echo
    echo.close()


@pytest.fixture(name="proxy")
def proxy_fixture(echo):
    """A proxy to it."""
    with Proxy(choose_port(0), echo.port) as proxy:
        yield proxy


def connect(proxy):
    """A client."""
    return socket.create_connection(("127.0.0.1", proxy.listen), timeout=LIMIT_S)


def ask(client, said):
    """What the server says to that."""
    client.sendall(said)
    answer = b""
    while len(answer) < len(said):
        piece = client.recv(65536)
        assert piece, "it ended"
        answer += piece
    return answer


def is_silent(client):
    """Whether nothing comes for a while."""
    client.settimeout(0.2)
    try:
        return client.recv(1) is None
    except TimeoutError:
        return True
    finally:
        client.settimeout(LIMIT_S)


def test_it_carries(proxy, echo):
    with connect(proxy) as client:
        assert ask(client, b"x" * 1000000) == b"X" * 1000000
        client.shutdown(socket.SHUT_WR)
        assert client.recv(1) == b""
    wait_until(lambda: echo.ended_count == 1 and not proxy.pairs, "the end is carried too")


def test_unix_sockets_are_carried_too(echo, tmp_path):
    with Proxy(tmp_path / "listen", echo.port) as proxy, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(proxy.listen))
        assert ask(client, b"abc") == b"ABC"


def test_cut(proxy, echo):
    with connect(proxy) as client:
        ask(client, b"a")
        proxy.cut()
        with pytest.raises(ConnectionError):
            assert client.recv(1), "an end in good order is no cut"
    wait_until(lambda: echo.ended_count == 1, "the server is told")
    with connect(proxy) as client:
        assert ask(client, b"b") == b"B"


def test_refuse(proxy):
    with connect(proxy) as client:
        ask(client, b"a")
        proxy.refuse()
        with pytest.raises(ConnectionError), connect(proxy) as other:  # at once, or when it is used
            assert other.recv(1)
        assert ask(client, b"b") == b"B"
        proxy.accept()
    with connect(proxy) as client:
        assert ask(client, b"b") == b"B"


def test_stall(proxy, echo):
    with connect(proxy) as client:
        ask(client, b"a")
        proxy.stall()
        client.sendall(b"b")
        assert is_silent(client) and echo.heard == b"a"
        proxy.go_on()
        assert client.recv(1) == b"B"
        proxy.stall(is_server_only=True)
        client.sendall(b"c")
        wait_until(lambda: echo.heard == b"abc", "the server hears")
        assert is_silent(client)
        proxy.go_on()
        assert client.recv(1) == b"C"


def test_silence(proxy, echo):
    with connect(proxy) as before:
        ask(before, b"a")
        proxy.silence()
        with connect(proxy) as meanwhile:
            meanwhile.sendall(b"m")
            before.sendall(b"b")
            assert is_silent(before) and is_silent(meanwhile)
            proxy.speak()
            meanwhile.sendall(b"m")
            before.sendall(b"b")
            assert is_silent(before) and is_silent(meanwhile) and echo.heard == b"a"
    with connect(proxy) as after:
        assert ask(after, b"c") == b"C"
    assert echo.ended_count <= 1, "nobody was told of an end"


def test_delay_and_change(echo):
    with Proxy(choose_port(0), echo.port, lambda is_from_server: is_from_server and (lambda piece: [piece, piece])) as proxy, connect(proxy) as client:
        proxy.delay_s = 0.05
        client.sendall(b"a")
        assert ask(client, b"") == b"" and client.recv(1) + client.recv(1) == b"AA"
