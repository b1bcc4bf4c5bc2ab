"""Runs one load generator for some seconds and says what it saw."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import pathlib
import re
import secrets
import subprocess
import tempfile

from installation import Trouble

HERE = pathlib.Path(__file__).resolve().parent
LOGGED_SHARE = 0.1  # of pgbench's transactions; latencies are taken from these


def run_wrk(script, url, connections, seconds, environment):
    """A round of wrk, one thread."""
    variables = os.environ | environment | {"BENCH_LUA": str(HERE / "common.lua"), "BENCH_SEED": str(secrets.randbits(31))}
    done = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", HERE / script, url],
                          env=variables, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        raise Trouble(f"wrk failed:\n{done.stdout}{done.stderr}")
    return json.loads(lines[-1])


def run_pgbench(script, environment, variables, clients, seconds):
    """A round of pgbench; each client is a connection of its own."""
    definitions = [word for name, value in variables.items() for word in ("-D", f"{name}={value}")]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["pgbench", "--no-vacuum", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, os.cpu_count())),
             "-T", str(seconds), "--log", f"--log-prefix={folder}/log", f"--sampling-rate={LOGGED_SHARE}", "-f", script,
             *definitions],
            env=environment, capture_output=True, text=True, check=False)
        latencies = sorted(int(line.split()[2]) for log in pathlib.Path(folder).iterdir()
                           for line in log.read_text(encoding="ascii").splitlines())
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    count = re.search(r"transactions actually processed: (\d+)", done.stdout)
    if done.returncode != 0 or not rate or not latencies:
        raise Trouble(f"pgbench failed:\n{done.stdout}{done.stderr}")
    return {
        "requests": int(count[1]), "seconds": int(count[1]) / float(rate[1]), "refused": 0, "broken": 0,
        "p50_us": latencies[len(latencies) // 2], "p99_us": latencies[len(latencies) * 99 // 100],
    }
