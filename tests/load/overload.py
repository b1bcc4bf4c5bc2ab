"""Ten times what Aftercare can do, for a minute: how much of it is done, how long that takes, how soon the rest hears no.

The most it can do, and how long calls take meanwhile, is a closed load's of 64 connections: the median of some rounds. Then comes an
open load of ten times that rate, each request due at its time whatever became of those before it. Then the closed load again, second
by second.
"""
# SPDX-License-Identifier: Apache-2.0
import statistics

import load
import stock

WORKLOADS = ("claim", "page")  # ten times the coverages are more than the generator can ask for beside everything else
TIMES = 10
OVERLOAD_S = 60
AFTER_S = 8
CONNECTIONS = 64  # of the closed load
OPEN_CONNECTIONS = 1000
NORMAL_SHARE = 0.8
GOALS = {"share": 0.8, "slower": 2, "refused_p99_ms": 5, "normal_after_s": 5}


def measure(site, workload):
    """One line of the result."""
    plan = load.write_plan(site.folder / "plan.json", workload, site.run.port, site.token, stock.FIRST, site.unit_count)

    def closed(seconds):
        return load.run_loadgen(site.loadgen, plan, CONNECTIONS, seconds)

    site.rest()
    closed(1)
    rounds = [closed(site.options.seconds) for _ in range(site.options.rounds)]
    peak = statistics.median(found["rate"] for found in rounds)
    normal = {name: statistics.median(found["latency_us"][name] for found in rounds) / 1000 for name in ("p50", "p99")}
    over = load.run_loadgen(site.loadgen, plan, OPEN_CONNECTIONS, OVERLOAD_S, round(TIMES * peak))
    after = closed(AFTER_S)["per_second"]
    back = next((second for second, count in enumerate(after) if count >= NORMAL_SHARE * peak), None)
    refused = over["refused_latency_us"]
    return {
        "workload": workload, "peak": peak, "normal_ms": normal, "offered": over["offered"], "rate": over["rate"], "refused": over["refused"],
        "statuses": over["statuses"], "broken": over["broken"], "unsent": over["unsent"],
        "latency_ms": {name: value / 1000 for name, value in over["latency_us"].items()},
        "refused_ms": {name: value / 1000 for name, value in refused.items()},
        "share": over["rate"] / peak, "slower": over["latency_us"]["p99"] / 1000 / normal["p99"], "refused_p99_ms": refused["p99"] / 1000,
        "normal_after_s": AFTER_S if back is None else back + 1, "after_per_second": after,
    }


def measure_all(site):
    """Every workload."""
    return [measure(site, workload) for workload in site.options.only or WORKLOADS]


def print_lines(lines):
    """For people."""
    for line in lines:
        print(f"{line['workload']} under {TIMES} times the load for {OVERLOAD_S} s: at most {line['peak']:,.0f}/s are done with {CONNECTIONS} connections "
              f"(p50 {line['normal_ms']['p50']:.1f} ms, p99 {line['normal_ms']['p99']:.1f} ms); offered {line['offered']:,.0f}/s")
        print(f"  done {line['rate']:,.0f}/s, p50 {line['latency_ms']['p50']:.1f} ms, p99 {line['latency_ms']['p99']:.1f} ms; refused {line['refused']:,}, "
              f"p50 {line['refused_ms']['p50']:.2f} ms, p99 {line['refused_ms']['p99']:.2f} ms; statuses {line['statuses']}; "
              f"{line['broken']} broken, {line['unsent']:,} found no connection in time")
        words = {"share": f"{line['share']:.0%} of the most is done", "slower": f"accepted ones take {line['slower']:.1f} times as long (p99)",
                 "refused_p99_ms": f"refusals take {line['refused_p99_ms']:.1f} ms (p99)", "normal_after_s": f"normal again in second {line['normal_after_s']}"}
        for name, goal in GOALS.items():
            is_reached = line[name] >= goal if name == "share" else line[name] <= goal
            print(f"  {words[name]}: the goal of {goal:g} is {'reached' if is_reached else 'missed'}")
