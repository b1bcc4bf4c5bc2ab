"""Working time against independent models.

Hours: a model that walks every minute with zoneinfo and looks at the wall clock. Dates: numpy's
busday functions. Holidays: Debian's python3-holidays (0.10.1, of 2020) and a table of what it
lacks. The lists under deploy/policies/holidays are read here and given to the driver.
"""
# SPDX-License-Identifier: Apache-2.0
import datetime
import functools
import zoneinfo

import dateutil.easter
import holidays
import numpy
import pytest
import yaml
from conftest import ROOT

MINUTE, HOUR, DAY = 60, 3600, 86400
CODES = ["DE", "DE-BY", "AT", "FR", "GB", "US", "PL"]
WEEKDAY_COUNT = 7

# ---- what the lists should say ----

ORACLES = {
    "DE": lambda year: holidays.Germany(years=year),
    "DE-BY": lambda year: holidays.Germany(prov="BY", years=year),
    "AT": lambda year: holidays.Austria(years=year),
    "FR": lambda year: holidays.France(years=year),
    "GB": lambda year: holidays.England(years=year),
    "US": lambda year: holidays.UnitedStates(years=year),
    "PL": lambda year: holidays.Poland(years=year),
}

# What python3-holidays 0.10.1 lacks: day, and whether it came (+) or went (-). Most was decided later; it also has the spring
# bank holiday of 2002 on its usual day, though that year's proclamation put it on 4 June, and not Poland's centenary in 2018.
CHANGES = {
    "GB": ["-2002-05-27", "+2002-06-04", "-2022-05-30", "+2022-06-02", "+2022-06-03", "+2022-09-19", "+2023-05-08"],
    "US": ["+2021-06-18", "+2022-06-20", "+2023-06-19", "+2024-06-19", "+2025-06-19", "+2026-06-19", "+2027-06-18",
           "+2028-06-19", "+2029-06-19", "+2030-06-19"],
    "PL": ["+2018-11-12", "+2025-12-24", "+2026-12-24", "+2027-12-24", "+2028-12-24", "+2029-12-24", "+2030-12-24"],
}

# Those whose holidays move off the weekend: python3-holidays keeps the day itself too.
MOVING = {"GB", "US"}


@functools.lru_cache(maxsize=None)
def holidays_of(code, year):
    """The holidays of a year as dates, by the oracle and the table."""
    # New Year's Day may be kept in the year before.
    days = {day for near in (year, year + 1) for day in ORACLES[code](near) if day.year == year}
    for change in CHANGES.get(code, []):
        day = datetime.date.fromisoformat(change[1:])
        if day.year == year:
            (days.add if change[0] == "+" else days.discard)(day)
    return frozenset(day for day in days if code not in MOVING or day.weekday() < 5)


@pytest.fixture(scope="module", name="ask")
def fixture_ask(driver):
    """The driver's ask, with all lists known."""
    calendar_driver = driver("calendar")
    for code in CODES:
        with open(ROOT / "deploy" / "policies" / "holidays" / f"{code}.yaml", encoding="utf-8") as file:
            described = yaml.load(file, yaml.BaseLoader)  # texts only, as the policy reads them
        assert described["code"] == code and described["source"]
        rules = [{**rule, **{key: int(rule[key]) for key in ("from", "to") if key in rule}} for rule in described["rules"]]
        assert all(rule["name"] and rule["de"] for rule in rules)
        assert calendar_driver.ask({"op": "list", "code": code, "rules": rules}) == {}
    return calendar_driver.ask


@pytest.mark.parametrize("code", CODES)
def test_holidays_are_those_of_another_library_and_a_table(ask, code):
    """Every day of 1991 (before, the library has not all of Germany) to 2030."""
    for year in range(1991, 2031):
        found = ask({"op": "holidays", "code": code, "year": year})
        assert sorted(found) == sorted(day.isoformat() for day in holidays_of(code, year)), (code, year)


def test_easter_is_that_of_another_library(ask):
    """Western and orthodox, 1583 to 4099."""
    for year in range(1583, 4100):
        answer = ask({"op": "easter", "year": year})
        assert answer["western"] == dateutil.easter.easter(year, dateutil.easter.EASTER_WESTERN).isoformat()
        assert answer["orthodox"] == dateutil.easter.easter(year, dateutil.easter.EASTER_ORTHODOX).isoformat()


# ---- the model of a calendar ----

class Calendar:
    """A calendar, walked minute by minute."""

    def __init__(self, zone, week, codes=(), exceptions=()):
        self.name = "random"
        self.zone_name = zone
        self.zone = zoneinfo.ZoneInfo(zone)
        self.week = week
        self.codes = list(codes)
        self.exceptions = list(exceptions)  # (first, last, hours)

    def tell(self, ask):
        """Makes the driver know it."""
        exceptions = [{"first": first.isoformat(), "last": last.isoformat(), "hours": hours, "name": "exception"}
                      for first, last, hours in self.exceptions]
        assert ask({"op": "calendar", "name": self.name, "zone": self.zone_name, "week": self.week, "lists": self.codes,
                    "exceptions": exceptions}) == {}
        return self

    def hours(self, day):
        """The intervals of a civil day, in minutes."""
        for first, last, hours in self.exceptions:
            if first <= day <= last:
                return hours
        if any(day in holidays_of(code, day.year) for code in self.codes):
            return []
        return self.week[day.weekday()]

    def is_open(self, at):
        """Does the wall clock show a minute of work?"""
        wall = datetime.datetime.fromtimestamp(at, self.zone)
        minute = wall.hour * 60 + wall.minute
        return any(start <= minute < end for start, end in self.hours(wall.date()))

    def date(self, at):
        """The civil day of a moment."""
        return datetime.datetime.fromtimestamp(at, self.zone).date()

    def open_minutes(self, day):
        """The moments of a civil day at which an open minute begins."""
        noon = int(datetime.datetime(day.year, day.month, day.day, 12, tzinfo=datetime.timezone.utc).timestamp())
        if not self.hours(day):
            return []
        return [at for at in range(noon - 30 * HOUR, noon + 30 * HOUR, MINUTE) if self.date(at) == day and self.is_open(at)]

    def is_working_day(self, day):
        """Has it at least a minute of work?"""
        return bool(self.open_minutes(day))

    def close(self, day):
        """When it closes for the last time on a working day."""
        return self.open_minutes(day)[-1] + MINUTE


def stops(reason):
    """Does the driver's clock stand still for it?"""
    return reason != "other"


def is_paused(pauses, at, now):
    """Does a pause cover the minute?"""
    return any(stops(reason) and start <= at < (now if end is None else end) for start, end, reason in pauses)


def due_hours(calendar, start, seconds, pauses, now, last):
    """When so many working seconds have passed; None: not before `last`."""
    if seconds == 0:
        return start
    for at in range(start, last, MINUTE):
        if calendar.is_open(at) and not is_paused(pauses, at, now):
            seconds -= MINUTE
            if seconds == 0:
                return at + MINUTE
    return None


def united(pauses, start, now):
    """The pauses that stop the clock, in order, joined where they touch."""
    runs = []
    for first, last in sorted((max(first, start), now if last is None else last) for first, last, reason in pauses if stops(reason)):
        if last <= first:
            continue
        if runs and first <= runs[-1][1]:
            runs[-1][1] = max(runs[-1][1], last)
        else:
            runs.append([first, last])
    return runs


def first_close(calendar, at):
    """The first close from a moment's day on that is not before the moment."""
    day = calendar.date(at)
    while not calendar.is_working_day(day) or calendar.close(day) < at:
        day += datetime.timedelta(days=1)
    return calendar.close(day)


def due_days(calendar, start, days, pauses, now):
    """The header's rule, read literally."""
    runs = united(pauses, start, now)
    spans = [(calendar.date(first), calendar.date(last)) for first, last in runs]
    if days == 0:
        due = first_close(calendar, start)
    else:
        day = calendar.date(start)
        while days > 0:
            day += datetime.timedelta(days=1)
            if calendar.is_working_day(day) and not any(first < day <= last for first, last in spans):
                days -= 1
        due = calendar.close(day)
    for (first, last), (first_day, last_day) in zip(runs, spans):
        if first < due < last and first_day != last_day:
            due = first_close(calendar, last)
    return due


# ---- cases that can be checked by hand ----

OFFICE = [[[540, 1080]]] * 5 + [[], []]                                                      # 9:00-18:00
WORKSHOP = [[[450, 720], [750, 990]]] * 4 + [[[450, 720]], [], []]                           # 7:30-12:00, 12:30-16:30; Friday -12:00
ALWAYS = [[[0, 1440]]] * 7
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


def moment(text):
    """Unix seconds of an ISO 8601 text."""
    return int(datetime.datetime.fromisoformat(text).timestamp())


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


# ---- random cases ----

# Python and ICU read two editions of the database: none of these zones was corrected between them.
ZONES = ["Europe/Berlin", "Asia/Kolkata", "America/New_York", "Pacific/Apia", "Australia/Lord_Howe", "Europe/London",
         "America/St_Johns", "Pacific/Chatham", "America/Havana", "America/Sao_Paulo", "Antarctica/Troll", "Asia/Kathmandu"]
FIRST, LAST = moment("1991-02-01T00:00+00:00"), moment("2022-06-01T00:00+00:00")


@functools.lru_cache(maxsize=None)
def transitions(zone_name):
    """The days (as moments) on which the clock is put."""
    zone = zoneinfo.ZoneInfo(zone_name)
    offsets = [(at, datetime.datetime.fromtimestamp(at, zone).utcoffset()) for at in range(FIRST, LAST, DAY)]
    return [before[0] for before, after in zip(offsets, offsets[1:]) if before[1] != after[1]] or [FIRST]


def random_hours(rng, most=3):
    """Intervals of a day, apart from each other."""
    if rng.random() < 0.2:
        return [[0, 1440]]
    step = rng.choice([1, 15, 30])
    marks = sorted(rng.sample(range(0, 1441, step), 2 * rng.randint(0, most)))
    return [[start, end] for start, end in zip(marks[::2], marks[1::2])]


def random_calendar(rng, ask, codes):
    """Any calendar that opens now and then."""
    if rng.random() < 0.1:
        return Calendar(rng.choice(ZONES), ALWAYS).tell(ask)
    week = [random_hours(rng) if rng.random() < 0.75 else [] for _ in range(WEEKDAY_COUNT)]
    week[rng.randrange(WEEKDAY_COUNT)] = [[rng.randrange(0, 700), rng.randrange(701, 1441)]]
    return Calendar(rng.choice(ZONES), week, rng.sample(codes, rng.randint(0, min(2, len(codes))))).tell(ask)


def random_start(rng, calendar):
    """A minute, often close to a change of the clock."""
    if rng.random() < 0.6:
        return rng.choice(transitions(calendar.zone_name)) + rng.randrange(-24 * 60, 48 * 60) * MINUTE
    return rng.randrange(FIRST, LAST, MINUTE)


def random_pauses(rng, start):
    """Some that overlap, are empty, begin early, are still going on or do not matter."""
    pauses = []
    for _ in range(rng.choice([0, 0, 1, 2, 4])):
        first = start + rng.randrange(-12 * 60, 72 * 60) * MINUTE
        last = None if rng.random() < 0.1 else first + rng.randrange(-60, 36 * 60) * MINUTE
        pauses.append([first, last, rng.choice(["estimate_answer", "customer_information", "other"])])
    return pauses


def test_hours_agree_with_a_walk_over_every_minute(ask, rng, count):
    """Open, next opening and closing, due times and measures, with pauses."""
    for _ in range(count(120, 3000)):
        calendar = random_calendar(rng, ask, CODES)
        start = random_start(rng, calendar)
        end = start + rng.randrange(0, 4 * 24 * 60) * MINUTE
        now = start + rng.randrange(0, 72 * 60) * MINUTE
        pauses = random_pauses(rng, start)
        case = (calendar.zone_name, calendar.week, calendar.codes, start, end, now, pauses)
        is_open = {at: calendar.is_open(at) for at in range(start, end + DAY, MINUTE)}
        used = sum(MINUTE for at in range(start, end, MINUTE) if is_open[at] and not is_paused(pauses, at, end))
        answer = ask({"op": "used", "calendar": calendar.name, "start": start, "end": end, "pauses": pauses})
        assert (answer["used"], answer["total_seconds"]) == (used, used), case

        seconds = rng.randrange(0, 1 + used // MINUTE) * MINUTE
        due = due_hours(calendar, start, seconds, pauses, now, end + DAY)
        answer = ask({"op": "due", "calendar": calendar.name, "start": start, "now": now, "amount": {"seconds": seconds},
                      "pauses": pauses})
        if due is not None:
            assert (answer["due"], answer["total_seconds"]) == (due, seconds), case
        else:
            assert answer.get("due", end + 2 * DAY) > end + DAY, case

        answer = ask({"op": "moment", "calendar": calendar.name, "at": start})
        opening = next((at for at in is_open if is_open[at]), None)
        closing = opening and next((at for at in is_open if at >= opening and not is_open[at]), None)
        assert answer["is_open"] == is_open[start], case
        assert opening in (answer["opening"], None), case
        assert closing in (answer["closing"], None), case


def test_days_with_pauses_agree_with_the_rule_read_literally(ask, rng, count):
    """Working days, pauses between and on them, also around changes of the clock."""
    for _ in range(count(25, 500)):
        calendar = random_calendar(rng, ask, CODES)
        start = random_start(rng, calendar)
        now = start + rng.randrange(0, 72 * 60) * MINUTE
        pauses = random_pauses(rng, start)
        days = rng.randrange(0, 5)
        answer = ask({"op": "due", "calendar": calendar.name, "start": start, "now": now, "amount": {"days": days},
                      "pauses": pauses})
        due = due_days(calendar, start, days, pauses, now)
        case = (calendar.zone_name, calendar.week, calendar.codes, start, now, days, pauses)
        assert (answer["due"], answer["total_days"]) == (due, days), case


def test_dates_agree_with_numpy(ask, rng, count):
    """Adding, counting and rolling over years."""
    first, last = datetime.date(1991, 6, 1), datetime.date(2028, 1, 1)
    for _ in range(count(400, 20000)):
        code = rng.choice(CODES)
        week = [[[540, 1020]] if rng.random() < 0.7 else [] for _ in range(WEEKDAY_COUNT)]
        week[rng.randrange(WEEKDAY_COUNT)] = [[540, 1020]]
        calendar = Calendar("UTC", week, [code]).tell(ask)
        start = first + datetime.timedelta(days=rng.randrange((last - first).days))
        end = min(last, start + datetime.timedelta(days=rng.randrange(700)))
        free = [day for year in range(start.year, 2031) for day in holidays_of(code, year)]
        busy = numpy.busdaycalendar(weekmask=[bool(hours) for hours in week], holidays=free)
        case = (code, week, start, end)
        answer = ask({"op": "days_between", "calendar": calendar.name, "first": start.isoformat(), "last": end.isoformat()})
        one = datetime.timedelta(days=1)
        assert answer["days"] == numpy.busday_count(start + one, end + one, busdaycal=busy), case
        answer = ask({"op": "day", "calendar": calendar.name, "date": start.isoformat()})
        assert answer["is_working"] == numpy.is_busday(start, busdaycal=busy), case
        assert answer["rolled"] == str(numpy.busday_offset(start, 0, roll="forward", busdaycal=busy)), case
        days = rng.randrange(1, 120)
        noon = moment(f"{start.isoformat()}T12:00+00:00")
        answer = ask({"op": "due", "calendar": calendar.name, "start": noon, "now": noon, "amount": {"days": days}})
        due = numpy.busday_offset(start, days, roll="backward", busdaycal=busy)
        assert answer["due"] == moment(f"{due}T17:00+00:00"), case
