"""Fixtures: one cluster for the session, one stage for each module, the seed."""
# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import random
import secrets
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
SHARED = HERE.parents[2] / "shared"
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "scripts" / "lib"), str(HERE.parent / "load")]
SEED = int(os.environ.setdefault("AFTERCARE_TEST_SEED", str(secrets.randbits(32))))
LOG_BYTES_SHOWN = 3000
LONG = {"test_consumer", "test_consumer_parked", "test_database_faults", "test_incoming_mail",  # files that take 20 s and more
        "test_access", "test_access_messages", "test_events_relay", "test_events_publish", "test_events_stream", "test_events_faults",
        "test_bus_faults", "test_notices_killed", "test_policy_command", "test_claim_timers", "test_webhooks_faults", "test_database"}
COUNTS = {"warranty": 1, "gateway": 1}  # of each daemon, unless the module says otherwise; of others none

import stage as stage_module  # pylint: disable=wrong-import-position
from installation import services  # pylint: disable=wrong-import-position
from original import make_cluster  # pylint: disable=wrong-import-position


def pytest_configure(config):
    """Marks that scripts/test selects by."""
    config.addinivalue_line("markers", "faults: kills, stops or cuts something")
    config.addinivalue_line("markers", "faults_only: takes so long that only scripts/test --faults and --long run it")


def pytest_collection_modifyitems(items):
    """Long files first, so that none is left to one worker while the others have ended."""
    items.sort(key=lambda item: item.module.__name__.rpartition(".")[2] not in LONG)  # stable


def pytest_report_header():
    """What replays this run."""
    return f"seed: AFTERCARE_TEST_SEED={SEED}, build: {stage_module.BUILD}"


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Shows the ends of the daemons' logs beside a failure."""
    outcome = yield
    report = outcome.get_result()
    stage = getattr(item, "funcargs", {}).get("stage")
    if report.failed and stage is not None:
        for daemon in stage.daemons:
            if not daemon.log.exists():
                continue  # its folder went with the cluster, before the stage of the last module was found wanting
            with open(daemon.log, "rb") as log:
                log.seek(max(0, daemon.log.stat().st_size - LOG_BYTES_SHOWN))
                report.sections.append((f"aftercare-{daemon.noun} {daemon.pid}", log.read().decode(errors="replace")))


def pytest_addoption(parser):
    """What scripts/test says to all workers of a run."""
    parser.addoption("--original", type=pathlib.Path, help="the folder of a cluster to copy; the first worker makes it")


@pytest.fixture(scope="session")
def cluster(request):
    """PostgreSQL with a migrated template."""
    made = make_cluster(request.config.getoption("--original", None))
    yield made
    made.close()


def open_stage(cluster, request):
    """A stage as the module's STAGE says: how many of each daemon, and environment variables. Where it has warranty from the
    start, or says "published", the default policy is published already."""
    wishes = dict(getattr(request.module, "STAGE", {}))
    counts = {noun: wishes.pop(noun, COUNTS.get(noun, 0)) for noun in services()}
    template = cluster.published() if wishes.pop("published", counts["warranty"]) else "aftercare"
    made = stage_module.Stage(cluster, request.module.__name__, wishes, template)
    if "AFTERCARE_TEST_CLOCK" in wishes:
        made.environment["AFTERCARE_TEST_CLOCK"] = str(made.clock)
        made.set_clock(0)
    started = [made.start(noun, wait=False) for noun, count in counts.items() for _ in range(count)]
    for daemon in started:
        daemon.wait_ready()
    return made


def close_stage(made):
    """Everything ends, and has nothing to complain of."""
    problems = made.close()
    assert not problems, "\n\n".join(problems)


@pytest.fixture(scope="module", name="stage")
def stage_fixture(cluster, request):
    """The module's daemons; at the end each must have ended well."""
    made = open_stage(cluster, request)
    yield made
    close_stage(made)


@pytest.fixture(scope="module")
def web(stage):
    """A client of the gateway."""
    return stage.web()


@pytest.fixture
def rng(request):
    """Random numbers that the seed and the test's name replay."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture(scope="session")
def shared():
    """The folder of test vectors and real data; the test is skipped where it is not there."""
    if not (SHARED / "data").is_dir():
        pytest.skip(f"there is no {SHARED}/data")
    return SHARED / "data"
