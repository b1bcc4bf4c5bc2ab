"""PostgreSQL of an installation: a private server of its own, or one that exists.

A private server listens on a unix socket in a folder that only its owner can enter, so it trusts whoever comes. It is a
child of this process, so that it is reaped when it is killed, and it ends with it. As root it runs as the user postgres.
"""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import shutil
import signal
import subprocess
import time
import urllib.parse

import psycopg2
import psycopg2.extensions

from installation import POSTGRES_USER, ROOT, Trouble, user_ids

BINARIES = pathlib.Path("/usr/lib/postgresql/15/bin")
NAME = "aftercare"
START_LIMIT_S = 30
PREDECESSOR_LIMIT_S = 10
SETTINGS = ROOT / "deploy" / "postgresql.conf"

# How libpq's parameters are called in the environment.
ENVIRONMENT = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
               "passfile": "PGPASSFILE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}


class Server:
    """A server that exists, reached with the parameters of a superuser."""

    def __init__(self, url):
        try:
            self.parameters = psycopg2.extensions.parse_dsn(url)
        except psycopg2.ProgrammingError as error:
            raise Trouble(f"--database: {error}") from None
        if "dbname" not in self.parameters:
            raise Trouble(f"--database {url}: name a database, as postgresql://postgres@localhost/aftercare")

    def connect(self):
        """A connection of the superuser."""
        return psycopg2.connect(**self.parameters)

    def environment(self, **changes):
        """The process environment with which psql and Sqitch reach it."""
        result = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        for name, value in (self.parameters | changes).items():
            if name in ENVIRONMENT and value is not None:
                result[ENVIRONMENT[name]] = str(value)
        return result

    def service_url(self, passfile):
        """What the daemons get as AFTERCARE_DATABASE: each fills in its own role."""
        rest = {name: value for name, value in self.parameters.items() if name not in ("user", "password", "dbname")}
        rest["passfile"] = str(passfile)
        name = urllib.parse.quote(self.parameters["dbname"], safe="")
        return f"postgresql:///{name}?user={{service}}_service&{urllib.parse.urlencode(rest, quote_via=urllib.parse.quote)}"

    def superuser_url(self):
        """For tests and tools."""
        rest = {name: value for name, value in self.parameters.items() if name != "dbname"}
        name = urllib.parse.quote(self.parameters["dbname"], safe="")
        return f"postgresql:///{name}?{urllib.parse.urlencode(rest, quote_via=urllib.parse.quote)}"

    def start(self):
        """Looks whether it answers."""
        try:
            self.connect().close()
        except psycopg2.OperationalError as error:
            raise Trouble(f"--database: {error}") from None

    def has_ended(self):
        """Never: it is not ours."""
        return False

    def stop(self):
        """Leaves it running."""


class PrivateServer(Server):
    """A server of our own under `folder`."""

    def __init__(self, folder, log):
        self.folder = folder
        self.cluster = folder / "data"
        self.socket = folder / "socket"
        self.log = log
        self.process = None
        self.parameters = {"host": str(self.socket), "user": POSTGRES_USER, "dbname": NAME}

    def start(self):
        """Makes the cluster and the database where they are not there, and waits until it answers."""
        if not (BINARIES / "postgres").exists():
            raise Trouble(f"there is no {BINARIES}/postgres; scripts/setup installs it")
        self._make_folders()
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster()
        self._write_settings()
        self._wait_for_predecessor()
        self.spawn()
        self._make_database()

    def spawn(self):
        """Starts the server as a child, and waits until it answers."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self._as_owner("INT") + [BINARIES / "postgres", "-D", self.cluster], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, cwd="/")
        end = time.monotonic() + START_LIMIT_S
        while not self._answers():
            if self.process.poll() is not None:
                raise Trouble(f"PostgreSQL did not start; {self.log} says why:\n{tail(self.log)}")
            if time.monotonic() > end:
                raise Trouble(f"PostgreSQL did not answer within {START_LIMIT_S} s; see {self.log}")
            time.sleep(0.02)

    def has_ended(self):
        """Whether it died; it is reaped then."""
        return self.process.poll() is not None

    def stop(self):
        """A fast shutdown: open transactions are rolled back, the rest is on disk."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGQUIT)
            self.process.wait()

    def _as_owner(self, death_signal="keep"):
        command = ["setpriv", "--pdeathsig", death_signal]
        if os.geteuid() == 0:
            command += [f"--reuid={POSTGRES_USER}", f"--regid={POSTGRES_USER}", "--clear-groups"]
        return command + ["--"]

    def _make_folders(self):
        self.folder.mkdir(mode=0o711, exist_ok=True)
        for folder in (self.cluster, self.socket):
            if not folder.exists():
                folder.mkdir(mode=0o700)
                if os.geteuid() == 0:
                    os.chown(folder, *user_ids(POSTGRES_USER))

    def _make_cluster(self):
        for entry in self.cluster.iterdir():  # of an initdb that was cut short
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        made = subprocess.run(
            self._as_owner() + [BINARIES / "initdb", "-D", self.cluster, "-U", POSTGRES_USER, "-A", "trust", "-E", "UTF8",
                                "--no-locale", "--no-instructions"],
            capture_output=True, text=True, cwd="/", check=False)
        if made.returncode != 0:
            raise Trouble(f"initdb failed: {made.stderr.strip()}")
        with open(self.cluster / "postgresql.conf", "a", encoding="ascii") as file:
            file.write("include 'aftercare.conf'\n")

    def _write_settings(self):
        settings = SETTINGS.read_text(encoding="ascii")
        settings += f"\nlisten_addresses = ''\nunix_socket_directories = '{self.socket}'\n"
        path = self.cluster / "aftercare.conf"
        path.write_text(settings, encoding="ascii")
        path.chmod(0o644)

    def _wait_for_predecessor(self):
        """A server whose parent was killed is shutting down by itself; its file goes when it has ended."""
        file = self.cluster / "postmaster.pid"
        end = time.monotonic() + PREDECESSOR_LIMIT_S
        while file.exists() and time.monotonic() < end:
            process = file.read_text(encoding="ascii").partition("\n")[0]
            if not pathlib.Path("/proc", process).exists():
                return  # it was killed; the new one will find that out and recover
            time.sleep(0.02)

    def _answers(self):
        try:
            psycopg2.connect(**(self.parameters | {"dbname": "postgres"})).close()
            return True
        except psycopg2.OperationalError:
            return False

    def _make_database(self):
        connection = psycopg2.connect(**(self.parameters | {"dbname": "postgres"}))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (NAME,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {NAME}")
        connection.close()


def tail(path, lines=15):
    """The end of a log, for an error message."""
    try:
        return "\n".join(pathlib.Path(path).read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
