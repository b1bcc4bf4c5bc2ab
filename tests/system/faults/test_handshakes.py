"""The bus over tcp with CURVE: half-open handshakes and peers without a listed key do not keep the others out."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import shutil
import socket
import threading

import pytest
import zmq

from run import choose_port
from stage import count
from world import AGENT, make_product

STAGE = {"published": True, "warranty": 0, "gateway": 0}
BEGINNING = b"\xff\0\0\0\0\0\0\0\1\x7f\3"  # of a ZMTP greeting, whose rest never comes
pytestmark = pytest.mark.faults


@pytest.fixture(name="port")
def port_fixture(stage):
    """Of a service that lets in listed keys only, and a gateway that has one."""
    keys, port = stage.folder / "curve", choose_port(0)
    shutil.copytree(stage.cluster.keys / "curve", keys, dirs_exist_ok=True)
    service = stage.start("warranty", AFTERCARE_BUS_DIR="", AFTERCARE_BUS_LISTEN=f"tcp://127.0.0.1:{port}",
                          AFTERCARE_BUS_CONNECT="tcp://127.0.0.1:1", AFTERCARE_CURVE_DIR=str(keys))
    gateway = stage.start("gateway", AFTERCARE_BUS_DIR="", AFTERCARE_BUS_CONNECT=f"tcp://127.0.0.1:{port}", AFTERCARE_CURVE_DIR=str(keys))
    yield port
    gateway.stop()
    service.stop()


def open_half(port):
    """A connection that says the beginning of a greeting and no more; None where it was refused."""
    with contextlib.suppress(OSError):
        peer = socket.create_connection(("127.0.0.1", port), timeout=10)
        peer.sendall(BEGINNING)
        return peer
    return None


def test_half_open_handshakes_starve_nobody(stage, port):
    """They stay open beside a listed peer that asks, and beside one that comes later; each is closed after the handshake's time."""
    web = stage.web()
    sku = make_product(web)
    halves = [open_half(port) for _ in range(1000)]
    assert web.get(f"/v1/products/{sku}").status == 200
    late = stage.start("gateway", AFTERCARE_GATEWAY_LISTEN=f"127.0.0.1:{choose_port(0)}", AFTERCARE_BUS_DIR="",
                       AFTERCARE_BUS_CONNECT=f"tcp://127.0.0.1:{port}", AFTERCARE_CURVE_DIR=str(stage.folder / "curve"))
    assert web.get("/v1/units", AGENT).status == 200
    late.stop()
    opened = [half for half in halves if half is not None]
    print(f"{len(opened)} of {len(halves)} were let wait")
    for half in opened:
        with contextlib.suppress(ConnectionError):
            while half.recv(4096):  # no end within its time-out fails
                pass
        half.close()


def test_peers_without_a_listed_key_starve_nobody(stage, port):
    """Strangers knock all the while, with keys of their own making and with none."""
    web, is_over, context = stage.web(), threading.Event(), zmq.Context()
    server_key = (stage.folder / "curve" / "warranty.public").read_bytes()

    def knock(has_key):
        while not is_over.is_set():
            peer = context.socket(zmq.DEALER)
            peer.linger = 0
            if has_key:
                peer.curve_publickey, peer.curve_secretkey = zmq.curve_keypair()
                peer.curve_serverkey = server_key
            peer.connect(f"tcp://127.0.0.1:{port}")
            assert not peer.poll(20), "a stranger was answered"
            peer.close()

    threads = [threading.Thread(target=knock, args=(i % 2,)) for i in range(8)]
    for thread in threads:
        thread.start()
    try:
        sku = make_product(web)
        for _ in range(count(200, 5000)):
            assert web.get(f"/v1/products/{sku}").status == 200
    finally:
        is_over.set()
        for thread in threads:
            thread.join()
        context.term()
