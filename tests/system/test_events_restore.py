"""A database that is dumped and restored into another cluster: its log goes on in a new epoch, with nothing lost or doubled."""
# SPDX-License-Identifier: Apache-2.0
import subprocess
import time

import pytest

from database import BINARIES, PrivateServer
from event_reader import RESYNC, Refused, client_of, last_position, say, wait_appended
from migrate import make_roles
from stage import Server, wait_until

STAGE = {"warranty": 0, "gateway": 0}
APPENDED, WAITING, NEW = 40, 25, 10


@pytest.fixture(name="dumped")
def dumped_fixture(stage):
    """A dump with events in the log, some of which lie in the outbox too, and events that are in the outbox only."""
    daemon = stage.start("events")
    say(stage, APPENDED)
    wait_appended(stage, APPENDED)
    daemon.stop()
    say(stage, WAITING)
    path = stage.folder / "dump"
    run(stage.server, BINARIES / "pg_dump", "--format=custom", f"--file={path}")
    return path


@pytest.fixture(name="moved")
def moved_fixture(stage, dumped):
    """The stage with the database that the dump was restored into, in a cluster of its own."""
    other = PrivateServer(stage.cluster.folder / "other", stage.folder / "log" / "other.log")
    before = stage.server, stage.environment
    other.start()
    try:
        make_roles(other, stage.cluster.keys)
        run(other, BINARIES / "pg_restore", "--exit-on-error", f"--dbname={other.parameters['dbname']}", dumped)
        yield lambda: use(stage, Server(" ".join(f"{key}={value}" for key, value in other.parameters.items())))
        for daemon in stage.running("events"):
            daemon.stop()
    finally:
        stage.hang_up()
        stage.server, stage.environment = before
        other.stop()


def run(server, *command):
    """One of PostgreSQL's programs."""
    subprocess.run(command, env=server.environment(), check=True, cwd="/")


def use(stage, server):
    """From now on the stage is this database's."""
    stage.hang_up()
    stage.server = server
    stage.environment = stage.environment | {"AFTERCARE_DATABASE": server.service_url(stage.cluster.keys / "pgpass")}


def said(stage):
    """The ids of all events that were said and are there, in the log or before it."""
    return {row[0] for row in stage.query("SELECT event_id::text FROM events.outbox UNION SELECT event_id::text FROM events.log")}


def places(client, **wishes):
    """[(position, event_id)] of all events behind a place."""
    return [(event.position, event.event_id) for event in client.read_all(**wishes)]


def test_a_restored_log_goes_on_in_a_new_epoch(stage, moved):
    """The original goes on after the dump, so a reader of it has positions that are others' in what is restored."""
    daemon = stage.start("events")
    say(stage, NEW)
    wait_appended(stage, APPENDED + WAITING + NEW)
    with client_of(stage) as client:
        original = places(client)
    daemon.stop()

    moved()
    dumped = said(stage)
    assert len(dumped) == APPENDED + WAITING and last_position(stage) == APPENDED
    assert stage.value("SELECT count(*) FROM events.log") == APPENDED
    assert stage.value("SELECT system_identifier FROM events.relay") != stage.value("SELECT system_identifier FROM pg_control_system()")
    daemon = stage.start("events")
    wait_appended(stage, APPENDED + WAITING)
    say(stage, NEW)
    wait_appended(stage, APPENDED + WAITING + NEW)
    wait_until(lambda: daemon.status()["relay"]["position"] == APPENDED + WAITING + NEW, "the relay says so")
    (_, first), (epoch, second) = stage.query("SELECT epoch, first_position FROM events.epochs ORDER BY epoch")
    assert (first, second) == (1, APPENDED + 1)
    assert abs(epoch - time.time()) < 3600, "the second in which it began: never a number that a lost epoch had"

    with client_of(stage) as client:
        restored = places(client)
        assert [position for position, _ in restored] == list(range(1, APPENDED + WAITING + NEW + 1))
        assert len({event_id for _, event_id in restored}) == len(restored)
        assert {event_id for _, event_id in restored} == said(stage) >= dumped
        assert restored[:APPENDED] == original[:APPENDED]
        # Who stands before the point goes on, by either epoch; who is beyond it has read something else there.
        for after in (0, 7, APPENDED):
            answer = client.pull(after=after, epoch=1, limit=1000)
            assert answer.epoch == epoch and [(event.position, event.event_id) for event in answer.events] == restored[after:]
        for after in (APPENDED + 1, len(original)):
            with pytest.raises(Refused) as caught:
                client.pull(after=after, epoch=1)
            assert (caught.value.code, caught.value.reason) == (RESYNC, "RESYNC")
            assert caught.value.details["epoch"] == str(epoch)
