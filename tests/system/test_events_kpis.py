"""deploy/examples/daily_kpis.py: whenever it is killed, its table is what the tables of the services say."""
# SPDX-License-Identifier: Apache-2.0
import subprocess
import threading

import pytest

from claims import do, file_claim, photos
from clients import Load
from event_reader import last_position
from history import History
from installation import ROOT
from stage import count, wait_until
from world import make_product, make_unit

STAGE = {"documents": 1, "events": 1}
PROGRAM = ROOT / "deploy" / "examples" / "daily_kpis.py"
DIRECT = """SELECT (create_time AT TIME ZONE 'UTC')::date, 'units_registered', count(*) FROM warranty.units GROUP BY 1
            UNION ALL SELECT (create_time AT TIME ZONE 'UTC')::date, 'claims_created', count(*) FROM warranty.claims GROUP BY 1
            UNION ALL SELECT (create_time AT TIME ZONE 'UTC')::date, 'claims_' || lower(state), count(*) FROM warranty.claims GROUP BY 1, 2"""
KEPT = "SELECT day, kpi, value FROM kpis.daily WHERE value <> 0"


def start(stage, *words):
    """The program, as an analyst runs it."""
    environment = stage.environment | {"AFTERCARE_TOKEN": stage.tokens.of("analyst", "kpis")}
    database = " ".join(f"{name}={value}" for name, value in stage.server.parameters.items())
    return subprocess.Popen([PROGRAM, "--database", database, "--bus-dir", stage.bus_folder, *words], env=environment,
                            stderr=subprocess.PIPE, text=True)


def run_to_the_end(stage, *words):
    """It ends where the log ends."""
    process = start(stage, "--end", *words)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said


def place(stage):
    """How far it is; 0 before it began."""
    if not stage.value("SELECT to_regclass('kpis.place') IS NOT NULL"):
        return 0
    return stage.value("SELECT position FROM kpis.place")


def expect_the_same(stage):
    """Its table, and the one that is computed from where the services keep their state."""
    wait_until(lambda: stage.value("SELECT count(*) FROM events.log") == stage.value(
        "SELECT position FROM events.relay"), "the log is whole")
    kept, direct = sorted(stage.query(KEPT)), sorted(stage.query(DIRECT))
    assert kept == direct, (kept, direct)
    return {kpi: value for _, kpi, value in kept}


def make_claims(stage, web, is_stopping, errors):
    """Claims that are approved at once, wait for documents, or are withdrawn."""
    try:
        sku, i = make_product(web), 0
        while not is_stopping.is_set():
            serial = make_unit(web, sku, region="DE", channel="online", customer_class="consumer", condition="new", delivery_date="2026-03-15",
                               price_paid={"minor": 5900, "currency_code": "EUR"})
            claim = file_claim(web, serial, cause="workmanship_defect", **({"documents": photos(web)} if i % 3 == 0 else {}))
            if i % 3 == 1:
                do(web, claim, "withdraw")
            i += 1
    except Exception as error:  # pylint: disable=broad-exception-caught
        errors.append(error)
    finally:
        web.hang_up()


@pytest.mark.faults
def test_killed_at_any_moment_it_counts_each_event_once(stage, web, rng):
    """Killed again and again, once with a second one beside it, while units and claims come."""
    kills, events = count(5, 50), count(1500, 100000)
    sku, is_stopping, errors, restarts = make_product(web), threading.Event(), [], 0
    claims = threading.Thread(target=make_claims, args=(stage, stage.web(), is_stopping, errors))
    with Load(stage, History(), 4, lambda _: sku):
        claims.start()
        while restarts < kills or last_position(stage) < events:
            assert not errors, errors
            before = place(stage)
            processes = [start(stage) for _ in range(2 if restarts % 5 == 2 else 1)]
            wait_until(lambda: place(stage) > before, "it goes on")  # pylint: disable=cell-var-from-loop
            threading.Event().wait(rng.random() * 0.3)
            for process in processes:
                assert process.poll() is None, process.stderr.read()
                process.kill()
                process.communicate()
            restarts += 1
        is_stopping.set()
        claims.join()
    wait_until(lambda: stage.only("events").metric("aftercare_events_relay_lag_seconds") == 0, "nothing is behind")
    run_to_the_end(stage)
    kpis = expect_the_same(stage)
    print(f"\nkilled {restarts} times during {last_position(stage)} events: {kpis}")
    assert kpis["claims_withdrawn"] > 0 and kpis["claims_approved"] > 0 and kpis["units_registered"] > 100


def test_it_can_be_built_anew(stage):
    before = sorted(stage.query(KEPT))
    stage.query("UPDATE kpis.daily SET value = value + 1")
    run_to_the_end(stage, "--rebuild")
    assert sorted(stage.query(KEPT)) == before
    run_to_the_end(stage)  # and goes on from where it is
    assert sorted(stage.query(KEPT)) == before


def test_what_it_may_not_read_it_says(stage):
    process = start(stage)
    process.kill()
    process.communicate()
    environment = stage.environment | {"AFTERCARE_TOKEN": stage.tokens.of("customer", "anna")}
    database = " ".join(f"{name}={value}" for name, value in stage.server.parameters.items())
    told = subprocess.run([PROGRAM, "--database", database, "--bus-dir", stage.bus_folder], env=environment, capture_output=True,
                          text=True, timeout=60, check=False)
    assert told.returncode == 1 and "ROLE_MISSING" in told.stderr


