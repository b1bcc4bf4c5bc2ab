#!/usr/bin/python3
"""A consumer of the event stream: keeps the table kpis.daily, what each day brought and how that stands now, in a database of its own.

    AFTERCARE_TOKEN=$(scripts/token analyst kpis) deploy/examples/daily_kpis.py --database postgres:///analytics --bus-dir .run/bus
    ... --connect tcp://events.example:7400 --curve-dir DIR     over tcp; DIR holds kpis.public, kpis.secret and events.public

Exactly once: the place in the log is a row of the same database, moved in the transaction of the effect, and only from where it was
read. So it can be killed at any moment, be started twice, and begin anew with --rebuild; it says RESYNC when it must.

Needs Debian's python3-zmq, python3-protobuf, python3-psycopg2 and protobuf-compiler, and the protocol: docs/protocol/events.md.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import glob
import importlib
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import psycopg2
import zmq

SCHEMA = """CREATE SCHEMA IF NOT EXISTS kpis;
CREATE TABLE IF NOT EXISTS kpis.daily (day date, kpi text, value bigint NOT NULL, PRIMARY KEY (day, kpi));
CREATE TABLE IF NOT EXISTS kpis.claims (claim_id text PRIMARY KEY, day date NOT NULL, state text NOT NULL);
CREATE TABLE IF NOT EXISTS kpis.place (is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only), epoch bigint NOT NULL, position bigint NOT NULL);
INSERT INTO kpis.place (epoch, position) VALUES (0, 0) ON CONFLICT DO NOTHING"""
COUNT = "INSERT INTO kpis.daily VALUES (%s, %s, %s) ON CONFLICT (day, kpi) DO UPDATE SET value = kpis.daily.value + excluded.value"
REQUEST, WAIT_MS, ANSWER_MS = b"AC\x01\x01", 10000, 15000
UNAUTHENTICATED, PASSING = 16, (1, 4, 8, 14)  # codes: who are you; cancelled, too late, too many, unavailable


def import_messages():
    """(envelope, events, warranty), compiled from the proto files of this checkout."""
    root, folder = pathlib.Path(__file__).resolve().parents[2] / "proto", tempfile.mkdtemp(prefix="kpis-")
    names = [str(path.relative_to(root)) for path in root.glob("*/v1/*.proto")]
    subprocess.run(["protoc", "-I", root, "--python_out", folder, *names], check=True)
    sys.path.insert(0, folder)
    return [importlib.import_module(name) for name in ("common.v1.envelope_pb2", "events.v1.events_pb2", "warranty.v1.warranty_pb2")]


class Stream:
    """Pulls from any replica, and from another one where that does not answer."""

    def __init__(self, options):
        self.options, self.socket = options, None

    def connect(self):
        """A socket to some replica."""
        address = self.options.connect
        if not address:
            address = "ipc://" + random.choice(glob.glob(f"{self.options.bus_dir}/events-*.sock") or ["/nowhere"])
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        for option, value in ((zmq.LINGER, 0), (zmq.IMMEDIATE, 1), (zmq.SNDTIMEO, 2000)):
            self.socket.setsockopt(option, value)
        if self.options.curve_dir:
            read = lambda name: (pathlib.Path(self.options.curve_dir) / name).read_text().strip().encode()  # noqa: E731
            self.socket.curve_serverkey, self.socket.curve_publickey, self.socket.curve_secretkey = map(
                read, ("events.public", "kpis.public", "kpis.secret"))
        self.socket.connect(address)

    def pull(self, **wish):
        """The answer; None where there is none now."""
        if self.socket is None:
            self.connect()
        asked = envelope.Request(
            request_id=os.urandom(16), method="events.v1.EventsService/PullEvents", attempt=1, principal=os.environ["AFTERCARE_TOKEN"].encode(),
            deadline_time_ms=int(time.time() * 1000) + ANSWER_MS, body=events.PullEventsRequest(**wish).SerializeToString())
        try:
            self.socket.send(REQUEST + asked.SerializeToString())
            reply = envelope.Reply.FromString(self.socket.recv()[4:]) if self.socket.poll(ANSWER_MS) else None
        except zmq.Again:
            reply = None
        if reply and reply.request_id == asked.request_id and reply.code == 0:
            return events.PullEventsResponse.FromString(reply.body)
        if reply and reply.code not in PASSING:
            sys.exit(f"{reply.reason}: {reply.message} {[(detail.name, detail.value) for detail in reply.details]}")
        self.socket.close()
        self.socket = None
        time.sleep(0.2)
        return None


def apply(cursor, event):
    """The effect of one event."""
    message = getattr(warranty, event.type.rpartition(".")[2]).FromString(event.payload)
    day = event.event_time.ToDatetime().date()
    if event.type == "warranty.v1.UnitRegistered":
        cursor.execute(COUNT, (day, "units_registered", 1))
        return
    state = warranty.Claim.State.Name(message.to_state if event.type == "warranty.v1.ClaimMoved" else message.state)
    if event.type == "warranty.v1.ClaimCreated":
        cursor.execute("INSERT INTO kpis.claims VALUES (%s, %s, %s)", (message.claim_id, day, state))
        cursor.execute(COUNT, (day, "claims_created", 1))
    else:  # of the day on which the claim came
        cursor.execute("SELECT day, state FROM kpis.claims WHERE claim_id = %s", (message.claim_id,))
        day, before = cursor.fetchone()
        cursor.execute("UPDATE kpis.claims SET state = %s WHERE claim_id = %s", (state, message.claim_id))
        cursor.execute(COUNT, (day, f"claims_{before.lower()}", -1))
    cursor.execute(COUNT, (day, f"claims_{state.lower()}", 1))


def main():
    """Until it is killed, or with --end to the end of the log."""
    parser = argparse.ArgumentParser(description="Keeps daily KPIs from the event stream.")
    for word in ("--database", "--bus-dir", "--connect", "--curve-dir"):
        parser.add_argument(word, required=word == "--database")
    parser.add_argument("--rebuild", action="store_true", help="begin anew, from the first event")
    parser.add_argument("--end", action="store_true", help="end where the log ends")
    options = parser.parse_args()
    connection, stream = psycopg2.connect(options.database), Stream(options)
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(715)")  # one that makes the tables, when two are started at once
        cursor.execute(SCHEMA + ("; TRUNCATE kpis.daily, kpis.claims; UPDATE kpis.place SET epoch = 0, position = 0" if options.rebuild else ""))
    while True:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT epoch, position FROM kpis.place")
            epoch, position = cursor.fetchone()
        answer = stream.pull(epoch=epoch, after=position, limit=200, wait_ms=0 if options.end else WAIT_MS, types=[
            f"warranty.v1.{name}" for name in ("UnitRegistered", "ClaimCreated", "ClaimDecided", "ClaimMoved")])
        if answer is None:
            continue
        with connection, connection.cursor() as cursor:  # one transaction: the place, if it is still there, and the effects
            cursor.execute("UPDATE kpis.place SET epoch = %s, position = %s WHERE epoch = %s AND position = %s",
                           (answer.epoch, answer.next_after, epoch, position))
            for event in answer.events if cursor.rowcount == 1 else ():  # 0: another one of us was faster
                apply(cursor, event)
        if options.end and answer.next_after >= answer.last_position:
            return


envelope, events, warranty = import_messages()
main()
