"""Notices to test with: those that an installation begins with, as the API takes them."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import time

import claims
import first_notices
from mailbox import Mailbox
from names import NEW_ID
from stage import wait_until
from wire import warranty
from world import LANE_COUNT, LOGGED, make_name

MANAGER, ADMINISTRATOR, AGENT = "manager:mara", "administrator:ada", "agent:desk"
shipped, names = first_notices.read, first_notices.names


def make(web, **fields):
    """A new notice, as answered: the shipped one of an approved claim, with these fields in place of its own."""
    answer = web.post("/v1/notices", MANAGER, {"notice": shipped("claim_approved") | fields})
    assert answer.status == 201, answer
    return answer.json


def start_daemons(stage):
    """All that notices of claims need, and the sender itself."""
    for daemon in [stage.start(noun, wait=False) for noun in ("events", "documents", "policy", "notify")]:
        daemon.wait_ready()


@contextlib.contextmanager
def by_mail(stage, *names):
    """A mail server that notify sends by, the daemons, and notices as they are shipped."""
    made = Mailbox()
    stage.environment |= made.environment()
    start_daemons(stage)
    for name in names:
        answer = stage.web().post("/v1/notices", MANAGER, {"notice": shipped(name)})
        assert answer.status == 201, answer
    yield made
    made.close()


def new_address():
    """A mail address that nobody has had."""
    return f"{make_name('a')}@customer.example"


def make_claim(web, owner=None, **contact):
    """A claim that a person has to decide, of somebody who is reached there."""
    serial = claims.make_sold(web, delivery_date="2026-03-15", owner_id=owner or make_name("owner"),
                              price_paid={"minor": 59900, "currency_code": "EUR"})
    return claims.file_claim(web, serial, documents=claims.photos(web), contact={"name": "Anna Berg", "language": "de"} | contact)


def approve(web, owner=None, **contact):
    """The same, once a person has approved it."""
    return claims.do(web, make_claim(web, owner, **contact), "approve", MANAGER, reason="seen")


def pass_time(stage, seconds):
    """Lets business time go on."""
    stage.set_clock(int(stage.clock.read_text(encoding="ascii")) + seconds)


def wait_messages(web, claim, state=None):
    """The messages that tell of a claim, once there is one and all are in a state, if one is named."""
    path = f"/v1/messages?aggregate_type=claim&aggregate_id={claim['claim_id']}"

    def look():
        found = web.get(path, AGENT).json["messages"]
        return found if found and all(state in (None, one["state"]) for one in found) else None

    return wait_until(look, f"the messages of {claim['claim_id']} are {state or 'there'}")


SAY_MOVED = f"""INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id,
                                          unit_serial, principal, trace, payload)
               SELECT {NEW_ID}, 'warranty.v1.ClaimMoved', 'claim', %s, %s + n, %s::timestamptz, %s, %s, 'system:test', NULL, %s
               FROM generate_series(1, %s) n RETURNING event_id::text"""


def say_approved(stage, claim, owner, count=1, first=1000, time="2026-03-15"):
    """Leaves as many events that a claim was approved as wanted, as warranty would; answers their ids."""
    states = warranty.Claim.State
    moved = warranty.ClaimMoved(claim_id=claim["claim_id"], serial=claim["serial"], from_state=states.UNDER_REVIEW,
                                to_state=states.APPROVED, verb="ApproveClaim")
    return [row[0] for row in stage.query(SAY_MOVED, claim["claim_id"], first, time, owner, claim["serial"],
                                          moved.SerializeToString(), count)]


def settle(stage):
    """Waits until notify has heard all that was said so far, and has nothing to do until time passes."""
    wait_until(lambda: stage.value(LOGGED), "the log has every event")
    last = stage.value("SELECT position FROM events.relay")

    def is_settled():
        said = [daemon.status()["consumer_notices"] for daemon in stage.running("notify")]
        now_s = time.time() + int(stage.clock.read_text(encoding="ascii"))
        return (sum(len(one["lanes"]) for one in said) == LANE_COUNT and all(one["position"] >= last for one in said if one["lanes"])
                and stage.value("SELECT count(*) FROM notify.timers WHERE due_time <= to_timestamp(%s)", now_s) == 0)

    wait_until(is_settled, "every event was heard, and nothing is due")
