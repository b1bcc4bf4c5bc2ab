"""Scores and their 95 % intervals of thousands of random sets of answers, beside an independent model in decimal arithmetic."""
# SPDX-License-Identifier: Apache-2.0
import decimal
import json

import pytest

from claims import MANAGER
from stage import count
from survey_world import TEMPLATE

Z95 = decimal.Decimal("1.959963984540054235524594430520551527955550577666")
GROUPS, ANSWERS_MAX = 500, 24
INSERT = """
    INSERT INTO surveys.invitations (invitation_id, event_id, template_id, template_version, aggregate_type, aggregate_id, state, channel,
                                     sku, send_time, expire_time, answer_time, nps, csat, ces, policy_version, create_time)
    SELECT gen_random_uuid(), gen_random_uuid(), %s, 1, 'claim', 'none', r->>0,
           CASE r->>0 WHEN 'ANSWERED' THEN 'PHONE' END, r->>1, '2026-03-01', '2026-04-01',
           CASE r->>0 WHEN 'ANSWERED' THEN '2026-03-02'::timestamptz END,
           (r->>2)::integer, (r->>3)::integer, (r->>4)::integer, 1, '2026-02-27'
      FROM jsonb_array_elements(%s::jsonb) AS r"""


@pytest.fixture(autouse=True, scope="module", name="daemon")
def daemon_fixture(stage):
    """The daemon beside those that every stage has, and what it has its policy from."""
    for noun in ("documents", "policy", "surveys"):
        stage.start(noun)


def thousandths(value):
    """Rounded half away from zero."""
    return int((decimal.Decimal(value) * 1000).quantize(decimal.Decimal(1), decimal.ROUND_HALF_UP))


def share(hits, count):
    """Wilson's score interval, as the roots of (p - x)^2 = z^2 x (1 - x) / n."""
    n, p = decimal.Decimal(count), decimal.Decimal(hits) / count
    a, b, c = 1 + Z95 ** 2 / n, -(2 * p + Z95 ** 2 / n), p ** 2
    root = max(b * b - 4 * a * c, decimal.Decimal(0)).sqrt()
    return {"n": count, "value": thousandths(p), "lower": thousandths((-b - root) / (2 * a)), "upper": thousandths((-b + root) / (2 * a)),
            "has_bounds": True}


def mean(values, spread_of, least, most):
    """The normal interval of a mean, within what it can be."""
    n = decimal.Decimal(len(values))
    middle = sum(values) / n
    if len(values) == 1:
        return {"n": 1, "value": thousandths(middle), "lower": 0, "upper": 0, "has_bounds": False}
    variance = sum((value - middle) ** 2 for value in values) / (n if spread_of == "all" else n - 1)
    half = Z95 * (variance / n).sqrt()
    return {"n": len(values), "value": thousandths(middle), "lower": thousandths(max(middle - half, least)),
            "upper": thousandths(min(middle + half, most)), "has_bounds": True}


def model(rows):
    """What must be answered for one group."""
    states = [row[0] for row in rows]
    answered, asked = states.count("ANSWERED"), len(rows) - states.count("DISMISSED")
    rate = decimal.Decimal(answered) / asked if asked else decimal.Decimal(0)
    expected = {"sent_count": len(rows), "dismissed_count": states.count("DISMISSED"), "answered_count": answered,
                "response_rate": thousandths(rate)}
    nps, csat, ces = ([decimal.Decimal(row[at]) for row in rows if row[at] is not None] for at in (2, 3, 4))
    if nps:
        expected["nps"] = mean([decimal.Decimal((score >= 9) - (score <= 6)) for score in nps], "all", -1, 1)
    if csat:
        expected["csat"] = share(sum(score >= 4 for score in csat), len(csat))
    if ces:
        expected["ces"] = mean(ces, "sample", 1, 7)
        expected["ces_easy"] = share(sum(score >= 5 for score in ces), len(ces))
    return expected


def make_rows(rng, group):
    """Random invitations of a group: some lean to one side, so that the ends are met."""
    rows = []
    lean = rng.choice((None, None, (10, 5, 7), (0, 1, 1)))
    for _ in range(rng.randint(1, ANSWERS_MAX)):
        state = rng.choice(("ANSWERED",) * 6 + ("SENT", "EXPIRED", "DISMISSED"))
        scores = lean or (rng.randint(0, 10), rng.randint(1, 5), rng.randint(1, 7))
        scores = [score if state == "ANSWERED" and rng.random() < 0.9 else None for score in scores]
        rows.append([state, group, *scores])
    return rows


def test_scores_are_those_of_an_independent_model(stage, web, rng):
    decimal.getcontext().prec = 40
    wrong = []
    for number in range(count(4, 20)):
        template = TEMPLATE | {"template_id": f"random_{number}", "is_enabled": False}
        assert web.post("/v1/survey_templates", MANAGER, {"template": template}).status == 201
        groups = {f"SKU-{i}": make_rows(rng, f"SKU-{i}") for i in range(GROUPS)}
        stage.query(INSERT, template["template_id"], json.dumps([row for rows in groups.values() for row in rows]))
        answer = web.get(f"/v1/survey_results?template_id={template['template_id']}&group=PRODUCT", MANAGER)
        assert answer.status == 200 and len(answer.json["results"]) == GROUPS, answer
        for result in answer.json["results"]:
            expected = model(groups[result["group"]])
            told = {name: value for name, value in result.items() if name not in ("group", "answers")}
            if told != expected:
                wrong.append((told, expected))
    assert not wrong, (len(wrong), wrong[:3])


def test_a_list_with_answers_comes_in_pages_that_fit(stage, web):
    """As many invitations and answers as may be asked for at once, and words in some of them."""
    template = TEMPLATE | {"template_id": "long_answers", "is_enabled": False}
    assert web.post("/v1/survey_templates", MANAGER, {"template": template}).status == 201
    stage.query(INSERT, "long_answers", json.dumps([["ANSWERED", f"SKU-{i}", None, None, None] for i in range(500)]))
    stage.query("INSERT INTO surveys.answers (invitation_id, place, question_id, number, text)"
                " SELECT invitation_id, k, 'q' || k, 3, CASE k WHEN 12 THEN repeat(sku || ' ', 100) END FROM surveys.invitations,"
                " generate_series(1, 12) AS k WHERE template_id = 'long_answers'")
    seen, path, token = {}, "/v1/invitations?template_id=long_answers&with_answers=true&page_size=500", ""
    while token is not None:
        page = web.get(f"{path}&page_token={token}", "agent:ada").json
        seen |= {one["sku"]: one["answers"] for one in page["invitations"]}
        token = page.get("next_page_token") or None
    assert set(seen) == {f"SKU-{i}" for i in range(500)}
    for sku, answers in seen.items():
        assert [one["question_id"] for one in answers] == [f"q{k}" for k in range(1, 13)]
        assert answers[11]["text"] == f"{sku} " * 100
