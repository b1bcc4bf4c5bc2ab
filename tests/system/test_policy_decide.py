"""`aftercare policy decide`: an author tries a draft, or versions, on cases. No daemon is started."""
# SPDX-License-Identifier: Apache-2.0
import json
import re
import shutil

import pytest

from author import CASES, DEFAULT, call, change, publish, read_json


@pytest.fixture(name="copy")
def copy_fixture(tmp_path):
    """The default policy with all its files, to be changed."""
    shutil.copytree(DEFAULT.parent, tmp_path / "policies")
    return tmp_path / "policies" / "default.yaml"


def test_a_draft_decides_a_case():
    record = read_json("decide", DEFAULT, "--facts", CASES / "covered.yaml")
    golden = json.loads((CASES / "covered.json").read_text(encoding="utf-8"))
    for name in ("outcome", "deciding_clause_id", "reason", "remedies", "steps", "facts", "computed", "entitlements", "sentences"):
        assert record.get(name) == golden.get(name), name
    said = call("decide", DEFAULT, "--facts", CASES / "covered.yaml")
    assert said.returncode == 0 and said.stdout.startswith("GRANTED (COVERED) by warranty.period\n"), said
    assert "is a draft: it counts as version 1, in force from the beginning" in said.stderr and "Garantie" not in said.stdout
    assert "Garantie" in call("decide", DEFAULT, "--facts", CASES / "covered.yaml", "--language", "de").stdout


def test_a_refusal_is_no_failure_of_the_command():
    denied = call("decide", DEFAULT, "--facts", CASES / "misuse.yaml")
    assert denied.returncode == 0 and denied.stdout.startswith("DENIED "), denied
    assert re.search(r"^  appeal +POST /v1/claims/misuse:appeal, by complaints.escalation$", denied.stdout, re.MULTILINE), denied
    nowhere = call("decide", DEFAULT, "--facts", CASES / "late_business.yaml")
    assert re.search(r"^  appeal +by complaints.escalation$", nowhere.stdout, re.MULTILINE), nowhere


def test_what_has_no_day_is_told_without_one(tmp_path):
    case = tmp_path / "case.yaml"
    case.write_text("""question: warranty.coverage
at: 2026-11-02
serial: SN-1
unit:
  - {id: f1, kind: delivered, date: 2026-03-15, recorded: 2026-03-15T12:00:00Z}
  - {id: f2, kind: corrected, corrects_fact_id: f1, recorded: 2026-03-16T12:00:00Z}
""")
    told = call("decide", DEFAULT, "--facts", case).stdout
    assert re.search(r"^  corrected +SN-1, corrects_fact_id f1$", told, re.MULTILINE), told


def test_versions_are_brought_into_their_order(copy, tmp_path):
    shutil.copytree(copy.parent, tmp_path / "second")
    second = tmp_path / "second" / "default.yaml"
    change(second, "          length: 1 year\n", "          length: 3 years\n")
    mixed = call("decide", copy, second, "--facts", CASES / "coverage.yaml")
    assert mixed.returncode == 1 and "[VERSION_IS_DRAFT]" in mixed.stderr, mixed
    publish(copy, 1, "2025-01-01")
    publish(second, 2, "2026-03-01")
    record = read_json("decide", second, copy, "--facts", CASES / "coverage.yaml")
    assert record == read_json("decide", copy, second, "--facts", CASES / "coverage.yaml")
    assert [(pin["moment"], pin["policy_version"]) for pin in record["pins"]][0] == ("sale", 2)  # delivered 2026-03-15


def test_versions_that_cannot_follow_each_other_are_told_by_their_files(copy, tmp_path):
    shutil.copytree(copy.parent, tmp_path / "second")
    second = tmp_path / "second" / "default.yaml"
    publish(copy, 2, "2025-01-01")
    publish(second, 2, "2026-03-01")
    refused = call("decide", copy, second, "--facts", CASES / "coverage.yaml")
    assert refused.returncode == 1, refused
    for words in (str(copy), str(second), "version 2 cannot follow version 2"):
        assert words in refused.stderr, refused


def test_a_day_of_the_unit_that_cannot_be_is_told_with_its_place(tmp_path):
    case = tmp_path / "case.yaml"
    case.write_text("""question: warranty.coverage
at: 2026-11-02
serial: SN-1
unit:
  - {kind: delivered, date: 2026-03-15, recorded: 2026-03-15T12:00:00Z}
  - {kind: installed, date: 2026-09-15, recorded: 2026-03-15T12:00:00Z}
""")
    refused = call("decide", DEFAULT, "--facts", case)
    assert refused.returncode == 1 and f"{case}:6:" in refused.stderr, refused
    assert "2026-09-15, later than the day after its recording on 2026-03-15" in refused.stderr, refused


def test_a_fact_that_nobody_knows_is_told_with_its_place(tmp_path):
    case = tmp_path / "case.yaml"
    case.write_text("question: warranty.claim\nat: 2026-11-02\nfacts:\n  regoin: DE\n")
    refused = call("decide", DEFAULT, "--facts", case)
    assert refused.returncode == 1 and f"{case}:4:" in refused.stderr and "[FACT_UNKNOWN]" in refused.stderr, refused


@pytest.mark.parametrize("fact,said", [
    ("reason: chnage_of_mind", "did you mean change_of_mind?"),
    ("days_in_repair: 9007199254740993", "a whole number is asked for"),
    ("price_paid: -1.00 EUR", "below zero"),
])
def test_a_fact_that_cannot_be_is_refused_with_its_place(tmp_path, fact, said):
    case = tmp_path / "case.yaml"
    case.write_text(f"question: warranty.claim\nat: 2026-11-02\nfacts:\n  {fact}\n")
    refused = call("decide", DEFAULT, "--facts", case, "--json")
    assert refused.returncode == 1 and f"{case}:4:" in refused.stderr and said in refused.stderr, refused
