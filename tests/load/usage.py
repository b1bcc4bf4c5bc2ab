"""What processes cost: CPU time and memory, read from /proc; and how long a disk takes to keep a page."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import resource
import statistics
import time

TICK_S = 1 / os.sysconf("SC_CLK_TCK")


def read_stat(pid):
    """Fields of /proc/PID/stat from the third on, the state."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(") ")[2].split()


def children(pid):
    """Process ids of the children that live."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if int(read_stat(folder.name)[1]) == pid:
                found.append(int(folder.name))
        except OSError:
            pass  # it ended while we looked
    return found


def cpu_s(pid):
    """User and system time of all threads."""
    fields = read_stat(pid)
    return (int(fields[11]) + int(fields[12])) * TICK_S


def family_cpu_s(pid):
    """The same of a process and its children: those that live, and those that it has reaped."""
    while True:
        fields = read_stat(pid)
        total = sum(int(field) for field in fields[11:15]) * TICK_S
        for child in children(pid):
            try:
                total += cpu_s(child)
            except OSError:
                pass  # it was reaped just now
        if read_stat(pid)[13:15] == fields[13:15]:  # nobody was
            return total


def reaped_cpu_s():
    """User and system time of the children of this process that have ended: the load generators."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def machine_cpu_s():
    """(busy, stolen) time of all cores."""
    fields = pathlib.Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, irq, softirq, steal = (int(field) * TICK_S for field in fields[:8])
    return user + nice + system + irq + softirq, steal


class Meter:
    """CPU time of named processes between two moments; groups are of the form {name: [pid, ...]}."""

    def __init__(self, daemons, postgres):
        self.daemons = daemons
        self.postgres = postgres
        self.before = self._read()

    def _read(self):
        times = {noun: sum(cpu_s(pid) for pid in pids) for noun, pids in self.daemons.items()}
        times["postgres"] = family_cpu_s(self.postgres)
        times["load"] = reaped_cpu_s()
        times["machine"], times["stolen"] = machine_cpu_s()
        return times

    def read(self):
        """CPU seconds since the start, by name; `machine` is all of it, whoever used it."""
        return {name: max(0.0, now - self.before[name]) for name, now in self._read().items()}


def memory_kb(pids):
    """{rss, pss} in KiB, summed over processes. PSS shares what several processes map among them."""
    total = {"rss": 0, "pss": 0}
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue  # a backend that just ended
        for line in text.splitlines():
            name, _, value = line.partition(":")
            if name.lower() in total:
                total[name.lower()] += int(value.split()[0])
    return total


def sync_ms(folder, count=100):
    """Median time until 8 KiB, as PostgreSQL appends them to its log, are on the disk."""
    path = folder / "bench-sync"
    times = []
    with open(path, "wb", buffering=0) as file:
        file.write(bytes(8192 * count))
        os.fsync(file.fileno())
        file.seek(0)
        for _ in range(count):
            start = time.monotonic()
            file.write(os.urandom(8192))
            os.fdatasync(file.fileno())
            times.append((time.monotonic() - start) * 1000)
    path.unlink()
    return statistics.median(times)
