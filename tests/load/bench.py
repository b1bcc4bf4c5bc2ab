"""Measures Aftercare beside programs that a team would write instead, and beside PostgreSQL alone; all in one run, in turns.

    aftercare   HTTP -> gateway -> bus -> warranty -> PostgreSQL
    fastify     HTTP -> one process of Node -> PostgreSQL      (tests/load/peers/fastify)
    go          HTTP -> one process of Go -> PostgreSQL        (tests/load/peers/go)
    pgbench     the statements of Aftercare's daemon alone, prepared, with the number of clients that is best

    coverage    GET what covers one of 1,000,000 units             claim   POST a claim: state, decision, event, key and answer
    page        GET 50 units                                       mixed   70 % coverage, 10 % page, 20 % claim

An installation of its own is started on an empty database (state under build/bench) and filled. The peers are checked to answer and
to store the same; then each finds the number of database connections that is best for it. Each round measures everything for some
seconds, each second round backwards, so that none always has the younger tables. Nobody reads the event rows of the peers, so the
daemon events is down meanwhile and no process consumes; then claims are measured again with every daemon consuming ("consumed"). Before
each measure all is let come to rest. Every write is durable, and is counted in its table afterwards. Figures are medians over the rounds.

The load is closed (each connection asks as soon as it is answered) where rates are compared, and open (a fixed rate, latencies
counted from when a request was due) where latencies are.

Daemons take settings from the environment as ever, so AFTERCARE_DB_WRITE_CONNECTIONS=2 scripts/bench tries that.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import json
import os
import pathlib
import signal
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
sys.path.insert(1, str(ROOT / "tests" / "load"))

import bed  # noqa: E402
import hop  # noqa: E402
import load  # noqa: E402
import overload  # noqa: E402
import performance  # noqa: E402
import report  # noqa: E402
import run  # noqa: E402
import stock  # noqa: E402
from installation import Trouble  # noqa: E402

OPEN_SHARE = 0.6
CONNECTION_COUNTS = (1, 4, 16, 64, 256, 1000)
REPLICA_COUNTS = (1, 2, 4)


def read_counts(text):
    """[10000, 1000000] for "10000,1000000"."""
    return sorted(int(part) for part in text.split(","))


def read_options():
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench", formatter_class=argparse.RawDescriptionHelpFormatter, description=__doc__)
    parser.add_argument("--quick", action="store_true", help="coverage and claim only, in some five minutes after the build")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write the medians there, requests a second")
    parser.add_argument("--seconds", type=float, help="length of each measure in a round (default: 3; 1.5 with --quick)")
    parser.add_argument("--rounds", type=int, default=5, help="how many rounds (default: 5)")
    parser.add_argument("--units", type=int, default=1_000_000, help="how many units there are (default: 1,000,000)")
    parser.add_argument("--only", choices=[name for name in load.WORKLOADS if name != "local"], action="append", help="measure only this; may be given several times")
    parser.add_argument("--systems", default=",".join(bed.SYSTEMS), help=f"which of {','.join(bed.SYSTEMS)} (default: all)")
    parser.add_argument("--grow", action="store_true", help="also with 1 to 1,000 connections, 1 to 4 replicas, and other numbers of units")
    parser.add_argument("--grow-units", type=read_counts, default=[10_000, 1_000_000], metavar="N,N",
                        help="these numbers, rising (default: 10000,1000000; 10000000 takes half an hour and 10 GB)")
    parser.add_argument("--docs", action="store_true", help="write docs/performance.md and its plots from this run")
    parser.add_argument("--overload", action="store_true", help="instead: ten times what Aftercare can do, for a minute (of claims and pages, or --only)")
    parser.add_argument("--hop", action="store_true", help="instead: what gateway, bus and service add to the SQL of one request at a time")
    parser.add_argument("--hold", action="store_true", help="prepare, print where everything is, and wait: for a profiler")
    parser.add_argument("--replicas", action="append", default=[], type=run.read_replicas, metavar="NOUN=COUNT",
                        help="start a daemon COUNT times, as warranty=2; may be given several times")
    parser.add_argument("--build", type=pathlib.Path, metavar="DIR", default=ROOT / "build" / "release",
                        help="another build (default: build/release)")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "bench.json",
                        help="where all figures go (default: build/bench.json)")
    options = parser.parse_args()
    options.systems = options.systems.split(",")
    if options.seconds is None:
        options.seconds = 1.5 if options.quick else 3
    if options.seconds <= 0 or options.rounds < 1 or options.units < 1000 or not set(options.systems) <= set(bed.SYSTEMS):
        parser.error("--seconds above 0, --rounds from 1, --units from 1000, --systems as above")
    return options


def measure_all(site):
    """What the options ask for, in rounds; then latencies at a part of what each reached."""
    options = site.options
    workloads = options.only or (["coverage", "claim"] if options.quick else ["coverage", "claim", "page", "mixed"])
    site.stop_events()
    site.tune(workloads)
    closed = [site.add(workload, system) for workload in workloads for system in options.systems
              if system != "pgbench" or (workload, 1) in site.scripts]
    if "claim" in workloads and "pgbench" in options.systems:
        closed.append(site.add("claim", "pgbench", copies=bed.PIPELINE))
    site.measure(closed)
    if not options.quick:
        site.measure([site.add(measure.workload, measure.system, rate=round(measure.median() * OPEN_SHARE))
                      for measure in closed if measure.system != "pgbench"])
    if "aftercare" not in options.systems:
        return
    if not options.quick:
        hop.measure(site)
    site.start_events()
    site.measure([site.add(workload, "aftercare", is_consumed=True) for workload in workloads if workload in bed.WRITING])


def run_site(options, work, **changes):
    """Prepares an installation of its own, does the work, and takes it down."""
    site = bed.Bed(argparse.Namespace(**(vars(options) | changes)))
    handlers = {number: signal.signal(number, site.run.on_signal) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        site.prepare()
        work(site)
    finally:
        site.stop()
        for number, handler in handlers.items():
            signal.signal(number, handler)
    return site


def grow(options):
    """{what: [[number, lines], ...]}: Aftercare alone, larger and smaller."""
    alone = {"systems": ["aftercare"], "only": ["coverage", "claim"]}

    def measure_closed(site, counts=(bed.CONNECTIONS,)):
        made = [site.add(workload, "aftercare", count) for workload in alone["only"] for count in counts]
        site.measure(made)
        return [report.summarise_measure(measure) for measure in made]

    found = {"connections": [], "replicas": [], "units": []}
    def connections(site):
        lines = measure_closed(site, CONNECTION_COUNTS)
        found["connections"] = [[count, [line for line in lines if line["connections"] == count]] for count in CONNECTION_COUNTS]

    def units(site):
        for count in options.grow_units:
            bed.say(f"growing: {count:,} units")
            site.fill(count)
            found["units"].append([count, measure_closed(site)])

    bed.say("growing: connections")
    run_site(options, connections, **alone)
    for count in REPLICA_COUNTS:
        bed.say(f"growing: {count} replicas of gateway and warranty")
        replicas = [("gateway", count), ("warranty", count)]
        run_site(options, lambda site, count=count: found["replicas"].append([count, measure_closed(site)]), replicas=replicas, **alone)
    run_site(options, units, units=options.grow_units[0], **alone)
    return found


def hold(site):
    """Until a signal; plans of every workload lie beside."""
    for system, port in [("aftercare", site.run.port)] + [(name, peer.port) for name, peer in site.peers.items()]:
        for workload in load.WORKLOADS:
            load.write_plan(site.folder / f"{system}-{workload}.json", workload, port, site.token, stock.FIRST, site.options.units)
    print(json.dumps({"loadgen": str(site.loadgen), "plans": str(site.folder), "daemons": site.groups(),
                      "postgres": site.run.server.process.pid, "url": site.run.url, "statements": site.statements}), flush=True)
    while not site.run.is_stopping:
        site.run.supervisor.look_after()
        time.sleep(0.2)


def measure_overload(options):
    """An exit status."""
    lines = []
    run_site(options, lambda site: lines.extend(overload.measure_all(site)), systems=["aftercare"])
    overload.print_lines(lines)
    if options.json:
        options.json.write_text(json.dumps(lines, indent=1) + "\n", encoding="utf-8")
    return 0


def main():
    """The whole program; its exit status."""
    options = read_options()
    started_at = time.monotonic()
    try:
        if options.overload:
            return measure_overload(options)
        if options.hop:
            site = run_site(options, hop.measure, systems=["aftercare"])
            print(hop.section(site.hop))
            return 0
        site = run_site(options, hold if options.hold else measure_all)
        if options.hold:
            return 0
        result = report.summarise(site)
        if options.grow:
            result["growth"] = grow(options)
    except Trouble as trouble:
        print(f"bench: {trouble}", file=sys.stderr)
        return 1
    report.print_table(result)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps(report.short(result), indent=1) + "\n", encoding="utf-8")
    if options.docs:
        performance.write(result, ROOT / "docs")
    print(f"\n{time.monotonic() - started_at:.0f} s; all figures are in {os.path.relpath(options.output)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
