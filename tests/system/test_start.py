"""How daemons start, refuse to start, say how they are, and end."""
# SPDX-License-Identifier: Apache-2.0
import json
import re
import shutil
import subprocess

import pytest

from stage import BUILD, wait_until
from world import make_product

NOUNS = ("warranty", "gateway")


def run_daemon(stage, noun, *arguments, **changes):
    """The finished process of a daemon that is expected to end by itself. A change to None takes a variable away."""
    environment = {name: value for name, value in (stage.environment | changes).items() if value is not None}
    return subprocess.run([BUILD / "bin" / f"aftercare-{noun}", *arguments], env=environment, capture_output=True, text=True,
                          timeout=30, check=False)


@pytest.mark.parametrize("noun", NOUNS)
def test_help_lists_the_configuration(stage, noun):
    done = run_daemon(stage, noun, "--help")
    assert done.returncode == 0
    for name in ("AFTERCARE_KEY_FILE", "AFTERCARE_RUN_DIR", "AFTERCARE_DRAIN_LIMIT"):
        assert name in done.stdout
    assert noun != "gateway" or "AFTERCARE_GATEWAY_LISTEN" in done.stdout
    assert re.fullmatch(rf"aftercare-{noun} \d+\.\d+\.\d+\n", run_daemon(stage, noun, "--version").stdout)
    assert run_daemon(stage, noun, "--nonsense").returncode == 2


MISTAKES = [
    ("warranty", {"AFTERCARE_WARRANTY_NONSENSE": "1"}, "AFTERCARE_WARRANTY_NONSENSE"),
    ("gateway", {"AFTERCARE_GATEWAY_LISTN": "127.0.0.1:1"}, "AFTERCARE_GATEWAY_LISTN"),
    ("warranty", {"AFTERCARE_LOG_LEVLE": "debug"}, "did you mean AFTERCARE_LOG_LEVEL"),
    ("gateway", {"AFTERCARE_POLCY_HOLIDAYS": "x"}, "AFTERCARE_POLCY_HOLIDAYS"),
    ("warranty", {"AFTERCARE_CALLS_MAX": "0"}, "AFTERCARE_CALLS_MAX"),
    ("warranty", {"AFTERCARE_CALLS_MAX": "many"}, "AFTERCARE_CALLS_MAX"),
    ("warranty", {"AFTERCARE_DRAIN_LIMIT": "10"}, "AFTERCARE_DRAIN_LIMIT"),
    ("warranty", {"AFTERCARE_DRAIN_LIMIT": "10 parsecs"}, "AFTERCARE_DRAIN_LIMIT"),
    ("warranty", {"AFTERCARE_LOG_LEVEL": "loud"}, "AFTERCARE_LOG_LEVEL"),
    ("warranty", {"AFTERCARE_KEY_FILE": None}, "AFTERCARE_KEY_FILE"),
    ("warranty", {"AFTERCARE_KEY_FILE": "/nonexistent"}, "/nonexistent"),
    ("warranty", {"AFTERCARE_KEY_FILE": "/etc/hostname"}, "/etc/hostname"),
    ("warranty", {"AFTERCARE_DATABASE": "postgresql://[bad"}, "AFTERCARE_DATABASE is not a libpq"),
    ("warranty", {"AFTERCARE_DATABASE": None}, "AFTERCARE_DATABASE"),
    ("warranty", {"AFTERCARE_WARRANTY_POLICY_FILE": "x.yaml"}, "AFTERCARE_WARRANTY_POLICY_FILE"),
    ("warranty", {"AFTERCARE_RUN_DIR": "/nonexistent"}, "/nonexistent"),
    ("warranty", {"AFTERCARE_BUS_DIR": "/nonexistent"}, "/nonexistent"),
    ("warranty", {"AFTERCARE_BUS_DIR": "/tmp"}, "/tmp"),  # everybody may write there
    ("warranty", {"AFTERCARE_BUS_LISTEN": "tcp://0.0.0.0:7499"}, "7499"),  # beyond loopback without CURVE
    ("warranty", {"AFTERCARE_TEST_CLOCK": "/nonexistent"}, "/nonexistent"),
    ("gateway", {"AFTERCARE_TOKEN_JWKS_FILE": None}, "AFTERCARE_TOKEN_JWKS_FILE"),
    ("gateway", {"AFTERCARE_GATEWAY_JWKS_FILE": "/nonexistent"}, "/nonexistent"),
    ("gateway", {"AFTERCARE_GATEWAY_JWKS_FILE": "/etc/hostname"}, "/etc/hostname"),
    ("gateway", {"AFTERCARE_GATEWAY_LISTEN": "nonsense"}, "nonsense"),
    ("gateway", {"AFTERCARE_GATEWAY_LISTEN": "192.0.2.1:80"}, "192.0.2.1"),
    ("gateway", {"AFTERCARE_GATEWAY_CORS_ORIGINS": "not an origin"}, "origin"),
]


@pytest.mark.parametrize("noun,changes,said", MISTAKES, ids=lambda value: str(value)[:70])
def test_a_mistake_stops_the_start_and_is_named(stage, noun, changes, said):
    done = run_daemon(stage, noun, **changes)
    assert done.returncode in (1, 2), done
    assert said.lower() in done.stderr.lower() and "Sanitizer" not in done.stderr, done.stderr
    assert len(done.stderr.splitlines()) <= 3, done.stderr


def start_beside_a_schema(stage, change, mend, said):
    """A daemon that starts while the schema does not fit it says why, and works as soon as it fits."""
    stage.query(change)
    try:
        late = stage.start("warranty", wait=False)
        wait_until(lambda: said in late.ask("/readyz")[1], "it says why it is not ready")
        assert late.ask("/readyz")[0] == 503 and late.ask("/healthz")[0] == 200
    finally:
        stage.query(mend)
    late.wait_ready()
    late.stop()


def test_a_schema_that_wants_a_newer_daemon_is_not_worked_with(stage):
    start_beside_a_schema(stage, "UPDATE warranty.schema_info SET oldest_daemon = '99.0.0'",
                          "UPDATE warranty.schema_info SET oldest_daemon = '0.1.0'", "newer daemon")


def test_a_schema_that_lacks_something_is_not_worked_with(stage):
    start_beside_a_schema(stage, "ALTER TABLE warranty.claims RENAME COLUMN cause TO why",
                          "ALTER TABLE warranty.claims RENAME COLUMN why TO cause", "cause")


@pytest.mark.parametrize("noun", NOUNS)
def test_the_admin_pages_say_how_it_is(stage, noun):
    daemon = stage.running(noun)[0]
    assert daemon.ask("/healthz") == (200, "ok\n")
    assert daemon.ask("/readyz")[0] == 200 and daemon.ask("/readyz")[1].startswith("ready")
    status = daemon.status()
    assert (status["service"], status["pid"], status["state"]) == (noun, daemon.pid, "ready")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", status["start_time"])
    assert daemon.ask("/nothing")[0] == 404
    if noun == "warranty":
        assert status["schema"] == stage.value("SELECT change FROM warranty.schema_info")


def test_the_gateway_counts_its_answers_to_http(stage, web):
    gateway = stage.running("gateway")[0]
    before = gateway.status()["answered"]
    web.get("/v1/products")
    web.get("/nothing")
    assert gateway.status()["answered"] == before + 2


@pytest.mark.parametrize("noun", NOUNS)
def test_metrics_are_what_prometheus_reads(stage, web, noun):
    web.get("/v1/products")
    text = stage.running(noun)[0].ask("/metrics")[1]
    assert f'service="{noun}"' in text and "# HELP aftercare_" in text and "# TYPE aftercare_" in text
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr + checked.stdout


def test_each_log_line_is_json_and_names_nobody(stage, web):
    """One line for each call, with method, outcome and trace; no subject, no serial of a customer's unit."""
    sku = make_product(web)
    serial = "Serial-Unmistakable"
    answer = web.post("/v1/units", "customer:Person-Unmistakable", {"serial": serial, "sku": sku})
    trace = answer.headers["traceparent"].split("-")[1]
    web.get(f"/v1/units/{serial}", "customer:Person-Unmistakable")
    for noun in NOUNS:
        log = stage.running(noun)[0].log
        wait_until(lambda: trace in log.read_text(), "the call is in the log")  # pylint: disable=cell-var-from-loop
        text = log.read_text()
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        [line] = [line for line in lines if trace in line.get("trace", "")]
        assert line["service"] == noun and line["level"] == "info" and line["duration_us"] >= 0
        assert 0 < line["database_us"] <= line["duration_us"] if noun == "warranty" else "database_us" not in line
        assert "Unmistakable" not in text
    assert all(line.startswith("{") or "ASan doesn't fully support" in line for line in text.splitlines())


def test_sockets_are_private_and_gone_after_the_end(stage):
    daemon = stage.start("warranty")
    sockets = set(stage.bus_folder.iterdir()) | set(stage.run_folder.iterdir())
    daemon.stop()
    left = set(stage.bus_folder.iterdir()) | set(stage.run_folder.iterdir())
    assert len(sockets - left) >= 3, "socket, lock and admin socket are taken away"


def test_status_names_the_folder_that_is_not_there(stage):
    done = subprocess.run([BUILD / "bin" / "aftercare", "status", "--run-dir", "/nowhere/run"], env=stage.environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "/nowhere/run" in done.stderr, done


def test_status_shows_every_replica(stage):
    done = subprocess.run([BUILD / "bin" / "aftercare", "status", "--run-dir", str(stage.run_folder)], env=stage.environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    for noun in NOUNS:
        assert len(re.findall(rf"^{noun}\b", done.stdout, re.MULTILINE)) == len(stage.running(noun)), done.stdout


def test_status_says_why_no_mail_is_sent(stage, request):
    daemons = [stage.start("notify", wait=False, **mail) for mail in (
        {}, {}, {"AFTERCARE_NOTIFY_SMTP_URL": "smtp://127.0.0.1"},
        {"AFTERCARE_NOTIFY_SMTP_URL": "smtp://127.0.0.1", "AFTERCARE_NOTIFY_MAIL_FROM": "service@shop.example"})]
    request.addfinalizer(lambda: [daemon.stop() for daemon in daemons])
    said = [wait_until(lambda daemon=daemon: daemon.ask("/status")[0] == 200 and daemon.status(), "it says how it is").get("notes")
            for daemon in daemons]
    no_server, no_sender = (f"no mail is sent: AFTERCARE_NOTIFY_{name} is empty" for name in ("SMTP_URL", "MAIL_FROM"))
    assert said == [[no_server], [no_server], [no_sender], None]
    done = subprocess.run([BUILD / "bin" / "aftercare", "status", "--run-dir", str(stage.run_folder)], env=stage.environment,
                          capture_output=True, text=True, check=False)
    said = [line for line in done.stdout.splitlines() if line.startswith("notify: ")]
    assert sorted(said) == sorted([f"notify: {no_server}", f"notify: {no_sender}"])
