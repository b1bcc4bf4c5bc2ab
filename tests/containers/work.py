#!/usr/bin/python3
"""Clients of an installation in containers, until SIGTERM: some register units, some read what each daemon answers. Whatever is
restarted meanwhile, a request may fail once, and its repeat (under the same key) may not. At the end what was acknowledged is compared
with what PostgreSQL holds: effects are counted, not answers. Serials go to ACKNOWLEDGED as they are acknowledged.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import http.client
import signal
import sys
import threading

from place import ACKNOWLEDGED, Place, wait_until

from clients import Load
from effects import LOGGED, check_log, check_views, read_rows
from history import History, check
from names import AGENT, make_name

WRITERS = 8
PAUSE_S = 0.05
SHOWN = 10
# Of each daemon something; of `documents` one that is uploaded first.
READS = [("/v1/products?page_size=1", AGENT), ("/v1/policies?page_size=1", AGENT), ("/v1/notices?page_size=1", AGENT),
         ("/v1/survey_templates?page_size=1", AGENT), ("/v1/events?limit=1", "analyst:ada"), ("/v1/me", AGENT)]


class Told(History):
    """Tells of each acknowledged unit in a file, at once."""

    def __init__(self, file):
        super().__init__()
        self.file = file

    def add(self, one):
        """Called by clients."""
        super().add(one)
        if one.outcome == "ok":
            self.file.write(one.serial + "\n")
            self.file.flush()


class Readers:
    """A thread for each read."""

    def __init__(self, place, is_stopping, reads):
        self.web = place.web()
        self.is_stopping = is_stopping
        self.counts = collections.Counter()
        self.failures = []
        self.threads = [threading.Thread(target=self._work, args=read) for read in reads]

    def _work(self, path, caller):
        while not self.is_stopping.wait(PAUSE_S):
            first = self._try(path, caller)
            again = first and self._try(path, caller)
            self.counts[f"{path}: {first}" if first else "at once"] += 1
            if again:
                self.failures.append(f"GET {path}: {first}, and again: {again}")

    def _try(self, path, caller):
        """What went wrong, nothing if it did not."""
        try:
            answer = self.web.get(path, caller)
            return "" if answer.status == 200 else f"{answer.status} {answer.reason}"
        except (OSError, http.client.HTTPException) as error:
            return repr(error)


def check_all(place, history, sku, readers):
    """What cannot be."""
    wait_until(lambda: place.query(LOGGED)[0][0], "the log has every event")
    wait_until(lambda: not list(check_views(place)), "every event is in the views")
    tries = collections.Counter(one.key for one in history.tries if one.outcome == "unknown")
    again = [f"the request of key {key} failed {count} times" for key, count in tries.items() if count > 1]
    failed_count = sum(readers.counts.values()) - readers.counts.pop("at once")
    print(f"{history.count('ok')} units acknowledged, {len(tries)} of them at the second try; {failed_count} reads at the second try: "
          f"{dict(readers.counts)}", flush=True)
    return again + readers.failures + [*check_log(place)] + check(history, *read_rows(place, sku))


def make(web, path, *rest, **fields):
    """What a POST makes."""
    answer = web.call("POST", path, AGENT, *rest, **fields)
    if answer.status != 201:
        sys.exit(f"containers: POST {path}: {answer}")
    return answer.json


def main():
    """The whole program; its exit status."""
    place, is_stopping = Place(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: is_stopping.set())
    web = place.web()
    sku = make(web, "/v1/products", {"sku": make_name("SKU"), "name": "A product", "category": "small_appliances"})["sku"]
    document = make(web, "/v1/documents", b"a text", Content_Type="text/plain")["document_id"]
    with ACKNOWLEDGED.open("w", encoding="ascii") as file:
        history, readers = Told(file), Readers(place, is_stopping, READS + [(f"/v1/documents/{document}", AGENT)])
        with history.outage(), Load(place, history, WRITERS, lambda i: sku, pause_s=PAUSE_S):
            for thread in readers.threads:
                thread.start()
            is_stopping.wait()
            for thread in readers.threads:
                thread.join()
        found = check_all(place, history, sku, readers)
    for one in found[:SHOWN]:
        print(f"containers: {one}", file=sys.stderr)
    return 1 if found or history.count("ok") < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
