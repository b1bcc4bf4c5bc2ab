"""What stands in deploy/ for those who run Aftercare is right: alerts, dashboard, units, configuration samples.

    check_deploy.py FOLDER      of the daemons, for their --help

promtool judges rules and runs their cases, systemd-analyze judges units; where one of them is not installed its part is left
out, and that is said. That each metric exists is a system test: it needs daemons that run.
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import yaml

import monitoring
from installation import ROOT, services

UNITS = ROOT / "deploy" / "systemd"
GUIDE = ROOT / "docs" / "operations.md"
EXPOSURE_MAX = 15  # tenths, as systemd-analyze security counts
STANDARD_UNITS = pathlib.Path("/usr/lib/systemd/system")


def run(*command, cwd=ROOT):
    """What a program says that finds fault; "" where it finds none."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr if done.returncode != 0 else ""


# ---- Prometheus and Grafana ----

def anchors(path):
    """Anchors of the headings of a page, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def find_in_alerts():
    """Alerts that do not say what to do, or that no case proves; services that nobody watches."""
    cases = (monitoring.PROMETHEUS / "tests.yml").read_text(encoding="utf-8")
    known = anchors(GUIDE)
    for rule in monitoring.read_alerts():
        name, notes = rule["alert"], rule.get("annotations", {})
        if set(notes) != {"summary", "look", "runbook"} or rule.get("labels", {}).get("severity") not in ("page", "ticket"):
            yield f"{name}: needs a severity (page, ticket), summary, look and runbook"
        page, _, anchor = notes.get("runbook", "").partition("#")
        if page != "docs/operations.md" or anchor not in known:
            yield f"{name}: runbook: no heading of docs/operations.md has the anchor #{anchor}"
        if not re.search(rf"\b{name}\b", cases):
            yield f"{name}: has no case in tests.yml"
        if name == "AftercareServiceAway":
            yield from (f"{name}: does not watch {noun}" for noun in services() if f'absent(aftercare_service_ready{{service="{noun}"}})' not in rule["expr"])


def find_in_scrape():
    """Daemons that Prometheus is not told of."""
    sample = yaml.safe_load((monitoring.PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    names = sample["scrape_configs"][0]["dns_sd_configs"][0]["names"]
    if sorted(names) != services():
        yield f"prometheus.yml: scrapes {', '.join(names)}; the daemons are {', '.join(services())}"


def find_in_dashboard():
    """Panels that do not explain themselves, and recorded series that no rule records."""
    for panel in monitoring.read_panels():
        if not panel.get("title") or not panel.get("description") or not panel["fieldConfig"]["defaults"].get("unit"):
            yield f"dashboard: panel {panel.get('title') or panel['id']!r}: needs a title, a description and a unit"
        for name in re.findall(r"Alert (\w+)", panel.get("description", "")):
            if name not in {rule["alert"] for rule in monitoring.read_alerts()}:
                yield f"dashboard: panel {panel['title']!r}: there is no alert {name}"
    for name in monitoring.records_asked_for() - {rule.get("record") for rule in monitoring.read_rules()}:
        yield f"{name}: is asked for, but records.yml does not record it"


def find_by_promtool(folder):
    """What promtool has against rules, their cases, and the expressions of the dashboard."""
    if not shutil.which("promtool"):
        print("promtool is not there, so rules were not run")
        return
    panels = {"groups": [{"name": "dashboard", "rules": [
        {"record": f"panel:{number}:query", "expr": expression} for number, expression in enumerate(monitoring.dashboard_expressions())]}]}
    (folder / "dashboard.yml").write_text(yaml.safe_dump(panels), encoding="utf-8")
    yield run("promtool", "check", "rules", folder / "dashboard.yml")
    yield run("promtool", "check", "config", "prometheus.yml", cwd=monitoring.PROMETHEUS)
    yield run("promtool", "test", "rules", "tests.yml", cwd=monitoring.PROMETHEUS)


# ---- systemd ----

def make_root(folder):
    """A file system in which the units are installed, with something in place of each program."""
    units = folder / "etc" / "systemd" / "system"
    shutil.copytree(UNITS, units)
    shutil.copytree(STANDARD_UNITS, folder / "usr" / "lib" / "systemd" / "system", symlinks=True)
    for program in ["usr/bin/python3", *(f"usr/local/bin/aftercare-{noun}" for noun in services())]:
        (folder / program).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", folder / program)
    (folder / "opt" / "aftercare").mkdir(parents=True)


def find_in_image():
    """A version in the images' labels that is not the sources'."""
    version = re.search(r"^project\(.*\bVERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text(encoding="utf-8"), re.MULTILINE)[1]
    labels = set(re.findall(r"^ARG VERSION=(.*)$", (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE))
    if labels != {version}:
        yield f"Dockerfile: ARG VERSION={', '.join(sorted(labels))}; CMakeLists.txt says {version}"


def find_in_units(folder):
    """What systemd does not understand, daemons that no unit starts, and units that are open to more than they need."""
    wanted = re.findall(r"aftercare@([a-z]+)\.service", (UNITS / "aftercare.target").read_text(encoding="utf-8"))
    if sorted(wanted) != services():
        yield f"aftercare.target: wants {', '.join(wanted)}; the daemons are {', '.join(services())}"
    if not shutil.which("systemd-analyze") or not STANDARD_UNITS.is_dir():
        print("systemd-analyze is not there, so units were not looked at")
        return
    make_root(folder)
    names = ["aftercare@gateway.service", "aftercare@warranty-2.service", "aftercare-migrate.service"]
    done = subprocess.run(["systemd-analyze", "verify", f"--root={folder}", "aftercare.target", *names],
                          capture_output=True, text=True, check=False)
    yield from {line.replace(str(folder), "") for line in (done.stdout + done.stderr).splitlines()}
    for name in names:
        said = run("systemd-analyze", "security", "--offline=yes", f"--root={folder}", f"--threshold={EXPOSURE_MAX}", "--no-pager", name)
        yield "\n".join(line for line in said.splitlines() if line.startswith(("✗", "→")))


def main():
    """The whole program."""
    with tempfile.TemporaryDirectory(prefix="aftercare-deploy-") as name:
        folder = pathlib.Path(name)
        found = [*find_in_alerts(), *find_in_scrape(), *find_in_dashboard(), *find_in_image(), *find_by_promtool(folder),
                 *find_in_units(folder / "root")]
    found.append(run("/usr/bin/python3", "scripts/lib/config_samples.py", sys.argv[1]))
    found = [text for text in found if text]
    if found:
        sys.exit("\n".join(found))
    print(f"{len(monitoring.read_alerts())} alerts, {len(monitoring.read_panels())} panels, units and samples")


if __name__ == "__main__":
    main()
