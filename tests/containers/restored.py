#!/usr/bin/python3
"""Keeps what an installation in containers is after a restore to be, and says later whether it is.

    restored.py keep       before the backup: what is acknowledged, and what the event stream says
    restored.py leave      after it: how far the stream has come
    restored.py check      after the restore
"""
# SPDX-License-Identifier: Apache-2.0
import json
import sys

from place import ACKNOWLEDGED, BACKUP, Place, wait_until

from effects import LOGGED, check_log, check_views
from names import AGENT, make_name

READER = "analyst:ada"
KEPT = BACKUP / "kept.json"
PAGE = 1000


def read_stream(web):
    """[(sequence, id)] of all events."""
    found, after = [], "0-0"
    while page := ask(web, f"/v1/events?limit={PAGE}&after={after}").json:
        found += [[event["sequence"], event["id"]] for event in page]
        after = found[-1][0]
    return found


def places_of(stream):
    """[(position, id)]: the epoch in a sequence is that of the answer."""
    return [(sequence.split("-")[1], event_id) for sequence, event_id in stream]


def ask(web, path, status=200):
    """An answer of this status."""
    answer = web.get(path, READER)
    if answer.status != status:
        sys.exit(f"containers: GET {path}: {status} was expected: {answer}")
    return answer


def keep(web):
    """Written beside the backup."""
    acknowledged = ACKNOWLEDGED.read_text(encoding="ascii").split("\n")[:-1]
    KEPT.write_text(json.dumps({"acknowledged": acknowledged, "stream": read_stream(web)}), encoding="ascii")


def leave(web):
    """Where a reader is that has read what came after the backup."""
    kept = json.loads(KEPT.read_text(encoding="ascii"))
    KEPT.write_text(json.dumps(kept | {"last": read_stream(web)[-1][0]}), encoding="ascii")


def check(place, web):
    """Ends with a sentence about what is not as it should be."""
    kept = json.loads(KEPT.read_text(encoding="ascii"))
    units = [row[0] for row in place.query("SELECT serial FROM warranty.units")]
    lost = set(kept["acknowledged"]) - set(units)
    if lost or len(units) != len(set(units)):
        sys.exit(f"containers: {len(lost)} of {len(kept['acknowledged'])} units are lost, or some are there twice")
    [[epochs]] = place.query("SELECT count(*) FROM events.epochs")
    stream = read_stream(web)
    if epochs != 2 or places_of(stream[:len(kept["stream"])]) != places_of(kept["stream"]):
        sys.exit(f"containers: {epochs} epochs; or events have not kept their positions")
    if ask(web, f"/v1/events?limit=1&after={kept['stream'][-1][0]}").json[0]["id"] != stream[len(kept["stream"])][1]:
        sys.exit("containers: a reader that is at the backup does not go on behind it")
    if (answer := ask(web, f"/v1/events?after={kept['last']}", 410)).reason != "RESYNC":
        sys.exit(f"containers: a reader that is beyond the backup is told {answer}")
    unit = place.query("SELECT sku FROM warranty.units WHERE serial = %s", kept["acknowledged"][0])
    serial = make_name("SN")
    made = web.post("/v1/units", AGENT, {"serial": serial, "sku": unit[0][0]})
    if made.status != 201:
        sys.exit(f"containers: no new unit: {made}")
    wait_until(lambda: place.query(LOGGED)[0][0], "the log has every event")
    wait_until(lambda: not list(check_views(place)), "consumers go on")
    if found := list(check_log(place)):
        sys.exit(f"containers: {found[0]}")
    print(f"restored: {len(kept['acknowledged'])} units that were acknowledged before the backup, {len(kept['stream'])} events where they were")


def main():
    """The whole program."""
    place = Place()
    web = place.web()
    {"keep": lambda: keep(web), "leave": lambda: leave(web), "check": lambda: check(place, web)}[sys.argv[1]]()


if __name__ == "__main__":
    main()
