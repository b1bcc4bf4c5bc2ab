"""The ledger of a unit against an independent model of it.

Facts and terms are random: units that replace each other, repairs that overlap or go on, plans,
renewals, transfers, voidings, goodwill, corrections, and now and then something that cannot be.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import datetime
import itertools
import json

from entitlement_facts import DAY_US, EPOCH, Refused, SALE_ORDER, USE_ORDER, number, order, printed
from entitlement_model import Ledger


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
