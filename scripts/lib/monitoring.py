"""What deploy/prometheus and deploy/grafana ask for: their expressions, and the metrics, services and outcomes in them."""
# SPDX-License-Identifier: Apache-2.0
import json
import re

import yaml

from installation import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "aftercare.json"
METRIC = re.compile(r"(?<![\w:.\"/])(?:aftercare|process)_\w+(?![\w:])")
RATED = re.compile(r"\b(?:rate|increase)\((\w+)")


def read_rules():
    """All rules, recorded ones and alerts."""
    groups = [group for name in ("records.yml", "alerts.yml") for group in yaml.safe_load((PROMETHEUS / name).read_text(encoding="utf-8"))["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def read_alerts():
    """The alerts among them."""
    return [rule for rule in read_rules() if "alert" in rule]


def read_panels():
    """Panels of the dashboard that show something."""
    return [panel for panel in json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"] if panel["type"] != "row"]


def dashboard_expressions():
    """What the dashboard asks Prometheus, with its variables filled in."""
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    asked = [target["expr"] for panel in read_panels() for target in panel["targets"]]
    asked += [note["expr"] for note in board["annotations"]["list"]]
    return [expression.replace("$__rate_interval", "5m").replace("$service", ".*") for expression in asked]


def all_expressions():
    """Of rules and dashboard."""
    return [rule["expr"] for rule in read_rules()] + dashboard_expressions()


def metrics_asked_for():
    """Names as they stand on a line of /metrics."""
    return {name for expression in all_expressions() for name in METRIC.findall(expression)}


def metrics_rated():
    """Names of which a rate is asked: they must be counters, or parts of a histogram."""
    return {name for expression in all_expressions() for name in RATED.findall(expression)}


def records_asked_for():
    """Names of recorded series, as service:aftercare_calls:rate5m."""
    return {name for expression in all_expressions() for name in re.findall(r"\b\w+:\w+:\w+", expression)}


def values_asked_for(label):
    """Values of a label that are compared with exactly, or as alternatives."""
    texts = [text for expression in all_expressions() for text in re.findall(rf'\b{label}!?=~?"([^"]*)"', expression)]
    return {value for text in texts for value in text.split("|") if re.fullmatch(r"\w+", value)}
