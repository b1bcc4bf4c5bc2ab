"""The publication: joined without a seam, heard without loss, and no burden to the publisher whoever stands still."""
# SPDX-License-Identifier: Apache-2.0
import hashlib
import pathlib
import signal
import subprocess
import threading
import time

import pytest

from event_reader import ADVANCED, DECIDED, REGISTERED, Subscriber, client_of, last_position, say, wait_appended
from stage import count, wait_until
from world import run_threads

STAGE = {"warranty": 0, "gateway": 0, "events": 2}
HERE = pathlib.Path(__file__).resolve().parent
JOIN_THREADS = 10
GROWTH_KB_MAX = 32 * 1024  # what a stopped subscriber may cost: 2,000 messages of 2 kB, several times over


class Load:
    """Leaves events without pause, `batch` at a time and about `rate` a second."""

    def __init__(self, stage, rate, batch=10, payload=b""):
        self.stage = stage
        self.batch = batch
        self.pause_s = batch / rate
        self.payload = payload
        self.count = 0
        self.is_stopping = threading.Event()
        self.connection = stage.server.connect()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        """The last ones are committed."""
        self.is_stopping.set()
        self.thread.join()
        self.connection.close()

    def query(self, text, *values):
        """By a connection of its own."""
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute(text, values)

    def _run(self):
        while not self.is_stopping.wait(self.pause_s):
            say(self, self.batch, (DECIDED, REGISTERED, ADVANCED)[self.count % 3], payload=self.payload)
            self.count += self.batch


def hear_until(subscriber, position, limit_s=60):
    """Goes on until it has that position."""
    end_s = time.monotonic() + limit_s
    while subscriber.after < position:
        subscriber.hear(50)
        assert time.monotonic() < end_s, f"it is at {subscriber.after}, not at {position}"


def test_what_is_published_is_whole_and_in_order(stage):
    for number in (0, 1):  # each replica publishes all of it
        with client_of(stage, number) as client, Subscriber(client) as subscriber:
            subscriber.join()
            pulls = subscriber.pull_count
            begin = last_position(stage)
            say(stage, 300, payload=b"x" * 1000)
            wait_appended(stage, begin + 300)
            hear_until(subscriber, begin + 300)
            assert subscriber.seen == list(range(subscriber.begin + 1, begin + 301))
            assert subscriber.pull_count == pulls  # all were heard


def test_one_type_is_heard_without_a_gap(stage):
    with client_of(stage) as client, Subscriber(client, REGISTERED) as subscriber:
        subscriber.join()
        begin = last_position(stage)
        for kind in (DECIDED, REGISTERED, DECIDED, REGISTERED, REGISTERED, DECIDED):
            say(stage, 20, kind)
        wait_appended(stage, begin + 120)
        expected = [event.position for event in client.read_all(after=begin, types=[REGISTERED])]
        hear_until(subscriber, expected[-1])
        assert subscriber.seen == expected and len(expected) == 60


def test_a_subscriber_that_is_behind_learns_it_from_the_tick(stage):
    """What it lost was the last, so no later event tells."""
    with client_of(stage) as client, Subscriber(client) as subscriber:
        subscriber.join()
        begin = last_position(stage)
        say(stage, 5)
        wait_appended(stage, begin + 5)
        lost = 0
        while lost < 5:
            said = subscriber.receive(10000)
            lost += said.HasField("event")
        hear_until(subscriber, begin + 5)
        assert subscriber.seen == list(range(subscriber.begin + 1, begin + 6))


def test_joins_at_random_moments_have_no_seam(stage, rng):
    """What came before the subscription by pull, what came after it as heard, nothing twice, nothing never."""
    joins = count(30, 1000)
    delays = [rng.random() for _ in range(joins)]
    numbers = [rng.randrange(2) for _ in range(joins)]
    kinds = [rng.choice(["", "", REGISTERED]) for _ in range(joins)]
    pulls = []

    def join(thread):
        for i in range(thread, joins, JOIN_THREADS):
            threading.Event().wait(delays[i] * 0.25)
            with client_of(stage, numbers[i]) as client, Subscriber(client, kinds[i]) as subscriber:
                begin = client.stream().last_position
                subscriber.after = subscriber.begin = begin
                tick = subscriber.receive(10000)
                while tick.HasField("event"):
                    tick = subscriber.receive(10000)
                subscriber.epoch = tick.epoch
                subscriber.catch_up()
                caught_up = len(subscriber.seen)
                hear_until(subscriber, subscriber.after + 100)
                expected = [event.position for event in client.read_all(after=begin, types=[kinds[i]] if kinds[i] else [])]
                assert subscriber.seen == expected[:len(subscriber.seen)] and len(subscriber.seen) > caught_up
                pulls.append(subscriber.pull_count)

    with Load(stage, 500):
        run_threads(JOIN_THREADS, join)
    print(f"\n{joins} joins, {sum(pulls) - joins} pulls beside those of joining")


def memory_kb(daemon):
    """Resident memory."""
    status = pathlib.Path(f"/proc/{daemon.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0])


class Program:
    """events_subscriber.py."""

    def __init__(self, stage, path):
        self.process = subprocess.Popen([HERE / "events_subscriber.py", path, stage.tokens.of("analyst", "ada")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.begin = int(self.process.stdout.readline())

    def ask(self):
        """(how many, last position, pulls, digest)."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        number, after, pulls, digest = self.process.stdout.readline().split()
        return int(number), int(after), int(pulls), digest

    def end(self):
        """Its input ends."""
        self.process.stdin.close()
        assert self.process.wait(30) == 0


@pytest.mark.faults
def test_a_subscriber_that_stands_still_costs_nothing_and_loses_nothing(stage):
    """Stopped under load, while another listens: the publisher's memory stays flat; on return it has all that came meanwhile."""
    known = set(stage.bus_folder.glob("events-*.sock"))
    # Freed memory is otherwise kept back by the sanitizer.
    daemon = stage.start("events", ASAN_OPTIONS=stage.environment["ASAN_OPTIONS"] + ":quarantine_size_mb=1")
    [path] = set(stage.bus_folder.glob("events-*.sock")) - known
    stopped, listening = Program(stage, path), Program(stage, path)
    with Load(stage, 2000, batch=50, payload=b"x" * 2000) as load:
        warm = load.count + 4000
        wait_until(lambda: load.count > warm, "all is warm")
        before_kb = memory_kb(daemon)
        stopped.process.send_signal(signal.SIGSTOP)
        end_s, most_kb = time.monotonic() + count(8, 60), 0
        begin = load.count
        while time.monotonic() < end_s:
            most_kb = max(most_kb, memory_kb(daemon))
            threading.Event().wait(0.05)
        said = load.count - begin
        stopped.process.send_signal(signal.SIGCONT)
    end = last_position(stage)
    for program in (stopped, listening):
        wait_until(lambda: program.ask()[1] >= end, "it has everything", 120)  # pylint: disable=cell-var-from-loop
        number, after, pulls, digest = program.ask()
        expected = hashlib.sha256(b"".join(b"%d " % position for position in range(program.begin + 1, after + 1))).hexdigest()
        assert (number, digest) == (after - program.begin, expected)
        print(f"\n{'stopped' if program is stopped else 'listening'}: {number} events, {pulls} pulls")
        program.end()
    print(f"{said} events while it stood still; the publisher had {before_kb} kB, then at most {most_kb}")
    daemon.stop()
    assert most_kb - before_kb < GROWTH_KB_MAX


def test_a_process_that_nobody_listens_to_reads_nothing(stage):
    """Publishing costs only where it is heard."""
    daemons = stage.running("events")
    wait_until(lambda: all(daemon.metric("aftercare_bus_publication_topic") == 0 for daemon in daemons), "nobody listens any more")
    before = [daemon.metric("aftercare_events_event_publish_total") for daemon in daemons]
    begin = last_position(stage)
    say(stage, 50)
    wait_appended(stage, begin + 50)
    assert [daemon.metric("aftercare_events_event_publish_total") for daemon in daemons] == before
