"""What every daemon says of itself to Prometheus is as promtool wants it."""
# SPDX-License-Identifier: Apache-2.0
import shutil
import subprocess

import pytest

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
