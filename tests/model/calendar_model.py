"""Holidays and working time, independent of the libraries.

Holidays: Debian's python3-holidays (0.10.1, of 2020) and a table of what it lacks. Hours: a model
that walks every minute with zoneinfo and looks at the wall clock.
"""
# SPDX-License-Identifier: Apache-2.0
import datetime
import functools
import zoneinfo

import holidays
import yaml
from conftest import ROOT

MINUTE, HOUR, DAY = 60, 3600, 86400
CODES = ["DE", "DE-BY", "AT", "FR", "GB", "US", "PL"]
WEEKDAY_COUNT = 7
ALWAYS = [[[0, 1440]]] * 7


def moment(text):
    """Unix seconds of an ISO 8601 text."""
    return int(datetime.datetime.fromisoformat(text).timestamp())


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


def ask_with_lists(calendar_driver):
    """The driver's ask, after it was told the lists under deploy/policies/holidays."""
    for code in CODES:
        with open(ROOT / "deploy" / "policies" / "holidays" / f"{code}.yaml", encoding="utf-8") as file:
            described = yaml.load(file, yaml.BaseLoader)  # texts only, as the policy reads them
        assert described["code"] == code and described["source"]
        rules = [{**rule, **{key: int(rule[key]) for key in ("from", "to") if key in rule}} for rule in described["rules"]]
        assert all(rule["name"] and rule["de"] for rule in rules)
        assert calendar_driver.ask({"op": "list", "code": code, "rules": rules}) == {}
    return calendar_driver.ask


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
