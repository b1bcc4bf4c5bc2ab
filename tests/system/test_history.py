"""The checker itself: it must find what is wrong in a history that was doctored."""
# SPDX-License-Identifier: Apache-2.0
import copy

import pytest

from history import History, Try, check


def make_history():
    """Two acknowledged units, one of them after an unknown outcome at a kill, one refused, all true."""
    history = History()
    history.kills_s = [10.0]
    for one in (Try("k1", "s1", "ok", 1, 2, 201, b"a"), Try("k2", "s2", "unknown", 9, 11), Try("k2", "s2", "ok", 11, 12, 201, b"b"),
                Try("k1", "s1", "ok", 13, 14, 201, b"a"), Try("k3", "s3", "refused", 3, 4, 400, b"no")):
        history.add(one)
    return history, ["s1", "s2"], [("s1", 1), ("s2", 1)]


def violations(history, units, events):
    """With the one refusal expected."""
    return check(history, units, events, lambda one: one.key == "k3")


def test_a_true_history_has_no_violation():
    assert violations(*make_history()) == []


def test_an_unexpected_refusal_is_found():
    assert check(*make_history())


@pytest.mark.parametrize("units,events", [
    (["s1"], [("s1", 1)]), (["s1", "s2", "s2"], [("s1", 1), ("s2", 1)]), (["s1", "s2"], [("s1", 1)]),
    (["s1", "s2"], [("s1", 1), ("s2", 1), ("s2", 1)]), (["s1", "s2"], [("s1", 1), ("s2", 1), ("s2", 2)]),
    (["s1", "s2", "s3"], [("s1", 1), ("s2", 1), ("s3", 1)]), (["s1", "s2", "s9"], [("s1", 1), ("s2", 1), ("s9", 1)]),
    (["s1", "s2"], [("s1", 1), ("s2", 2)]), (["s1", "s2"], [("s1", 1), ("s2", 1), ("s3", 1)])],
    ids=["lost", "doubled", "no event", "two events", "event of a second version", "refused and there", "out of nothing",
         "wrong version", "event without a unit"])
def test_rows_that_cannot_be_are_found(units, events):
    history, _, _ = make_history()
    assert violations(history, units, events)


def doctored(change):
    """The true history with one try changed."""
    history, units, events = make_history()
    tries = copy.deepcopy(history.tries)
    change(tries)
    history.tries = tries
    return history, units, events


@pytest.mark.parametrize("change", [
    lambda tries: setattr(tries[3], "body", b"other"), lambda tries: tries.pop(2), lambda tries: setattr(tries[1], "begin_s", 10.6),
    lambda tries: setattr(tries[1], "end_s", 9.5), lambda tries: setattr(tries[0], "outcome", "refused"),
    lambda tries: tries.append(Try("k4", "s4", "ok", 5, 6, 201, b"c"))],
    ids=["another answer", "never resolved", "began after the kill", "ended before the kill", "refused without reason",
         "acknowledged and lost"])
def test_answers_that_cannot_be_are_found(change):
    assert violations(*doctored(change))


def test_within_an_outage_any_call_may_fail_and_beyond_it_none():
    history, units, events = make_history()
    history.kills_s, history.outages_s = [], [(5.0, 9.2)]
    assert violations(history, units, events) == []
    history.outages_s = [(5.0, 8.4)]
    assert violations(history, units, events)
