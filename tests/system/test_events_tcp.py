"""Readers on another host: CURVE with a listed key, and a token."""
# SPDX-License-Identifier: Apache-2.0
import os
import shutil
import subprocess

import pytest
import zmq

from event_reader import REGISTERED, Client, Subscriber, last_position, say, wait_appended
from installation import ROOT
from run import choose_port
from stage import BUILD
from wire import warranty

STAGE = {"warranty": 0, "gateway": 0}


def make_pair(folder, name):
    """A key pair; whose public half lies in the daemons' folder is listed."""
    public, secret = zmq.curve_keypair()
    (folder / f"{name}.public").write_bytes(public)
    (folder / f"{name}.secret").write_bytes(secret)


@pytest.fixture(scope="module", name="place")
def place_fixture(stage):
    """The daemon over tcp: (port, folder of keys of a reader that is listed, and of one that is not)."""
    keys, listed, stranger = stage.folder / "curve", stage.folder / "listed", stage.folder / "stranger"
    shutil.copytree(stage.cluster.keys / "curve", keys)
    for folder in (listed, stranger):
        folder.mkdir(mode=0o700)
        shutil.copy(keys / "events.public", folder)
        for name in ("tail", "kpis"):
            make_pair(folder, name)
    for name in ("tail", "kpis"):
        shutil.copy(listed / f"{name}.public", keys)
    port, publish_port = choose_port(0), choose_port(0)
    stage.start("events", AFTERCARE_BUS_LISTEN=f"tcp://127.0.0.1:{port}", AFTERCARE_CURVE_DIR=str(keys),
                AFTERCARE_EVENTS_PUBLISH=f"tcp://127.0.0.1:{publish_port}")
    message = warranty.UnitRegistered(serial="HER-42", sku="KETTLE-17")
    say(stage, 10, REGISTERED, "unit", payload=message.SerializeToString())
    wait_appended(stage, 10)
    return port, publish_port, listed, stranger


def tail(stage, port, folder, *words, **fields):
    """aftercare tail over tcp."""
    environment = stage.environment | {"AFTERCARE_TOKEN": stage.tokens.of("analyst", "ada"), "AFTERCARE_BUS_DIR": ""}
    return subprocess.Popen([BUILD / "bin" / "aftercare", "tail", "--after", "0", "--end", "--connect", f"tcp://127.0.0.1:{port}",
                             "--curve-dir", folder, *words], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **fields)


def test_a_listed_key_with_a_token_reads(stage, place):
    port, _, listed, _ = place
    out, said = tail(stage, port, listed).communicate(timeout=60)
    assert len(out.splitlines()) == last_position(stage) == 10, said


def test_a_key_that_is_not_listed_reaches_nobody(stage, place):
    port, _, _, stranger = place
    before = stage.only("events").metric("aftercare_bus_handshake_refuse_total")
    process = tail(stage, port, stranger)
    lines = iter(process.stderr.readline, "")
    assert any("NO_REPLICA" in line for line in lines)
    assert stage.only("events").metric("aftercare_bus_handshake_refuse_total") > before
    process.terminate()
    assert process.communicate(timeout=30)[0] == ""


def test_the_example_counts_over_tcp(stage, place):
    port, _, listed, _ = place
    database = " ".join(f"{name}={value}" for name, value in stage.server.parameters.items())
    subprocess.run([ROOT / "deploy" / "examples" / "daily_kpis.py", "--database", database, "--connect", f"tcp://127.0.0.1:{port}", "--curve-dir",
                    listed, "--end"], env=os.environ | {"AFTERCARE_TOKEN": stage.tokens.of("analyst", "kpis")}, check=True, timeout=60)
    assert stage.query("SELECT kpi, value FROM kpis.daily") == [("units_registered", 10)]


def test_the_publication_is_heard_over_tcp(stage, place):
    _, publish_port, listed, _ = place
    [path] = stage.bus_folder.glob("events-*.sock")
    with Client(path, stage.tokens.of("analyst", "ada")) as client:
        stream = client.stream()
        assert stream.publication_port == publish_port
        socket = zmq.Context.instance().socket(zmq.SUB)
        socket.curve_serverkey = (listed / "events.public").read_bytes().strip()
        socket.curve_publickey, socket.curve_secretkey = (listed / "tail.public").read_bytes(), (listed / "tail.secret").read_bytes()
        subscriber = Subscriber(client, socket=socket, address=f"tcp://127.0.0.1:{publish_port}")
        subscriber.join()
        begin = last_position(stage)
        say(stage, 20, REGISTERED, "unit")
        while subscriber.after < begin + 20:
            assert subscriber.hear(10000)
        assert subscriber.seen == list(range(begin + 1, begin + 21))
        socket.close()
