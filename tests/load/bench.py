"""Measures GET and POST of a unit through gateway, bus, service and PostgreSQL, beside pgbench doing the same SQL.

An installation of its own is started on an empty database (state under build/bench), 200,000 units are put into its tables,
and then each round runs every measure for some seconds, in turns: wrk against the gateway with 64 connections and with one, and pgbench
(prepared, as the service's role, by the unix socket the service uses too) with 1, 4, 16 and 32 clients. Every write is durable.
Each second round runs backwards, so that no measure always has the younger tables. The figures are medians over the
rounds; pgbench's best is the number of clients with the highest median. Afterwards the rows are counted: each POST that was
answered must be there.

Daemons take settings from the environment as ever, so AFTERCARE_DB_WRITE_CONNECTIONS=2 scripts/bench tries that.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import json
import os
import pathlib
import shutil
import signal
import sys
import time
import urllib.parse
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
sys.path.insert(1, str(ROOT / "tests" / "load"))

import load  # noqa: E402
import report  # noqa: E402
import run  # noqa: E402
import statements  # noqa: E402
import usage  # noqa: E402
from installation import Trouble  # noqa: E402

UNIT_COUNT = 200_000
PRODUCT_COUNT = 100
STORE = "services/warranty/unit_store.c"
CALLER = ("integration", "bench")
UNIT = {"sku": "BENCH-1", "purchase_date": "2026-01-15", "delivery_date": "2026-01-20", "owner_id": "customer-of-bench",
        "order_number": "ORDER-0001"}
GATEWAY_CONNECTIONS = (64, 1)
PGBENCH_CLIENTS = (1, 4, 16, 32)
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}

PRELOAD = f"""
    TRUNCATE warranty.units, warranty.idempotency, events.outbox CASCADE;
    INSERT INTO warranty.products (sku, name, category, components, create_time)
    SELECT 'BENCH-' || n, 'Product ' || n, 'large_appliances', '{{}}', now() FROM generate_series(1, {PRODUCT_COUNT}) n
        ON CONFLICT DO NOTHING;
    INSERT INTO warranty.units (serial, sku, purchase_date, delivery_date, owner_id, order_number, create_time)
    SELECT 100000000000000 + n, 'BENCH-' || 1 + n % {PRODUCT_COUNT}, '2026-01-15', '2026-01-20', 'customer-' || n,
           'ORDER-' || n, now()
      FROM generate_series(1, {UNIT_COUNT}) n;
"""

# The parameters of the unit of work that registered one unit, as texts.
WORK = """
    SELECT i.principal, '\\x' || encode(i.fingerprint, 'hex') AS fingerprint, '\\x' || encode(i.response, 'hex') AS response,
           i.create_time::text, o.event_id::text, o.type, o.aggregate_type, o.owner_id AS owner, o.trace,
           '\\x' || encode(o.payload, 'hex') AS payload, u.sku, u.purchase_date::text, u.delivery_date::text, u.owner_id,
           u.order_number, u.last_cover_date::text,
           (SELECT encode(f.content, 'hex') FROM warranty.unit_facts f WHERE f.serial = u.serial LIMIT 1) AS content
      FROM warranty.units u
      JOIN (SELECT event_id, type, aggregate_type, aggregate_id, owner_id, trace, payload FROM events.outbox
            UNION SELECT event_id, type, aggregate_type, aggregate_id, owner_id, trace, payload FROM events.log) o
        ON o.aggregate_id = u.serial, warranty.idempotency i
     WHERE u.serial = %s AND i.key = %s
"""


def read_options():
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="length of each measure in a round (default: 3)")
    parser.add_argument("--rounds", type=int, default=5, help="how many rounds (default: 5)")
    parser.add_argument("--only", choices=["get", "post"], help="measure one of the two")
    parser.add_argument("--no-pgbench", action="store_true", help="leave pgbench out: for a profiler beside it")
    parser.add_argument("--replicas", action="append", default=[], type=run.read_replicas, metavar="NOUN=COUNT",
                        help="start a daemon COUNT times, as warranty=2; may be given several times")
    parser.add_argument("--binaries", type=pathlib.Path, metavar="DIR", default=ROOT / "build" / "release" / "bin",
                        help="daemons of another build (default: build/release/bin)")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "bench.json",
                        help="where all figures go (default: build/bench.json)")
    options = parser.parse_args()
    if options.seconds < 1 or options.rounds < 1:
        parser.error("--seconds and --rounds are at least 1")
    return options


class Measure:
    """One thing to be measured in each round."""

    def __init__(self, verb, via, connections):
        self.verb = verb  # GET or POST
        self.via = via  # gateway or pgbench
        self.connections = connections
        self.rounds = []

    def __str__(self):
        return f"{self.verb} {self.via} {self.connections}"


class Bench:
    """An installation under load."""

    def __init__(self, options):
        self.options = options
        self.run = run.Run(argparse.Namespace(state=ROOT / "build" / "bench" / "state", build="release", port=0, database=None,
                                              test_clock=None, replicas=options.replicas))
        self.run.installation.binaries = options.binaries.resolve()
        verbs = [verb for verb in ("GET", "POST") if options.only in (None, verb.lower())]
        self.measures = [Measure(verb, "gateway", count) for verb in verbs for count in GATEWAY_CONNECTIONS]
        if not options.no_pgbench:
            self.measures += [Measure(verb, "pgbench", count) for verb in verbs for count in PGBENCH_CLIENTS]
        self.sync_ms = []

    # ---- preparing ----

    def prepare(self):
        """Starts everything, fills the tables, and makes the scripts."""
        self._forget_last()
        self.run.start()
        if self.run.is_stopping:
            raise Trouble("stopped")
        self._check_durable()
        self._execute(PRELOAD)
        for statement in ("VACUUM (ANALYZE) warranty.units, warranty.products, warranty.idempotency, events.outbox", "CHECKPOINT"):
            self._execute(statement)
        self._make_environment()
        self._make_scripts()
        daemons = {}
        for replica in self.run.supervisor.replicas:
            daemons.setdefault(replica.noun, []).append(replica.process.pid)
        self.daemons = dict(sorted(daemons.items()))

    def _forget_last(self):
        """Every run begins with a new cluster, so that none has the tables of another's schema."""
        run.take_lock(self.run.installation.lock, is_default=False).close()
        self.run.installation.make_folders()
        shutil.rmtree(self.run.installation.database, ignore_errors=True)

    def _execute(self, statement, *parameters):
        """Runs a statement as superuser; its first row, if it has any."""
        connection = self.run.server.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            row = cursor.fetchone() if cursor.description else None
        connection.close()
        return row

    def _check_durable(self):
        for name, wanted in DURABLE.items():
            found = self._execute(f"SHOW {name}")[0]
            if found != wanted:
                raise Trouble(f"{name} is {found}: such figures would say nothing")

    def _make_environment(self):
        self.wrk_environment = {
            "BENCH_HOST": urllib.parse.urlsplit(self.run.url).netloc,
            "BENCH_TOKEN": self.run.api.token(*CALLER),
            "BENCH_UNIT": json.dumps(UNIT, separators=(",", ":")),
            "BENCH_UNIT_COUNT": str(UNIT_COUNT),
        }
        self.pgbench_environment = self.run.server.environment(user="warranty_service", password=None) | {
            "PGOPTIONS": "-c search_path=warranty"}

    def _make_scripts(self):
        """pgbench scripts, with the parameters of a unit that goes through the gateway now."""
        folder = ROOT / "build" / "bench"
        texts = statements.read_statements(self.options.binaries.resolve().parent, STORE)
        self.scripts = {verb: statements.write_script(load.HERE / name, texts, folder / name)
                        for verb, name in (("GET", "get_unit.sql"), ("POST", "register_unit.sql"))}
        key, serial = str(uuid.uuid4()), f"bench-{uuid.uuid4()}"
        answer = self.run.api.post("/v1/units", CALLER, UNIT | {"serial": serial}, key)
        if answer != self.run.api.get(f"/v1/units/{serial}", CALLER):
            raise Trouble(f"unit {serial} is not what was registered: {json.dumps(answer)}")
        connection = self.run.server.connect()
        with connection.cursor() as cursor:
            cursor.execute(WORK, (serial, key))
            row = cursor.fetchone()
            names = [column.name for column in cursor.description]
        connection.close()
        if row is None or None in row:
            raise Trouble(f"unit {serial} was registered without event or key, or with less than it was given: {row}")
        self.variables = {"GET": {"unit_count": UNIT_COUNT}, "POST": dict(zip(names, row))}

    # ---- measuring ----

    def measure(self):
        """All rounds."""
        self._warm_up()
        for number in range(self.options.rounds):
            self.sync_ms.append(usage.sync_ms(self.run.server.cluster))
            order = self.measures if number % 2 == 0 else self.measures[::-1]
            for measure in order:
                measure.rounds.append(self._measure_once(measure, self.options.seconds))
                self._look_after()
            print(f"round {number + 1} of {self.options.rounds}", file=sys.stderr, flush=True)
        self.memory = {noun: usage.memory_kb(pids) for noun, pids in self.daemons.items()}
        postgres = self.run.server.process.pid
        self.memory["postgres"] = usage.memory_kb([postgres, *usage.children(postgres)])

    def _warm_up(self):
        for measure in self.measures:
            if measure.connections in (GATEWAY_CONNECTIONS[0], PGBENCH_CLIENTS[1]):
                self._measure_once(measure, 1)

    def _measure_once(self, measure, seconds):
        count_before = self._count_units() if measure.verb == "POST" else 0
        meter = usage.Meter(self.daemons, self.run.server.process.pid)
        if measure.via == "gateway":
            script = {"GET": "get_unit.lua", "POST": "register_unit.lua"}[measure.verb]
            found = load.run_wrk(script, self.run.url, measure.connections, seconds, self.wrk_environment)
        else:
            found = load.run_pgbench(self.scripts[measure.verb], self.pgbench_environment, self.variables[measure.verb],
                                     measure.connections, seconds)
        found["cpu_s"] = meter.read()
        if found["refused"] or found["broken"] or found["requests"] == 0:
            raise Trouble(f"{measure}: {found['requests']} answers, {found['refused']} of them refusals, {found['broken']} failed")
        if measure.verb == "POST":
            self._check_kept(measure, found["requests"], self._count_units() - count_before)
        return found

    def _count_units(self):
        return self._execute("SELECT count(*) FROM warranty.units")[0]

    def _check_kept(self, measure, answered, kept):
        """Requests under way when the time was over were not counted, but may be there."""
        if not answered <= kept <= answered + measure.connections:
            raise Trouble(f"{measure}: {answered} units were answered, {kept} are in the table")

    def _look_after(self):
        for replica in self.run.supervisor.replicas:
            if replica.process.poll() is not None:
                raise Trouble(f"aftercare-{replica.noun} ended; see {replica.log}")
        if self.run.is_stopping:
            raise Trouble("stopped")

    def stop(self):
        """Ends all that was started."""
        self.run.stop()


def main():
    """The whole program; its exit status."""
    options = read_options()
    started_at = time.monotonic()
    bench = Bench(options)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, bench.run.on_signal)
    try:
        bench.prepare()
        bench.measure()
    except Trouble as trouble:
        print(f"bench: {trouble}", file=sys.stderr)
        return 1
    finally:
        bench.stop()
    result = report.summarise(bench, UNIT_COUNT)
    report.print_table(result)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"\n{time.monotonic() - started_at:.0f} s; all figures are in {os.path.relpath(options.output)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
