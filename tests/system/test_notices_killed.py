"""notify and surveys, killed again and again while events come: each event has its row once, and a second telling of the log makes
the same state."""
# SPDX-License-Identifier: Apache-2.0
import collections
import datetime
import time
import uuid

import psycopg2.extras
import pytest

import notices
import survey_world
from claims import MANAGER
from notices import ADMINISTRATOR
from receiver import Receiver
from stage import count, wait_until
from survey_world import TEMPLATE, close_claim
from wire import warranty
from world import LANE_COUNT, LOGGED

STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_WEBHOOK_IS_HTTP_FINE": "yes",
    "AFTERCARE_NOTIFY_WEBHOOK_IS_PRIVATE_FINE": "yes",
}
PRODUCT, MOVED, SCHEDULED = "warranty.v1.ProductCreated", "warranty.v1.ClaimMoved", "surveys.v1.InvitationScheduled"
REPLICAS = {"notify": 3, "surveys": 2}
ONE_OF_EACH = {noun: 1 for noun in REPLICAS}
ALL_LIMIT_S = 900
SAY = ("INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, principal,"
       " payload) VALUES %s")
# What they make of the events up to a position, without the identities and times that they choose themselves.
STATE = {
    "deliveries": "SELECT d.webhook_id::text, d.event_id::text, d.type, d.epoch, d.state, md5(d.event) FROM notify.deliveries d"
                  " JOIN events.log l USING (event_id) WHERE l.position <= %s ORDER BY 1, 2",
    "parts of messages": "SELECT p.notice_id, p.event_id::text, p.person_id, p.channel, p.aggregate_id, p.event_time, md5(p.event), m.state,"
                         " m.reason FROM notify.message_parts p JOIN notify.messages m USING (message_id) JOIN events.log l USING (event_id)"
                         " WHERE l.position <= %s ORDER BY 1, 2",
    "invitations": "SELECT i.event_id::text, i.template_id, i.template_version, i.aggregate_type, i.aggregate_id, i.person_id, i.state,"
                   " i.reason, i.clause_id, i.sku, i.category, i.region, i.send_time, i.policy_version, i.version FROM surveys.invitations i"
                   " JOIN events.log l USING (event_id) WHERE l.position <= %s ORDER BY 1",
    "people": "SELECT person_id, ask_time FROM surveys.people WHERE %s > 0 ORDER BY 1",
    "timers": "SELECT kind, due_time, count(*) FROM surveys.timers WHERE %s > 0 GROUP BY 1, 2 ORDER BY 1, 2",
}
SAID = "SELECT type, owner_id, count(*) FROM events.log WHERE type LIKE 'surveys.v1.Invitation%%' AND position {} %s GROUP BY 1, 2 ORDER BY 1, 2"


class Crowd:
    """What happens to products and claims, as events that are left in the outbox."""

    def __init__(self, stage, rng, claims):
        self.stage, self.rng, self.claims = stage, rng, claims
        self.versions = collections.Counter()
        self.closed = []
        self.count = 0

    def _make(self):
        """One event. Claims of a few people are closed again and again; what surveys asks of warranty is of a claim that it has."""
        rng, states = self.rng, warranty.Claim.State
        if rng.random() < 0.5:
            name = f"SKU-{rng.randrange(500)}"
            return PRODUCT, "product", name, None, warranty.ProductCreated(sku=name)
        name = str(uuid.UUID(int=rng.randrange(1, 200) if rng.random() < 0.1 else rng.getrandbits(128)))
        claim = rng.choice(self.claims)
        moved = warranty.ClaimMoved(claim_id=claim["claim_id"], serial=claim["serial"], from_state=states.SETTLED,
                                    to_state=states.CLOSED, verb="CloseClaim")
        if rng.random() < 0.2:
            moved.from_state, moved.to_state, moved.verb = states.UNDER_REVIEW, states.APPROVED, "ApproveClaim"
        return MOVED, "claim", name, f"person-{name}", moved

    def make_id(self, now):
        """As warranty makes them, version 7: what looks old is forgotten."""
        time_ms = round(now.timestamp() * 1000)
        return str(uuid.UUID(int=time_ms << 80 | 7 << 76 | self.rng.getrandbits(12) << 64 | 2 << 62 | self.rng.getrandbits(62)))

    def say(self, event_count):
        """So many events, in one transaction."""
        now = datetime.datetime.fromtimestamp(time.time(), datetime.timezone.utc)
        rows = []
        for _ in range(event_count):
            kind, aggregate_type, name, owner, payload = self._make()
            self.versions[name] += 1
            event_id = self.make_id(now)
            rows.append((event_id, kind, aggregate_type, name, self.versions[name], now, owner, "system:test", payload.SerializeToString()))
            if kind == MOVED and payload.to_state == warranty.Claim.State.CLOSED:
                self.closed.append(event_id)
        connection = self.stage.server.connect()
        with connection, connection.cursor() as cursor:
            psycopg2.extras.execute_values(cursor, SAY, rows)
        connection.close()
        self.count += event_count


@pytest.fixture(autouse=True, scope="module", name="receiver")
def receiver_fixture(stage, web):
    """Who is told: a notice, a survey and a webhook."""
    notices.start_daemons(stage)
    stage.start("surveys")
    survey_world.add(web, "/v1/survey_templates", {"template": TEMPLATE})
    survey_world.add_notices(web, ["claim_approved"])
    made = Receiver()
    made.subscribe(web, ADMINISTRATOR, "/all", PRODUCT, MOVED, SCHEDULED)
    yield made
    made.close()
    assert made.faults == []


def start_all(stage, counts):
    """So many processes of each."""
    for daemon in [stage.start(noun, wait=False) for noun, replicas in counts.items() for _ in range(replicas)]:
        daemon.wait_ready()


def stop_all(stage):
    """None of them is left, and what the killed had taken is free."""
    for noun in REPLICAS:
        for daemon in stage.running(noun):
            daemon.wait_ready().stop()
        stage.query(f"UPDATE {noun}.timers SET lease_time = '-infinity'")


def wait_heard(stage):
    """Until both have heard everything that was said so far."""
    wait_until(lambda: stage.value(LOGGED), "the log has every event")
    last = stage.value("SELECT position FROM events.relay")
    heard = f"SELECT count(*) = {LANE_COUNT} AND min(position) >= %s FROM {{}}.consumer_lanes"
    for noun in REPLICAS:
        wait_until(lambda noun=noun: stage.value(heard.format(noun), last), f"{noun} has heard all", ALL_LIMIT_S)


def wait_all(stage):
    """The same, of what surveys said meanwhile too; and all that was due has left."""
    wait_heard(stage)
    wait_heard(stage)
    waiting = ("SELECT (SELECT count(*) FROM notify.deliveries WHERE state <> 'DELIVERED')"
               " + (SELECT count(*) FROM notify.messages WHERE state = 'WAITING')")
    wait_until(lambda: stage.value(waiting) == 0, "all that is due has left", ALL_LIMIT_S)
    assert [stage.value(f"SELECT count(*) FROM {noun}.consumer_parked") for noun in REPLICAS] == [0, 0]


def forget(stage):
    """As if neither had ever heard anything; what people set up stays."""
    tables = [f"{noun}.{table}" for noun in REPLICAS for table in
              ("consumer_lanes", "consumer_replicas", "consumer_inbox", "consumer_parked", "idempotency", "timers")]
    stage.query("TRUNCATE notify.messages, notify.deliveries, surveys.invitations, surveys.people, " + ", ".join(tables) + " CASCADE")


def kill_about(stage, crowd, rng):
    """Kills one after the other while events come; answers how many of each."""
    kills, events = count(4, 100), count(400, 20000)
    killed = collections.Counter()
    for number in range(kills):
        crowd.say(events // kills)
        noun = "notify" if number % 3 else "surveys"
        heard = f"SELECT coalesce(sum(position), 0) FROM {noun}.consumer_lanes"
        target = stage.value(heard) + rng.randrange(1, LANE_COUNT * events // kills // 2)
        wait_until(lambda heard=heard, target=target: stage.value(heard) > target, f"{noun} goes on")
        rng.choice(stage.running(noun)).kill()
        stage.start(noun, wait=False)
        killed[noun] += 1
    return killed


def expect_rows_once(stage, crowd, claims, receiver):
    """Each event has its delivery once, each closed claim its invitation, each invitation its event; and all deliveries came."""
    wrong = stage.query("SELECT l.event_id FROM events.log l LEFT JOIN notify.deliveries d USING (event_id) WHERE l.type = ANY(%s)"
                        " GROUP BY 1 HAVING count(d.*) <> 1", [PRODUCT, MOVED, SCHEDULED])
    assert wrong == []
    invited = [row[0] for row in stage.query("SELECT event_id::text FROM surveys.invitations")]
    assert len(invited) == len(set(invited)) == len(crowd.closed) + len(claims) and set(crowd.closed) <= set(invited)
    said = [row[0] for row in stage.query("SELECT aggregate_id FROM events.log WHERE type LIKE 'surveys.v1.Invitation%%'")]
    assert len(said) == len(set(said)) == len(invited)
    posts = collections.Counter(post.id for post in receiver.posts)
    assert set(posts) == {f"msg_{row[0]}" for row in stage.query("SELECT delivery_id FROM notify.deliveries")}
    print(f"{len(posts)} deliveries, {posts.total() - len(posts)} came twice under one id; {len(invited)} invitations")


@pytest.mark.faults
def test_each_event_has_its_rows_once_and_the_log_tells_them_again(stage, web, receiver, rng):
    stop_all(stage)
    start_all(stage, REPLICAS)  # each knows the webhook and the survey before it hears anything
    claims = [web.get(f"/v1/claims/{close_claim(web)}", MANAGER).json for _ in range(3)]
    crowd, begin_s = Crowd(stage, rng, claims), time.monotonic()
    killed = kill_about(stage, crowd, rng)
    stop_all(stage)
    start_all(stage, ONE_OF_EACH)
    wait_all(stage)
    last = stage.value("SELECT position FROM events.relay")
    print(f"\nkilled {dict(killed)} during {crowd.count} events ({last} in the log) in {time.monotonic() - begin_s:.0f} s")
    expect_rows_once(stage, crowd, claims, receiver)

    stop_all(stage)
    state = {name: stage.query(statement, last) for name, statement in STATE.items()}
    assert all(state.values())
    said = stage.query(SAID.format("<="), last)
    forget(stage)
    start_all(stage, ONE_OF_EACH)
    wait_all(stage)
    for name, rows in state.items():
        rebuilt = stage.query(STATE[name], last)
        assert rebuilt == rows, (name, list(set(rows) ^ set(rebuilt))[:6])
    assert stage.query(SAID.format(">"), last) == said
    print({name: len(rows) for name, rows in state.items()}, "are the same when the log is told from its beginning")
