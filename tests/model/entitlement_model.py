"""A ledger of its own, written from the arithmetic alone.

It walks through the custody of a unit day by day: whoever holds a warranty loses a day of it each
day, but not on a day on which the unit is with us.
"""
# SPDX-License-Identifier: Apache-2.0
import calendar
import collections
import datetime
import itertools

DAY_US = 86400 * 1000000
EPOCH = datetime.date(1970, 1, 1).toordinal()
SALE_ORDER = ["ordered", "purchased", "delivered", "installed", "registered", "manufactured"]
LAYER_BITS = {"STATUTORY": 2, "COMMERCIAL": 4, "EXTENDED": 8, "REPAIR": 16, "GOODWILL": 32}
USE_ORDER = ["REPAIR", "COMMERCIAL", "STATUTORY", "EXTENDED", "GOODWILL"]
UNLIMITED = 10**9


class Refused(Exception):
    """The facts or terms cannot be; `args[0]` is the reason."""


# ---- days ----

def number(text):
    """A day as a number; None if there is none."""
    return datetime.date.fromisoformat(text).toordinal() if text else None


def printed(day):
    """A number as a day."""
    return None if day is None or day >= UNLIMITED else datetime.date.fromordinal(day).isoformat()


def add(day, length):
    """Months first, cut to the end of the month, then days."""
    if length == "unlimited":
        return UNLIMITED
    date = datetime.date.fromordinal(day)
    year, month = divmod(date.year * 12 + date.month - 1 + length.get("months", 0), 12)
    date = date.replace(year, month + 1, min(date.day, calendar.monthrange(year, month + 1)[1]))
    return date.toordinal() + length.get("days", 0)


# ---- facts ----

def order(fact):
    """The order in which facts are told."""
    return fact.get("date") or "", fact["record_us"], fact["fact_id"]


def standing(question):
    """Facts as known that no standing correction strikes out."""
    facts = {fact["fact_id"]: fact for fact in question["facts"]}
    if len(facts) < len(question["facts"]):
        raise Refused("FACT_WRONG")
    known = [fact for fact in question["facts"] if fact["record_us"] <= question.get("known_at_us", 2**63)]
    against = collections.defaultdict(list)
    for fact in known:
        if fact["kind"] == "corrected":
            if fact["corrects"] not in facts:
                raise Refused("FACT_WRONG")
            against[fact["corrects"]].append(fact)

    def stands(fact, above):
        if fact["fact_id"] in above:
            raise Refused("FACTS_CONTRADICT")
        return not any([stands(other, above | {fact["fact_id"]}) for other in against[fact["fact_id"]]])

    return sorted((fact for fact in known if stands(fact, frozenset())), key=order)


def group_by(facts, *keys):
    """Facts by the values of some keys."""
    groups = collections.defaultdict(list)
    for fact in facts:
        groups[tuple(fact[key] for key in keys)].append(fact)
    return groups


def check_each(facts):
    """Each fact is possible by itself."""
    for fact in facts:
        if fact["kind"] == "corrected":
            continue
        record_day = fact["record_us"] // DAY_US + EPOCH
        if fact["kind"] not in ("goodwill", "plan_cancelled") and number(fact["date"]) > record_day + 1:
            raise Refused("FACT_WRONG")
        if fact["kind"] == "goodwill" and fact["last"] < fact["date"]:
            raise Refused("FACT_WRONG")
        if fact["kind"] == "replaced" and (fact.get("received") or "") > fact["date"]:
            raise Refused("FACT_WRONG")


def check_events(facts):
    """One day for each event, and no effect before its cause."""
    for events in group_by([fact for fact in facts if fact["kind"] == "event"], "serial").values():
        for one, other in itertools.permutations(events, 2):
            pair = one["event"], other["event"]
            if one["event"] == other["event"] != "registered" and one["date"] != other["date"]:
                raise Refused("FACTS_CONTRADICT")
            if pair in {("delivered", "manufactured"), ("installed", "manufactured"),
                        ("registered", "manufactured"), ("installed", "delivered")} and one["date"] < other["date"]:
                raise Refused("FACTS_CONTRADICT")


def check_repairs(facts):
    """Taken in, repaired, handed back."""
    rank = {"taken_in": 0, "repaired": 1, "handed_back": 2}
    repairs = group_by([fact for fact in facts if fact["kind"] in rank], "serial", "repair_id")
    for repair in repairs.values():
        for one, other in itertools.permutations(repair, 2):
            if rank[one["kind"]] < rank[other["kind"]] and one["date"] > other["date"]:
                raise Refused("FACTS_CONTRADICT")
            if one["kind"] == other["kind"] != "repaired" and (
                    one["date"], one["coverage"]) != (other["date"], other["coverage"]):
                raise Refused("FACTS_CONTRADICT")


def check_units(facts):
    """One unit follows one other."""
    replaced = [fact for fact in facts if fact["kind"] == "replaced"]
    for one, other in itertools.permutations(replaced, 2):
        told = [(fact["old_serial"], fact["serial"], fact["date"], fact.get("received") or fact["date"])
                for fact in (one, other)]
        if (one["serial"] == other["serial"] or one["old_serial"] == other["old_serial"]) and told[0] != told[1]:
            raise Refused("FACTS_CONTRADICT")
        if one["old_serial"] == other["serial"] and told[0][3] < other["date"]:
            raise Refused("FACTS_CONTRADICT")
    before = {fact["serial"]: fact["old_serial"] for fact in replaced}
    refuse_circles(before)


def refuse_circles(before):
    """Nothing comes before itself."""
    for first in before:
        seen, here = {first}, before[first]
        while here in before:
            if here in seen:
                raise Refused("FACTS_CONTRADICT")
            seen.add(here)
            here = before[here]


def check_contracts(facts):
    """One contract is told in one way, and not ended before it was bought."""
    opening = {fact["contract_id"]: fact for fact in reversed(facts) if fact["kind"] in ("plan_bought", "plan_renewed")}
    for fact in facts:
        opened = opening.get(fact.get("contract_id"))
        if opened is None or fact["kind"] not in ("plan_bought", "plan_renewed", "plan_cancelled"):
            continue
        if fact["kind"] == "plan_cancelled":
            if fact["date"] < opened["date"]:
                raise Refused("FACTS_CONTRADICT")
        elif any(fact.get(key) != opened.get(key) for key in ("kind", "date", "serial", "plan", "renews")):
            raise Refused("FACTS_CONTRADICT")
        renewed = opening.get(fact.get("renews"))
        if renewed is not None and fact["date"] < renewed["date"]:
            raise Refused("FACTS_CONTRADICT")
    refuse_circles({key: fact["renews"] for key, fact in opening.items() if fact.get("renews")})


def check_terms(terms):
    """No promise is there twice."""
    keys = [(term["layer"], term["cost_class"], term["component"],
             term["plan"] if term["layer"] == "EXTENDED" else "",
             term["clause_id"] if term["layer"] == "STATUTORY" else "") for term in terms]
    if len(set(keys)) < len(keys):
        raise Refused("TERMS_REPEAT")


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


class Ledger:
    """Everything about one question."""

    def __init__(self, question):
        check_terms(question["terms"])
        self.facts = standing(question)
        check_each(self.facts)
        for check in (check_events, check_repairs, check_units, check_contracts):
            check(self.facts)
        self.terms = [term for term in question["terms"] if term["span"] != "none"]
        self.all_classes = list(dict.fromkeys(term["cost_class"] for term in question["terms"])) or [""]
        self.at = number(question["at"])
        self.units = chain_of(question["serial"], self.facts)
        for unit in self.units:
            unit.read_custody(self.facts, self.at)
        self.events = {}
        for fact in self.facts:
            if fact["kind"] == "event" and fact["serial"] == self.units[0].serial:
                self.events.setdefault(fact["event"], fact["date"])
        self.sale = next((self.events[event] for event in SALE_ORDER if event in self.events), None)
        self.intervals = []
        self.add_repairs()
        self.add_layers()
        self.add_contracts()
        self.add_goodwill()

    def finish(self, interval, origin, cancelled=None):
        """Ends and keeps an interval."""
        interval.asked = self.at
        interval.finish(self, origin, cancelled)
        self.intervals.append(interval)
        return interval

    def unit_of(self, fact):
        """Where its unit stands in the chain; None if it does not."""
        return next((i for i, unit in enumerate(self.units) if unit.serial == fact["serial"]), None)

    def anchored(self, interval):
        """From the first event that is known."""
        for anchor in interval.term["anchors"]:
            if anchor["event"] in self.events:
                start = add(number(self.events[anchor["event"]]), anchor)
                interval.begin(start, add(start, interval.term["span"]))
                return
        interval.is_undetermined = True

    @staticmethod
    def go_over(interval, before):
        """From the unit that was replaced."""
        handover = interval.unit.handover
        if before.is_undetermined:
            interval.is_undetermined = True
            return
        new_spans = {"remaining": "none", "restart": interval.term["span"], "longer_of": interval.term["at_least"]}
        new_span = new_spans[interval.term["carry_over"]]
        if before.start <= handover and new_span != "none":
            last = add(handover, new_span)
            if interval.term["carry_over"] == "restart" or last > before.last:
                interval.begin(handover, last)
                return
        interval.start, interval.last, interval.left = max(before.start, handover), before.last, before.left

    @staticmethod
    def does_go_over(before, unit):
        """Whether anything does."""
        return before.is_over and before.cut > unit.handover

    def add_layers(self):
        """Statutory and commercial ones."""
        for term in self.terms:
            if term["layer"] not in ("STATUTORY", "COMMERCIAL"):
                continue
            before = None
            for unit in self.units:
                interval = Interval(term, unit)
                if before is None:
                    self.anchored(interval)
                elif self.does_go_over(before, unit):
                    self.go_over(interval, before)
                else:
                    break
                before = self.finish(interval, None)

    def add_repairs(self):
        """A layer for each repair that succeeded, from its hand-back."""
        for fact in self.facts:
            if fact["kind"] != "repaired" or self.unit_of(fact) is None or not fact["has_succeeded"]:
                continue
            same = [other for other in self.facts if other.get("repair_id") == fact["repair_id"]
                    and other["serial"] == fact["serial"]]
            back = [other for other in same if other["kind"] == "handed_back"]
            if not back and any(other["kind"] == "taken_in" for other in same):
                continue
            start = number((back or [fact])[0]["date"])
            for term in self.terms:
                if (term["layer"] == "REPAIR" and term["cost_class"] in (fact["cost_classes"] or [term["cost_class"]])
                        and term["component"] in ("", fact["component"])):
                    interval = Interval(term, self.units[self.unit_of(fact)], component=fact["component"],
                                        repair_id=fact["repair_id"])
                    interval.begin(start, add(start, term["span"]))
                    self.finish(interval, start)

    def add_goodwill(self):
        """As it was granted."""
        for fact in self.facts:
            if fact["kind"] != "goodwill" or self.unit_of(fact) is None:
                continue
            for cost_class in fact["cost_classes"] or self.all_classes:
                term = {"layer": "GOODWILL", "clause_id": fact["clause_id"], "cost_class": cost_class,
                        "component": fact["component"]}
                first, last = number(fact["date"]), number(fact["last"])
                for unit in self.units[self.unit_of(fact):]:
                    interval = Interval(term, unit)
                    interval.start, interval.last = max(first, unit.handover or 0), last
                    if unit.serial == fact["serial"]:
                        interval.start = first
                    elif last < unit.handover or before.cut <= unit.handover:
                        break
                    before = self.finish(interval, first)

    def add_contracts(self):
        """Each after what it renews."""
        waiting = list({fact["contract_id"]: fact for fact in reversed(self.facts)
                        if fact["kind"] in ("plan_bought", "plan_renewed")}.values())
        waiting = [fact for fact in waiting if self.unit_of(fact) is not None]
        renews = {fact["contract_id"]: fact.get("renews") for fact in waiting}
        done = set()
        while waiting:
            fact = next(fact for fact in waiting if fact.get("renews") not in renews or fact["renews"] in done)
            waiting.remove(fact)
            done.add(fact["contract_id"])
            for term in self.terms:
                if term["layer"] == "EXTENDED" and term["plan"] == fact["plan"]:
                    self.add_contract(fact, term, renews)

    def base_of(self, contract_id, term, unit, renews):
        """The interval that a contract begins after, on this unit or the last one that had it; None if there is none."""
        renewed = renews.get(contract_id)
        while renewed in renews:
            base = self.find("EXTENDED", renewed, term, unit)
            if base and not (base.unit is not unit and base.is_vacated()):
                return base
            term = base.term if base else term
            renewed = renews[renewed]
        return self.find("COMMERCIAL", "", term, unit)

    @staticmethod
    def end_of(base):
        """The last day of a base, or the one before its first; its unit may be replaced, it goes on."""
        return max(base.start - 1, min(base.last, base.cut - 1 if base.cut < UNLIMITED else UNLIMITED))

    def find(self, layer, contract_id, term, unit):
        """For the component, else for the whole unit; as it was last, on this unit or an earlier one."""
        for component in (term["component"], ""):
            for owner in reversed(self.units[:self.units.index(unit) + 1]):
                for interval in self.intervals:
                    names = interval.names
                    if interval.unit is owner and (names["layer"], names["contract_id"], names["cost_class"],
                                                   names["component"]) == (layer, contract_id, term["cost_class"], component):
                        return interval
        return None

    def add_contract(self, fact, term, renews):
        """One term of one contract on all units."""
        cancelled = next((other for other in self.facts if other["kind"] == "plan_cancelled"
                          and other["contract_id"] == fact["contract_id"]), None)
        before = None
        for unit in self.units[self.unit_of(fact):]:
            base = None
            if before is None or not before.had_begun(unit.handover):
                base = self.base_of(fact["contract_id"], term, unit, renews)
            if before is not None and (before.cut <= unit.handover or (base is None and not before.is_over)):
                break
            interval = Interval(term, unit, contract_id=fact["contract_id"])
            if base is None and before is None:
                self.anchored(interval)
            elif base is None:
                self.go_over(interval, before)
            elif base.is_undetermined:
                interval.is_undetermined = True
            elif base.is_never or self.end_of(base) == UNLIMITED:
                interval.is_never = True
                interval.last = UNLIMITED
                self.intervals.append(interval)
                before = interval
                continue
            else:
                interval.begin(self.end_of(base) + 1, add(self.end_of(base), term["span"]))
            before = self.finish(interval, number(fact["date"]), cancelled)

    def answer(self):
        """As the driver says it."""
        return {"sale": self.sale, "intervals": [interval.answer() for interval in self.intervals]}
