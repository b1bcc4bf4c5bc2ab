"""What every daemon says of itself to Prometheus is as promtool wants it, and as rules and dashboard in deploy/ ask for it."""
# SPDX-License-Identifier: Apache-2.0
import re
import shutil
import subprocess

import pytest

import monitoring
from event_reader import DECIDED, client_of, say, wait_appended
from installation import ROOT
from stage import wait_until

STAGE = {"documents": 1, "events": 1, "notify": 1, "policy": 1, "surveys": 1}
NOUNS = sorted(path.parent.name for path in (ROOT / "services").glob("*/main.c") if path.parent.name != "cli")


@pytest.mark.skipif(not shutil.which("promtool"), reason="there is no promtool")
@pytest.mark.parametrize("noun", NOUNS)
def test_promtool_finds_nothing_to_say(stage, noun):
    web = stage.web()
    # Metrics with labels are there once they have been counted.
    assert web.get("/v1/units/NONE-1", "agent:ada").status == 404
    assert web.get("/v1/policies", "manager:max").status == 200
    for things in ("documents", "messages", "invitations"):
        assert web.get(f"/v1/{things}/00000000-0000-4000-8000-000000000000", "agent:ada").status == 404
    say(stage, 1, DECIDED)
    wait_appended(stage, 1)
    with client_of(stage) as client:
        client.pull(limit=1)
    daemon = stage.only(noun)
    wait_until(lambda: "_total{" in daemon.ask("/metrics")[1], "calls are counted")
    status, text = daemon.ask("/metrics")
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert (status, done.returncode, done.stdout + done.stderr) == (200, 0, ""), done.stdout + done.stderr


def metrics_of(stage):
    """{name as on a line of /metrics: type}, of all daemons."""
    names = {}
    for noun in NOUNS:
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", stage.only(noun).ask("/metrics")[1], re.MULTILINE):
            parts = [f"{name}_bucket", f"{name}_sum", f"{name}_count"] if kind == "histogram" else [name]
            names |= dict.fromkeys(parts, kind)
    return names


def test_rules_and_dashboard_ask_for_what_daemons_tell(stage):
    told = metrics_of(stage)
    assert not monitoring.metrics_asked_for() - told.keys(), "no daemon has these"
    assert not {name for name in monitoring.metrics_rated() if told.get(name) not in ("counter", "histogram")}, "of these there is no rate"
    assert monitoring.values_asked_for("service") <= set(NOUNS)
    outcomes = set(re.findall(r'= "([A-Z_]+)"', (ROOT / "common" / "err.c").read_text(encoding="utf-8")))
    assert monitoring.values_asked_for("outcome") <= outcomes


def test_a_replica_that_loses_its_database_is_not_ready(stage):
    warranty = stage.only("warranty")
    assert warranty.metric("aftercare_service_ready") == 1
    stage.query("ALTER ROLE warranty_service NOLOGIN")
    try:
        stage.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'warranty_service' AND datname = current_database()")
        wait_until(lambda: warranty.metric("aftercare_service_ready") == 0, "it says that it is not ready")
    finally:
        stage.query("ALTER ROLE warranty_service LOGIN")
    wait_until(lambda: warranty.metric("aftercare_service_ready") == 1, "it is ready again")
