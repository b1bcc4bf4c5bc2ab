"""A ledger of its own, written from the arithmetic alone.

What a question must be is in entitlement_facts.py, units and their layers in
entitlement_intervals.py; here is which layers there are, and where each begins.
"""
# SPDX-License-Identifier: Apache-2.0
from entitlement_facts import (SALE_ORDER, UNLIMITED, add, check_contracts, check_each, check_events, check_repairs, check_terms,
                               check_units, number, standing)
from entitlement_intervals import Interval, chain_of

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
