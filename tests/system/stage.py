"""An installation to test: PostgreSQL and daemons as children of this process, in folders that are gone afterwards.

    cluster   one private PostgreSQL for the session, with a migrated database that is the template of all others, and one in
              which the default policy is published
    stage     one database and some daemons, for the tests of one module

Ports are free ones, databases are copies, sockets lie in a folder of the stage: stages do not see each other. A daemon must
end with 0 after SIGTERM and must leave no sanitizer's report, unless the test says that it was killed.
"""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import psycopg2
from psycopg2 import sql

import admin
import first_policy
import keys
from api import Api
from database import PrivateServer, Server, tail
from installation import ROOT
from migrate import migrate
from run import choose_port
from supervisor import Replica
from tokens import Tokens
from web import Web

BUILD = pathlib.Path(os.environ.get("AFTERCARE_BUILD", ROOT / "build" / "debug"))
WAIT_LIMIT_S = 60
PUBLISHED = "published"
END_LIMIT_S = 40
REPORT = re.compile(r"(ERROR: (Address|Leak|Undefined)\w*Sanitizer|runtime error:|assertion failed:|out of memory,).*")
IS_LONG = bool(os.environ.get("AFTERCARE_TEST_LONG"))


def count(short, long):
    """How often: AFTERCARE_TEST_COUNT, or by the length of this run."""
    return int(os.environ.get("AFTERCARE_TEST_COUNT") or (long if IS_LONG else short))


def wait_until(condition, what, limit_s=WAIT_LIMIT_S):
    """Waits until `condition()` is true, and answers what it was."""
    end = time.monotonic() + limit_s
    while not (value := condition()):
        assert time.monotonic() < end, f"{what}: not so after {limit_s} s"
        time.sleep(0.01)
    return value


class Daemon:
    """One process of a daemon."""

    def __init__(self, stage, noun, environment, log, program=None):
        self.stage = stage
        self.noun = noun
        self.log = log
        self.port = None
        self.is_expected_to_fail = False
        self.is_expected_to_report = False
        self.replica = Replica(noun, program or BUILD / "bin" / f"aftercare-{noun}", environment, log)
        self.replica.start()
        self.admin = None

    @property
    def pid(self):
        """The process."""
        return self.replica.process.pid

    def is_running(self):
        """Whether it has not ended."""
        return self.replica.process.poll() is None

    def ask(self, target):
        """(status, body) of its admin socket."""
        if self.admin is None:
            self.admin = self._find_admin()
        return admin.ask(self.admin, target, 10) if self.admin else (0, "no admin socket yet")

    def _find_admin(self):
        for path in admin.sockets(self.stage.run_folder, self.noun):
            status, body = admin.ask(path, "/status", 10)
            if status == 200 and json.loads(body)["pid"] == self.pid:
                return path
        return None

    def is_ready(self):
        """Whether it says so; a process that ended never will."""
        assert self.is_running(), f"aftercare-{self.noun} ended:\n{tail(self.log)}"
        return self.ask("/readyz")[0] == 200

    def wait_ready(self):
        """Waits until it can work."""
        wait_until(self.is_ready, f"aftercare-{self.noun} is ready ({self.log})")
        return self

    def status(self):
        """What /status says."""
        return json.loads(self.ask("/status")[1])

    def metric(self, name):
        """The sum of a metric over its labels."""
        text = self.ask("/metrics")[1]
        return sum(float(value) for value in re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE))

    def fd_count(self):
        """Descriptors that it has open."""
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def signal(self, number):
        """Sends a signal."""
        self.replica.process.send_signal(number)

    @contextlib.contextmanager
    def stopped(self):
        """As if it hung: SIGSTOP, and SIGCONT afterwards."""
        self.signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal(signal.SIGCONT)

    def kill(self):
        """kill -9, and reaps it."""
        self.is_expected_to_fail = True
        self.replica.process.kill()
        self.replica.process.wait()

    def wait_end(self):
        """The exit status."""
        return self.replica.process.wait(END_LIMIT_S)

    def stop(self):
        """SIGTERM; it must end by itself and well."""
        self.signal(signal.SIGTERM)
        code = self.wait_end()
        assert code == 0, f"aftercare-{self.noun} ended with {code}:\n{tail(self.log, 30)}"

    def find_report(self):
        """The first report of a sanitizer or a failed check in its log, None where all is well."""
        text = self.log.read_text(errors="replace")
        found = REPORT.search(text)
        return text[found.start():found.start() + 4000] if found else None


def make_folder():
    """A folder of its own for a cluster, which the server's user may pass through."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="aftercare-system-", dir="/tmp"))
    folder.chmod(0o711)
    return folder


class Cluster:
    """PostgreSQL, keys and the templates; all of them are there already in a `copied` folder."""

    def __init__(self, copied=None):
        self.folder = copied or make_folder()
        self.keys = self.folder / "keys"
        self.keys.mkdir(mode=0o700, exist_ok=True)
        keys.make_keys(self.keys)
        self.server = PrivateServer(self.folder / "postgres", self.folder / "postgres.log")
        self.server.start()
        migrate(self.server, self.keys)
        self.tokens = Tokens(self.keys)
        self.stage_count = 0
        self.has_published = copied is not None

    def published(self):
        """The name of a template in which the default policy is published, and warranty has it: made on first use."""
        if not self.has_published:
            stage = Stage(self, "the first policy")
            stage.start_published()
            problems = stage.end_daemons()
            assert not problems, problems
            stage.query("TRUNCATE events.outbox")
            stage.hang_up()
            self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(PUBLISHED), sql.Identifier(stage.name)))
            self.drop_database(stage.name)
            self.has_published = True
        return PUBLISHED

    def make_database(self, name, template):
        """A copy of a template."""
        self._execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        parameters = self.server.parameters | {"dbname": name}
        return Server(" ".join(f"{key}={value}" for key, value in parameters.items()))

    def drop_database(self, name):
        """Gone, whoever is connected."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement):
        connection = psycopg2.connect(**(self.server.parameters | {"dbname": "postgres"}))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    def processes(self):
        """The server and its children, the server first."""
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.server.process.pid)], capture_output=True, text=True,
                                check=False)
        return [self.server.process.pid, *map(int, listed.stdout.split())]

    @contextlib.contextmanager
    def paused(self):
        """Stops every process of the server, as a machine that stalls."""
        stopped = self.processes()
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def crash(self):
        """Ends the server at once, without a checkpoint, and starts it again."""
        self.server.process.send_signal(signal.SIGQUIT)
        self.server.process.wait(30)
        self.server.spawn()

    def close(self):
        """Stops the server and takes everything away."""
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Stage:
    """One database and its daemons."""

    def __init__(self, cluster, name, environment=None, template="aftercare"):
        cluster.stage_count += 1
        self.cluster = cluster
        self.name = f"stage_{cluster.stage_count}"
        self.title = name
        self.folder = cluster.folder / self.name
        for folder in (self.folder, self.run_folder, self.bus_folder, self.folder / "log"):
            folder.mkdir(mode=0o700)
        self.clock = self.folder / "clock"
        self.server = cluster.make_database(self.name, template)
        self.tokens = cluster.tokens
        self.installation_key = bytes.fromhex((cluster.keys / "installation.key").read_text())
        self.port = choose_port(0)
        self.environment = self._environment() | (environment or {})
        self.daemons = []
        self.connection = None

    @property
    def run_folder(self):
        """Admin sockets."""
        return self.folder / "run"

    @property
    def bus_folder(self):
        """ZeroMQ sockets."""
        return self.folder / "bus"

    def _environment(self):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AFTERCARE_", "PG"))}
        return inherited | {
            "AFTERCARE_RUN_DIR": str(self.run_folder),
            "AFTERCARE_BUS_DIR": str(self.bus_folder),
            "AFTERCARE_KEY_FILE": str(self.cluster.keys / "installation.key"),
            "AFTERCARE_DATABASE": self.server.service_url(self.cluster.keys / "pgpass"),
            "AFTERCARE_GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
            "AFTERCARE_GATEWAY_ANONYMOUS_RATE": "0",  # all clients come from one address
            "AFTERCARE_GATEWAY_TOKEN_FAILURE_RATE": "0",
            "AFTERCARE_POLICY_HOLIDAYS": str(ROOT / "deploy" / "policies" / "holidays"),
            "AFTERCARE_TOKEN_JWKS_FILE": str(self.cluster.keys / "jwks.json"),
            "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0", "UBSAN_OPTIONS": "print_stacktrace=1",
        }

    # ---- daemons ----

    def start(self, noun, wait=True, program=None, **environment):
        """One more process of a daemon (its program, where that is none of ours); keywords are environment variables."""
        log = self.folder / "log" / f"{noun}-{len(self.daemons)}.log"
        daemon = Daemon(self, noun, self.environment | environment, log, program)
        self.daemons.append(daemon)
        return daemon.wait_ready() if wait else daemon

    def start_published(self, **environment):
        """Documents, policy, gateway and warranty in a database that has no policy yet, and publishes the default one."""
        for daemon in [self.start(noun, wait=False, **environment) for noun in ("documents", "policy", "gateway", "warranty")]:
            if daemon.noun == "warranty":
                self.publish_policy()
            daemon.wait_ready()

    def publish_policy(self):
        """The default policy as the first version, as scripts/run does it: what was published, None where there was a version.
        Needs a gateway, documents and policy."""
        return first_policy.publish_first(Api(f"http://127.0.0.1:{self.port}", self.cluster.keys))

    def running(self, noun):
        """Processes of a daemon that have not ended."""
        return [daemon for daemon in self.daemons if daemon.noun == noun and daemon.is_running()]

    def only(self, noun):
        """The one process of a daemon."""
        [daemon] = self.running(noun)
        return daemon

    def end_leases(self, noun):
        """Lets what a daemon's timers were lent to come back now: all of its processes are dead, and nobody waits half a minute."""
        assert not self.running(noun), f"{noun} still runs"
        self.query(f"UPDATE {noun}.timers SET lease_time = '-infinity' WHERE lease_time > '-infinity'")

    # ---- looking at it ----

    def aftercare(self, *words):
        """(status, what it printed, what it complained of) of the command line."""
        done = subprocess.run([BUILD / "bin" / "aftercare", *words, "--run-dir", str(self.run_folder)], capture_output=True, text=True,
                              timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def web(self, limit_s=30):
        """A client of the gateway."""
        return Web(self.port, self.tokens, limit_s)

    def query(self, statement, *parameters):
        """Rows, as PostgreSQL has them. Keeps a connection of its own."""
        for is_last in (False, True):
            try:
                if self.connection is None:
                    self.connection = self.server.connect()
                    self.connection.autocommit = True
                with self.connection.cursor() as cursor:
                    cursor.execute(statement, parameters)
                    return cursor.fetchall() if cursor.description else []
            except (psycopg2.DatabaseError, psycopg2.InterfaceError) as error:
                self.connection = None
                if is_last or error.pgcode is not None and not error.pgcode.startswith("57P"):
                    raise  # else the server was stopped or crashed meanwhile, by us
        return []

    def value(self, statement, *parameters):
        """The one value of a query."""
        return self.query(statement, *parameters)[0][0]

    def set_clock(self, offset_s):
        """Moves business time of all daemons that follow the clock file; whole or not at all."""
        new = self.clock.with_name("clock.new")
        new.write_text(f"{offset_s}\n", encoding="ascii")
        new.rename(self.clock)

    # ---- the end ----

    def close(self):
        """Ends all daemons and drops the database; answers what was wrong with them, one text each."""
        self.hang_up()
        problems = self.end_daemons()
        self.cluster.drop_database(self.name)
        return problems

    def hang_up(self):
        """Closes the connection that looks on."""
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def end_daemons(self):
        """Ends all daemons, the gateways first; answers what was wrong with them, one text each."""
        problems = []
        for is_gateway in (True, False):
            group = [daemon for daemon in self.daemons if (daemon.noun == "gateway") == is_gateway]
            for daemon in group:
                if daemon.is_running():
                    daemon.signal(signal.SIGCONT)
                    daemon.signal(signal.SIGTERM)
            problems += [problem for daemon in group if (problem := self._end(daemon))]
        return problems

    def _end(self, daemon):
        name = f"aftercare-{daemon.noun} ({self.title}, pid {daemon.pid})"
        try:
            code = daemon.wait_end()
        except subprocess.TimeoutExpired:
            daemon.replica.process.kill()
            daemon.replica.process.wait()
            return f"{name} did not end within {END_LIMIT_S} s after SIGTERM:\n{tail(daemon.log, 30)}"
        report = daemon.find_report()
        if report and not daemon.is_expected_to_report:
            return f"{name} left a report:\n{report}"
        if code != 0 and not daemon.is_expected_to_fail:
            return f"{name} ended with {code}:\n{tail(daemon.log, 30)}"
        return None
