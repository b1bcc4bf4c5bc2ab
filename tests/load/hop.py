"""What gateway, bus and service add to the SQL of one request, when nobody else asks.

    hop = GET coverage, as the client sees it  -  an answer of the gateway's own (GET /v1/me)  -  what the service waits for PostgreSQL

All three are medians of single requests, on one connection. The last is what warranty's log says of each call (database_us, from asking
to the answer). No method of the gateway's own answers as many bytes as coverage has, so writing and sending these counts as hop here:
the figure is an upper bound.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import statistics
import urllib.request

import stock

METHOD = "warranty.v1.WarrantyService/GetCoverage"
GOAL_US = 150


def measure(site):
    """In rounds, in turns; what was found is kept at the site."""
    logs = {replica.log: replica.log.stat().st_size for replica in site.run.supervisor.replicas if replica.noun == "warranty"}
    far, near = site.add("coverage", "aftercare", 1), site.add("local", "aftercare", 1)
    site.measure([far, near])
    site.rest()
    calls = [call for log, size in logs.items() for call in read_calls(log, size)]
    site.hop = {
        "all_us": statistics.median(found["latency_us"]["p50"] for found in far.rounds),
        "gateway_us": statistics.median(found["latency_us"]["p50"] for found in near.rounds),
        "database_us": statistics.median(call["database_us"] for call in calls),
        "service_us": statistics.median(call["duration_us"] - call["database_us"] for call in calls),
        "bytes": {path: size_of(site, path) for path in (f"/v1/units/{stock.FIRST}/coverage", "/v1/me")},
        "calls": len(calls),
    }
    site.hop["hop_us"] = site.hop["all_us"] - site.hop["gateway_us"] - site.hop["database_us"]


def read_calls(log, offset_bytes):
    """What the log says of each call of coverage that was answered since."""
    with log.open("rb") as file:
        file.seek(offset_bytes)
        lines = [json.loads(line) for line in file if METHOD.encode() in line]
    return [line for line in lines if line["method"] == METHOD]


def size_of(site, path):
    """Bytes of an answer's body."""
    with urllib.request.urlopen(urllib.request.Request(site.run.url + path, headers={"Authorization": f"Bearer {site.token}"})) as answer:
        return len(answer.read())


def section(hop):
    """A table of it, in Markdown."""
    (_, far_bytes), (_, near_bytes) = hop["bytes"].items()
    rows = [("GET coverage, as the client sees it", hop["all_us"]), (f"less an answer of the gateway's own (GET /v1/me, {near_bytes:,} bytes)", hop["gateway_us"]),
            ("less what `warranty` waits for PostgreSQL", hop["database_us"]), (f"the hop; aim: at most {GOAL_US}", hop["hop_us"]),
            ("of that, `warranty` itself", hop["service_us"])]
    lines = ["| one request at a time | us, medians |", "|---|---|"] + [f"| {what} | {value:.0f} |" for what, value in rows]
    return ("## The hop\n\nWhat it costs that a service answers, and not the gateway itself.\n\n" + "\n".join(lines) + f"\n\nThe rest of the hop is the bus, both ways, "
            f"and the gateway's work on {far_bytes:,} bytes in place of {near_bytes:,}: it has no method of its own that answers as much, so the hop is less than this.\n")
