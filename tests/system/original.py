"""One cluster for all workers of a run: the first makes it and keeps a copy, the others begin with that.

What is made once are keys, initdb's files, all migrations and the published default policy: ten seconds of a CPU. The copies are apart
from then on.
"""
# SPDX-License-Identifier: Apache-2.0
import fcntl
import subprocess

from stage import Cluster, make_folder


def copy_cluster(source, target):
    """Keys and a server that stands still, with owners and modes."""
    subprocess.run(["cp", "-a", source / "keys", source / "postgres", target], check=True)


def keep(cluster, original):
    """Leaves a copy of a cluster with both of its templates, whole or not at all."""
    cluster.published()
    cluster.server.stop()
    unfinished = original.with_name(original.name + ".new")
    unfinished.mkdir()
    copy_cluster(cluster.folder, unfinished)
    unfinished.rename(original)
    cluster.server.spawn()


def make_cluster(original):
    """A cluster of one's own, like the one that is kept in the folder `original`; the first to come makes both."""
    if original is None:
        return Cluster()
    with open(f"{original}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not original.exists():
            made = Cluster()
            keep(made, original)
            return made
    folder = make_folder()
    copy_cluster(original, folder)
    return Cluster(folder)
