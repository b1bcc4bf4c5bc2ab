"""Half an hour of load and faults, and then the processes that lived through it hold no more than before: memory, descriptors, coroutines."""
# SPDX-License-Identifier: Apache-2.0
import threading
import time

import pytest

from clients import Load
from history import History
from invariants import Rest, verify
from stage import count
from world import make_product

# The second of each is killed now and then; the first is stopped, cut off and overtaken, but lives through it all.
STAGE = {"documents": 1, "policy": 1, "notify": 1, "surveys": 1, "events": 2, "warranty": 2, "gateway": 2,
         "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:quarantine_size_mb=1"}  # freed memory is given back, not kept to look at
CLIENTS = 8
FAULTS = ("kill", "stop", "cut", "crash", "nothing", "nothing", "nothing")
STOP_S = 1.5
GROWTH_SHARE, GROWTH_BYTES = 0.1, 4 * 1024 * 1024
MEMORY = "process_resident_memory_bytes"
pytestmark = [pytest.mark.faults, pytest.mark.faults_only]


def do_fault(stage, history, lasting, rng):
    """One of them, and its end."""
    fault = rng.choice(FAULTS)
    if fault == "kill":
        victim = rng.choice([daemon for daemon in stage.daemons if daemon.is_running() and daemon not in lasting])
        history.add_kill()
        victim.kill()
        stage.start(victim.noun)
    elif fault == "stop":
        with rng.choice(lasting).stopped():
            threading.Event().wait(STOP_S)
    elif fault == "cut":
        with history.outage():
            stage.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE '%%\\_service' AND random() < 0.5")
    elif fault == "crash" and rng.random() < 0.2:
        with history.outage():
            stage.cluster.crash()
    else:
        threading.Event().wait(STOP_S)


def soak(stage, history, sku, lasting, seconds, rng):
    """Load and faults for so long; answers what memory each holds when they are over and all is ready."""
    end = time.monotonic() + seconds
    with Load(stage, history, CLIENTS, lambda i: sku, delivery_date="2026-03-15") as load:
        while time.monotonic() < end:
            assert not load.errors, load.errors[0]
            do_fault(stage, history, lasting, rng)
    for daemon in stage.daemons:
        if daemon.is_running():
            daemon.wait_ready()
    return {daemon: daemon.metric(MEMORY) for daemon in lasting}


def test_what_lives_through_load_and_faults_does_not_grow(stage, web, rng, request, capsys):
    sku, history, seconds = make_product(web), History(), count(60, 1800)
    web.hang_up()
    lasting = [stage.running(noun)[0] for noun in ("documents", "policy", "notify", "surveys", "events", "warranty", "gateway")]
    soak(stage, history, sku, lasting, seconds / 5, rng)  # caches fill, pools grow
    rest = Rest(lasting)
    before = soak(stage, history, sku, lasting, seconds / 5, rng)
    after = soak(stage, history, sku, lasting, seconds * 3 / 5, rng)
    with capsys.disabled():
        print(f"\n{seconds} s, {len(history.tries)} tries; resident MB before and after: "
              + ", ".join(f"{daemon.noun} {before[daemon] / 1e6:.1f} {after[daemon] / 1e6:.1f}" for daemon in lasting))
    verify(stage, history, sku, request)
    rest.wait()
    assert all(before.values()), before
    grown = {daemon.noun: after[daemon] - before[daemon] for daemon in lasting
             if after[daemon] > before[daemon] * (1 + GROWTH_SHARE) + GROWTH_BYTES}
    assert not grown, grown
