"""Working time in random cases, against independent models.

Hours: a model that walks every minute. Dates: numpy's busday functions. Holidays: another library
and a table of what it lacks; both models are in calendar_model.py.
"""
# SPDX-License-Identifier: Apache-2.0
import datetime
import functools
import zoneinfo

import dateutil.easter
import numpy
import pytest
from calendar_model import (ALWAYS, CODES, DAY, MINUTE, WEEKDAY_COUNT, Calendar, ask_with_lists, due_days, due_hours, holidays_of,
                            is_paused, moment)


@pytest.fixture(scope="module", name="ask")
def fixture_ask(driver):
    """The driver's ask, with all lists known."""
    return ask_with_lists(driver("calendar"))


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
