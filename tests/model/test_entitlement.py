"""The ledger of a unit against an independent model.

The model walks through the custody of a unit day by day: whoever holds a warranty loses a day of it
each day, but not on a day on which the unit is with us. Facts and terms are random: units that
replace each other, repairs that overlap or go on, plans, renewals, transfers, voidings, goodwill,
corrections, and now and then something that cannot be.
"""
# SPDX-License-Identifier: Apache-2.0
import calendar
import collections
import datetime
import itertools
import json

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


# ---- random cases ----

class Scene:
    """Makes one case."""

    def __init__(self, rng):
        self.rng = rng
        self.facts = []
        self.origin = datetime.date(2019, 1, 1).toordinal() + rng.randrange(2000)
        if rng.random() < 0.3:  # ends of months and leap days
            self.origin = datetime.date(rng.choice([2020, 2023, 2024]), rng.choice([1, 2, 8]), 28).toordinal()
            self.origin += rng.randrange(4)
        self.length = rng.choice([60, 400, 800, 1500])

    def some_day(self, late=True):
        """A day in the life of the unit."""
        return self.origin + self.rng.randrange(self.length if late else 40)

    def tell(self, serial, kind, day, **more):
        """A fact; mostly recorded soon, sometimes late, rarely before it happened."""
        rng = self.rng
        delay = rng.choice([0, 0, 0, 1, 30, 300]) - (2 if rng.random() < 0.003 else 0)
        self.facts.append({"fact_id": f"{rng.randrange(1000)}f{len(self.facts)}", "serial": serial, "kind": kind, "date": printed(day),
                           "record_us": (day - EPOCH + delay) * DAY_US + rng.randrange(DAY_US), **more})
        return self.facts[-1]

    def tell_events(self, serial):
        """How it was sold, with some of the papers missing."""
        rng = self.rng
        day = self.origin
        for event in ["manufactured", "ordered", "purchased", "delivered", "installed", "registered"]:
            if rng.random() < 0.6:
                told = self.tell(serial, "event", day, event=event)
                if rng.random() < 0.05:
                    self.tell(serial, "event", day + rng.choice([0, 0, 0, 1]), event=event)
                if rng.random() < 0.01:
                    told["date"] = printed(day + 30)
            day += rng.choice([0, 0, 1, 5, 20])

    def tell_repair(self, serial, i):
        """In, perhaps repaired, perhaps back."""
        rng = self.rng
        day = self.some_day()
        back = day + rng.choice([0, 1, 5, 12, 26, 60])
        names = {"repair_id": f"r{i}"}
        if rng.random() < 0.9:
            self.tell(serial, "taken_in", day, coverage=rng.choice(["open", "covered", "covered", "not_covered"]), **names)
        for _ in range(rng.choice([0, 0, 1, 1, 2])):
            self.tell(serial, "repaired", rng.randint(day, back), coverage="open", fault_code="leak",
                      component=rng.choice(["", "pump", "compressor"]), has_succeeded=rng.random() < 0.8,
                      cost_classes=rng.choice([[], ["parts"], ["parts", "labour"]]), **names)
        if rng.random() < 0.8:
            self.tell(serial, "handed_back", back - (100 if rng.random() < 0.01 else 0),
                      coverage=rng.choice(["open", "open", "covered", "not_covered"]), **names)

    def tell_plans(self, serials):
        """Contracts, renewals, cancellations."""
        rng = self.rng
        count = rng.choice([0, 0, 1, 1, 2, 3])
        day = self.some_day(False)
        for i in range(count):
            serial = serials[0] if rng.random() < 0.5 else rng.choice(serials)
            if rng.random() < 0.2:
                day = self.some_day()
            plan = rng.choice(["plus1", "plus1", "plus2"])
            if i > 0 and rng.random() < 0.6:
                self.tell(serial, "plan_renewed", day, contract_id=f"c{i}", plan=plan,
                          renews=f"c{rng.randrange(count + 1)}" if rng.random() < 0.1 else f"c{i - 1}")
            else:
                self.tell(serial, "plan_bought", day, contract_id=f"c{i}", plan=plan)
            if rng.random() < 0.25:
                self.tell(serial, "plan_cancelled", day + rng.randrange(self.length), contract_id=f"c{i}")
            day += rng.choice([0, 10, 300])

    def tell_rest(self, serial):
        """Transfer, voiding, goodwill."""
        rng = self.rng
        for _ in range(rng.choice([0, 0, 0, 1, 2])):
            self.tell(serial, "transferred", self.some_day())
        if rng.random() < 0.15:
            self.tell(serial, "voided", self.some_day(), voided_layers=rng.choice([2, 4, 8, 12, 28, 62, 0]))
        if rng.random() < 0.2:
            day = self.some_day()
            self.tell(serial, "goodwill", day, last=printed(day + rng.choice([0, 30, 200]) - (rng.random() < 0.01)),
                      cost_classes=rng.choice([[], ["parts"], ["labour", "parts"]]),
                      component=rng.choice(["", "pump"]), clause_id="general.authority")

    def tell_replaced(self, serials):
        """What took the place of what."""
        rng = self.rng
        day = self.some_day()
        for old, new in zip(serials, serials[1:]):
            received = day + rng.choice([0, 30, 300])
            day = received + rng.choice([0, 0, 3, 10, 60])
            fact = self.tell(new, "replaced", day, old_serial=old)
            if received != day or rng.random() < 0.3:
                fact["received"] = printed(received)
            if rng.random() < 0.01:
                fact["old_serial"] = rng.choice(["S0", "S2"])
                if fact["old_serial"] == new:
                    fact["old_serial"] = old

    def tell_corrections(self):
        """Some facts were wrong, and some corrections too."""
        rng = self.rng
        for _ in range(rng.choice([0, 0, 0, 1, 2, 4])):
            target = rng.choice(self.facts)
            fact = self.tell("S0", "corrected", self.some_day(), corrects=target["fact_id"])
            if rng.random() < 0.9:
                fact["record_us"] = target["record_us"] + rng.randrange(100 * DAY_US)
            if rng.random() < 0.01:
                fact["corrects"] = f"f{rng.randrange(60)}"

    def promise_all(self):
        """Terms of all layers, now and then one twice."""
        rng = self.rng
        places = [(layer, cost_class, component, plan)
                  for layer in ["STATUTORY", "COMMERCIAL", "REPAIR", "EXTENDED"]
                  for cost_class in ["parts", "labour", "travel"] for component in ["", "compressor"]
                  for plan in (["plus1", "plus2"] if layer == "EXTENDED" else [""])]
        if rng.random() < 0.4:  # components and whole units beside each other
            places = [place for place in places if place[1] == "parts"]
        chosen = rng.sample(places, rng.randrange(1, 9))
        if rng.random() < 0.01:
            chosen.append(chosen[0])
        return [self.promise(*place, i) for i, place in enumerate(chosen)]

    def span(self):
        """A length, none, or no limit."""
        rng = self.rng
        if rng.random() < 0.08:
            return rng.choice(["none", "unlimited"])
        return {"months": rng.choice([0, 1, 2, 3, 6, 12, 12, 24, 36, 120]), "days": rng.choice([0, 0, 0, 1, 7, 30])}

    def promise(self, layer, cost_class, component, plan, i):
        """One term."""
        rng = self.rng
        term = {"layer": layer, "clause_id": f"clause{i}", "cost_class": cost_class, "component": component,
                "plan": plan, "span": self.span(), "pauses": rng.random() < 0.8,
                "counts_all_repairs": rng.random() < 0.3, "is_transferable": rng.random() < 0.6,
                "carry_over": rng.choice(["remaining", "restart", "longer_of"]), "at_least": self.span(),
                "anchors": [{"event": event, "months": rng.choice([0, 0, 0, 1]), "days": rng.choice([0, 0, 90])}
                            for event in rng.sample(SALE_ORDER, rng.randrange(5))]}
        if rng.random() < 0.3:
            term["pause_max"] = rng.choice([{"days": 0}, {"days": 10}, {"days": 30}, {"months": 1}, "none", "unlimited"])
        return term

    def question(self):
        """The whole case."""
        rng = self.rng
        serials = ["S0", "S1", "S2"][:rng.choice([1, 1, 2, 3])]
        self.tell_events("S0")
        if len(serials) > 1 and rng.random() < 0.2:
            self.tell_events(serials[1])
        for i in range(rng.choice([0, 1, 1, 2, 3, 5])):
            self.tell_repair(rng.choice(serials + ["stranger"] if rng.random() < 0.1 else serials), i)
        self.tell_plans(serials)
        self.tell_rest(rng.choice(serials))
        self.tell_replaced(serials)
        if self.facts:
            self.tell_corrections()
        if self.facts and rng.random() < 0.005:
            self.facts.append(dict(rng.choice(self.facts)))
        rng.shuffle(self.facts)
        at = self.origin + rng.randrange(2000) - 20
        if self.facts and rng.random() < 0.5:  # on the day of something, or beside it
            at = number(rng.choice(self.facts)["date"]) + rng.choice([-1, 0, 0, 1])
        question = {"serial": rng.choice(serials), "at": printed(at), "facts": self.facts,
                    "terms": self.promise_all(), "probe": printed(max(at + rng.choice([-300, -1, 1, 30, 400]), self.origin))}
        if rng.random() < 0.4:
            question["known_at_us"] = (self.some_day() - EPOCH) * DAY_US
        return question


# ---- the comparison ----

def expected(question):
    """What the model answers."""
    try:
        return Ledger(question).answer()
    except Refused as refused:
        return {"fault": refused.args[0]}


def without_probes(answer):
    """The dates alone."""
    for interval in answer.get("intervals", []):
        del interval["is_probe_covered"]
    return answer


def assert_covers_as_if_asked_then(question, answer):
    """What a ledger says about another day is what is said on that day, of what had begun. Plans apart: their bases move."""
    probe = number(question["probe"])
    then = Ledger({**question, "at": question["probe"]}).intervals
    told = [interval for interval in answer["intervals"]
            if interval["layer"] != "EXTENDED" and (interval["start"] or "9999") <= question["at"]]
    mine = [interval for interval in then
            if interval.names["layer"] != "EXTENDED" and interval.had_begun(number(question["at"]))]

    def counted(names, covers):
        return names["layer"], names["clause_id"], names["cost_class"], names["component"], names["repair_id"], covers

    assert (collections.Counter(counted(interval, interval["is_probe_covered"]) for interval in told)
            == collections.Counter(counted(interval.names, interval.covers(probe)) for interval in mine)), json.dumps(question)


def in_any_order(answer):
    """Intervals sorted, as the model has no order of its own."""
    if "intervals" in answer:
        answer["intervals"] = sorted(answer["intervals"], key=lambda interval: json.dumps(interval, sort_keys=True))
    else:
        answer = {"is_refused": True}
    return answer


def test_ledgers_equal_those_of_the_model(driver, rng, count):
    """Every date of every interval, who ended it, whether it is paused; or that it is refused."""
    seen = collections.Counter()
    left = count(3000, 100000)
    while left > 0:
        questions = [Scene(rng).question() for _ in range(min(left, 1000))]
        left -= len(questions)
        for question, answer in zip(questions, list(driver("entitlement").ask_all(questions))):
            model = expected(question)
            if "intervals" in model and "intervals" in answer and any(interval["in_repair_since"] for interval in answer["intervals"]):
                assert_covers_as_if_asked_then(question, answer)
                seen["asked_then"] += 1
            without_probes(answer)
            assert in_any_order(dict(answer)) == in_any_order(dict(model)), json.dumps(question)
            layers = [interval["layer"] for interval in answer.get("intervals", [])]
            assert layers == sorted(layers, key=USE_ORDER.index)
            seen.update(layers)
            seen.update(key for interval in answer.get("intervals", [])
                        for key in ("is_undetermined", "is_paused", "in_repair_since", "is_empty", "ended_by") if interval[key])
            seen[answer.get("fault", "answered")] += 1
    print(dict(seen))
    assert seen["answered"] > seen.total() / 20
    for key in USE_ORDER + ["is_undetermined", "is_paused", "in_repair_since", "is_empty", "ended_by", "FACTS_CONTRADICT",
                            "FACT_WRONG", "TERMS_REPEAT", "asked_then"]:
        assert seen[key] > 0, key


# ---- replaced or not ----

def ends_of_plans(answer):
    """The days that each contract covers in all, for a cost class and component: first and last."""
    ends = {}
    for interval in answer["intervals"]:
        if interval["layer"] != "EXTENDED" or interval["is_empty"] or interval["is_undetermined"]:
            continue
        key = interval["contract_id"], interval["cost_class"], interval["component"]
        start, last = interval["start"], interval["last"] or "without limit"
        known = ends.get(key, (start, last))
        ends[key] = min(start, known[0]), max(last, known[1])
    return ends


def replaced_on_the_spot(rng):
    """A unit with plans, and what took its place at once with all that was left; and the same if nothing was replaced."""
    scene = Scene(rng)
    scene.tell("S0", "event", scene.origin, event="delivered")
    serials = ["S0", "S1", "S2"][:rng.choice([2, 3])]
    scene.tell_plans(serials)
    days = sorted(scene.origin + rng.randrange(1000) for _ in serials[1:])
    for fact in scene.facts[1:]:  # of the unit that the owner had then
        fact["serial"] = serials[sum(day <= number(fact["date"]) for day in days)]
    for old, new, day in zip(serials, serials[1:], days):
        scene.tell(new, "replaced", day, old_serial=old)
    for fact in scene.facts:
        fact["record_us"] = (scene.origin + 9000 - EPOCH) * DAY_US
    terms = [{**term, "carry_over": "remaining", "anchors": [{"event": "delivered"}]} for term in scene.promise_all()]
    replaced = {"serial": serials[-1], "at": printed(scene.origin), "terms": terms,
                "facts": [fact for fact in scene.facts if fact.get("renews") != fact.get("contract_id", "")]}
    kept = [{**fact, "serial": "S0"} for fact in replaced["facts"] if fact["kind"] != "replaced"]
    return replaced, {**replaced, "serial": "S0", "facts": kept}


def test_a_replacement_on_the_spot_moves_no_plan(driver, rng, count):
    """Whichever unit a plan was bought for: with all that was left it ends as if nothing had been replaced."""
    pairs = [replaced_on_the_spot(rng) for _ in range(count(2000, 50000))]
    answers = list(driver("entitlement").ask_all(itertools.chain(*pairs)))
    seen = 0
    for (question, _), replaced, kept in zip(pairs, answers[::2], answers[1::2]):
        assert ("fault" in replaced) == ("fault" in kept), json.dumps(question)
        if "fault" not in replaced:
            assert ends_of_plans(replaced) == ends_of_plans(kept), json.dumps(question)
            seen += len(ends_of_plans(kept))
    assert seen > len(pairs) / 5
