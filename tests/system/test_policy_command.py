"""`aftercare policy`: what an author sees at a terminal and what a program reads. No daemon is started."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from author import BINARY, CASES, DEFAULT, ROOT, call, call_at_terminal, change, publish, read_json

COMMANDS = ["check", "decide", "diff", "explain", "pack", "print", "schema"]
COLOUR = "\x1b["


@pytest.fixture(name="copy")
def copy_fixture(tmp_path):
    """The default policy with all its files, to be changed."""
    shutil.copytree(DEFAULT.parent, tmp_path / "policies")
    return tmp_path / "policies" / "default.yaml"


# ---- words ----

@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_says_what_can_be_asked(command):
    helped = call(command, "--help")
    assert helped.returncode == 0 and helped.stdout.startswith(f"usage: aftercare policy {command}"), helped
    assert "--json" in helped.stdout or "--html" in helped.stdout
    assert max(map(len, helped.stdout.splitlines())) <= 80


@pytest.mark.parametrize("words,said", [
    (["chekc"], 'there is no command "chekc"'),
    (["check"], "FILE is missing"),
    (["check", "a.yaml", "b.yaml"], '"b.yaml" is one word too many'),
    (["check", "a.yaml", "--sugest"], "there is no option --sugest; did you mean --suggest?"),
    (["check", "a.yaml", "--json=yes"], "--json takes no value"),
    (["check", "a.yaml", "--facts", "x"], "there is no option --facts"),
    (["print", "a.yaml", "--language"], "--language needs a value"),
    (["print", "a.yaml", "--html", "--text"], "--text and --html exclude each other"),
    (["print", "a.yaml", "--region", "DE", "--region", "FR"], "--region is given twice"),
    (["explain", "a.yaml"], "PARAMETER is missing"),
    (["diff", "a.yaml"], "OLD NEW is missing"),
    (["decide", str(DEFAULT)], "--facts FILE is missing"),
    (["print", str(DEFAULT), "--language", "fr"], 'the policy has no language "fr"; it has en, de'),
    (["print", str(DEFAULT), "--language", "english"], 'the policy has no language "english"'),
    (["print", str(DEFAULT), "--categry", "appliances"], "there is no option --categry; did you mean --category?"),
    (["print", str(DEFAULT), "--category", "aplliances"], 'there is no category "aplliances"; did you mean appliances?'),
    (["print", str(DEFAULT), "--clause", "warranty.perriod"], "there is no clause warranty.perriod; did you mean warranty.period?"),
    (["print", str(DEFAULT), "--clause", "general.authority"], "--internal shows it"),
    (["explain", str(DEFAULT), "warranty.period/lenght"], "did you mean warranty.period/length?"),
    (["explain", str(DEFAULT), "warranty.period", "category"], '"category" is not of the form axis=value'),
    (["explain", str(DEFAULT), "warranty.period", "regoin=DE"], 'there is no axis "regoin"; did you mean region?'),
    (["explain", str(DEFAULT), "warranty.period", "region=DE", "region=FR"], "region is said twice"),
])
def test_wrong_words_are_named(words, said):
    refused = call(*words)
    assert refused.returncode == 2 and said in refused.stderr and not refused.stdout, refused


def test_without_words_the_commands_are_listed():
    listed = call()
    assert listed.returncode == 2 and all(f"\n  {command} " in listed.stderr for command in COMMANDS), listed
    assert call("--help").returncode == 0


# ---- pack ----

def test_a_packed_policy_needs_no_other_file_and_is_the_same(tmp_path):
    digest = read_json("check", DEFAULT)["digest"]
    for form in ("--yaml", "--json"):
        packed = tmp_path / f"packed{form}"
        done = call("pack", DEFAULT, form, "--output", packed)
        assert done.returncode == 0 and not done.stdout and not done.stderr, done
        assert read_json("check", packed)["digest"] == digest
        printed = call("print", packed, "--language", "de")
        assert printed.stdout == call("print", DEFAULT, "--language", "de").stdout
    assert call("pack", tmp_path / "packed--yaml", "--json").stdout == (tmp_path / "packed--json").read_text(encoding="utf-8")


def test_a_policy_with_an_error_is_not_packed(copy, tmp_path):
    change(copy, "{claims_max: 3, per: 12 months}", "{claims_max: 3, perr: 12 months}")
    packed = tmp_path / "packed.yaml"
    done = call("pack", copy, "--output", packed)
    assert done.returncode == 1 and "perr" in done.stderr and not packed.exists(), done


# ---- check ----

def test_the_default_policy_has_no_error():
    checked = call("check", DEFAULT)
    assert checked.returncode == 0 and " 0 errors, " in checked.stdout and not checked.stderr, checked
    found = read_json("check", DEFAULT)
    assert found["errors"] == 0 and len(found["digest"]) == 64
    assert found["warnings"] == len(found["problems"]) and {one["severity"] for one in found["problems"]} <= {"warning"}


def test_an_error_is_told_as_compilers_do(copy):
    change(copy, "{claims_max: 3, per: 12 months}", "{claims_max: 3, perr: 12 months}")
    line = copy.read_text(encoding="utf-8").split("perr:")[0].count("\n") + 1
    checked = call("check", copy)
    assert checked.returncode == 1, checked
    assert re.match(rf"{re.escape(str(copy))}:{line}:\d+: error: [^\n]*\bper\b[^\n]* \(warranty\.limits\) \[[A-Z_]+\]\n", checked.stdout)
    told = json.loads(call("check", copy, "--json").stdout)
    assert told["errors"] >= 1 and told["problems"][0]["line"] == line and "digest" not in told
    printed = call("print", copy)
    assert printed.returncode == 1 and f":{line}:" in printed.stderr and not printed.stdout, printed


def test_what_is_suggested_for_a_tie_can_be_pasted(copy):
    head = "        set: {claims_max: 3, per: 12 months}\n        except:\n"
    ties = ("          - {when: {category: large_appliances}, claims_max: 5}\n"
            "          - {when: {condition: refurbished}, claims_max: 1}\n"
            "          - {when: {customer_class: business}, claims_max: 2}\n")
    change(copy, "        set: {claims_max: 3, per: 12 months}\n", head + ties)
    without = call("check", copy)
    assert without.returncode == 1 and "[RULES_TIE]" in without.stdout and "- {when:" not in without.stdout, without
    suggested = call("check", copy, "--suggest")
    missing = "".join(f"          {line.strip()}\n" for line in suggested.stdout.splitlines() if "- {when:" in line)
    assert missing.count("\n") == 4, suggested.stdout
    change(copy, ties, ties + missing)
    assert call("check", copy).returncode == 0


def test_a_file_of_another_language_that_is_missing_is_told_where_it_is_named(copy):
    copy.with_suffix(".de.yaml").unlink()
    checked = call("check", copy)
    line = copy.read_text(encoding="utf-8").split("languages:")[0].count("\n") + 1
    assert checked.returncode == 1 and f"{copy}:{line}:" in checked.stdout and "[LANGUAGE_MISSING]" in checked.stdout, checked


def test_holidays_may_stand_elsewhere(copy, tmp_path):
    (copy.parent / "holidays").rename(tmp_path / "free")
    checked = call("check", copy)
    assert checked.returncode == 1 and "[HOLIDAYS_MISSING]" in checked.stdout, checked
    assert call("check", copy, "--holidays", tmp_path / "free").returncode == 0


@pytest.mark.parametrize("path", ["nowhere.yaml", str(ROOT)])
def test_a_file_that_cannot_be_read_is_no_bad_policy(path):
    for words in (["check", path], ["print", path], ["diff", DEFAULT, path], ["decide", DEFAULT, "--facts", path]):
        refused = call(*words)
        assert refused.returncode == 2 and f"{path}: error: it cannot be read: " in refused.stdout + refused.stderr, refused


def test_endless_input_is_refused():
    refused = call("check", "/dev/zero")
    assert refused.returncode == 1 and "larger than" in refused.stdout, refused


def test_what_is_found_by_a_name_must_be_a_regular_file(copy, tmp_path):
    for path, words in ((copy.parent / "holidays" / "DE.yaml", ()), (copy.with_suffix(".de.yaml"), ()),
                        (tmp_path / "free" / "DE.yaml", ("--holidays", tmp_path / "free"))):
        path.parent.mkdir(exist_ok=True)
        kept = path.read_bytes() if path.exists() else b""
        path.unlink(missing_ok=True)
        os.mkfifo(path)
        refused = call("check", copy, *words)
        assert refused.returncode == 2 and f"{path}: error: it cannot be read: it is no regular file" in refused.stdout, refused
        path.unlink()
        path.write_bytes(kept)


def test_a_case_and_a_policy_may_come_through_a_pipe(copy):
    text = (CASES / "covered.yaml").read_text(encoding="utf-8")
    decided = subprocess.run([BINARY, "policy", "decide", DEFAULT, "--facts", "/dev/stdin"], input=text, capture_output=True, text=True,
                             timeout=60, check=False)
    assert decided.returncode == 0 and decided.stdout.startswith("GRANTED "), decided
    change(copy, "languages: [en, de]", "languages: [en]")
    text = copy.read_text(encoding="utf-8")
    checked = subprocess.run([BINARY, "policy", "check", "/dev/stdin", "--holidays", copy.parent / "holidays"], input=text,
                             capture_output=True, text=True, timeout=60, check=False)
    assert checked.returncode == 0, checked


def test_a_quoted_value_does_not_look_like_a_problem_of_its_own(copy):
    change(copy, "time_zone: Europe/Berlin", 'time_zone: "x\\n/etc/passwd:1:1: error: forged"')
    checked = call("check", copy)
    assert checked.returncode == 1 and "[ZONE_UNKNOWN]" in checked.stdout, checked
    assert not [line for line in checked.stdout.splitlines() if line.startswith("/etc")], checked


def test_every_broken_policy_is_refused_at_the_right_place():
    folder = ROOT / "tests" / "policies" / "bad"
    paths = [path for path in sorted(folder.glob("*.yaml")) if not path.name.endswith(".de.yaml")]
    assert len(paths) >= 40
    for path in paths:
        refused = call("check", path, "--holidays", DEFAULT.parent / "holidays", "--json")
        told = {(one["reason"], one["file"], one["line"], one["clause"]) for one in json.loads(refused.stdout)["problems"]}
        assert refused.returncode == 1 and not refused.stderr, refused
        for reason, german, line, clause in re.findall(r"^# expect: (\w+) (de:)?(\d+) (\S+)$", path.read_text(errors="replace"), re.M):
            file = path.with_suffix(".de.yaml") if german else path
            assert (reason, str(file), int(line), clause.replace("-", "")) in told, (path.name, told)


def test_a_policy_may_be_written_in_json(copy):
    yaml = pytest.importorskip("yaml")
    digest = read_json("check", copy)["digest"]
    for path in (copy, copy.with_suffix(".de.yaml")):
        tree = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
        path.with_suffix(".json").write_text(json.dumps(tree), encoding="utf-8")
        path.unlink()
    assert read_json("check", copy.with_suffix(".json"))["digest"] == digest


# ---- terminal ----

def test_colours_are_for_terminals_that_want_them(copy):
    change(copy, "{claims_max: 3, per: 12 months}", "{claims_max: 3, perr: 12 months}")
    assert COLOUR not in call("check", copy).stdout
    assert COLOUR in call_at_terminal(100, "check", str(copy))
    assert COLOUR not in call_at_terminal(100, "check", str(copy), NO_COLOR="1")
    assert COLOUR not in call_at_terminal(100, "check", str(copy), TERM="dumb")


def test_the_page_is_as_wide_as_the_terminal():
    for columns in (50, 90):
        widths = [len(line) for line in call_at_terminal(columns, "print", str(DEFAULT)).splitlines() if "https://" not in line]
        assert columns - 10 < max(widths) <= columns


# ---- print ----

def test_the_page_is_printed_in_each_language():
    english, german = call("print", DEFAULT), call("print", DEFAULT, "--language", "de-AT")
    assert english.returncode == german.returncode == 0
    assert "1 Warranty\n" in english.stdout and "1 Garantie\n" in german.stdout
    assert "general.authority" not in english.stdout and "override" not in english.stdout.lower()


def test_the_page_of_a_reader_has_the_value_that_holds_for_them():
    words = ["--clause", "warranty.period", "--category", "large_appliances", "--component=compressor", "--cost-class", "parts",
             "--condition", "new"]
    printed = call("print", DEFAULT, *words)
    assert printed.returncode == 0 and "10 years" in printed.stdout and "1 year " not in printed.stdout, printed


def test_html_is_a_whole_page(tmp_path):
    path = tmp_path / "policy.html"
    assert call("print", DEFAULT, "--html", "--language", "de", "--output", path).stdout == ""
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!DOCTYPE html>\n<html lang=\"de\">") and page.rstrip().endswith("</html>")
    assert 'id="warranty.period"' in page and page == call("print", DEFAULT, "--html", "--language", "de").stdout


def test_a_broken_policy_leaves_the_last_page_in_its_place(copy, tmp_path):
    path = tmp_path / "policy.txt"
    path.write_text("of yesterday")
    change(copy, "time_zone: Europe/Berlin", "time_zone: Europe/Nowhere")
    assert call("print", copy, "--output", path).returncode == 1
    assert path.read_text() == "of yesterday"


def test_a_file_is_replaced_when_the_new_one_is_whole(tmp_path):
    path, link = tmp_path / "policy.txt", tmp_path / "link"
    path.write_text("of yesterday")
    path.chmod(0o640)
    link.symlink_to(path)
    limited = subprocess.run(f"ulimit -f 1; trap '' XFSZ; exec {BINARY} policy print {DEFAULT} --output {path}", shell=True,
                             capture_output=True, text=True, timeout=60, check=False)
    assert limited.returncode == 2 and "cannot be written: File too large" in limited.stderr, limited
    assert path.read_text() == "of yesterday" and sorted(tmp_path.iterdir()) == [link, path]
    assert call("print", DEFAULT, "--output", link).returncode == 0
    assert path.read_text() == call("print", DEFAULT).stdout and link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640 and sorted(tmp_path.iterdir()) == [link, path]


def test_what_is_no_file_is_written_to_as_it_is():
    assert call("print", DEFAULT, "--output", "/dev/null").returncode == 0
    assert pathlib.Path("/dev/null").is_char_device()
    assert call("print", DEFAULT, "--output", "/dev/stdout").stdout == call("print", DEFAULT).stdout


def test_what_cannot_be_written_is_told(tmp_path):
    refused = call("print", DEFAULT, "--output", tmp_path / "nowhere" / "page")
    assert refused.returncode == 2 and "cannot be written: No such file" in refused.stderr, refused
    with open("/dev/full", "w", encoding="ascii") as full:
        refused = subprocess.run([BINARY, "policy", "print", DEFAULT], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert refused.returncode == 2 and "cannot be written: No space left on device" in refused.stderr, refused
    refused = subprocess.run(f"{BINARY} policy print {DEFAULT} >&-", shell=True, stderr=subprocess.PIPE, text=True, check=False)
    assert refused.returncode == 2 and "cannot be written: Bad file descriptor" in refused.stderr, refused


# ---- explain ----

def test_the_winner_is_explained():
    words = ["explain", DEFAULT, "warranty.period/length", "category=large_appliances", "component=compressor", "cost_class=parts"]
    found, = read_json(*words)
    assert found["value"] == "120 months"
    assert found["rule"] == "warranty.period[category=large_appliances,component=compressor,cost_class=parts]"
    results = {rule["when"]: rule["result"] for rule in found["rules"]}
    assert results["category=large_appliances,component=compressor,cost_class=parts"] == "holds"
    assert results["category=large_appliances"] == results[""] == "wider" and results["cost_class=travel"] == "no"
    assert list(results.values()).count("holds") == 1
    said = call(*words).stdout
    assert "\nIt holds: 120 months\n" in said and "10 years" in said and "cost_class is parts" in said and "condition is not said" in said


def test_a_value_that_is_lifted_names_the_floor(copy):
    change(copy, "coverage: covered}, charge: free}", "coverage: covered}, charge: 5.00 EUR}")
    who = ["region=DE", "customer_class=consumer", "coverage=covered"]
    found, = read_json("explain", copy, "repair.charges/charge", *who)
    assert found["value"] == "free" and found["lifted_by"] == "eu_consumer_sample.covered_repair"
    assert [floor["result"] for floor in found["floors"]] == ["lifts"]
    assert "lifted by eu_consumer_sample.covered_repair" in call("explain", copy, "repair.charges/charge", *who).stdout
    found, = read_json("explain", copy, "repair.charges/charge", "region=US", *who[1:])
    assert found["value"] == "5.00 EUR" and "lifted_by" not in found and [floor["result"] for floor in found["floors"]] == ["no"]


def test_values_that_only_a_case_can_compare_are_both_told():
    who = ["region=DE", "customer_class=consumer"]
    found, = read_json("explain", DEFAULT, "returns.refund/refund_within", *who)
    assert found["rival_value"] == "14 days" and found["value"] == "7 working days of office"
    assert "which is better depends on the case" in call("explain", DEFAULT, "returns.refund/refund_within", *who).stdout


def test_a_clause_is_explained_parameter_by_parameter():
    assert [one["parameter"] for one in read_json("explain", DEFAULT, "warranty.period")] == ["warranty.period/length",
                                                                                              "warranty.period/starts"]
    assert "(by which it cannot vary)" in call("explain", DEFAULT, "warranty.period", "priority=high").stdout


# ---- diff ----

def test_another_policy_is_no_version_of_this_one(copy, tmp_path):
    """Two companies' policies are neither compared nor mixed in one decision."""
    publish(copy, 2, "2027-01-01")
    change(copy, "policy: default", "policy: trikes")
    said = call("diff", DEFAULT, copy)
    assert said.returncode == 1
    assert "policy 'trikes' is no version of policy 'default' [POLICY_DIFFERS]" in said.stderr
    shutil.copytree(DEFAULT.parent, tmp_path / "first")
    first = tmp_path / "first" / "default.yaml"
    publish(first, 1, "2026-01-01")
    said = call("decide", first, copy, "--facts", CASES / "coverage.yaml")
    assert said.returncode == 1
    assert "policy 'trikes' is no version of policy 'default' [POLICY_DIFFERS]" in said.stderr


def test_changes_are_told_in_words_and_by_clause(copy):
    assert call("diff", DEFAULT, copy).stdout == "nothing changed\n"
    change(copy, "          length: 1 year\n", "          length: 3 years\n")
    change(copy, "{claims_max: 3, per: 12 months}", "{claims_max: 2, per: 12 months}")
    changes = {(one["clause"], one["parameter"]): one for one in read_json("diff", DEFAULT, copy) if not one["rule"].endswith("]")}
    length = changes["warranty.period", "length"]
    assert (length["old_value"], length["new_value"], length["effect"]) == ("12 months", "36 months", "better"), length
    assert changes["warranty.limits", "claims_max"]["effect"] == "worse"
    said = call("diff", DEFAULT, copy)
    assert said.returncode == 0 and re.search(r"^\+ .*3 years", said.stdout, re.M) and re.search(r"^- ", said.stdout, re.M), said
    assert "3 Jahre" in call("diff", DEFAULT, copy, "--language", "de").stdout


def test_changes_of_wording_are_a_class_of_their_own(copy):
    text = copy.read_text(encoding="utf-8")
    first, second = text.index("      - clause: repair.scope"), text.index("      - clause: repair.charges")
    third = text.index("      - clause:", second + 10)
    copy.write_text(text[:first] + text[second:third] + text[first:second] + text[third:], encoding="utf-8")
    change(copy, "compressor: compressors", "compressor: cooling compressors")
    change(copy, "We guarantee your product", "We guarantee this product")
    told, _, total = call("diff", DEFAULT, copy).stdout.partition("\n\n")
    assert told.splitlines() == [
        "= 1.1 Warranty: other words (en)",
        "= 3 Repairs: another order or number",
        "= the word for component.compressor: other words (en)",
        "= 3.2 is now 3.1, 3.1 is now 3.2",
    ]
    assert " ".join(total.split()).endswith("0 that depend on the case (~), 3 of wording (=)"), total


# ---- schema ----

def test_the_catalogue_is_the_same_in_both_forms():
    yaml = pytest.importorskip("yaml")
    catalogue = read_json("schema")
    printed = call("schema")
    assert printed.returncode == 0 and yaml.safe_load(printed.stdout) == catalogue
    assert len(catalogue["kinds"]) == 17 and catalogue["parameters"]["warranty.period/length"]["better"] == "longer"
    assert catalogue["parameters"]["warranty.period/length"]["also"][:3] == ["none", "unlimited", "not_offered"]
    assert catalogue["parameters"]["general.money/rounding"]["also"] == []
    assert all(set(row["axes"]) <= set(catalogue["axes"]) for row in catalogue["parameters"].values())


# ---- docs/policy.md ----

def normalise(text):
    """Without what changes whenever the default policy does: line numbers, digests, and where lines are broken."""
    return re.sub(r"(?<=:)\d+:\d+(?=:)|(?<=line )\d+|(?<=digest )[0-9a-f]+", "#", " ".join(text.split()))


def test_the_tutorial_is_true(tmp_path):
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    environment = os.environ | {"PATH": f"{BINARY.parent}:{os.environ['PATH']}", "COLUMNS": "100"}
    blocks = re.findall(r"```(sh|yaml|text)\n(.*?)```\n", (ROOT / "docs" / "policy.md").read_text(encoding="utf-8"), re.DOTALL)
    assert [kind for kind, _ in blocks].count("text") >= 7
    printed = ""
    for kind, block in blocks:
        if kind == "sh":
            printed = subprocess.run(block, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60,
                                     check=False).stdout
        elif kind == "yaml":  # stands in place of its first line
            change(tmp_path / "mine" / "default.yaml", block.splitlines(keepends=True)[0], block)
        else:
            assert normalise(printed) == normalise(block)
