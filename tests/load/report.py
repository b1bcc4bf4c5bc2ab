"""Medians, ratios and the table of a benchmark."""
# SPDX-License-Identifier: Apache-2.0
import os
import statistics

import hop

NAMES = {"coverage": "reads", "claim": "writes"}
GOALS = {"coverage": {"fastify": 2.5, "go": 1.5, "pgbench": 0.4}, "claim": {"fastify": 3.0, "go": 2.5, "pgbench": 1.3}}
OTHERS_SHARE_MAX = 0.05
IDLE_GOAL_MB = 60
TAIL_GOAL = 5


def others_cpu_s(cpu_s):
    """What was used by programs that are none of ours."""
    return max(0.0, cpu_s["machine"] - sum(value for name, value in cpu_s.items() if name not in ("machine", "stolen", "others")))


def summarise_measure(measure):
    """One line of the table: medians over the rounds."""
    rates = [found["rate"] for found in measure.rounds]
    for found in measure.rounds:
        found["cpu_s"]["others"] = others_cpu_s(found["cpu_s"])
    cpu_us = {name: statistics.median(found["cpu_s"].get(name, 0) / max(1, found["all"]) * 1e6 for found in measure.rounds)
              for name in measure.rounds[0]["cpu_s"]}
    latency_ms = {name: statistics.median(found["latency_us"][name] for found in measure.rounds) / 1000
                  for name in ("p50", "p90", "p99", "p99_9")}
    return {
        "workload": measure.workload, "system": measure.system, "connections": measure.connections, "open_rate": measure.rate,
        "copies": measure.copies, "is_consumed": measure.is_consumed, "rate": statistics.median(rates), "rate_min": min(rates), "rate_max": max(rates),
        "latency_ms": latency_ms, "unsent": sum(found["unsent"] for found in measure.rounds), "cpu_us": cpu_us,
        "memory_kb": measure.rounds[-1]["memory_kb"], "rounds": measure.rounds,
        "database": {name: statistics.median(found["database"][name] / max(1, found["all"]) for found in measure.rounds)
                     for name in measure.rounds[0]["database"]},
    }


def find(lines, workload, system, **more):
    """The line of closed load that is asked for, None where there is none."""
    wanted = {"workload": workload, "system": system, "open_rate": 0, "copies": 1, "is_consumed": False} | more
    return next((line for line in lines if all(line[name] == value for name, value in wanted.items())), None)


def pss_mb(memory_kb, names):
    """Summed, in MB (10^6 bytes)."""
    return sum(memory_kb[name]["pss"] for name in names if name in memory_kb) * 1024 / 1e6


def tail(lines):
    """By workload: p99 as a multiple of p50 at a part of Aftercare's own maximum."""
    return {line["workload"]: line["latency_ms"]["p99"] / line["latency_ms"]["p50"]
            for line in lines if line["system"] == "aftercare" and line["open_rate"]}


def summarise(bed):
    """Everything that was found."""
    lines = [summarise_measure(measure) for measure in bed.measures]
    ratios = {}
    for workload, goals in GOALS.items():
        ours = find(lines, workload, "aftercare")
        theirs = {system: find(lines, workload, system) for system in goals}
        ratios[workload] = {system: {"ratio": ours["rate"] / line["rate"], "goal": goals[system]}
                            for system, line in theirs.items() if ours and line}
    rounds = [found for measure in bed.measures for found in measure.rounds]
    cores_s = sum(found["seconds"] for found in rounds) * os.cpu_count()
    return {
        "units": bed.options.units, "cores": os.cpu_count(), "seconds": bed.options.seconds, "round_count": bed.options.rounds,
        "sync_ms": statistics.median(bed.sync_ms), "stolen_share": sum(found["cpu_s"]["stolen"] for found in rounds) / cores_s,
        "others_share": sum(found["cpu_s"]["others"] for found in rounds) / cores_s,
        "settings": {name: value for name, value in os.environ.items() if name.startswith("AFTERCARE_")},
        "replicas": {noun: len(pids) for noun, pids in bed.daemons.items()},
        "pools": {f"{workload} {system}": count for (workload, system), count in bed.pools.items()},
        "statements": bed.statements, "lines": lines, "ratios": ratios, "idle_cpu_m": bed.idle_cpu,
        "hop": bed.hop, "tail": tail(lines),
        "idle_memory_kb": bed.idle, "idle_pss_mb": pss_mb(bed.idle, bed.daemons),
    }


def short(result):
    """What --json is asked for: medians, requests a second."""
    made = {}
    for workload, name in NAMES.items():
        found = {line["system"]: find(result["lines"], workload, line["system"]) for line in result["lines"] if line["workload"] == workload}
        made[name] = {system: round(line["rate"], 1) for system, line in found.items() if line}
        pipelined = next((line for line in result["lines"] if line["workload"] == workload and line["copies"] > 1), None)
        if pipelined:
            made[name]["pgbench_pipelined"] = round(pipelined["rate"], 1)
        consumed = find(result["lines"], workload, "aftercare", is_consumed=True)
        if consumed:
            made[f"{name}_consumed"] = {"aftercare": round(consumed["rate"], 1)}
    return made | {"idle_pss_mb": round(result["idle_pss_mb"], 1)}


def print_lines(result, workload):
    """The part of the table for one workload."""
    processes = [*result["replicas"], "fastify", "go", "postgres", "load", "others"]
    print(f"{workload:<30}{'req/s':>8}  {'(min .. max)':<20}{'p50':>7}{'p99':>8}{'p99.9':>8} ms  CPU us/request:"
          + "".join(f"{name[:9]:>10}" for name in processes) + "       all")
    for line in result["lines"]:
        if line["workload"] != workload:
            continue
        span = f"({line['rate_min']:,.0f} .. {line['rate_max']:,.0f})"
        name = f"{line['system']}, {line['connections']} conn." + (" pipelined" if line["copies"] > 1 else "") + (
            ", open" if line["open_rate"] else "") + (" consumed" if line["is_consumed"] else "")
        latency = line["latency_ms"]
        print(f"{name:<30}{line['rate']:>8,.0f}  {span:<20}{latency['p50']:>7.2f}{latency['p99']:>8.2f}{latency['p99_9']:>8.2f}{'':19}"
              + "".join(f"{line['cpu_us'].get(process, 0):>10.1f}" for process in processes) + f"{line['cpu_us']['machine']:>10.1f}")
    print()


def print_table(result):
    """The whole of it, for people."""
    print(f"\n{result['round_count']} rounds of {result['seconds']} s, medians; {result['units']:,} units; {result['cores']} cores, "
          f"{result['stolen_share']:.1%} of them stolen; {result['sync_ms']:.2f} ms to sync 8 KiB; every write durable\n")
    for workload in dict.fromkeys(line["workload"] for line in result["lines"]):
        print_lines(result, workload)
    print(f"idle, MB of PSS: {result['idle_pss_mb']:.1f} in all ("
          + ", ".join(f"{noun} {pss_mb(result['idle_memory_kb'], [noun]):.1f}" for noun in result["replicas"])
          + f"); the goal of {IDLE_GOAL_MB} is {'reached' if result['idle_pss_mb'] < IDLE_GOAL_MB else 'missed'}")
    for workload, found in result["ratios"].items():
        for system, one in found.items():
            words = "reached" if one["ratio"] >= one["goal"] else "missed"
            print(f"{workload}: {one['ratio']:.2f} times {system}; the goal of {one['goal']} is {words}")
    for workload, times in result["tail"].items():
        print(f"{workload} at 60 % of the maximum: p99 is {times:.1f} times p50; the goal of {TAIL_GOAL} is "
              f"{'reached' if times <= TAIL_GOAL else 'missed'}")
    if result["hop"] is not None:
        found = result["hop"]
        print(f"the hop takes {found['hop_us']:.0f} us ({found['all_us']:.0f} - {found['gateway_us']:.0f} - {found['database_us']:.0f}); "
              f"the goal of {hop.GOAL_US} is {'reached' if found['hop_us'] <= hop.GOAL_US else 'missed'}")
    if result["others_share"] > OTHERS_SHARE_MAX:
        print(f"Other programs took {result['others_share']:.0%} of this machine: the rates say little, the CPU times still hold.")
