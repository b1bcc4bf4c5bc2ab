"""Days, and what the facts and terms of a question must be, for the model of the ledger."""
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
