"""Measures the event stream: PostgreSQL and one aftercare-events, which is the relay too, with writers and a reader beside them.

    delay     1,000 events a second, each in a transaction of its own, durable: from the commit to the arrival at a local subscriber
    rate      as many as the stream sustains: 64 events a transaction, as daemons group units of work; and what each costs
    append    the outbox of a large import: how fast the relay takes it in
    replay    a new consumer pulls the whole log, 1,000,000 events, and the daemon's memory meanwhile

Everything is on this machine and shares its cores: the load's part is shown. Every event is checked to come once and in order.
The server and its folders are the system tests' (tests/system/stage.py), and gone afterwards.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import json
import os
import pathlib
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("scripts/lib", "tests/load", "tests/system")]

CLIENTS = {"delay": (8, 1), "rate": (2, 64)}  # connections, events in a transaction
RATE = 1000
CHUNK = 50_000
FILL = """INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, unit_serial,
                                     principal, trace, payload)
          SELECT gen_random_uuid(), 'warranty.v1.ClaimMoved', 'bench', 'fill-' || n, 1, clock_timestamp(),
                 'p-0123456789abcdef0123456789abcdef', 'HER-000001', 'system:bench', '0123456789abcdef0123456789abcdef',
                 decode(repeat('00', 120), 'hex') FROM generate_series(%s + 1, %s) n"""


def read_options():
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench events", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__)
    parser.add_argument("--seconds", type=int, default=20, help="length of delay and of rate (default: 20)")
    parser.add_argument("--events", type=int, default=1_000_000, help="how long the log is that is replayed (default: 1000000)")
    parser.add_argument("--build", type=pathlib.Path, metavar="DIR", default=ROOT / "build" / "release",
                        help="another build (default: build/release)")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "bench_events.json",
                        help="where all figures go (default: build/bench_events.json)")
    options = parser.parse_args()
    if options.seconds < 1 or options.events < 1000:
        parser.error("--seconds is at least 1 and --events 1000")
    return options


class Memory:
    """The resident size of a process, looked at all the while; MiB."""

    def __init__(self, pid):
        self.pid = pid
        self.sizes = []
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._look)

    def __enter__(self):
        self.sizes.append(self._read())
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        self.thread.join()

    def _read(self):
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)

    def _look(self):
        while not self.is_over.wait(0.05):
            self.sizes.append(self._read())

    def found(self):
        """First, largest, last."""
        return {"before_mib": self.sizes[0], "most_mib": max(self.sizes), "after_mib": self.sizes[-1]}


class Bench:
    """A log with its relay under load."""

    def __init__(self, stage, options):
        self.stage = stage
        self.options = options
        self.daemon = stage.start("events")
        [self.socket] = stage.bus_folder.glob("events-*.sock")
        self.key = stage.cluster.keys / "installation.key"

    def _run(self, *words):
        done = subprocess.run([self.options.build / "load" / "events_bench", *map(str, words)], stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"bench: events_bench ended with {done.returncode}")
        return json.loads(done.stdout)

    def _measure(self, work):
        """What it found, with the CPU that each event took, and the daemon's memory."""
        import usage  # pylint: disable=import-outside-toplevel
        meter = usage.Meter({"events": [self.daemon.pid]}, self.stage.cluster.server.process.pid)
        with Memory(self.daemon.pid) as memory:
            found = work()
        cpu_s = meter.read()
        return found | {"cpu_us": {name: value * 1e6 / found["events"] for name, value in cpu_s.items()}, "memory": memory.found(),
                        "per_s": found["events"] / found["seconds"]}

    def _stream(self, name, rate):
        clients, rows = CLIENTS[name]
        return self._run("stream", self.stage.server.superuser_url(), self.socket, self.key, self.options.seconds, rate, clients, rows)

    def _position(self):
        return self.stage.value("SELECT position FROM events.relay")

    def _append(self):
        """Fills the log up to its length; the relay goes on all the while."""
        begin, begin_s = self._position(), time.monotonic()
        for first in range(begin, self.options.events, CHUNK):
            self.stage.query(FILL, first, min(first + CHUNK, self.options.events))
        while self._position() < self.options.events:
            time.sleep(0.02)
        return {"events": max(self.options.events - begin, 1), "seconds": time.monotonic() - begin_s}

    def run(self):
        """All four."""
        found = {"delay": self._measure(lambda: self._stream("delay", RATE)), "rate": self._measure(lambda: self._stream("rate", 0))}
        found["append"] = self._measure(self._append)
        found["replay"] = self._measure(lambda: self._run("replay", self.socket, self.key))
        return found


def print_table(found):
    """For people."""
    print(f"{'':<10}{'events':>10}{'events/s':>10}{'p50 ms':>9}{'p99 ms':>9}   CPU us/event:{'events':>8}{'postgres':>10}{'load':>8}{'all':>8}"
          f"   daemon MiB: before, most, after")
    for name, line in found.items():
        delays = "".join(f"{line[key] / 1000:>9.2f}" if key in line else f"{'':>9}" for key in ("p50_us", "p99_us"))
        cpu = "".join(f"{line['cpu_us'][key]:>{width}.1f}" for key, width in (("events", 8), ("postgres", 10), ("load", 8), ("machine", 8)))
        memory = ", ".join(f"{line['memory'][key]:.1f}" for key in ("before_mib", "most_mib", "after_mib"))
        print(f"{name:<10}{line['events']:>10,}{line['per_s']:>10,.0f}{delays}   {'':13}{cpu}   {memory}")


def main():
    """The whole program."""
    options = read_options()
    os.environ["AFTERCARE_BUILD"] = str(options.build.resolve())
    import stage  # pylint: disable=import-outside-toplevel
    cluster = stage.Cluster()
    try:
        place = stage.Stage(cluster, "bench")
        found = Bench(place, options).run()
        problems = place.end_daemons()
        if problems:
            sys.exit(f"bench: {problems}")
        place.hang_up()
    finally:
        cluster.close()
    print_table(found)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"All figures are in {os.path.relpath(options.output)}")


if __name__ == "__main__":
    main()
