"""Runs one load generator for some seconds and says what it saw."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import pathlib
import re
import subprocess
import tempfile

from installation import Trouble

LOGGED_SHARE = 0.1  # of pgbench's transactions; latencies are taken from these
WARM_UP_S = 0.3
DRAIN_S = 30  # at most, for what is under way at the end
BODY = {"serial": "{number}", "cause": "material_defect", "description": "It does not heat any more.",
        "contact": {"name": "Anna Example", "email": "anna-{number}@example.com", "language": "en"}}
KINDS = {
    "coverage": {"method": "GET", "path": "/v1/units/{number}/coverage"},
    "claim": {"method": "POST", "path": "/v1/claims", "body": BODY},
    "page": {"method": "GET", "path": "/v1/units?page_size=50"},
    "local": {"method": "GET", "path": "/v1/me"},
}
WORKLOADS = {"coverage": {"coverage": 1}, "claim": {"claim": 1}, "page": {"page": 1}, "local": {"local": 1},
             "mixed": {"coverage": 70, "page": 10, "claim": 20}}


def write_plan(path, workload, port, token, first, count):
    """What loadgen reads."""
    kinds = [KINDS[name] | {"name": name, "weight": weight} for name, weight in WORKLOADS[workload].items()]
    path.write_text(json.dumps({"host": "127.0.0.1", "port": port, "first": first, "count": count,
                                "headers": {"Authorization": f"Bearer {token}"}, "kinds": kinds}), encoding="utf-8")
    return path


def run_loadgen(binary, plan, connections, seconds, rate=0):
    """A round of loadgen: closed without a rate, open with one."""
    words = [binary, plan, str(connections), str(seconds), "--warm-up", str(WARM_UP_S), "--drain", str(DRAIN_S),
             "--rate", str(rate)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"loadgen failed:\n{done.stderr}")
    found = json.loads(done.stdout)
    errors = sum(found["errors"].values()) - found["errors"]["unsent"]
    return {
        "requests": found["accepted"], "seconds": found["seconds"], "rate": found["rate"],
        "all": sum(kind["accepted_ever"] for kind in found["kinds"].values()),
        "claims": found["kinds"].get("claim", {}).get("accepted_ever", 0), "under_way": found["errors"]["unanswered"],
        "refused": found["refused"], "broken": errors, "unsent": found["errors"]["unsent"], "statuses": found["statuses"],
        "latency_us": found["latency_us"], "refused_latency_us": found["refused_latency_us"], "per_second": found["per_second"],
        "offered": (found["accepted"] + found["refused"] + errors) / found["seconds"],
    }


def run_pgbench(script, environment, variables, clients, seconds, per_transaction=1):
    """A round of pgbench; each client is a connection of its own."""
    definitions = [word for name, value in variables.items() for word in ("-D", f"{name}={value}")]
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["pgbench", "--no-vacuum", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, os.cpu_count())),
             "-T", str(max(1, round(seconds))), "--log", f"--log-prefix={folder}/log", f"--sampling-rate={LOGGED_SHARE}", "-f", script,
             *definitions],
            env=environment, capture_output=True, text=True, check=False)
        latencies = sorted(int(line.split()[2]) for log in pathlib.Path(folder).iterdir()
                           for line in log.read_text(encoding="ascii").splitlines())
    rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
    count = re.search(r"transactions actually processed: (\d+)", done.stdout)
    if done.returncode != 0 or not count:
        raise Trouble(f"pgbench failed:\n{done.stdout}{done.stderr}")
    if not rate or not latencies:  # many clients on a busy machine: none came to its first transaction
        return {"requests": 0, "rate": 0.0}
    requests = int(count[1]) * per_transaction
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p99_9": 0.999}
    return {
        "requests": requests, "all": requests, "seconds": int(count[1]) / float(rate[1]), "rate": float(rate[1]) * per_transaction,
        "claims": requests, "under_way": 0, "refused": 0, "broken": 0, "unsent": 0, "statuses": {},
        "latency_us": {name: latencies[min(len(latencies) - 1, int(len(latencies) * share))] for name, share in shares.items()},
    }
