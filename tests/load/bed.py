"""An installation under load: prepared, filled, compared with its peers, measured."""
# SPDX-License-Identifier: Apache-2.0
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import time
import uuid

import admin
import load
import peers
import run
import statements
import stock
import usage
from installation import Trouble

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONNECTIONS = 64
PIPELINE = 16  # claims within one pipeline of pgbench
POOLS = {"fastify": (2, 4, 8, 16), "go": (4, 8, 16, 32), "pgbench": (1, 2, 4, 8, 16, 32, 64)}
QUICK_POOLS = {"fastify": (4, 8), "go": (8, 16), "pgbench": (4, 16, 64)}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
WRITING = ("claim", "mixed")  # workloads that leave events
SYSTEMS = ("aftercare", "fastify", "go", "pgbench")
PEERS = ("fastify", "go")
REST_SHARE = 0.1  # of one core: below, nothing is going on
REST_LIMIT_S = 30
TUNE_S = 1
PGBENCH_OPTIONS = "-c search_path=warranty -c plan_cache_mode=force_generic_plan"  # it plans once, as the daemon does after a while
IDLE_S = 5
METRICS = {"wait_s": "aftercare_db_wait_seconds_sum", "statements": "aftercare_db_statement_send_total",
           "groups": "aftercare_db_group_send_total"}



def say(text):
    """How far it is."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


class Measure:
    """One thing to be measured in each round."""

    def __init__(self, workload, system, connections, rate=0, copies=1, is_consumed=False):
        self.workload = workload
        self.system = system
        self.connections = connections
        self.rate = rate  # of an open load; 0: closed
        self.copies = copies  # of the statements within a pipeline of pgbench
        self.is_consumed = is_consumed  # events are relayed and consumed meanwhile; costs count until the last one is
        self.rounds = []

    def __str__(self):
        return f"{self.workload} {self.system} {self.connections}" + (" consumed" if self.is_consumed else "")

    def median(self):
        """Requests a second."""
        return statistics.median(found["rate"] for found in self.rounds)


class Bed:
    """An installation under load."""

    def __init__(self, options):
        self.options = options
        self.folder = ROOT / "build" / "bench"
        self.run = run.Run(argparse.Namespace(state=self.folder / "state", build="release", port=0, database=None,
                                              test_clock=None, restore=None, replicas=options.replicas))
        self.run.installation.binaries = options.build.resolve() / "bin"
        self.loadgen = options.build.resolve() / "load" / "loadgen"
        self.measures, self.peers, self.scripts, self.sync_ms = [], {}, {}, []
        self.pools, self.daemons, self.statements, self.idle_cpu, self.hop = {}, {}, {}, {}, None
        self.resting = []  # replicas of the daemon events while it is taken down

    # ---- preparing ----

    def prepare(self):
        """Starts everything, fills the tables, and makes sure that the peers do the same."""
        self._forget_last()
        self.run.start()
        if self.run.is_stopping:
            raise Trouble("stopped")
        self._check_durable()
        for replica in self.run.supervisor.replicas:
            self.daemons.setdefault(replica.noun, []).append(replica.process.pid)
        self.rest()
        self.idle = self.memory()
        self.idle_cpu = self._idle_cpu()
        self.fill(self.options.units)
        made = subprocess.run([ROOT / "scripts" / "token", *stock.CALLER, "--expires", "1d"], capture_output=True, text=True,
                              check=True, env=os.environ | {"AFTERCARE_KEYS": str(self.run.installation.keys)})
        self.token = self.run.api.tokens[stock.CALLER] = peers.RawApi.tokens_of[stock.CALLER] = made.stdout.strip()
        if "pgbench" in self.options.systems:
            self._make_scripts()
        self._prepare_peers()

    def fill(self, count):
        """So many units; never fewer than there were."""
        say(f"filling in {count:,} units")
        stock.fill(self.execute, self.run.api, count)
        self.unit_count = count

    def _forget_last(self):
        """Every run begins with a new cluster, so that none has the tables of another's schema."""
        run.take_lock(self.run.installation.lock, is_default=False).close()
        self.run.installation.make_folders()
        shutil.rmtree(self.run.installation.database, ignore_errors=True)

    def execute(self, statement, *places, **names):
        """Runs a statement as superuser; its first row, if it has any."""
        connection = self.run.server.connect()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement, places or names or None)
            row = cursor.fetchone() if cursor.description else None
        connection.close()
        return row

    def _check_durable(self):
        for name, wanted in DURABLE.items():
            found = self.execute(f"SHOW {name}")[0]
            if found != wanted:
                raise Trouble(f"{name} is {found}: such figures would say nothing")

    def _make_scripts(self):
        """pgbench scripts of what the daemon sends for a request of each kind."""
        serial, key = str(stock.FIRST + 3), f"script-{uuid.uuid4()}"
        asks = {"coverage": lambda: self.run.api.get(f"/v1/units/{serial}/coverage", stock.CALLER),
                "claim": lambda: self.run.api.post("/v1/claims", stock.CALLER, peers.make_claim(serial), key)}
        self.rest()
        for workload, ask in asks.items():
            executed = statements.capture(self.execute, self.run.server.log, ask)
            self.statements[workload] = [name for name, _, _ in executed]
            if workload == "claim":
                executed = [one for one in executed if "INSERT INTO claims" in one[1]]
            if not executed:
                raise Trouble(f"PostgreSQL's log has no statements of a {workload}")
            for copies in (1, PIPELINE):
                text, variables = statements.make_script(executed, serial, key, stock.FIRST, self.options.units, copies)
                path = self.folder / f"{workload}-{copies}.sql"
                path.write_text(text, encoding="utf-8")
                path.with_suffix(".json").write_text(json.dumps(variables), encoding="utf-8")  # for who calls pgbench by hand
                self.scripts[workload, copies] = path, variables

    def _prepare_peers(self):
        names = [name for name in PEERS if name in self.options.systems]
        if not names:
            return
        made = peers.make_peers(self.folder, self.run.installation, self.run.server, peers.make_shapes(self.run.api, self.execute))
        self.peers = {name: made[name] for name in names}
        for peer in self.peers.values():
            peer.start(8)
        say("checking that the peers answer and store the same")
        peers.check_same(self.run.port, self.peers, self.run.installation.keys, self.execute, self.options.units)

    # ---- tuning ----

    def tune(self, workloads):
        """The best number of connections to the database for each workload and system."""
        pools = QUICK_POOLS if self.options.quick else POOLS
        for workload in workloads:
            for system in self.options.systems:
                if system in pools and (system != "pgbench" or (workload, 1) in self.scripts):
                    self.pools[workload, system] = self._find_best(workload, system, pools[system])
        for (workload, system), count in self.pools.items():
            say(f"{workload}: {system} is best with {count} connections to the database")

    def _find_best(self, workload, system, counts):
        rates = {}
        for count in counts:
            measure = Measure(workload, system, count if system == "pgbench" else CONNECTIONS)
            self._set_pool(system, count)
            self.rest()
            self._run(measure, TUNE_S)  # warm: plans, caches, compiled code
            rates[count] = self._run(measure, TUNE_S)["rate"]
        return max(rates, key=rates.get)

    def _set_pool(self, system, count):
        peer = self.peers.get(system)
        if peer is not None and peer.connections != count:
            peer.stop()
            peer.start(count)

    # ---- with and without consumers ----

    def stop_events(self):
        """Takes the daemon events down: events stay in the outbox as those of the peers do, and nobody consumes."""
        replicas = self.run.supervisor.replicas
        self.resting = [replica for replica in replicas if replica.noun == "events"]
        for replica in self.resting:
            replicas.remove(replica)
            replica.process.terminate()
            replica.process.wait()
        self.daemons.pop("events")

    def start_events(self):
        """Brings it back. What was left in the outbox is thrown away: to tell that of peers too would take longer than all else."""
        self.execute("TRUNCATE events.outbox")
        for replica in self.resting:
            replica.start()
            self.run.supervisor.replicas.append(replica)
            self.daemons.setdefault("events", []).append(replica.process.pid)
        self.resting = []
        self.run.supervisor.wait_ready(lambda: self.run.is_stopping)
        self.rest()

    # ---- measuring ----

    def add(self, workload, system, connections=CONNECTIONS, rate=0, copies=1, is_consumed=False):
        """One more to be measured in each round."""
        if system == "pgbench":
            connections = self.pools[workload, system]
        measure = Measure(workload, system, connections, rate, copies, is_consumed)
        self.measures.append(measure)
        return measure

    def measure(self, measures):
        """All rounds of these."""
        for number in range(self.options.rounds):
            self.sync_ms.append(usage.sync_ms(self.run.server.cluster))
            for measure in measures if number % 2 == 0 else measures[::-1]:
                measure.rounds.append(self.measure_once(measure, self.options.seconds))
            say(f"round {number + 1} of {self.options.rounds}")

    def measure_once(self, measure, seconds):
        """One measure, from rest."""
        if measure.system in self.peers:
            self._set_pool(measure.system, self.pools.get((measure.workload, measure.system), self.peers[measure.system].connections))
        self.rest()
        count_before, metrics_before = self.count_claims(), self.metrics()
        meter = usage.Meter(self.groups(), self.run.server.process.pid)
        found = self._run(measure, seconds)
        if found["requests"] == 0:
            raise Trouble(f"{measure}: no answers")
        if measure.is_consumed:
            self.rest()
        found["cpu_s"] = meter.read()
        found["memory_kb"] = self.memory()
        found["database"] = {name: value - metrics_before[name] for name, value in self.metrics().items()}
        if found["refused"] or found["broken"]:
            raise Trouble(f"{measure}: {found['requests']} answers, {found['refused']} of them refusals {found['statuses']}, "
                          f"{found['broken']} failed")
        if measure.workload in WRITING:
            kept = self.count_claims() - count_before
            if not found["claims"] <= kept <= found["claims"] + found["under_way"]:
                raise Trouble(f"{measure}: {found['claims']} claims were answered, {kept} are in the table")
        self._look_after()
        return found

    def _run(self, measure, seconds):
        if measure.system == "pgbench":
            path, variables = self.scripts[measure.workload, measure.copies]
            environment = self.run.server.environment(user="warranty_service", password=None) | {"PGOPTIONS": PGBENCH_OPTIONS}
            return load.run_pgbench(path, environment, variables, measure.connections, seconds, measure.copies)
        port = self.run.port if measure.system == "aftercare" else self.peers[measure.system].port
        plan = load.write_plan(self.folder / "plan.json", measure.workload, port, self.token, stock.FIRST, self.unit_count)
        return load.run_loadgen(self.loadgen, plan, measure.connections, seconds, measure.rate)

    def groups(self):
        """Processes by name."""
        return self.daemons | {name: [peer.process.pid] for name, peer in self.peers.items()}

    def memory(self):
        """KiB by name, PostgreSQL too."""
        postgres = self.run.server.process.pid
        return {name: usage.memory_kb(pids) for name, pids in self.groups().items()} | {
            "postgres": usage.memory_kb([postgres, *usage.children(postgres)])}

    def _idle_cpu(self):
        """Thousandths of a core that each takes while nothing is asked."""
        meter = usage.Meter(self.groups(), self.run.server.process.pid)
        time.sleep(IDLE_S)
        used = meter.read()
        return {name: used[name] / IDLE_S * 1000 for name in (*self.daemons, "postgres")}

    def metrics(self):
        """What the replicas of warranty tell of their database, summed."""
        texts = [admin.ask(path, "/metrics")[1] for path in admin.sockets(self.run.installation.run_folder, "warranty")]
        return {name: sum(float(value) for text in texts for value in re.findall(rf"^{metric}(?:{{.*}})? (\S+)$", text, re.MULTILINE))
                for name, metric in METRICS.items()}

    def count_claims(self):
        """In the table."""
        return self.execute("SELECT count(*) FROM warranty.claims")[0]

    def rest(self):
        """Waits until nothing is going on: events are delivered, tables are vacuumed."""
        end = time.monotonic() + REST_LIMIT_S
        pids = [pid for group in self.daemons.values() for pid in group]
        while time.monotonic() < end:
            before = sum(map(usage.cpu_s, pids)) + usage.family_cpu_s(self.run.server.process.pid)
            time.sleep(0.25)
            used = sum(map(usage.cpu_s, pids)) + usage.family_cpu_s(self.run.server.process.pid) - before
            if used < REST_SHARE * 0.25:
                return
        say(f"it did not come to rest within {REST_LIMIT_S} s")

    def _look_after(self):
        for replica in self.run.supervisor.replicas:
            if replica.process.poll() is not None:
                raise Trouble(f"aftercare-{replica.noun} ended; see {replica.log}")
        if self.run.is_stopping:
            raise Trouble("stopped")

    def stop(self):
        """Ends all that was started."""
        for peer in self.peers.values():
            peer.stop()
        self.run.stop()
        if self.run.lock is not None:  # the next installation of this process takes it again
            self.run.lock.close()
