"""What the policy makes of a claim for a unit without a history, worked out a second time from the text of the policy.

This is not the engine in Python: it knows one question, units of which at most the day of purchase is known, and claims whose
documents and finding are ours to choose. It reads the policy's YAML with texts for everything, and shares nothing with the
daemons: months, rules, layers, causes, exclusions and documents are told here once more, from docs/policy.md.
"""
# SPDX-License-Identifier: Apache-2.0
import calendar
import dataclasses
import datetime
import re

import yaml

COST_CLASSES = ("parts", "labour", "travel")


@dataclasses.dataclass
class Case:
    """A claim, and all that is known for it. Everything else is not known."""

    at: datetime.date
    sale: dict  # category, region, channel, customer_class, condition
    cause: str
    price_minor: int
    purchased: datetime.date = None
    documents: tuple = ()
    finding: str = None  # with a technician's report


@dataclasses.dataclass
class Expected:
    """What must be decided."""

    outcome: str
    clause: str
    reason: str
    last_date: datetime.date = None
    needed: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Layer:
    """Something promised: by the company (right is None) or by law."""

    clause: str
    cost_class: str
    component: str
    months: int
    right: dict = None
    start: datetime.date = None
    last: datetime.date = None


def add_months(day, months):
    """The same day of a later month, or that month's last."""
    number = day.year * 12 + day.month - 1 + months
    year, month = number // 12, number % 12 + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def months_of(span):
    """12 for "1 year", None for "none". No unit of these records is promised days."""
    if span == "none":
        return None
    number, unit = re.fullmatch(r"(\d+) (year|month)s?", span).groups()
    return int(number) * (12 if unit == "year" else 1)


def list_of(value):
    """A list for one code or several."""
    return value if isinstance(value, list) else [value]


class Model:
    """A policy as it is read."""

    def __init__(self, path):
        self.policy = yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)
        self.clauses = {clause["clause"]: clause for section in self.policy["sections"] for clause in section["clauses"]}
        self.paths = {axis: {} for axis in self.policy["axes"]}
        for axis, tree in self.policy["axes"].items():
            self._walk(axis, tree, ())

    def _walk(self, axis, tree, path):
        for code, below in tree.items():
            self.paths[axis][code] = path + (code,)
            self._walk(axis, below, path + (code,))

    # ---- which value holds ----

    def is_within(self, narrow, wide):
        """Whether everything that `narrow` describes is described by `wide`, too."""
        return all(axis in narrow and (narrow[axis] == code or code in self.paths.get(axis, {}).get(narrow[axis], ()))
                   for axis, code in wide.items())

    def read(self, name, subject):
        """(value, when) of the narrowest rule of a parameter, as "warranty.period/length"."""
        clause, parameter = name.split("/")
        rules = [({}, self.clauses[clause]["set"][parameter])]
        rules += [(rule["when"], rule[parameter]) for rule in self.clauses[clause].get("except", []) if parameter in rule]
        holding = [rule for rule in rules if self.is_within(subject, rule[0])]
        [narrowest] = [rule for rule in holding if all(self.is_within(rule[0], other[0]) for other in holding)]
        return narrowest[1], narrowest[0]

    # ---- layers ----

    def layers(self, case):
        """All that is promised, in the order of use, with its days where the day of purchase is known."""
        found = self._company(case) + self._law(case)
        if case.purchased:
            for layer in found:
                layer.start, layer.last = case.purchased, add_months(case.purchased, layer.months)
        return found

    def _company(self, case):
        found = []
        for component in [None, *self.policy["axes"]["component"]]:
            for cost_class in COST_CLASSES:
                whole, when = self.read("warranty.period/length", case.sale | {"cost_class": cost_class})
                if component:
                    subject = case.sale | {"cost_class": cost_class, "component": component}
                    whole, own_when = self.read("warranty.period/length", subject)
                    if own_when == when:
                        continue
                if months_of(whole):
                    found.append(Layer("warranty.period", cost_class, component, months_of(whole)))
        starts = self.read("warranty.period/starts", case.sale)[0]
        assert "purchased" in starts  # without an offset; nothing else is ever known here
        return found

    def _law(self, case):
        found = []
        for pack in self.policy["statutory"]:
            for right in pack["rights"]:
                applies = self.is_within(case.sale, pack["applies"]) and self.is_within(case.sale, right.get("when", {}))
                if applies and right["right"] == "warranty":
                    assert "purchased" in right["starts"]
                    found += [Layer(right["clause"], cost_class, None, months_of(right["length"]), right)
                              for cost_class in right["covers"]]
        return found

    # ---- exclusions and documents ----

    def exclusions(self, case):
        """(id, DENIES or UNKNOWN, the first fact that is missing) of the tests that do not simply fail."""
        found = []
        for test in self.clauses["warranty.exclusions"]["set"]["tests"]:
            known = {"finding": case.finding}
            truths = [None if known.get(fact) is None else known[fact] in list_of(wanted) for fact, wanted in test["when"].items()]
            if False in truths:
                continue
            missing = [fact for fact in test["when"] if known.get(fact) is None]
            found.append((test["id"], "UNKNOWN" if missing else "DENIES", missing[0] if missing else None))
        return found

    def missing_documents(self, case):
        """What the checklist asks for and nobody gave."""
        missing = []
        for row in self.clauses["warranty.process"]["set"]["documents"]:
            facts = {"cause": case.cause} | case.sale
            is_asked = all(any(code in self.paths.get(fact, {}).get(facts[fact], (facts[fact],)) for code in list_of(wanted))
                           for fact, wanted in row.get("when", {}).items())
            assert row.get("unless", {}) in ({}, {"delivered": "known"})  # which it never is
            if is_asked and not {row["document"], *row.get("instead", [])} & set(case.documents):
                missing.append(row["document"])
        return missing

    # ---- the decision ----

    def judge(self, case, layer):
        """(YES, NO or UNSURE, clause, reason, what is needed) of a layer."""
        causes = layer.right["causes"] if layer.right else self.read("warranty.coverage/causes", case.sale)[0]
        clause = layer.clause if layer.right else "warranty.coverage"
        tests = [test for test in self.exclusions(case) if not layer.right or test[0] in layer.right["excludes"]]
        for test_id, verdict, _ in tests:
            if verdict == "DENIES":
                return "NO", test_id, "EXCLUDED", None
        if case.finding and case.finding not in causes:
            if tests:
                return "UNSURE", tests[0][0], "FACT_MISSING", tests[0][2]
            return "NO", clause, "NOT_COVERED", None
        if case.cause not in causes and not case.finding:
            return "UNSURE", clause, "CAUSE_UNKNOWN", "finding"
        if layer.right and layer.start and not case.finding:
            if case.at > add_months(layer.start, months_of(layer.right["presumed_for"])):
                return "UNSURE", layer.clause, "PROOF_MISSING", "finding"
        return "YES", None, None, None

    def decide(self, case):
        """What must come of a claim."""
        layers = self.layers(case)
        first_document = self.clauses["warranty.process"]["set"]["documents"][0]["document"]
        if case.purchased is None:
            return Expected("UNDETERMINED", "warranty.process", "PROOF_MISSING", needed=[first_document])
        begun = [layer for layer in layers if layer.start <= case.at <= layer.last]
        whole = [layer for layer in begun if not layer.component]
        parts = [layer for layer in begun if layer.component]
        component_needed = Expected("UNDETERMINED", "warranty.period", "FACT_MISSING", needed=["component"])
        if not begun:
            last = max(layers, key=lambda layer: layer.last)
            return Expected("DENIED", last.clause, "EXPIRED", last.last)
        if not whole:
            return component_needed
        granting = [layer for layer in whole if self.judge(case, layer)[0] == "YES"]
        if granting:
            return self._grant(case, layers, granting)
        if any(self.judge(case, layer)[0] == "YES" for layer in parts):
            return component_needed
        return self._refuse(case, begun)

    def _grant(self, case, layers, granting):
        missing = self.missing_documents(case)
        first = granting[0]
        if missing:
            return Expected("UNDETERMINED", "warranty.process", "DOCUMENTS_MISSING", first.last, missing)
        amount, currency = self.clauses["warranty.process"]["set"]["auto_approve_up_to"].split()
        assert currency == "EUR" and int(self.clauses["warranty.limits"]["set"]["claims_max"]) > 0  # it is the unit's first claim
        if case.price_minor > round(float(amount) * 100):
            return Expected("REFERRED", "warranty.process", "ABOVE_AUTOMATIC_LIMIT", first.last)
        is_whole = {layer.cost_class for layer in layers} <= {layer.cost_class for layer in granting}
        reason = "COVERED_BY_LAW" if first.right else "COVERED"
        return Expected("GRANTED" if is_whole else "PARTLY_GRANTED", first.clause, reason, first.last)

    def _refuse(self, case, begun):
        judged = [self.judge(case, layer) for layer in begun]
        unsure = [found for found in judged if found[0] == "UNSURE"]
        if not unsure:
            refusal = next((found for found in judged if found[2] == "EXCLUDED"), judged[0])
            return Expected("DENIED", refusal[1], refusal[2])
        needed = list(dict.fromkeys([found[3] for found in unsure] + self.missing_documents(case)))
        return Expected("UNDETERMINED", unsure[0][1], unsure[0][2], needed=needed)
