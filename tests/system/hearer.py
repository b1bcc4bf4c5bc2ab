"""A daemon "hearer" that does nothing but consume (consumer_driver.c), what it is told, and the checker of what it did.

Events are left in the outbox here, and effects are read here: the daemon's own counters are no witnesses.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import re
import uuid

import psycopg2.extras

from installation import ROOT
from migrate import run
from stage import BUILD, wait_until
from wire import warranty as messages

DRIVER = BUILD / "tests" / "consumer_driver"
PRODUCT = "warranty.v1.ProductCreated"
OTHER = "hearer.v1.NothingKnown"
AGGREGATES = 40


def prepare(stage):
    """The events daemon, and a schema "hearer" with the tables of common/consumer.sql."""
    run(stage.server, "psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-v", "services=hearer",
        "-f", str(ROOT / "deploy" / "roles.sql"))
    template = ROOT / "scripts" / "templates" / "service" / "schema" / "deploy" / "create_service.sql"
    stage.query(re.sub("@noun@", "hearer", template.read_text(encoding="utf-8")))
    tables = (ROOT / "common" / "consumer.sql").read_text(encoding="utf-8").replace("NOUN", "hearer")
    stage.query(f"""BEGIN; SET LOCAL ROLE hearer_owner; SET LOCAL search_path TO hearer; {tables}
        CREATE TABLE effects (id bigint GENERATED ALWAYS AS IDENTITY (CACHE 1), event_id uuid, type text, aggregate_id text,
            aggregate_version bigint, category text CHECK (category <> 'breaks'), pid integer);
        GRANT SELECT, INSERT ON effects TO hearer_service; COMMIT;""")
    stage.start("events")


def clear(stage):
    """The end of the log as it is, with nothing heard, and nobody who hears."""
    for daemon in stage.running("hearer"):
        daemon.stop()
    stage.query("TRUNCATE hearer.effects, hearer.consumer_lanes, hearer.consumer_replicas, hearer.consumer_inbox,"
                " hearer.consumer_parked")
    stage.query("INSERT INTO hearer.consumer_lanes (name, lane, epoch, position)"
                " SELECT 'tally', lane, epoch, position FROM events.relay, generate_series(0, 15) AS lane")


def start(stage, wait=True, **environment):
    """One more replica of the daemon that consumes."""
    return stage.start("hearer", wait, DRIVER, **environment)


class Log:
    """The events that a test says, and which versions of aggregates they are of."""

    def __init__(self, stage, rng):
        self.stage, self.rng = stage, rng
        self.prefix = uuid.uuid4().hex[:8]
        self.versions = collections.Counter()
        self.ids = []

    def add(self, event_count=1, category="", kind=PRODUCT, aggregate=None, event_id=None, payload=None):
        """Says events, in one transaction; answers their ids."""
        rows = []
        for _ in range(event_count):
            name = f"{self.prefix}-{aggregate or self.rng.randrange(AGGREGATES)}"
            self.versions[name] += 1
            product = messages.ProductCreated(sku=name, category=category).SerializeToString() if kind == PRODUCT else b""
            rows.append((event_id or str(uuid.uuid4()), kind, "product" if kind == PRODUCT else "nothing", name, self.versions[name],
                         "system:test", product if payload is None else payload))
        self.ids += [row[0] for row in rows]
        connection = self.stage.server.connect()
        with connection, connection.cursor() as cursor:
            psycopg2.extras.execute_values(
                cursor, "INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, principal,"
                " payload, event_time) VALUES %s", rows, template="(%s, %s, %s, %s, %s, %s, %s, now())")
        connection.close()
        return [row[0] for row in rows]

    def end(self):
        """The last position, once all that was said has one."""
        wait_until(lambda: self.stage.value("SELECT count(*) FROM events.log WHERE aggregate_id LIKE %s", self.prefix + "%") >= len(self.ids),
                   "the log has what was said")
        return self.stage.value("SELECT position FROM events.relay")


def effects(stage):
    """What the handlers did, in its order."""
    return stage.query("SELECT event_id::text, aggregate_id, aggregate_version, pid FROM hearer.effects ORDER BY id")


def violations(rows, wanted):
    """What is wrong with them: an event that is missing, there twice, or before an earlier one of its aggregate."""
    found = []
    seen = collections.Counter(row[0] for row in rows)
    found += [f"{event_id} has {seen[event_id]} effects" for event_id in wanted if seen[event_id] != 1]
    found += [f"{event_id} was never said" for event_id in seen.keys() - set(wanted)]
    last = {}
    for event_id, aggregate, version, _ in rows:
        if version <= last.get(aggregate, 0):
            found.append(f"{aggregate} {version} came behind {last[aggregate]} ({event_id})")
        last[aggregate] = version
    return found


def wait_effects(stage, wanted, what="all have had their effect"):
    """Waits until there are as many effects as there should be, and answers what is wrong with them."""
    wait_until(lambda: stage.value("SELECT count(*) FROM hearer.effects") >= len(wanted), what)
    return violations(effects(stage), wanted)


def lanes_of(daemon):
    """Lanes that it holds."""
    return daemon.status()["consumer_tally"]["lanes"]


def wait_lanes(daemons, wanted):
    """Waits until these hold that many lanes."""
    wait_until(lambda: [len(lanes_of(daemon)) for daemon in daemons] == wanted, f"the lanes are {wanted}")
