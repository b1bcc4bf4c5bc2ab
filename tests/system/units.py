"""Units to test with: what other systems tell of them, and what is read and said of them then."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import time
import zoneinfo

from world import AGENT, events_of

TELLER = "integration:erp"
DAY_S = 86400


def today(offset_days=0):
    """The policy's day, with the clock of the tests at rest."""
    return datetime.datetime.fromtimestamp(time.time() + offset_days * DAY_S, zoneinfo.ZoneInfo("Europe/Berlin")).date()


def post_fact(web, serial, caller=TELLER, **fields):
    """The answer to a fact."""
    return web.post(f"/v1/units/{serial}/facts", caller, fields)


def tell(web, serial, kind, date=None, **fields):
    """Adds a fact that must be taken; answers it."""
    answer = post_fact(web, serial, kind=kind, **({"date": str(date)} if date else {}), **fields)
    assert answer.status == 200, answer
    return answer.json


def read(web, serial, caller=AGENT):
    """A unit."""
    answer = web.get(f"/v1/units/{serial}", caller)
    assert answer.status == 200, answer
    return answer.json


def kinds_of(stage, serial):
    """The kinds of a unit's events, in order, and that their versions are gapless."""
    events = events_of(stage, serial)
    assert [event[1] for event in events] == list(range(1, len(events) + 1))
    return [event[0].rpartition(".")[2] for event in events]
