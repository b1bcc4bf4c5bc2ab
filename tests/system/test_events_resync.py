"""A reader that cannot go on without a gap is told so, and only then: past retention, and after a restore."""
# SPDX-License-Identifier: Apache-2.0
import pytest

from event_reader import ADVANCED, DECIDED, RESYNC, Refused, client_of, events, last_position, say, wait_appended
from stage import wait_until

STAGE = {"warranty": 0, "gateway": 0, "AFTERCARE_EVENTS_PARTITION_EVENTS": "100", "AFTERCARE_EVENTS_RETENTION_BRIEF": "1s",
         "AFTERCARE_EVENTS_UPKEEP_INTERVAL": "100ms"}


def expect_resync(client, **wishes):
    """The numbers that come with it."""
    with pytest.raises(Refused) as caught:
        client.pull(**wishes)
    assert (caught.value.code, caught.value.reason) == (RESYNC, "RESYNC"), caught.value
    return {name: int(value) for name, value in caught.value.details.items()}


def test_past_retention_a_reader_is_told_and_others_read_on(stage):
    """Events of progress are dropped by the partition after a second; all others stay."""
    stage.start("events")
    for _ in range(4):
        say(stage, 60, ADVANCED, "import")
        say(stage, 40, DECIDED)
        wait_appended(stage, last_position(stage))
    wait_appended(stage, 400)
    wait_until(lambda: stage.value("SELECT first_position FROM events.horizons WHERE class = 'brief'") == 401, "all that is old is dropped")
    say(stage, 20, ADVANCED, "import")  # less than half a partition: it stays the last one, which is kept
    say(stage, 10, DECIDED)
    wait_appended(stage, 430)
    with client_of(stage) as client:
        told = expect_resync(client, after=0)
        assert told == {"epoch": 1, "first_position": 401, "last_position": 430}
        assert expect_resync(client, after=0, types=[ADVANCED])["first_position"] == told["first_position"]
        assert expect_resync(client, after=told["first_position"] - 2, epoch=1)
        # What it was told is where it can go on.
        rest = client.read_all(after=told["first_position"] - 1)
        assert [event.position for event in rest] == list(range(told["first_position"], told["last_position"] + 1))
        # Who names types that are kept misses nothing.
        kept = client.read_all(types=[DECIDED, "a.v1.B"])
        assert len(kept) == 170
        assert client.stream().first_position == told["first_position"]


def test_what_lies_in_the_future_is_told(stage):
    with client_of(stage) as client:
        end = client.stream().last_position
        assert not client.pull(after=end, epoch=1).events
        assert expect_resync(client, after=end + 1, epoch=1)["last_position"] == end
        assert expect_resync(client, after=end + 1, types=[DECIDED])
        assert expect_resync(client, after=end, epoch=2)["epoch"] == 1


def test_after_a_restore_only_readers_of_what_was_lost_are_told(stage):
    """The log as it is after a restore: its epoch has risen, and what comes has positions that others have read."""
    stage.only("events").stop()
    end = last_position(stage)
    stage.query("UPDATE events.relay SET epoch = 2")
    stage.query("INSERT INTO events.epochs SELECT 2, %s, now()", end + 1)
    stage.start("events")
    say(stage, 10)
    wait_appended(stage, end + 10)
    with client_of(stage) as client:
        answer = client.pull(after=end, epoch=1, types=[DECIDED])
        assert [event.position for event in answer.events] == list(range(end + 1, end + 11)) and answer.epoch == 2
        told = expect_resync(client, after=end + 1, epoch=1, types=[DECIDED])  # it read another event there
        assert told == {"epoch": 2, "first_position": end + 1, "last_position": end + 10}
        assert len(client.pull(after=end + 1, epoch=2, types=[DECIDED]).events) == 9


def test_after_several_restores_a_reader_is_told_where_the_epoch_behind_its_own_begins(stage):
    """From there on it reads all that came in place of what it has read, and nothing that it has read rightly."""
    begins = {epoch: stage.value("SELECT first_position FROM events.epochs WHERE epoch = %s", epoch) for epoch in (1, 2)}
    begins[3] = last_position(stage) + 1
    stage.query("INSERT INTO events.epochs SELECT 3, %s, now()", begins[3])
    stage.query("UPDATE events.relay SET epoch = 3")
    say(stage, 10)
    wait_appended(stage, begins[3] + 9)
    with client_of(stage) as client:
        for epoch in (1, 2):
            told = expect_resync(client, after=begins[3] + 5, epoch=epoch, types=[DECIDED])
            assert told == {"epoch": 3, "first_position": begins[epoch + 1], "last_position": begins[3] + 9}
            rest = client.pull(after=told["first_position"] - 1, epoch=told["epoch"], types=[DECIDED]).events
            assert [event.position for event in rest] == list(range(begins[epoch + 1], begins[3] + 10))


def test_a_reader_that_waits_learns_of_a_new_epoch(stage):
    daemon = stage.only("events")
    with client_of(stage) as client:
        end = last_position(stage)
        with pytest.raises(Refused) as caught:
            request = client.send("PullEvents", events.PullEventsRequest(after=end, epoch=3, wait_ms=20000), 20000)
            wait_until(lambda: daemon.metric("aftercare_events_pull_wait") == 1, "it waits")
            stage.query("INSERT INTO events.epochs SELECT 4, %s, now()", end)
            stage.query("UPDATE events.relay SET epoch = 4")
            client.receive(request, object, 20000)
        assert (caught.value.code, caught.value.details["epoch"]) == (RESYNC, "4")

