#!/usr/bin/python3
"""A subscriber as a program of its own, so that it can be stopped: gets every event, and says on each line of its input how many.

    events_subscriber.py SOCKET TOKEN
"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import pathlib
import select
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[2] / "scripts" / "lib")]

from event_reader import Client, Subscriber  # pylint: disable=wrong-import-position


def main():
    """Until the input ends."""
    client = Client(sys.argv[1], sys.argv[2])
    subscriber = Subscriber(client)
    subscriber.join()
    print(subscriber.begin, flush=True)
    digest = hashlib.sha256()
    told = 0
    while True:
        subscriber.hear(20)
        if not select.select([sys.stdin], [], [], 0)[0]:
            continue
        if not sys.stdin.readline():
            return
        for position in subscriber.seen[told:]:
            digest.update(b"%d " % position)
        told = len(subscriber.seen)
        print(told, subscriber.after, subscriber.pull_count, digest.hexdigest(), flush=True)


main()
