"""Products, units and claims with names of their own, and what the database must hold of them.

Every test makes its own things under random names, so tests of one stage do not disturb each other.
"""
# SPDX-License-Identifier: Apache-2.0
import threading
import time

from effects import LOGGED
from names import AGENT, make_name
from stage import wait_until
from wire import warranty

COLUMNS = "event_id, type, aggregate_type, aggregate_id, aggregate_version, owner_id, unit_serial, principal, trace, payload"
# The outbox is emptied of what the log has, where the events daemon runs.
EVENTS = ("SELECT type, aggregate_type, aggregate_id, aggregate_version, owner_id, unit_serial, principal, trace, payload"
          f"  FROM (SELECT {COLUMNS} FROM events.outbox UNION SELECT {COLUMNS} FROM events.log) AS said"
          " WHERE aggregate_id = %s ORDER BY aggregate_version")
LANE_COUNT = 16


def make_product(web, category="small_appliances", sku=None):
    """The SKU of a new product."""
    sku = sku or make_name("SKU")
    answer = web.post("/v1/products", AGENT, {"sku": sku, "name": "A product", "category": category})
    assert answer.status == 201, answer
    return sku


def make_unit(web, sku, caller=AGENT, **fields):
    """The serial of a new unit."""
    serial = make_name("SN")
    answer = web.post("/v1/units", caller, {"serial": serial, "sku": sku} | fields)
    assert answer.status == 201, answer
    return serial


def make_claim(web, serial, caller=AGENT, **fields):
    """A new claim, as answered."""
    body = {"serial": serial, "cause": "material_defect", "description": "It does not turn on."} | fields
    answer = web.post("/v1/claims", caller, body)
    assert answer.status == 201, answer
    return answer.json


def events_of(stage, aggregate_id):
    """Events of one aggregate in order: (type, version, message, row)."""
    events = []
    for row in stage.query(EVENTS, aggregate_id):
        message = getattr(warranty, row[0].rpartition(".")[2]).FromString(bytes(row[8]))
        events.append((row[0], row[3], message, row))
    return events


def settle(stage):
    """Waits until histories and worklist show all that was said so far: they follow by a moment."""
    wait_until(lambda: stage.value(LOGGED), "the log has every event")
    last = stage.value("SELECT position FROM events.relay")

    def is_settled():
        said = [daemon.status()["consumer_views"] for daemon in stage.running("warranty")]
        return sum(len(one["lanes"]) for one in said) == LANE_COUNT and all(
            one["position"] >= last for one in said if one["lanes"])

    wait_until(is_settled, "every event is in the views")


def read_history(stage, web, serial, caller=AGENT):
    """The lines of a unit's life, with all that was said so far."""
    settle(stage)
    return web.get(f"/v1/units/{serial}/history", caller).json["entries"]


def read_all(web, path, plural, caller, page_size=None):
    """All of a list, page by page to the end; and how many pages that took."""
    found, page_count, token = [], 0, ""
    separator = "&" if "?" in path else "?"
    while True:
        size = f"&page_size={page_size}" if page_size else ""
        answer = web.get(f"{path}{separator}page_token={token}{size}", caller)
        assert answer.status == 200, answer
        found += answer.json.get(plural, [])
        page_count += 1
        token = answer.json["next_page_token"]
        if not token:
            return found, page_count
        assert len(answer.json[plural]) == page_size or page_size is None


def run_threads(thread_count, work):
    """Runs work(i) in threads and raises what the first of them raised; answers the seconds it took."""
    errors = []

    def guarded(i):
        try:
            work(i)
        except BaseException as error:  # pylint: disable=broad-except
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(thread_count)]
    begin = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return time.monotonic() - begin
