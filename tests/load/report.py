"""Medians, ratios and the table of a benchmark."""
# SPDX-License-Identifier: Apache-2.0
import os
import statistics

GOALS = {"GET": 0.35, "POST": 1.1}
OTHERS_SHARE_MAX = 0.05


def others_cpu_s(cpu_s):
    """What was used by programs that are none of ours."""
    return max(0.0, cpu_s["machine"] - sum(value for name, value in cpu_s.items() if name not in ("machine", "stolen")))


def summarise_measure(measure):
    """One line of the table: medians over the rounds."""
    rates = [found["requests"] / found["seconds"] for found in measure.rounds]
    for found in measure.rounds:
        found["cpu_s"]["others"] = others_cpu_s(found["cpu_s"])
    cpu_us = {name: statistics.median(found["cpu_s"][name] / found["requests"] * 1e6 for found in measure.rounds)
              for name in measure.rounds[0]["cpu_s"]}
    return {
        "verb": measure.verb, "via": measure.via, "connections": measure.connections,
        "rate": statistics.median(rates), "rate_min": min(rates), "rate_max": max(rates),
        "p50_ms": statistics.median(found["p50_us"] for found in measure.rounds) / 1000,
        "p99_ms": statistics.median(found["p99_us"] for found in measure.rounds) / 1000,
        "cpu_us": cpu_us, "rounds": measure.rounds,
    }


def best(lines, verb, via):
    """The line with the highest rate, None where there is none."""
    return max((line for line in lines if line["verb"] == verb and line["via"] == via), key=lambda line: line["rate"],
               default=None)


def summarise(bench, unit_count):
    """Everything that was found."""
    lines = [summarise_measure(measure) for measure in bench.measures]
    ratios = {}
    for verb in GOALS:
        ours, theirs = best(lines, verb, "gateway"), best(lines, verb, "pgbench")
        if ours and theirs:
            ratios[verb] = {"ratio": ours["rate"] / theirs["rate"], "goal": GOALS[verb], "clients": theirs["connections"]}
    stolen = sum(found["cpu_s"]["stolen"] for measure in bench.measures for found in measure.rounds)
    wall = sum(found["seconds"] for measure in bench.measures for found in measure.rounds)
    others = sum(found["cpu_s"]["others"] for measure in bench.measures for found in measure.rounds)
    return {
        "units": unit_count, "cores": os.cpu_count(), "seconds": bench.options.seconds, "round_count": bench.options.rounds,
        "sync_ms": statistics.median(bench.sync_ms), "stolen_share": stolen / wall / os.cpu_count(),
        "others_share": others / wall / os.cpu_count(),
        "settings": {name: value for name, value in os.environ.items() if name.startswith("AFTERCARE_")},
        "replicas": {noun: len(pids) for noun, pids in bench.daemons.items()},
        "lines": lines, "ratios": ratios, "memory_kb": bench.memory,
    }


def print_lines(result, verb):
    """The part of the table for one verb."""
    processes = [*result["replicas"], "postgres", "load", "others"]
    print(f"{verb:<24}{'req/s':>8}  {'(min .. max)':<18}{'p50 ms':>8}{'p99 ms':>8}   CPU us/request:"
          + "".join(f"{name:>10}" for name in processes) + "       all")
    for line in result["lines"]:
        if line["verb"] != verb:
            continue
        span = f"({line['rate_min']:,.0f} .. {line['rate_max']:,.0f})"
        unit = "connection" if line["via"] == "gateway" else "client"
        name = f"{line['via']}, {line['connections']} {unit}{'' if line['connections'] == 1 else 's'}"
        print(f"{name:<24}{line['rate']:>8,.0f}  {span:<18}{line['p50_ms']:>8.2f}{line['p99_ms']:>8.2f}{'':18}"
              + "".join(f"{line['cpu_us'][process]:>10.1f}" for process in processes) + f"{line['cpu_us']['machine']:>10.1f}")
    print()


def print_table(result):
    """The whole of it, for people."""
    print(f"\n{result['round_count']} rounds of {result['seconds']} s, medians; {result['units']:,} units; {result['cores']} cores, "
          f"{result['stolen_share']:.1%} of them stolen; {result['sync_ms']:.2f} ms to sync 8 KiB; every write durable\n")
    for verb in GOALS:
        if any(line["verb"] == verb for line in result["lines"]):
            print_lines(result, verb)
    print(f"{'memory, MiB':<24}{'RSS':>8}{'PSS':>8}")
    for noun, found in result["memory_kb"].items():
        replicas = result["replicas"].get(noun, 1)
        name = noun if replicas == 1 else f"{noun} x{replicas}"
        print(f"{name:<24}{found['rss'] / 1024:>8.1f}{found['pss'] / 1024:>8.1f}")
    print()
    for verb, found in result["ratios"].items():
        words = "reached" if found["ratio"] >= found["goal"] else "missed"
        print(f"{verb} through the gateway is {found['ratio']:.2f} of pgbench's best ({found['clients']} clients); "
              f"the goal of {found['goal']} is {words}")
    if result["others_share"] > OTHERS_SHARE_MAX:
        print(f"Other programs took {result['others_share']:.0%} of this machine: the rates say little, the CPU times still hold.")
