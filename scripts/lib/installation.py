"""Where things of this clone's installation lie.

State is under <clone>/.run. Sockets have short names by law (107 bytes), and PostgreSQL, which refuses to run as root,
must be able to enter its folder: where the clone's path is too long or closed to it, sockets and database are in
/tmp/aftercare-<hash of the clone path>, and .run/run is a link to the sockets there.
"""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import os
import pathlib
import pwd
import stat
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
POSTGRES_USER = "postgres"

# The longest name in a socket folder is <service>-<uuid>.admin; services have names of up to 20 letters.
SOCKET_FOLDER_BYTES_MAX = 107 - len("/" + "s" * 20 + "-" + "u" * 36 + ".admin")
DATABASE_SOCKET_BYTES_MAX = 90


class Trouble(Exception):
    """Something the user can mend; its text is all they need to see."""


def services(root=ROOT):
    """Nouns of all daemons: folders with a main.c, apart from the command line."""
    return sorted(main.parent.name for main in root.glob("services/*/main.c") if main.parent.name != "cli")


def schemas(root=ROOT):
    """Nouns of all Sqitch projects; `events` first, because the others write into it."""
    nouns = [plan.parents[1].name for plan in root.glob("services/*/schema/sqitch.plan")]
    return sorted(nouns, key=lambda noun: (noun != "events", noun))


def can_postgres_enter(folder):
    """Whether the user that PostgreSQL runs as reaches `folder`."""
    if os.geteuid() != 0:
        return True
    probe = ["setpriv", f"--reuid={POSTGRES_USER}", f"--regid={POSTGRES_USER}", "--clear-groups", "test", "-x", folder]
    return subprocess.run(probe, check=False).returncode == 0


def make_private_folder(path, mode=0o700):
    """Makes a folder that nobody else can have put there before us."""
    path.mkdir(mode=mode, parents=False, exist_ok=True)
    found = os.lstat(path)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise Trouble(f"{path} belongs to somebody else: remove it")
    path.chmod(mode)


class Installation:
    """Paths of one installation; makes the folders that are not there."""

    def __init__(self, state=None, build="release"):
        self.root = ROOT
        self.state = pathlib.Path(state).resolve() if state else ROOT / ".run"
        self.binaries = ROOT / "build" / build / "bin"
        self.keys = self.state / "keys"
        self.logs = self.state / "log"
        self.lock = self.state / "lock"

    def make_folders(self):
        """Fills in `near`, the folder of sockets and database, and makes all folders."""
        self.state.mkdir(parents=True, exist_ok=True)
        for folder in (self.keys, self.logs):
            make_private_folder(folder)
        self.near = self.state if self._is_state_near() else self._far_folder()
        for name in ("run", "bus"):
            self._make_socket_folder(name)
        self.database = self.near / "postgres"

    def _is_state_near(self):
        return (
            len(os.fsencode(self.state / "run")) <= SOCKET_FOLDER_BYTES_MAX
            and len(os.fsencode(self.state / "postgres/socket/.s.PGSQL.5432")) <= DATABASE_SOCKET_BYTES_MAX
            and can_postgres_enter(self.state)
        )

    def _far_folder(self):
        name = hashlib.sha256(os.fsencode(self.state)).hexdigest()[:16]
        folder = pathlib.Path("/tmp") / f"aftercare-{name}"
        make_private_folder(folder, 0o711)
        return folder

    def _make_socket_folder(self, name):
        folder = self.near / name
        make_private_folder(folder)
        for socket in folder.iterdir():  # of daemons that were killed; nothing runs, we hold the lock
            socket.unlink()
        if self.near != self.state:
            link = self.state / name
            if link.is_symlink():
                link.unlink()
            link.symlink_to(folder)

    @property
    def run_folder(self):
        """Admin sockets: <service>-<uuid>.admin."""
        return self.near / "run"

    @property
    def bus_folder(self):
        """ZeroMQ sockets of the replicas."""
        return self.near / "bus"


def user_ids(name):
    """(uid, gid) of a user."""
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise Trouble(f"there is no user \"{name}\"; the package postgresql-15 makes it") from None
    return entry.pw_uid, entry.pw_gid
