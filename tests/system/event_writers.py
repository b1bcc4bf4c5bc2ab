"""Writers as unkind to a relay as units of work may be, and what they have committed.

Each transaction locks the row of one of 200 aggregates, raises its version and leaves an event, as the daemons do; but first it
may take its transaction id and wait, and between the event's id and the commit it waits again, and one in ten is rolled back.
They write by themselves and not through a daemon, because a daemon cannot be made to wait there.
"""
# SPDX-License-Identifier: Apache-2.0
import dataclasses
import random
import threading
import time
import uuid

AGGREGATES = 200
LONG = "long"
INSERT = """INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, principal, payload)
            VALUES (%s, %s, 'test', %s, %s, now(), NULL, 'p', %s)"""
TYPES = ("warranty.v1.UnitRegistered", "warranty.v1.ClaimCreated", "warranty.v1.ImportAdvanced")


@dataclasses.dataclass(frozen=True)
class Written:
    """An event that was committed."""
    event_id: str
    aggregate: str
    version: int
    before_s: float  # its commit was asked for
    after_s: float   # and was acknowledged


class Writers:
    """So many threads that write until they are stopped, to aggregates whose ids begin with `name`."""

    def __init__(self, stage, rng, count=64, pause_s=0.02, name=""):
        self.stage = stage
        self.name = name
        self.pause_s = pause_s
        self.is_stopping = False
        self.written = []
        self.rolled_back = set()
        self.errors = []
        self.lock = threading.Lock()
        stage.query("CREATE TABLE IF NOT EXISTS public.test_aggregates (id text PRIMARY KEY, version bigint NOT NULL)")
        stage.query("INSERT INTO public.test_aggregates SELECT %s || n, 0 FROM generate_series(1, %s) n UNION ALL SELECT %s, 0",
                    name, AGGREGATES, name + LONG)
        self.threads = [threading.Thread(target=self._run, args=(random.Random(rng.random()),)) for _ in range(count)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """Lets each end its transaction."""
        self.is_stopping = True
        for thread in self.threads:
            thread.join()
        assert not self.errors, self.errors[0]

    def count(self):
        """Events committed so far."""
        return len(self.written)

    def committed_before(self, moment_s):
        """What was acknowledged by then."""
        with self.lock:
            return [one for one in self.written if one.after_s <= moment_s]

    def _run(self, rng):
        try:
            connection = self.stage.server.connect()
            with connection.cursor() as cursor:
                while not self.is_stopping:
                    self._write(connection, cursor, rng)
            connection.close()
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.errors.append(error)

    def _write(self, connection, cursor, rng):
        aggregate = f"{self.name}{rng.randrange(AGGREGATES) + 1}"
        if rng.random() < 0.5:  # something else was written first
            cursor.execute("SELECT pg_current_xact_id()")
            time.sleep(rng.random() * self.pause_s)
        event_id, version = leave_event(cursor, aggregate, rng)
        time.sleep(rng.random() * self.pause_s)
        before_s = time.monotonic()
        if rng.random() < 0.1:
            connection.rollback()
            self.rolled_back.add(event_id)
            return
        connection.commit()
        self.note([(event_id, aggregate, version)], before_s)

    def note(self, events, before_s):
        """Committed, all at once."""
        after_s = time.monotonic()
        with self.lock:
            self.written += [Written(event_id, aggregate, version, before_s, after_s) for event_id, aggregate, version in events]

    def leave_last(self, rng):
        """One more event, when all others are done; answers its id."""
        connection, before_s = self.stage.server.connect(), time.monotonic()
        with connection, connection.cursor() as cursor:
            event = leave_event(cursor, self.name + LONG, rng)
        connection.close()
        self.note([(event[0], self.name + LONG, event[1])], before_s)
        return event[0]


def leave_event(cursor, aggregate, rng):
    """A change of an aggregate, and its event, within the cursor's transaction: (event_id, version)."""
    event_id = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    cursor.execute("UPDATE public.test_aggregates SET version = version + 1 WHERE id = %s RETURNING version", (aggregate,))
    [version] = cursor.fetchone()
    cursor.execute(INSERT, (event_id, rng.choice(TYPES), aggregate, version, rng.randbytes(rng.randrange(200))))
    return event_id, version


class LongTransaction:
    """One that leaves an event at its beginning and one at its end, and commits when it is told to."""

    def __init__(self, writers, rng):
        self.writers = writers
        self.rng = rng
        self.connection = writers.stage.server.connect()
        self.cursor = self.connection.cursor()
        self.events = []
        self.begin_s = time.monotonic()
        self._leave()

    def _leave(self):
        aggregate = self.writers.name + LONG
        event_id, version = leave_event(self.cursor, aggregate, self.rng)
        self.events.append((event_id, aggregate, version))

    def commit(self):
        """Ends it; answers when the commit was asked for."""
        self._leave()
        before_s = time.monotonic()
        self.connection.commit()
        self.writers.note(self.events, before_s)
        self.connection.close()
        return before_s
