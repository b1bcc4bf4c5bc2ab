"""docs/performance.md and its plots, from the figures of one run. Texts that say why stand here; numbers come from the run."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import subprocess

import hop
import report

COLOURS = {"aftercare": "#1b6ca8", "fastify": "#d1495b", "go": "#3a9d5d", "pgbench": "#8a8a8a"}
TITLES = {"coverage": "GET what covers one of {units:,} units", "claim": "POST a claim, durable", "page": "GET 50 units",
          "mixed": "70 % coverage, 10 % pages, 20 % claims"}
CHANGES = "## What each change brought\n"
HEAD = """# Performance

Written by `scripts/bench --docs` on {day}; the numbers are those of that run, on {cores} cores with the load generator and PostgreSQL beside
what is measured. {rounds} rounds of {seconds:g} s in turns, medians. Compare the columns of one run; never a number with one of another day.
PostgreSQL keeps everything it says it keeps (`fsync`, `synchronous_commit` and `full_page_writes` are on); one 8 KiB write took {sync:.2f} ms.

| who | what |
|---|---|
| aftercare | HTTP, gateway, bus, `warranty`, PostgreSQL: one process of each |
| fastify | Fastify 4 and node-postgres, pipelined, one process (`tests/load/peers/fastify`) |
| go | Go's net/http and pgx, one process, all cores (`tests/load/peers/go`) |
| pgbench | the statements that `warranty` sends for the request, prepared, no HTTP; the best of 1 to 64 clients |

The peers do the same work for the caller: they check the token (ES256, remembered), validate the request, and answer the same bytes; a claim leaves the same
rows: state, decision, timer, event, key with its answer, in one statement on the unit as it was read. Before anything is measured their answers and rows
are compared with ours. They are spared something: they do not decide. What the policy engine finds out for each request they take from an answer of ours
and put in dates and names, and of what we pack for tables they store a copy with identities put in. They write no log. Cluster mode of Node would be several processes,
and is left out; the number of connections to the database is the best of several for each workload ({pools}).

Nobody reads the event rows of the peers. So the daemon `events` is down while anything is compared, and the events of all of them stay in the outbox: beside are gateway, bus and
`warranty`, as one process is of each peer. The line "aftercare, consumed" is the same load with every daemon there: events are relayed to the log, `warranty` keeps histories and
worklist by them, `notify` makes messages of them and says events of its own. Its CPU time is that of all processes until the last event is consumed, also where that is after the load's end.
"""


def write(result, folder):
    """The page and its plots."""
    plots = folder / "performance"
    plots.mkdir(exist_ok=True)
    parts = [head(result), targets(result)]
    for workload in dict.fromkeys(line["workload"] for line in result["lines"] if line["workload"] in TITLES):
        parts.append(section(result, workload))
    plot_rates(result, plots / "rates.svg")
    parts.insert(2, "![Requests a second](performance/rates.svg)\n")
    if result["hop"] is not None:
        parts.append(hop.section(result["hop"]))
    if "growth" in result:
        parts.append(growth(result, plots))
    parts.append(idle(result))
    page = folder / "performance.md"
    told = page.read_text(encoding="utf-8").partition(CHANGES)[2] if page.exists() else ""
    if told:  # by people, from other runs
        parts.append(CHANGES + told)
    page.write_text("\n".join(parts), encoding="utf-8")


def head(result):
    """What was measured and how."""
    pools = ", ".join(f"{name}: {count}" for name, count in result["pools"].items())
    return HEAD.format(day=datetime.date.today(), cores=result["cores"], rounds=result["round_count"], seconds=result["seconds"],
                       sync=result["sync_ms"], pools=pools)


def table(heads, rows):
    """In Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def targets(result):
    """The ratios that were aimed at."""
    rows = [[workload, system, f"{one['ratio']:.2f}", f"{one['goal']}", "yes" if one["ratio"] >= one["goal"] else "no"]
            for workload, found in result["ratios"].items() for system, one in found.items()]
    rows += [[workload, "p99 over p50, at 60 % of the maximum", f"{times:.1f}", f"at most {report.TAIL_GOAL}",
              "yes" if times <= report.TAIL_GOAL else "no"] for workload, times in result["tail"].items()]
    if result["hop"] is not None:
        hop_us = result["hop"]["hop_us"]
        rows.append(["coverage", "the hop alone, one connection", f"{hop_us:.0f} us", f"at most {hop.GOAL_US} us",
                     "yes" if hop_us <= hop.GOAL_US else "no"])
    return "## Aims\n\n" + table(["workload", "beside", "times as fast", "aim", "reached"], rows)


def closed_lines(result, workload):
    """Of the comparison: 64 connections."""
    return [line for line in result["lines"] if line["workload"] == workload and not line["open_rate"] and line["connections"] != 1
            or line["workload"] == workload and line["system"] == "pgbench"]


def section(result, workload):
    """Rates, latencies and costs of a workload."""
    rows = []
    for line in closed_lines(result, workload):
        latency, ours = line["latency_ms"], [name for name in line["cpu_us"] if name not in ("machine", "stolen", "others", "load")]
        opened = next((other for other in result["lines"] if other["workload"] == workload and other["system"] == line["system"]
                       and other["open_rate"] and not line["is_consumed"]), None)
        open_text = "" if opened is None else " / ".join(f"{opened['latency_ms'][name]:.1f}" for name in ("p50", "p99", "p99_9"))
        name = line["system"] + (f" ({line['copies']} in a pipeline)" if line["copies"] > 1 else "") + (", consumed" if line["is_consumed"] else "")
        rows.append([name, f"{line['rate']:,.0f}", " / ".join(f"{latency[part]:.1f}" for part in ("p50", "p99", "p99_9")), open_text,
                     f"{sum(line['cpu_us'][part] for part in ours):.0f}", f"{line['cpu_us']['postgres']:.0f}",
                     f"{line['database']['statements']:.1f}" if line["system"] == "aftercare" else ""])
    title = TITLES[workload].format(units=result["units"])
    sent = result["statements"].get(workload)
    note = f"\nStatements of `warranty` for one request: {', '.join(f'`{name}`' for name in sent)}.\n" if sent else ""
    return f"## {title}\n\n" + table(["", "requests/s", "p50 / p99 / p99.9 ms, 64 connections", "the same at 60 % of the own maximum",
                                      "CPU us a request, all processes", "of it PostgreSQL", "statements a request"], rows) + note


def growth(result, plots):
    """Connections, replicas, units."""
    parts = ["## How it grows\n"]
    for what, found in result["growth"].items():
        rows = [[f"{count:,}"] + [f"{line['rate']:,.0f} ({line['latency_ms']['p99']:.1f})" for line in lines] for count, lines in found]
        heads = [what] + [f"{line['workload']}: requests/s (p99 ms)" for line in found[0][1]]
        plot_growth(what, found, plots / f"{what}.svg")
        parts.append(table(heads, rows) + f"\n![{what}](performance/{what}.svg)\n")
    return "\n".join(parts)


def idle(result):
    """What it costs to be there."""
    rows = [[noun, f"{report.pss_mb(result['idle_memory_kb'], [noun]):.1f}", f"{result['idle_cpu_m'].get(noun, 0):.1f}"]
            for noun in result["idle_memory_kb"]]
    return ("## Idle\n\n" + table(["process", "memory, MB (PSS)", "thousandths of a core"], rows)
            + f"\nAll daemons and the gateway together: {result['idle_pss_mb']:.1f} MB, aim {report.IDLE_GOAL_MB}.\n")


# ---- plots ----

def run_gnuplot(text):
    """Runs a script."""
    subprocess.run(["gnuplot"], input=text, text=True, check=True)


def plot_rates(result, path):
    """Bars, a group for each workload, relative to the best of it: workloads differ by magnitudes."""
    workloads = [name for name in TITLES if any(line["workload"] == name for line in result["lines"])]
    systems = list(COLOURS)
    rows = []
    for workload in workloads:
        rates = {line["system"]: line["rate"] for line in closed_lines(result, workload) if line["copies"] == 1 and not line["is_consumed"]}
        most = max(rates.values())
        rows.append(f'"{workload}" ' + " ".join(f"{rates.get(system, 0) / most:.4f}" for system in systems))
    bars = ", ".join(f"$bars using {place + 2}{':xtic(1)' if place == 0 else ''} title '{system}' lc rgb '{COLOURS[system]}'"
                     for place, system in enumerate(systems))
    run_gnuplot("$bars << EOD\n" + "\n".join(rows) + f"\nEOD\nset terminal svg size 800,360 font 'sans,13' background '#ffffff'\nset output '{path}'\n"
                "set style data histogram\nset style histogram clustered gap 1\nset style fill solid\nset boxwidth 0.9\nset yrange [0:1.05]\n"
                "set ylabel 'requests/s, share of the best'\nset grid y\nset key outside right\nset border 3\nset tics nomirror\n"
                f"plot {bars}\n")


def plot_growth(what, found, path):
    """A line for each workload."""
    names = [line["workload"] for line in found[0][1]]
    rows = "\n".join(f"{count} " + " ".join(f"{line['rate']:.0f}" for line in lines) for count, lines in found)
    curves = ", ".join(f"$points using 1:{place + 2} with linespoints lw 2 pt 7 title '{name}'" for place, name in enumerate(names))
    run_gnuplot(f"$points << EOD\n{rows}\nEOD\nset terminal svg size 640,320 font 'sans,13' background '#ffffff'\nset output '{path}'\n"
                f"set logscale x\nset yrange [0:*]\nset xlabel '{what}'\nset ylabel 'requests/s'\nset grid\nset key left top\nplot {curves}\n")
