"""PostgreSQL servers beside that of the session: on a small disk, or as a primary with a standby."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import pathlib
import shutil
import signal
import subprocess
import tempfile

from database import BINARIES, PrivateServer
from installation import POSTGRES_USER
from migrate import migrate
from stage import Stage, wait_until


class OwnCluster:
    """As the session's Cluster, for one stage: a server of its own in `place`, migrated."""

    def __init__(self, cluster, folder, place):
        self.keys, self.tokens, self.folder = cluster.keys, cluster.tokens, folder
        self.stage_count = 0
        self.server = PrivateServer(place / "postgres", folder / "postgres.log")
        self.server.start()
        migrate(self.server, self.keys)

    def make_database(self, _name, _template):
        """The one database."""
        return self.server

    def drop_database(self, _name):
        """It goes with the server."""

    def crash(self):
        """Ends the server at once and starts it again."""
        self.server.process.send_signal(signal.SIGQUIT)
        self.server.process.wait(30)
        self.server.spawn()


@contextlib.contextmanager
def own_stage(cluster, title, place=None, **environment):
    """A stage on a server of its own; at its end nothing may be wrong with its daemons."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="aftercare-own-", dir="/tmp"))
    folder.chmod(0o711)
    own = OwnCluster(cluster, folder, place or folder)
    stage = Stage(own, title, environment)
    try:
        yield stage
        problems = stage.close()
        assert not problems, "\n\n".join(problems)
    finally:
        for daemon in stage.daemons:
            if daemon.is_running():
                daemon.kill()
        own.server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Standby(PrivateServer):
    """A copy of another server that follows it until it is promoted."""

    def __init__(self, primary, folder):
        super().__init__(folder / "standby", folder / "standby.log")
        self.primary = primary

    def _make_cluster(self):
        subprocess.run(self._as_owner() + [BINARIES / "pg_basebackup", "-D", self.cluster, "-R", "-X", "stream", "-c", "fast",
                                           "-h", self.primary.socket, "-U", POSTGRES_USER], check=True, cwd="/", capture_output=True)

    def _make_database(self):
        """It has the primary's."""

    def promote(self):
        """It takes writes from now on."""
        subprocess.run(self._as_owner() + [BINARIES / "pg_ctl", "promote", "-w", "-D", self.cluster], check=True, cwd="/",
                       capture_output=True)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def url_of_both(self, url):
        """The connection string of daemons that may go to either."""
        first, second = (str(server.socket).replace("/", "%2F") for server in (self.primary, self))
        assert f"host={first}" in url
        return url.replace(f"host={first}", f"host={first},{second}")


def alter(stage, **settings):
    """Settings of the server, in force before this returns."""
    for name, value in settings.items():
        stage.query(f"ALTER SYSTEM SET {name} = %s", value)
    stage.query("SELECT pg_reload_conf()")
    for name, value in settings.items():
        wait_until(lambda: stage.value("SELECT setting FROM pg_settings WHERE name = %s", name) == value, f"{name} = {value}")  # pylint: disable=cell-var-from-loop


class SmallDisk:
    """A file system in memory of so many megabytes. Who may not mount one gets an OSError."""

    def __init__(self, path, size_mb):
        self.path = pathlib.Path(path)
        self.path.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size_mb}m,mode=0711", "tmpfs", self.path], check=False,
                                 capture_output=True, text=True)
        if mounted.returncode:
            raise OSError(mounted.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", self.path], check=True)

    def fill(self):
        """Leaves nothing."""
        with contextlib.suppress(OSError), open(self.path / "fill", "ab", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    def free(self):
        """There is room again."""
        (self.path / "fill").unlink()
