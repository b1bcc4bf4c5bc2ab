"""Starts all of Aftercare on this machine, plays one customer's journey, and stays.

    keys -> PostgreSQL -> roles and migrations -> daemons -> the first policy -> ready -> the first notices and survey -> samples
         -> journey

This process is the parent of PostgreSQL and of every daemon, restarts what dies, and takes everything down with it. It holds
a lock on <state>/lock for its life, in which its process id stands: scripts/stop signals that.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import errno
import fcntl
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import first_data
import first_policy
import keys
import samples
from api import Api
from database import PrivateServer, Server
from installation import ROOT, Installation, Trouble, services
from journey import Journey
from migrate import migrate
from supervisor import Supervisor

LOOK_AFTER_PERIOD_S = 0.1
POLICY_NEEDS = ("documents", "gateway", "policy")


def read_options():
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/run", description="Starts all of Aftercare on this machine and plays one customer's journey.")
    parser.add_argument("--once", action="store_true", help="end after the journey")
    parser.add_argument("--background", action="store_true", help="answer when ready; scripts/stop ends it")
    parser.add_argument("--no-journey", action="store_true", help="do not play the journey (--background never does)")
    parser.add_argument("--port", type=read_port, default=8080, help="the gateway's port on 127.0.0.1 (default: 8080; 0: any free one)")
    parser.add_argument("--replicas", action="append", default=[], type=read_replicas, metavar="NOUN=COUNT",
                        help="start a daemon COUNT times, as warranty=3; may be given several times")
    parser.add_argument("--database", metavar="URL",
                        help="use this PostgreSQL: libpq URL of a superuser (it makes roles), naming a database that exists")
    parser.add_argument("--restore", metavar="FOLDER", type=pathlib.Path,
                        help="bring a backup of `aftercare backup` back first, into a database that is empty")
    parser.add_argument("--test-clock", metavar="FILE", type=pathlib.Path,
                        help="a file that exists, with one line: signed seconds, as 86400, by which every daemon's "
                             "business time is moved; it is followed while all runs")
    parser.add_argument("--build", default="release", choices=["release", "debug", "check"], help="which build (default: release)")
    parser.add_argument("--state", metavar="DIR", help="where keys, logs and database are kept (default: .run)")
    return parser.parse_args()


def read_port(text):
    """8080 for "8080"."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"\"{text}\" is no port, 0 to 65535")
    return int(text)


def read_replicas(text):
    """("warranty", 3) for "warranty=3"."""
    noun, _, count = text.partition("=")
    if noun not in services():
        raise argparse.ArgumentTypeError(f"there is no daemon \"{noun}\"; there are {', '.join(services())}")
    if not count.isdigit() or not 1 <= int(count) <= 64:
        raise argparse.ArgumentTypeError(f"\"{text}\": how many, 1 to 64, as {noun}=3")
    return noun, int(count)


def describe_life(state, is_default):
    """What runs already: the process whose id stands in the lock, and where its gateway is once it is ready."""
    process = (state / "lock").read_text(encoding="ascii").strip()
    facts = state / "facts"
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    place = "".join(f" at {line.removeprefix('url=')}" for line in lines if line.startswith("url="))
    stop = "scripts/stop" if is_default else f"scripts/stop --state {state}"
    return f"it runs already{place} (process {process}); {stop} ends it"


def take_lock(path, is_default):
    """Holds the lock until this process ends. Its file stays open for that, and so in the answer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = open(path, "a+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Trouble(describe_life(path.parent, is_default)) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def choose_port(port):
    """A port nobody listens on."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # what a server that just ended left behind is no matter
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Trouble(f"port {port} is taken by another program; choose one with --port N") from None
            raise Trouble(f"port {port}: {error.strerror}") from None
        return probe.getsockname()[1]


class Run:
    """One life of the installation."""

    def __init__(self, options):
        self.options = options
        self.is_stopping = False
        self.started_at = time.monotonic()
        self.installation = Installation(options.state, options.build)
        self.lock = None
        self.server = None
        self.supervisor = None

    def start(self):
        """Everything up to ready, samples loaded."""
        self.lock = take_lock(self.installation.lock, self.options.state is None)
        self.port = choose_port(self.options.port)
        self.installation.make_folders()
        if not self.options.restore:  # a backup brings its own
            keys.make_keys(self.installation.keys)
        self._start_database()
        self.api = Api(self.url, self.installation.keys)
        self._start_daemons()
        if not self.is_stopping:
            samples.load_products(self.api)
            self._write_facts()

    @property
    def url(self):
        """Where the gateway is."""
        return f"http://127.0.0.1:{self.port}"

    def _start_database(self):
        if self.options.database:
            self.server = Server(self.options.database)
        else:
            self.server = PrivateServer(self.installation.database, self.installation.logs / "postgres.log")
        self.server.start()
        if self.options.restore:
            self._restore()
        migrate(self.server, self.installation.keys)

    def _restore(self):
        command = [self.installation.binaries / "aftercare", "restore", self.options.restore,
                   "--database", self.server.superuser_url(), "--keys", self.installation.keys]
        if subprocess.run(command, check=False).returncode != 0:
            raise Trouble(f"{self.options.restore} was not restored")
        keys.make_keys(self.installation.keys)  # of daemons that came later than the backup

    def _start_daemons(self):
        self.supervisor = Supervisor(self.installation, self._environment(), report)
        self.supervisor.start(services(), dict(self.options.replicas))
        self.supervisor.wait_ready(lambda: self.is_stopping, POLICY_NEEDS)
        if not self.is_stopping:
            first_policy.publish_first(self.api)  # without a policy no daemon that decides is ready
        self.supervisor.wait_ready(lambda: self.is_stopping)
        if not self.is_stopping:
            first_data.add_first(self.api)

    def _environment(self):
        keys_ = self.installation.keys
        environment = os.environ | {
            "AFTERCARE_RUN_DIR": str(self.installation.run_folder),
            "AFTERCARE_BUS_DIR": str(self.installation.bus_folder),
            "AFTERCARE_KEY_FILE": str(keys_ / "installation.key"),
            "AFTERCARE_DATABASE": self.server.service_url(keys_ / "pgpass"),
            "AFTERCARE_GATEWAY_LISTEN": f"127.0.0.1:{self.port}",
            "AFTERCARE_POLICY_HOLIDAYS": str(ROOT / "deploy" / "policies" / "holidays"),
            "AFTERCARE_TOKEN_JWKS_FILE": str(keys_ / "jwks.json"),
        }
        if self.options.test_clock:
            environment["AFTERCARE_TEST_CLOCK"] = os.environ["AFTERCARE_TEST_CLOCK"] = str(self.options.test_clock.resolve())
        return environment

    def _write_facts(self):
        """What tools and tests ask: where the gateway and the database are."""
        facts = f"url={self.url}\ndatabase={self.server.superuser_url()}\nrun_dir={self.installation.run_folder}\n"
        facts_path = self.installation.state / "facts"
        facts_path.touch(mode=0o600)
        facts_path.write_text(facts, encoding="utf-8")

    def greet(self):
        """What a newcomer wants to know first."""
        counts = {}
        for replica in self.supervisor.replicas:
            counts[replica.noun] = counts.get(replica.noun, 0) + 1
        daemons = ", ".join(noun if count == 1 else f"{noun} x{count}" for noun, count in counts.items())
        print(f"Aftercare is ready at {self.url} after {time.monotonic() - self.started_at:.1f} s: {daemons}", flush=True)

    def play(self):
        """The journey, printed."""
        print("\nA customer's journey", flush=True)
        Journey(self.api, self.server).play()
        print(flush=True)

    def stay(self):
        """Until a signal."""
        while not self.is_stopping:
            self.supervisor.look_after()
            if self.server.has_ended():
                report("PostgreSQL ended; starting it again")
                self.server.spawn()
            time.sleep(LOOK_AFTER_PERIOD_S)

    def stop(self):
        """Mirrors start; fine after half a start."""
        if self.lock is None:
            return
        (self.installation.state / "facts").unlink(missing_ok=True)
        if self.supervisor is not None:
            self.supervisor.stop()
        if self.server is not None:
            self.server.stop()

    def on_signal(self, *_):
        """Ends `stay` and `wait_ready`."""
        self.is_stopping = True


def report(text):
    """Something went wrong and is being mended."""
    print(f"run: {text}", file=sys.stderr, flush=True)


def live(run):
    """From start to end; the exit status."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, run.on_signal)
    try:
        run.start()
        if run.is_stopping:
            return 1
        run.greet()
        if not run.options.background and not run.options.no_journey:
            run.play()
        if run.options.once:
            return 0
        if run.options.background:
            detach(run)
        else:
            hint(run)
        run.stay()
        return 0
    except Trouble as trouble:
        report(trouble)
        return 1
    finally:
        run.stop()


def hint(run):
    """What to try next."""
    state = f" --state {run.options.state}" if run.options.state else ""
    folder = f" --run-dir {run.installation.state / 'run'}" if run.options.state else ""
    print(f"API: {run.url}/docs    token: ./scripts/token customer anna{state}    "
          f"replicas: build/{run.options.build}/bin/aftercare status{folder}\n"
          "Ctrl-C ends it.", flush=True)


def detach(run):
    """Tells the waiting parent that all is well, and leaves its terminal."""
    log = os.open(run.installation.logs / "run.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    null = os.open(os.devnull, os.O_RDONLY)
    sys.stdout.flush()
    for source, target in ((null, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.write(run.ready_pipe, b"ready")
    os.close(run.ready_pipe)


def live_in_background(run):
    """Runs in a child of a session of its own; answers when that is ready, or has failed."""
    reader, run.ready_pipe = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.setsid()
        os._exit(live(run))
    os.close(run.ready_pipe)
    signal.signal(signal.SIGINT, lambda *_: os.kill(child, signal.SIGTERM))
    is_ready = os.read(reader, 5) == b"ready"
    if is_ready:
        return 0
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) or 1


def main():
    """The whole program."""
    run = Run(read_options())
    sys.exit(live_in_background(run) if run.options.background else live(run))


if __name__ == "__main__":
    main()
