"""Two relays that are wrong, as many are: the checker must find them out.

Each takes events from the outbox in a thread and gives them positions; what it hands out is kept as a reader would have seen it.
"""
# SPDX-License-Identifier: Apache-2.0
import threading
import time

from event_log import Seen

PAUSE_S = 0.005
COLUMNS = "id, xid::text::bigint, event_id::text, aggregate_id, aggregate_version FROM events.outbox"


class WrongRelay:
    """Looks again and again; a subclass says at what."""

    def __init__(self, stage):
        self.stage = stage
        self.seen = []
        self.ids = set()
        self.error = None
        self.is_stopping = False
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_stopping = True
        self.thread.join()
        assert self.error is None, self.error

    def has(self, written):
        """Whether all of these were handed out."""
        assert self.error is None, self.error
        return all(one.event_id in self.ids for one in written)

    def _run(self):
        try:
            connection = self.stage.server.connect()
            connection.autocommit = True
            with connection.cursor() as cursor:
                while not self.is_stopping:
                    for row in self.look(cursor):
                        self.seen.append(Seen(len(self.seen) + 1, *row[2:], time.monotonic()))
                        self.ids.add(row[2])
                    time.sleep(PAUSE_S)
            connection.close()
        except Exception as error:  # pylint: disable=broad-exception-caught
            self.error = error

    def look(self, cursor):
        """The next rows."""
        raise NotImplementedError


class NaiveCursor(WrongRelay):
    """What is behind the last id: an event that commits after one with a greater id is never seen."""

    last_id = 0

    def look(self, cursor):
        cursor.execute(f"SELECT {COLUMNS} WHERE id > %s ORDER BY id", (self.last_id,))
        rows = cursor.fetchall()
        if rows:
            self.last_id = rows[-1][0]
        return rows


class TransactionOrder(WrongRelay):
    """What is older than every transaction that runs, by transaction: it loses nothing, but turns the versions of an aggregate
    round, and waits for the oldest transaction of the whole cluster."""

    last = (0, 0)

    def look(self, cursor):
        cursor.execute(f"SELECT {COLUMNS} WHERE (xid::text::bigint, id) > (%s, %s)"
                       " AND xid < pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, id", self.last)
        rows = cursor.fetchall()
        if rows:
            self.last = rows[-1][:2]
        return rows
