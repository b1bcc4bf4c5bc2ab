"""Each place that asks for memory gets none, once: in our programs and in the libraries that they stand on, from the start of a daemon to
its end. The daemon goes on, or it ends and says why, and the next one comes; what was acknowledged is there, once."""
# SPDX-License-Identifier: Apache-2.0
import collections
import re
import signal

import pytest

from clients import Load
from history import History
from installation import ROOT
from invariants import verify
from stage import BUILD, count, tail, wait_until
from world import make_product

STAGE = {"published": True, "warranty": 1, "gateway": 1}
LIBRARY = BUILD / "known_bad" / "libfailing_memory.so"
CLIENTS = 4
OPERATIONS = 60  # of the clients, while a daemon runs in which memory may fail
SHARE = count(12, 1)  # one place in so many; AFTERCARE_TEST_SEED chooses others
PROCESSES = count(60, 3000)  # at most
# How our code ends without memory, and how the libraries do that do not answer that they have none.
REASONS = ("aftercare(-\\w+)?: .*", ".*ssertion .*failed.*", "FATAL ERROR: OUT OF MEMORY.*", "Out of memory.*",
           ".*std::bad_alloc.*", ".*failed to allocate.*", '.*"level":"error".*')
# Some libraries abort without a word, or use what they did not get, at address 0: that ends the process at once, too. In our own code it
# may not happen.
ASKED_BY = r"no memory for \S*\(\S*/([^/\s]+)\+0x"
NULL = r"SEGV on unknown address 0x0000000000[0-9a-f]{2} .*\n(?:==.*\n)*    #0 0x\w+ in (.+) (\S+)\n"
pytestmark = [pytest.mark.faults, pytest.mark.faults_only]


def environment(stage, rng_seed):
    """What puts the library before all others, the sanitizer too."""
    return {"LD_PRELOAD": str(LIBRARY), "FAILING_PLACES": str(stage.folder / "places"), "FAILING_SHARE": str(SHARE), "FAILING_SEED": str(rng_seed),
            "ASAN_OPTIONS": stage.environment["ASAN_OPTIONS"] + ":verify_asan_link_order=0:detect_leaks=0"}


def failed_count(stage):
    """How many places have failed."""
    path = stage.folder / "places"
    return path.stat().st_size // 8 if path.exists() else 0


def serve_failing(stage, noun, seed, load):
    """One process; how it ended."""
    daemon = stage.start(noun, wait=False, **environment(stage, seed))
    seen = {"count": -1, "operations": 0}

    def is_done():
        """It has ended, or works and has found no new place for a while."""
        if not daemon.is_running():
            return True
        if failed_count(stage) != seen["count"]:
            seen.update(count=failed_count(stage), operations=load.operation_count)
        return load.operation_count >= seen["operations"] + OPERATIONS and daemon.ask("/readyz")[0] == 200

    wait_until(is_done, f"{noun} works or ends", limit_s=60)
    if daemon.is_running():
        daemon.signal(signal.SIGTERM)
    daemon.is_expected_to_fail = True
    status = daemon.wait_end()
    if status == 0:
        return "went on"
    return "ended: " + read_reason(daemon, status)


def read_reason(daemon, status):
    """Why it ended, in its own words."""
    text = tail(daemon.log, 80)
    daemon.is_expected_to_report = True
    if (found := re.search(NULL, text)) and str(ROOT) not in found[2]:
        return f"NULL in {found[1]}"
    last = re.findall(ASKED_BY, text)[-1:]
    if status == -signal.SIGABRT and last and not last[0].startswith("aftercare"):
        return f"abort by {last[0]}"
    found = next((found[0] for reason in REASONS if (found := re.search(reason, text))), None)
    assert found and "Sanitizer" not in text and "runtime error" not in text, f"{daemon.noun} ended with {status}:\n{text}"
    return re.sub(r"\d+", "N", found)[:70]


@pytest.mark.parametrize("noun", ["warranty", "gateway"])
def test_memory_that_does_not_come_loses_nothing(stage, noun, rng, request, capsys):
    sku, history, ends, seed = make_product(stage.web()), History(), collections.Counter(), rng.randrange(1 << 16)
    (stage.folder / "places").unlink(missing_ok=True)
    with history.outage(), Load(stage, history, CLIENTS, lambda i: sku) as load:
        for _ in range(PROCESSES):
            before = failed_count(stage)
            ends[serve_failing(stage, noun, seed, load)] += 1
            if failed_count(stage) == before:
                break
        before = history.count("ok")
        wait_until(lambda: history.count("ok") >= before + 60, "the clients work")
    with capsys.disabled():
        print(f" {failed_count(stage)} places of {noun} had no memory: {dict(ends)}")
    assert failed_count(stage) >= 60 // SHARE
    verify(stage, history, sku, request)
