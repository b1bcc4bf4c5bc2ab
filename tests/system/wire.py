"""The messages of proto/ and the bus protocol, as a second implementation sees them.

The messages are compiled by protoc for each session; the framing, the principals and the calls follow docs/protocol/bus.md and
nothing else, so that a mistake which our daemons share with each other is found here.
"""
# SPDX-License-Identifier: Apache-2.0
import atexit
import hashlib
import hmac
import importlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import zmq

ROOT = pathlib.Path(__file__).resolve().parents[2]
REQUEST, REPLY, PING, PONG, LEAVING = (b"AC\x01" + bytes([kind]) for kind in range(1, 6))
ANSWER_LIMIT_MS = 10000


def compile_messages():
    """Python modules of every contract, in a folder that is gone with this process."""
    folder = tempfile.mkdtemp(prefix="aftercare-proto-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    files = sorted(path.relative_to(ROOT / "proto") for path in (ROOT / "proto").glob("*/v1/*.proto"))
    subprocess.run(["protoc", "-I", "proto", "--python_out", folder, *map(str, files)], cwd=ROOT, check=True)
    sys.path.insert(0, folder)
    return files


FILES = compile_messages()
envelope = importlib.import_module("common.v1.envelope_pb2")
options = importlib.import_module("common.v1.options_pb2")
types = importlib.import_module("common.v1.types_pb2")
CONTRACTS = {path.stem: importlib.import_module(f"{path.stem}.v1.{path.stem}_pb2") for path in FILES if path.stem == path.parts[0]}
warranty, gateway, policy, documents, events, notify, surveys = (
    CONTRACTS[noun] for noun in ("warranty", "gateway", "policy", "documents", "events", "notify", "surveys"))
ROLES = {value.name.lower(): value.number for value in options.Role.DESCRIPTOR.values if value.number}


def methods(*nouns):
    """(method, http, access, run) of every method that is reached by HTTP: of these daemons, or of all."""
    for noun in nouns or CONTRACTS:
        for service in CONTRACTS[noun].DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                extensions = method.GetOptions().Extensions
                if not extensions[options.http].ByteSize():
                    continue
                yield method, extensions[options.http], extensions[options.access], extensions[options.run]


def now_ms():
    """Real time in milliseconds."""
    return int(time.time() * 1000)


def make_principal(kind=envelope.Principal.TOKEN, subject="alice", roles=("customer",), expire_in_ms=60000, **fields):
    """A packed principal."""
    return envelope.Principal(kind=kind, subject=subject, roles=[ROLES[role] for role in roles],
                              expire_time_ms=now_ms() + expire_in_ms, **fields).SerializeToString()


def vouch(key, principal):
    """The MAC of a packed principal under the installation key."""
    return hmac.new(key, principal, hashlib.sha256).digest()


class Caller:
    """One DEALER connected to one replica."""

    def __init__(self, path, key):
        self.key = key
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.IMMEDIATE, 1)
        self.socket.setsockopt(zmq.SNDTIMEO, ANSWER_LIMIT_MS)
        self.socket.connect(f"ipc://{path}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def make_request(self, verb, message, principal=None, mac=None, deadline_in_ms=ANSWER_LIMIT_MS, idempotency_key="",
                     **fields):
        """An envelope; `message` is packed already or is a message of warranty.v1."""
        principal = make_principal() if principal is None else principal
        body = message if isinstance(message, bytes) else message.SerializeToString()
        values = {"request_id": os.urandom(16), "attempt": 1, "method": f"warranty.v1.WarrantyService/{verb}"} | fields
        return envelope.Request(
            deadline_time_ms=now_ms() + deadline_in_ms, principal=principal, idempotency_key=idempotency_key, body=body,
            principal_mac=vouch(self.key, principal) if mac is None else mac, **values)

    def send(self, request):
        """Sends a request, or any bytes as one frame."""
        self.socket.send(request if isinstance(request, bytes) else REQUEST + request.SerializeToString())

    def receive(self):
        """The next frame."""
        assert self.socket.poll(ANSWER_LIMIT_MS), "the daemon said nothing"
        return self.socket.recv()

    def ask(self, *arguments, **fields):
        """The reply to a call. Replies to others, which none should be, are failures."""
        request = self.make_request(*arguments, **fields)
        self.send(request)
        frame = self.receive()
        assert frame[:4] == REPLY, frame[:16]
        reply = envelope.Reply.FromString(frame[4:])
        assert reply.request_id == request.request_id
        return reply

    def ping(self):
        """What the replica says of itself."""
        self.send(PING)
        frame = self.receive()
        assert frame[:4] == PONG, frame[:16]
        return envelope.Presence.FromString(frame[4:])
