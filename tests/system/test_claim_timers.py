"""Promises of claims as exact timers: many within a minute on three replicas of which one is killed, and all after a downtime."""
# SPDX-License-Identifier: Apache-2.0
import time

import pytest

from claims import AGENT, file_claim, make_sold, photos, set_now, start_daemons
from stage import count, wait_until
from world import run_threads

STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "warranty": 0, "gateway": 0}
THREADS = 4
SPREAD_S = count(15, 60)
# Spreads the promises that wait over so many seconds, which begins in a moment: by this test, since all that are filed on a day fall due at once.
SPREAD = """
    WITH spread AS (
        SELECT timer_id, aggregate_id, to_timestamp(%s) + random() * make_interval(secs => %s) AS due FROM warranty.timers
    ), moved AS (UPDATE warranty.claims c SET decide_by = spread.due FROM spread WHERE c.claim_id::text = spread.aggregate_id)
    UPDATE warranty.timers t SET due_time = spread.due FROM spread WHERE t.timer_id = spread.timer_id"""
MISSED = """
    SELECT count(*), count(DISTINCT o.aggregate_id), percentile_cont(0.5) WITHIN GROUP (ORDER BY o.event_time - c.decide_by),
           percentile_cont(0.99) WITHIN GROUP (ORDER BY o.event_time - c.decide_by), max(o.event_time - c.decide_by)
      FROM events.outbox o JOIN warranty.claims c ON c.claim_id::text = o.aggregate_id
     WHERE o.type = 'warranty.v1.DecisionMissed' AND c.serial = ANY(%s)"""


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """Three replicas that decide."""
    set_now(stage, "2026-11-02T10:00+01:00")
    start_daemons(stage, 3)


def file_many(stage, claim_count):
    """The serials of units with claims that wait for a person."""
    web = stage.web()
    given = photos(web)
    serials = [make_sold(web, delivery_date="2026-03-15", price_paid={"minor": 59900, "currency_code": "EUR"}) for _ in range(THREADS)]

    def work(i):
        own = stage.web()
        for _ in range(claim_count // THREADS):
            assert file_claim(own, serials[i], AGENT, documents=given)["state"] == "UNDER_REVIEW"

    run_threads(THREADS, work)
    return serials


def spread(stage, begin_in_s):
    """Lets what is promised fall due within SPREAD_S."""
    offset_s = int(stage.clock.read_text(encoding="ascii"))
    stage.query(SPREAD, time.time() + offset_s + begin_in_s, SPREAD_S if begin_in_s > 0 else 0)


def wait_over(stage):
    """Waits until no timer is left."""
    wait_until(lambda: stage.value("SELECT count(*) FROM warranty.timers") == 0, "all timers are over", 240)


def assert_each_once(stage, serials, claim_count, what):
    """Each claim missed its promise, and said so once."""
    said, claims, median, late, latest = stage.query(MISSED, serials)[0]
    print(f"{what}: {said} timers, late by {median.total_seconds() * 1000:.0f} ms (median), {late.total_seconds() * 1000:.0f} ms (p99), "
          f"{latest.total_seconds():.1f} s (most)")
    assert (said, claims) == (claim_count, claim_count)
    assert stage.value("SELECT count(*) FROM warranty.claims WHERE is_late AND version = 2 AND serial = ANY(%s)", serials) == claim_count


@pytest.mark.faults
def test_each_promise_is_missed_once_though_a_replica_is_killed(stage):
    claim_count = count(400, 10000)
    serials = file_many(stage, claim_count)
    assert stage.value("SELECT count(*) FROM warranty.timers") == claim_count
    spread(stage, 1)
    wait_until(lambda: stage.value("SELECT count(*) FROM warranty.timers") < claim_count / 2, "half of them are over", 120)
    stage.running("warranty")[0].kill()
    wait_over(stage)
    assert_each_once(stage, serials, claim_count, "one of three replicas killed")


@pytest.mark.faults
def test_after_a_downtime_all_that_passed_is_done_once(stage):
    claim_count = count(200, 10000)
    serials = file_many(stage, claim_count)
    for daemon in stage.running("warranty"):
        daemon.stop()
    set_now(stage, "2026-11-05T19:00+01:00")  # an hour after all of them fell due
    for daemon in [stage.start("warranty", wait=False) for _ in range(3)]:
        daemon.wait_ready()
    wait_over(stage)
    assert_each_once(stage, serials, claim_count, "an hour later")
