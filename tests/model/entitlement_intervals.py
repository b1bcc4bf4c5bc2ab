"""Units, and the layers that cover them, for the model of the ledger.

It walks through the custody of a unit day by day: whoever holds a warranty loses a day of it each
day, but not on a day on which the unit is with us.
"""
# SPDX-License-Identifier: Apache-2.0
from entitlement_facts import LAYER_BITS, UNLIMITED, add, group_by, number, order, printed

# ---- units ----

class Unit:
    """One unit of the chain and when it was with us."""

    def __init__(self, serial, opened, closed):
        self.serial = serial
        self.handover = number(opened["date"]) if opened else None
        self.closed_by = closed
        self.closed = number(closed["date"]) if closed else UNLIMITED
        self.received = number(closed.get("received") or closed["date"]) if closed else UNLIMITED
        self.days = {False: set(), True: set()}  # with us; True: those that were not covered too
        self.open = {False: [], True: []}  # first days of custody that goes on

    def read_custody(self, facts, at):
        """Marks the days of each repair."""
        mine = [fact for fact in facts if fact["serial"] == self.serial]
        for repair in group_by([fact for fact in mine if fact.get("repair_id")], "repair_id").values():
            came = [fact for fact in repair if fact["kind"] == "taken_in"]
            went = [fact for fact in repair if fact["kind"] == "handed_back"]
            if not came:
                continue
            first = number(came[0]["date"])
            goes_on = not went and self.closed_by is None
            end = number(went[0]["date"]) if went else at if goes_on else UNLIMITED
            coverage = [fact["coverage"] for fact in went[:1] + came[:1] if fact["coverage"] != "open"]
            for counts_all in (False, True):
                if counts_all or coverage[:1] != ["not_covered"]:
                    self.days[counts_all].update(range(first, min(end, self.received)))
                    if goes_on:
                        self.open[counts_all].append(first)


def chain_of(serial, facts):
    """The units from the first one to the one asked about."""
    opened = {fact["serial"]: fact for fact in reversed(facts) if fact["kind"] == "replaced"}
    closed = {fact["old_serial"]: fact for fact in reversed(facts) if fact["kind"] == "replaced"}
    serials = [serial]
    while serials[0] in opened:
        serials.insert(0, opened[serials[0]]["old_serial"])
    return [Unit(name, opened.get(name), closed.get(name)) for name in serials]


# ---- intervals ----

class Interval:
    """One layer of one unit for one cost class; days as numbers."""

    def __init__(self, term, unit, **names):
        self.term = term
        self.unit = unit
        self.names = {"layer": term["layer"], "clause_id": term["clause_id"], "cost_class": term["cost_class"],
                      "component": term["component"], "contract_id": "", "repair_id": "", **names}
        self.start = self.last = self.left = self.since = self.ended_by = None
        self.last_told = self.asked = None
        self.cut = UNLIMITED
        self.is_undetermined = self.is_paused = self.is_over = self.is_never = False

    def begin(self, start, last):
        """With its whole span: the cap counts from here."""
        self.start, self.last = start, last
        self.left = UNLIMITED
        cap = self.term.get("pause_max", "none")
        if last < UNLIMITED and cap not in ("none", "unlimited"):
            self.left = add(last, cap) - last

    def walk(self, days, until):
        """The last day and what is left of the cap, if only custody before a day is looked at."""
        last, left = self.last, self.left
        if last == UNLIMITED:
            return last, left
        for day in sorted(day for day in days if self.start <= day < until):
            if day > last:
                break
            if left > 0:
                last, left = last + 1, left - 1
            else:
                last = max(last, day + 1)
        return last, left

    def stand_still(self, at):
        """Days with us cost nothing."""
        days = self.unit.days[self.term["counts_all_repairs"]] if self.term["pauses"] else set()
        starts = self.unit.open[self.term["counts_all_repairs"]] if self.term["pauses"] else []
        for first in sorted(starts) + [at]:
            begin = end = first
            while begin - 1 in days:
                begin -= 1
            while end in days:
                end += 1
            reached = self.walk(days, begin)[0]
            begin = max(begin, self.start)
            if end < begin or begin > reached:
                continue
            if first in starts:
                self.since = begin if self.since is None else self.since
                self.is_paused |= at >= begin
            self.is_paused |= begin <= at < end
        self.last, self.left = self.walk(days, UNLIMITED)

    def give_back(self, at):
        """The unit came back to be replaced."""
        begin = max(self.unit.received, self.start)
        self.is_over = self.unit.closed_by is not None and begin <= self.last
        if self.is_over:
            self.is_paused |= begin <= at < self.unit.closed
            if begin < self.unit.closed and self.last < UNLIMITED:
                self.last += self.unit.closed - begin

    def end(self, day, fact):
        """No cover from a day on."""
        if day - 1 < self.last_told:
            self.last_told, self.ended_by = day - 1, fact["fact_id"]

    def finish(self, ledger, origin, cancelled=None):
        """All that comes after origin and span."""
        if self.is_undetermined:
            self.last, self.is_over = UNLIMITED, True
        elif self.names["layer"] != "GOODWILL":
            self.stand_still(ledger.at)
            self.give_back(ledger.at)
        ends = [fact for fact in ledger.facts if self.is_ended_by(fact, origin)]
        ends = sorted(ends, key=order) + ([cancelled] if cancelled else [])
        ends.sort(key=lambda fact: fact["date"])
        self.last_told = self.last
        if ends:
            self.cut = number(ends[0]["date"])
            self.end(self.cut, ends[0])
        if self.unit.closed < self.cut:
            self.cut = UNLIMITED
        if self.unit.closed_by:
            self.end(self.unit.closed, self.unit.closed_by)
        if self.since is not None and self.cut <= max(ledger.at, self.since):
            self.since = None

    def is_ended_by(self, fact, origin):
        """Whether a transfer or voiding ends it."""
        if fact["serial"] != self.unit.serial or (origin is not None and number(fact["date"]) <= origin):
            return False
        if fact["kind"] == "transferred":
            return self.names["layer"] != "GOODWILL" and not self.term["is_transferable"]
        return (fact["kind"] == "voided" and self.names["layer"] != "STATUTORY"
                and bool(fact["voided_layers"] & LAYER_BITS[self.names["layer"]]))

    def had_begun(self, day):
        """Whether its first day had come."""
        return self.start is not None and self.start <= day

    def is_vacated(self):
        """Whether it was ended before it began."""
        return self.start is not None and self.cut <= self.start

    def covers(self, day):
        """Whether a day is covered, for who asks on that day."""
        return self.start is not None and self.start <= day <= self.last_told

    def answer(self):
        """As the driver says it."""
        told = {**self.names, "serial": self.unit.serial, "is_undetermined": self.is_undetermined,
                "start": None, "last": None, "term_last": None, "is_paused": False, "in_repair_since": None,
                "is_empty": self.is_never, "ended_by": self.ended_by, "cut": printed(self.cut)}
        if self.is_never:
            return told
        told["last"] = printed(self.last_told)
        if not self.is_undetermined:
            told.update(start=printed(self.start), term_last=printed(self.last),
                        is_paused=self.is_paused and self.asked <= self.last_told, in_repair_since=printed(self.since),
                        is_empty=self.last_told < self.start)
        return told
