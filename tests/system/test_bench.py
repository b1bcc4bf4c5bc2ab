"""The benchmark still runs; what it measures here is of no interest."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.faults_only  # with --long


def test_a_short_benchmark_measures_what_it_says(tmp_path):
    output, short = tmp_path / "bench.json", tmp_path / "short.json"
    done = subprocess.run(
        ["/usr/bin/python3", ROOT / "tests" / "load" / "bench.py", "--only", "coverage", "--only", "claim", "--systems", "aftercare", "--units", "2000",
         "--rounds", "1", "--seconds", "1", "--build", os.environ["AFTERCARE_BUILD"], "--output", output, "--json", short],
        capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(output.read_text()), done.stdout
    rates = json.loads(short.read_text())
    assert all(rates[name]["aftercare"] > 0 for name in ("reads", "writes", "writes_consumed")), rates
    assert "coverage" in done.stdout and "gateway" in done.stdout


def test_a_short_benchmark_of_events_measures_what_it_says(tmp_path):
    output = tmp_path / "events.json"
    done = subprocess.run(
        ["/usr/bin/python3", ROOT / "tests" / "load" / "event_stream.py", "--seconds", "1", "--events", "60000", "--build",
         os.environ["AFTERCARE_BUILD"], "--output", output],
        capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(output.read_text())
    assert list(found) == ["delay", "rate", "append", "replay"] and found["replay"]["events"] >= 60000, done.stdout
    assert all(0 < found[name]["p50_us"] <= found[name]["p99_us"] for name in ("delay", "rate"))
    assert all(line["cpu_us"]["postgres"] > 0 and line["memory"]["before_mib"] > 0 for line in found.values())
