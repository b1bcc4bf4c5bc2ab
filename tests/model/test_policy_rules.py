"""Which rule holds, which rules tie, which change nothing: the engine against brute force.

The model knows no trees of selectors and no static check. It enumerates every subject that there
can be (on each axis a leaf, or less: an inner value, or nothing said), takes a rule for the set of
subjects that it matches, and calls narrower what is a smaller set.
"""
# SPDX-License-Identifier: Apache-2.0
import itertools
import random

import yaml

AXES = ["category", "region", "customer_class", "condition", "channel"]
SUBJECTS_ASKED = 40


class Policy:
    """Random trees, rules and floors of one parameter, and what brute force says of them."""

    def __init__(self, rng, trees, rules, floors):
        self.trees, self.rules, self.floors = trees, rules, floors
        self.universe = [dict(s) for s in itertools.product(*(
            [(axis, value) for value in [None] + [code for code, _ in tree]] for axis, tree in trees.items()))]
        self.above = {axis: {code: self._path(tree, i) for i, (code, _) in enumerate(tree)} for axis, tree in trees.items()}
        self.matched = [self._matched(when) for when, _ in rules]
        asked = rng.sample(range(len(self.universe)), min(SUBJECTS_ASKED, len(self.universe)))
        self.asked = sorted(asked)
        self.narrowest = [self._narrowest(i, range(len(rules))) for i in range(len(self.universe))]

    @staticmethod
    def _path(tree, i):
        path = set()
        while i >= 0:
            path.add(tree[i][0])
            i = tree[i][1]
        return path

    def _matched(self, when):
        return frozenset(i for i, subject in enumerate(self.universe) if all(
            subject[axis] is not None and code in self.above[axis][subject[axis]] for axis, code in when.items()))

    def _narrowest(self, i, rules):
        holding = [r for r in rules if i in self.matched[r]]
        return [r for r in holding if not any(self.matched[other] < self.matched[r] for other in holding)]

    def is_leaf(self, i):
        """Whether a subject says everything: a leaf on each axis."""
        for axis, tree in self.trees.items():
            parents = {parent for _, parent in tree}
            codes = [code for code, _ in tree]
            if self.universe[i][axis] is None or codes.index(self.universe[i][axis]) in parents:
                return False
        return True

    def has_tie(self, i):
        """Whether two of the narrowest rules differ for a subject."""
        return len({self.rules[r][1] for r in self.narrowest[i]}) > 1

    def useless(self):
        """Rules without which every subject still has the same value."""
        found = set()
        for rule in range(len(self.rules)):
            others = [r for r in range(len(self.rules)) if r != rule]
            if all({self.rules[r][1] for r in self._narrowest(i, others)} == {self.rules[self.narrowest[i][0]][1]}
                   for i in self.matched[rule]):
                found.add(rule)
        return found

    def lifted(self, i):
        """The value that holds for a subject, after the floors."""
        values = [value for when, value in self.floors if i in self._matched(when)]
        return max([self.rules[self.narrowest[i][0]][1], *values])

    def question(self, suggests=False):
        """The same for the driver."""
        subjects = [{axis: code for axis, code in self.universe[i].items() if code} for i in self.asked]
        return {"axes": self.trees, "rules": self.rules, "floors": self.floors, "subjects": subjects, "suggests": suggests}


def make_tree(rng, axis, is_open):
    """A random tree in preorder; with `is_open` there is beneath each inner value, and beside the
    top ones, a leaf that no rule names ("other")."""
    tree = []

    def grow(parent, depth):
        for _ in range(rng.randint(1, 2)):
            tree.append([f"{axis[:4]}{len(tree)}", parent])
            if depth < 3 and rng.random() < 0.45:
                grow(len(tree) - 1, depth + 1)
        if is_open:
            tree.append([f"other{len(tree)}", parent])

    grow(-1, 1)
    return tree


def make_policy(rng, is_open):
    """A random policy in which every subject has some rule, and no selector stands twice."""
    axes = rng.sample(AXES, rng.choice([1, 2, 2, 2, 3]))
    trees = {axis: make_tree(rng, axis, is_open) for axis in AXES if axis in axes}
    named = {axis: [code for code, _ in tree if not code.startswith("other")] for axis, tree in trees.items()}

    def selector():
        return {axis: rng.choice(codes) for axis, codes in named.items() if rng.random() < 0.6}

    rules = {(): [{}, rng.randint(1, 4)]}
    for _ in range(rng.randint(0, 6)):
        when = selector()
        rules.setdefault(tuple(sorted(when.items())), [when, rng.randint(1, 3)])
    rules = list(rules.values())
    rng.shuffle(rules)
    floors = [[selector(), rng.randint(1, 5)] for _ in range(rng.randint(0, 2))]
    return Policy(rng, trees, rules, floors)


def check_readings(policy, answer):
    """The rule that holds is one of the narrowest, and where they agree the value is theirs."""
    for i, (rule, value) in zip(policy.asked, answer["readings"]):
        assert rule in policy.narrowest[i], (policy.question(), policy.universe[i])
        if not policy.has_tie(i):
            assert value == policy.lifted(i), (policy.question(), policy.universe[i])


def check_verdict(policy, answer, is_open):
    """Accepted: one value for everybody. Refused: somebody has two; with open trees even a leaf."""
    tied = [i for i in range(len(policy.universe)) if policy.has_tie(i)]
    reasons = {reason for reason, _ in answer["problems"] if reason != "RULE_USELESS"}
    assert answer["accepted"] == (not tied), policy.question()
    assert reasons == ({"RULES_TIE"} if tied else set()), policy.question()
    if tied and is_open:
        assert any(policy.is_leaf(i) for i in tied), policy.question()
    if not tied:
        useless = {rule for reason, rule in answer["problems"] if reason == "RULE_USELESS"}
        assert useless == policy.useless(), policy.question()


def with_suggestions(rng, policy, answer):
    """The policy with the suggested exceptions pasted in."""
    pasted = yaml.safe_load(answer["suggestion"])
    rules = policy.rules + [[row["when"], row["claims_max"]] for row in pasted]
    assert len({tuple(sorted(when.items())) for when, _ in rules}) == len(rules), policy.question()
    return Policy(rng, policy.trees, rules, policy.floors)


def run(rng, driver, policies, is_open):
    """Compares policies, and those that tie once more with what was suggested for them."""
    tied = []
    questions = [policy.question(suggests=True) for policy in policies]
    for policy, answer in zip(policies, driver("policy_rules").ask_all(questions)):
        check_readings(policy, answer)
        check_verdict(policy, answer, is_open)
        if not answer["accepted"]:
            tied.append(with_suggestions(rng, policy, answer))
    mended = [policy.question() for policy in tied]
    for policy, answer in zip(tied, driver("policy_rules").ask_all(mended)):
        assert answer["accepted"], policy.question()
        check_readings(policy, answer)
        check_verdict(policy, answer, is_open)
    return len(tied)


def test_the_rule_that_holds_and_the_ties_are_those_of_brute_force(driver, rng, count):
    """100,000 policies in the long run; a third of them or so tie at first."""
    total = count(3000, 100000)
    tied = 0
    for first in range(0, total, 500):
        is_open = (first // 500) % 2 == 0
        policies = [make_policy(rng, is_open) for _ in range(min(500, total - first))]
        tied += run(rng, driver, policies, is_open)
    assert total < 1000 or total / 10 < tied < total * 9 / 10


def test_rules_on_many_axes_are_mended_by_what_is_suggested(driver, rng, count):
    """One rule for each of up to five axes: all their combinations are missing."""
    for _ in range(count(20, 500)):
        axes = AXES[:rng.randint(2, 5)]
        trees = {axis: [[f"{axis}_a", -1], [f"{axis}_b", 0]] for axis in axes}
        rules = [[{}, 0]] + [[{axis: f"{axis}_{rng.choice('ab')}"}, i + 1] for i, axis in enumerate(axes)]
        assert run(rng, driver, [Policy(random.Random(rng.random()), trees, rules, [])], False) == 1
