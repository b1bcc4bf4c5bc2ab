"""Every process of an installation, PostgreSQL too, is killed again and again under load, in an order that the seed replays."""
# SPDX-License-Identifier: Apache-2.0
import collections
import statistics
import threading
import time

import pytest

from clients import Load
from history import History
from invariants import verify
from stage import count, wait_until
from world import make_product

STAGE = {"documents": 1, "policy": 1, "events": 2, "warranty": 2, "gateway": 2}
CLIENTS = 16
WINDOW_S = 0.5
USUAL_S = 5
BACK_LIMIT_S = 5
GIVE_UP_S = 30
pytestmark = [pytest.mark.faults, pytest.mark.faults_only]

# Who is killed how often, of a hundred. Events, documents and policy need not be there for what the clients do.
VICTIMS = ["warranty"] * 35 + ["gateway"] * 25 + ["events"] * 20 + ["postgres"] * 10 + ["documents"] * 5 + ["policy"] * 5


class Pace:
    """How many units were acknowledged within the last WINDOW_S, and how many that usually are."""

    def __init__(self, history):
        self.history = history
        begin_s, done = time.monotonic(), history.count("ok")
        wait_until(lambda: time.monotonic() > begin_s + USUAL_S, "the rate is the usual one")
        self.usual = (history.count("ok") - done) * WINDOW_S / (time.monotonic() - begin_s)
        self.times_s = collections.defaultdict(list)

    def wait_back(self, noun, killed_s):
        """Waits until it is nine tenths of the usual again, and notes how long that took; longer than GIVE_UP_S is not waited."""
        begin_s = time.monotonic()
        while begin_s < killed_s + GIVE_UP_S:
            begin_s, done = time.monotonic(), self.history.count("ok")
            threading.Event().wait(WINDOW_S)
            if self.history.count("ok") - done >= 0.9 * self.usual:
                break
        self.times_s[noun].append(begin_s - killed_s)

    def describe(self):
        """For people."""
        print(f"\nusually {self.usual / WINDOW_S:.0f} units/s; after a kill (of PostgreSQL: after its own recovery) until 90 % of that again, over {WINDOW_S} s:")
        for noun, times_s in sorted(self.times_s.items()):
            late = sum(one > BACK_LIMIT_S for one in times_s)
            print(f"  {noun:<10} {len(times_s)} kills: p50 {statistics.median(times_s):.2f} s, longest {max(times_s):.2f} s,"
                  f" {late} times longer than {BACK_LIMIT_S} s")


def kill_one(stage, history, noun, rng):
    """One process of a kind, and its successor; answers when it was killed, and of PostgreSQL when it had recovered."""
    killed_s = time.monotonic()
    if noun == "postgres":
        with history.outage():
            stage.cluster.crash()
            recovered_s = time.monotonic()
            done = history.count("ok")
            wait_until(lambda: history.count("ok") > done, "the clients are served again")
        return recovered_s
    victim = rng.choice(stage.running(noun))
    history.add_kill()
    victim.kill()
    stage.start(noun, wait=False)
    return killed_s


def test_random_kills_lose_and_double_nothing(stage, web, rng, request, capsys):
    sku, history = make_product(web), History()
    web.hang_up()
    with Load(stage, history, CLIENTS, lambda i: sku, delivery_date="2026-03-15") as load:
        pace = Pace(history)
        for _ in range(count(200, 1000)):
            assert not load.errors, load.errors[0]
            for daemon in stage.daemons:
                if daemon.is_running():
                    daemon.wait_ready()
            noun = rng.choice(VICTIMS)
            pace.wait_back(noun, kill_one(stage, history, noun, rng))
    with capsys.disabled():
        pace.describe()
    verify(stage, history, sku, request)
