"""Working time in cases that can be checked by hand: the table, the model and the driver agree."""
# SPDX-License-Identifier: Apache-2.0
import datetime

import pytest
from calendar_model import ALWAYS, DAY, HOUR, MINUTE, Calendar, ask_with_lists, due_days, due_hours, moment

OFFICE = [[[540, 1080]]] * 5 + [[], []]                                                      # 9:00-18:00
WORKSHOP = [[[450, 720], [750, 990]]] * 4 + [[[450, 720]], [], []]                           # 7:30-12:00, 12:30-16:30; Friday -12:00
NIGHT = [[[0, 360], [1320, 1440]]] * 7                                                       # 22:00-6:00
EARLY = [[[60, 180]]] * 7                                                                    # 1:00-3:00
SIX_DAYS = [[[600, 1110]]] * 6 + [[]]                                                        # 10:00-18:30
HAND = {
    "berlin": Calendar("Europe/Berlin", OFFICE, ["DE"]),
    "workshop": Calendar("Europe/Berlin", WORKSHOP, ["DE"]),
    "always": Calendar("Europe/Berlin", ALWAYS),
    "night": Calendar("Europe/Berlin", NIGHT),
    "munich": Calendar("Europe/Berlin", OFFICE, ["DE-BY"]),
    "vienna": Calendar("Europe/Vienna", OFFICE, ["AT"]),
    "paris": Calendar("Europe/Paris", OFFICE, ["FR"]),
    "london": Calendar("Europe/London", OFFICE, ["GB"]),
    "london_early": Calendar("Europe/London", EARLY),
    "new_york": Calendar("America/New_York", OFFICE, ["US"]),
    "new_york_early": Calendar("America/New_York", EARLY),
    "kolkata": Calendar("Asia/Kolkata", SIX_DAYS),
    "apia": Calendar("Pacific/Apia", OFFICE),
    "apia_always": Calendar("Pacific/Apia", ALWAYS),
    "lord_howe": Calendar("Australia/Lord_Howe", EARLY),
    "lord_howe_office": Calendar("Australia/Lord_Howe", OFFICE),
    "christmas": Calendar("Europe/Berlin", OFFICE, ["DE"], [
        (datetime.date(2026, 12, 24), datetime.date(2026, 12, 24), [[540, 720]]),
        (datetime.date(2026, 12, 28), datetime.date(2026, 12, 31), []),
        (datetime.date(2027, 1, 2), datetime.date(2027, 1, 2), [[600, 840]]),
    ]),
}

# calendar; moment; amount in working days (d), hours (h) or minutes (m); due, all by the wall clock with its offset
ADDED = """
berlin           2026-04-27T10:00+02:00  3d    2026-04-30T18:00+02:00
berlin           2026-04-27T10:00+02:00  4d    2026-05-04T18:00+02:00
berlin           2026-04-30T17:00+02:00  2h    2026-05-04T10:00+02:00
berlin           2026-04-30T17:00+02:00  1h    2026-04-30T18:00+02:00
berlin           2026-05-01T12:00+02:00  1d    2026-05-04T18:00+02:00
berlin           2026-05-01T12:00+02:00  0d    2026-05-04T18:00+02:00
berlin           2026-04-27T10:00+02:00  0d    2026-04-27T18:00+02:00
berlin           2026-04-27T19:00+02:00  0d    2026-04-28T18:00+02:00
berlin           2026-04-27T18:00+02:00  0d    2026-04-27T18:00+02:00
berlin           2026-03-27T17:00+01:00  2h    2026-03-30T10:00+02:00
berlin           2026-10-23T17:00+02:00  2h    2026-10-26T10:00+01:00
berlin           2026-12-23T12:00+01:00  1d    2026-12-24T18:00+01:00
berlin           2026-12-23T12:00+01:00  2d    2026-12-28T18:00+01:00
berlin           2026-12-31T17:30+01:00  1h    2027-01-04T09:30+01:00
berlin           2024-02-28T12:00+01:00  1d    2024-02-29T18:00+01:00
berlin           2024-02-28T12:00+01:00  2d    2024-03-01T18:00+01:00
berlin           2023-02-28T12:00+01:00  1d    2023-03-01T18:00+01:00
berlin           2017-10-30T12:00+01:00  1d    2017-11-01T18:00+01:00
workshop         2026-04-28T11:30+02:00  1h    2026-04-28T13:00+02:00
workshop         2026-04-28T12:10+02:00  30m   2026-04-28T13:00+02:00
workshop         2026-04-30T16:00+02:00  30m   2026-04-30T16:30+02:00
workshop         2026-04-30T16:00+02:00  31m   2026-05-04T07:31+02:00
workshop         2026-04-23T11:00+02:00  1d    2026-04-24T12:00+02:00
workshop         2026-04-23T11:00+02:00  8h    2026-04-24T10:30+02:00
workshop         2026-04-22T13:00+02:00  7d    2026-05-04T16:30+02:00
always           2026-03-28T12:00+01:00  24h   2026-03-29T13:00+02:00
always           2026-10-24T12:00+02:00  24h   2026-10-25T11:00+01:00
always           2026-03-29T01:59+01:00  1m    2026-03-29T03:00+02:00
always           2026-10-25T02:30+02:00  1h    2026-10-25T02:30+01:00
always           2026-03-28T12:00+01:00  1d    2026-03-30T00:00+02:00
night            2026-03-28T23:00+01:00  7h    2026-03-29T23:00+02:00
night            2026-03-28T23:00+01:00  6h    2026-03-29T06:00+02:00
night            2026-10-24T23:00+02:00  8h    2026-10-25T06:00+01:00
night            2026-10-24T05:00+02:00  1h    2026-10-24T06:00+02:00
munich           2026-06-03T12:00+02:00  1d    2026-06-05T18:00+02:00
berlin           2026-06-03T12:00+02:00  1d    2026-06-04T18:00+02:00
munich           2025-01-03T12:00+01:00  1d    2025-01-07T18:00+01:00
munich           2025-08-14T12:00+02:00  1d    2025-08-18T18:00+02:00
vienna           2026-10-23T12:00+02:00  1d    2026-10-27T18:00+01:00
vienna           2026-12-07T17:00+01:00  2h    2026-12-09T10:00+01:00
vienna           2026-04-02T12:00+02:00  1d    2026-04-03T18:00+02:00
paris            2026-07-13T12:00+02:00  1d    2026-07-15T18:00+02:00
paris            2026-05-07T17:00+02:00  2h    2026-05-11T10:00+02:00
paris            2026-05-13T12:00+02:00  1d    2026-05-15T18:00+02:00
london           2022-05-30T12:00+01:00  3d    2022-06-06T18:00+01:00
london           2022-09-16T17:00+01:00  2h    2022-09-20T10:00+01:00
london           2023-05-05T12:00+01:00  1d    2023-05-09T18:00+01:00
london           2021-12-24T12:00+00:00  1d    2021-12-29T18:00+00:00
london           2022-12-23T12:00+00:00  1d    2022-12-28T18:00+00:00
london           2023-01-02T12:00+00:00  1d    2023-01-03T18:00+00:00
london_early     2026-03-28T02:00+00:00  90m   2026-03-29T02:30+01:00
london_early     2026-03-29T00:00+00:00  1h    2026-03-29T03:00+01:00
london_early     2026-10-25T01:00+01:00  2h    2026-10-25T02:00+00:00
london_early     2026-10-25T01:00+01:00  3h    2026-10-25T03:00+00:00
new_york         2026-07-02T12:00-04:00  1d    2026-07-06T18:00-04:00
new_york         2021-06-17T12:00-04:00  1d    2021-06-21T18:00-04:00
new_york         2026-11-25T17:00-05:00  2h    2026-11-27T10:00-05:00
new_york         2021-12-30T12:00-05:00  1d    2022-01-03T18:00-05:00
new_york_early   2026-03-08T01:30-05:00  30m   2026-03-08T03:00-04:00
new_york_early   2026-03-08T01:30-05:00  45m   2026-03-09T01:15-04:00
new_york_early   2026-11-01T01:30-04:00  90m   2026-11-01T02:00-05:00
kolkata          2026-08-15T18:00+05:30  1h    2026-08-17T10:30+05:30
kolkata          2026-08-15T18:00+05:30  1d    2026-08-17T18:30+05:30
kolkata          2026-08-13T10:00+05:30  17h   2026-08-14T18:30+05:30
apia             2011-12-29T17:00-10:00  2h    2012-01-02T10:00+14:00
apia             2011-12-29T17:00-10:00  1d    2012-01-02T18:00+14:00
apia_always      2011-12-29T23:00-10:00  2h    2011-12-31T01:00+14:00
apia_always      2011-12-29T12:00-10:00  1d    2012-01-01T00:00+14:00
lord_howe        2026-10-04T01:30+10:30  1h    2026-10-04T03:00+11:00
lord_howe        2026-04-05T01:00+11:00  150m  2026-04-05T03:00+10:30
lord_howe        2026-04-05T01:45+11:00  30m   2026-04-05T01:45+10:30
lord_howe_office 2026-04-02T17:00+11:00  10h   2026-04-03T18:00+11:00
christmas        2026-12-23T17:00+01:00  5h    2027-01-02T11:00+01:00
christmas        2026-12-23T12:00+01:00  1d    2026-12-24T12:00+01:00
christmas        2026-12-23T12:00+01:00  2d    2027-01-02T14:00+01:00
"""


@pytest.fixture(scope="module", name="ask")
def fixture_ask(driver):
    """The driver's ask, with all lists known."""
    return ask_with_lists(driver("calendar"))


@pytest.fixture(scope="module", name="hand")
def fixture_hand(ask):
    """The calendars of the cases, known to the driver."""
    for name, calendar in HAND.items():
        calendar.name = name
        calendar.tell(ask)
    return HAND


@pytest.mark.parametrize("case", [line for line in ADDED.split("\n") if line], ids=lambda case: "-".join(case.split()[:3]))
def test_due_times_that_can_be_checked_by_hand(ask, hand, case):
    """The driver, the model and the table say the same."""
    name, start, amount, due = case.split()
    calendar, start, due = hand[name], moment(start), moment(due)
    if amount[-1] == "d":
        question = {"days": int(amount[:-1])}
        assert due_days(calendar, start, question["days"], [], start) == due
    else:
        question = {"seconds": int(amount[:-1]) * (HOUR if amount[-1] == "h" else MINUTE)}
        assert due_hours(calendar, start, question["seconds"], [], start, due + DAY) == due
    answer = ask({"op": "due", "calendar": calendar.name, "start": start, "now": start, "amount": question})
    assert answer["due"] == due, datetime.datetime.fromtimestamp(answer["due"], calendar.zone).isoformat()
    assert (answer["total_days"], answer["total_seconds"]) == (question.get("days", 0), question.get("seconds", 0))


def test_there_are_enough_cases_zones_and_countries():
    """What the table promises."""
    used = {HAND[line.split()[0]] for line in ADDED.split("\n") if line}
    assert len(ADDED.strip().split("\n")) >= 60
    assert len({calendar.zone_name for calendar in used}) >= 6
    assert len({code for calendar in used for code in calendar.codes}) >= 4


@pytest.mark.parametrize("name, start, amount, pauses, now, due", [
    # Two hours were left when the pause began; they are left when it ends.
    ("berlin", "2026-04-27T15:00+02:00", {"seconds": 4 * HOUR}, [("2026-04-27T17:00+02:00", "2026-04-29T12:00+02:00")], None,
     "2026-04-29T14:00+02:00"),
    # Monday + 3 days = Thursday; Wednesday (the end of the pause) does not count either.
    ("berlin", "2026-04-20T10:00+02:00", {"days": 3}, [("2026-04-20T12:00+02:00", "2026-04-22T12:00+02:00")], None,
     "2026-04-27T18:00+02:00"),
    # Within a day.
    ("berlin", "2026-04-20T10:00+02:00", {"days": 1}, [("2026-04-21T10:00+02:00", "2026-04-21T23:00+02:00")], None,
     "2026-04-21T18:00+02:00"),
    # On the due day, before its close: nothing is left but a close.
    ("berlin", "2026-04-20T10:00+02:00", {"days": 1}, [("2026-04-21T10:00+02:00", "2026-04-23T10:00+02:00")], None,
     "2026-04-23T18:00+02:00"),
    # After the close of the due day: too late to matter.
    ("berlin", "2026-04-20T10:00+02:00", {"days": 1}, [("2026-04-21T19:00+02:00", "2026-04-23T10:00+02:00")], None,
     "2026-04-21T18:00+02:00"),
    # Still going on: as if it ended now.
    ("berlin", "2026-04-20T10:00+02:00", {"seconds": HOUR}, [("2026-04-20T10:30+02:00", None)], "2026-04-21T12:00+02:00",
     "2026-04-21T12:30+02:00"),
    ("berlin", "2026-04-20T10:00+02:00", {"days": 2}, [("2026-04-21T10:30+02:00", None)], "2026-04-23T12:00+02:00",
     "2026-04-24T18:00+02:00"),
])
def test_pauses_that_can_be_checked_by_hand(ask, hand, name, start, amount, pauses, now, due):
    """What was left when the pause began is left when it ends."""
    pauses = [[moment(first), last and moment(last), "estimate_answer"] for first, last in pauses]
    start, due = moment(start), moment(due)
    now = moment(now) if now else start
    answer = ask({"op": "due", "calendar": hand[name].name, "start": start, "now": now, "amount": amount, "pauses": pauses})
    assert answer["due"] == due, datetime.datetime.fromtimestamp(answer["due"], hand[name].zone).isoformat()


@pytest.mark.parametrize("name, start, amount, text", [
    ("workshop", "2026-04-28T09:00+02:00", {"seconds": 4 * HOUR},
     "Tue 28 Apr 09:00-12:00 = 3 h; Tue 28 Apr 12:30-13:30 = 1 h"),
    ("berlin", "2026-04-30T17:15+02:00", {"seconds": HOUR},
     "Thu 30 Apr 17:15-18:00 = 45 min; Fri 1 May closed: Labour Day; Sat 2 May-Sun 3 May closed; Mon 4 May 09:00-09:15 = 15 min"),
    ("berlin", "2026-12-30T12:00+01:00", {"days": 2},
     "Thu 31 Dec = 1 day; Fri 1 Jan 2027 closed: New Year's Day; Sat 2 Jan-Sun 3 Jan closed; Mon 4 Jan = 1 day"),
    ("always", "2026-10-25T00:00+02:00", {"seconds": 25 * HOUR},
     "Sun 25 Oct 00:00-03:00 = 3 h; Sun 25 Oct 02:00-24:00 = 22 h"),
    ("apia", "2011-12-29T17:30-10:00", {"seconds": HOUR},
     "Thu 29 Dec 17:30-18:00 = 30 min; Fri 30 Dec closed: skipped by the time zone; Sat 31 Dec-Sun 1 Jan 2012 closed; "
     "Mon 2 Jan 09:00-09:30 = 30 min"),
])
def test_explanations_read_like_this(ask, hand, name, start, amount, text):
    """The form for records."""
    start = moment(start)
    answer = ask({"op": "due", "calendar": hand[name].name, "start": start, "now": start, "amount": amount})
    assert answer["text"] == text
