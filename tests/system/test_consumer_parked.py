"""Events that a consumer put aside: they are shown, and tried again by hand while everything runs; each has its effect once."""
# SPDX-License-Identifier: Apache-2.0
import re

import pytest

from hearer import PRODUCT, Log, clear, effects, prepare, start, wait_effects
from stage import count, wait_until

STAGE = {"warranty": 0, "gateway": 0}


@pytest.fixture(autouse=True, scope="module", name="events")
def events_fixture(stage):
    """A stage where there is something to hear."""
    prepare(stage)


@pytest.fixture(autouse=True, name="clean")
def clean_fixture(stage, events):  # pylint: disable=unused-argument
    """Each test begins at the end of the log."""
    clear(stage)


@pytest.fixture(name="log")
def log_fixture(stage, rng):
    """An empty log."""
    return Log(stage, rng)


def parked(stage):
    """What lies parked: {event_id: (reason, attempts, has_wish)}."""
    return {row[0]: row[1:] for row in
            stage.query("SELECT event_id::text, reason, attempts, has_wish FROM hearer.consumer_parked")}


def make_sick(stage, log, event_count, category="sick"):
    """Has as many events parked, each the first of an aggregate, and answers the file that makes them so, and their ids."""
    path = stage.folder / "later"
    path.write_text("")
    ids = [event_id for number in range(event_count) for event_id in log.add(1, category=category, aggregate=f"{category}{number}")]
    return path, ids


def test_a_parked_event_is_tried_again_by_hand(stage, log):
    path, [sick] = make_sick(stage, log, 1)
    behind = log.add(2, aggregate="sick0")
    first = start(stage, AFTERCARE_HEARER_LATER=str(path))
    second = start(stage, AFTERCARE_HEARER_LATER=str(path))
    wait_until(lambda: parked(stage), "it is parked")
    assert wait_effects(stage, behind) == []
    status, out, _ = stage.aftercare("parked")
    assert status == 0 and f"hearer/tally {sick}\n    {PRODUCT} of product {log.prefix}-sick0, since " in out
    assert "tried 4 times\n    SICK: the file is there\n" in out
    wait_until(lambda: first.status()["consumer_tally"]["parked"] == second.status()["consumer_tally"]["parked"] == 1, "both show it")
    assert re.search(r"PARKED .*\nevents .* -  .*\nhearer .* 1  .*\nhearer .* 1  ", stage.aftercare("status")[1])

    status, _, complaint = stage.aftercare("retry", "hearer/tally", sick)
    assert (status, complaint) == (1, "aftercare: refused again, SICK: the file is there\n")
    assert parked(stage) == {sick: ("SICK", 5, False)}
    path.unlink()
    status, out, _ = stage.aftercare("retry", "hearer/tally", sick)
    assert status == 0 and out.startswith("done; ")
    assert [row[0] for row in effects(stage)] == behind + [sick], "it has its effect once, behind the later ones"
    assert stage.aftercare("parked")[:2] == (0, "")
    wait_until(lambda: first.metric("aftercare_consumer_parked") == 0, "it is counted no more")
    assert wait_effects(stage, behind + [sick] + log.add(20)) == [f"{log.prefix}-sick0 1 came behind 3 ({sick})"]

    complaints = [stage.aftercare("retry", *words)[::2] for words in
                  (("hearer/tally", sick), ("hearer/tally", "x"), ("hearer/other", sick), ("nobody/tally", sick))]
    assert [status for status, _ in complaints] == [1] * 4
    assert complaints[0][1] == 'aftercare: no such event is parked for "tally"\n'
    assert stage.aftercare("retry", "tally", sick)[0] == stage.aftercare("retry", "hearer/tally", "../status")[0] == 2


def test_what_passes_leaves_the_wish_and_holds_up_nobody(stage, log):
    path, [sick] = make_sick(stage, log, 1)
    [moot] = log.add(1, category="moot", aggregate="sick0")
    daemon = start(stage, AFTERCARE_HEARER_LATER=str(path))
    wait_until(lambda: len(parked(stage)) == 2, "both are parked")
    path.write_text("not now")
    stage.query("UPDATE hearer.consumer_parked SET has_wish = true")
    wait_until(lambda: daemon.log.read_text().count("parked event refused again") >= 2, "it is tried again and again")
    assert wait_effects(stage, log.add(3, aggregate="sick0")) == [], "the aggregate's next events did not wait"
    assert parked(stage) == {sick: ("SICK", 4, True), moot: ("SICK", 4, True)}
    path.unlink()
    wait_until(lambda: not parked(stage), "both are done")
    assert [row[0] for row in effects(stage)].count(sick) == 1 and moot not in [row[0] for row in effects(stage)]


@pytest.mark.faults
def test_parked_events_have_their_effect_once_whoever_is_killed_when(stage, log, rng):
    path, sick = make_sick(stage, log, 12)
    replicas = [start(stage, AFTERCARE_HEARER_LATER=str(path)) for _ in range(3)]
    wait_until(lambda: len(parked(stage)) == len(sick), "all are parked")
    path.unlink()
    stage.query("UPDATE hearer.consumer_parked SET has_wish = true")
    for _ in range(count(4, 40)):
        left = len(parked(stage))
        others = log.add(rng.randrange(1, 40))
        if rng.random() < 0.5:
            stage.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'hearer_service'")
        else:
            victim = rng.randrange(len(replicas))
            replicas[victim].kill()
            replicas[victim] = start(stage, wait=False, AFTERCARE_HEARER_LATER=str(path))
        print(f"{left} left, {len(others)} more")
    wait_until(lambda: not parked(stage), "all are done")
    assert wait_effects(stage, log.ids) == []
