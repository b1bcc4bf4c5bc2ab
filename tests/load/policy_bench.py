"""Measures the policy engine on one core: reading, checking and printing a policy, decisions per second, bytes for each.

Two policies: the default one, and one of over 10,000 rules, which is the default one with exceptions for thousands of articles. Both
decide a question about coverage and a claim, with sentences in both languages. Nothing else of the system runs. Times are CPU times,
so another program on the machine does little to them.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEFAULT = ROOT / "deploy" / "policies" / "default.yaml"
CASES = ROOT / "tests" / "policies" / "decisions"
FACTS = [CASES / "coverage.yaml", CASES / "covered.yaml"]
ARTICLE_COUNT = 2500
GOAL_RATE = 200_000  # coverage decisions a second, by the default policy

# After the `set` of which clause what is different for an article; each is a rule.
EXCEPTIONS = {
    "warranty.coverage": ["{{when: {{sku: {sku}}}, causes: [material_defect]}}"],
    "warranty.limits": ["{{when: {{sku: {sku}}}, claims_max: 4}}",
                        "{{when: {{sku: {sku}, customer_class: business}}, claims_max: 2}}"],
    "warranty.transfer": ["{{when: {{sku: {sku}}}, transferable: no}}"],
}


def add_rules(text, clause, forms):
    """The policy with exceptions for all articles in a clause that has none yet."""
    lines = "".join(f"          - {form.format(sku=f'ARTICLE-{number:05d}')}\n"
                    for number in range(ARTICLE_COUNT) for form in forms)
    made, count = re.subn(rf"(- clause: {re.escape(clause)}\n.*\n +set: .*\n)", lambda found: f"{found[1]}        except:\n{lines}", text)
    if count != 1:
        sys.exit(f"bench: {clause} of {os.path.relpath(DEFAULT)} is not of the form that this program knows")
    return made


def write_large(folder):
    """The large policy with its other files; its path."""
    text = DEFAULT.read_text(encoding="utf-8")
    for clause, forms in EXCEPTIONS.items():
        text = add_rules(text, clause, forms)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "large.yaml").write_text(text, encoding="utf-8")
    shutil.copy(DEFAULT.with_suffix(".de.yaml"), folder / "large.de.yaml")
    shutil.copytree(DEFAULT.parent / "holidays", folder / "holidays")
    return folder / "large.yaml"


def measure_once(binary, policy, seconds):
    """What one run of the program found."""
    done = subprocess.run([binary, policy, str(seconds), *FACTS], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"bench: policy_bench ended with {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure(binary, policy, options):
    """Medians over the rounds."""
    rounds = [measure_once(binary, policy, options.seconds) for _ in range(options.rounds)]
    return [found[0] | {"ns": statistics.median(one["ns"] for one in found)} for found in zip(*rounds)]


def print_table(name, lines):
    """One policy's figures, for people."""
    print(f"{name}, {lines[0]['rules']:,} rules")
    for line in lines:
        what = line.get("question", line["measure"])
        if line["measure"] == "decide":
            print(f"  {what:<20}{1e9 / line['ns']:>10,.0f} decisions/s{line['ns'] / 1000:>10.2f} us{line['bytes']:>12,} bytes each")
        else:
            print(f"  {what:<22}{line['ns'] / 1e6:>8.1f} ms{'':<22}{line['bytes']:>12,} bytes")


def read_options():
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/bench policy", formatter_class=argparse.RawDescriptionHelpFormatter,
                                     description=__doc__)
    parser.add_argument("--seconds", type=float, default=1, help="length of each measure of decisions in a round (default: 1)")
    parser.add_argument("--rounds", type=int, default=5, help="how many rounds (default: 5)")
    parser.add_argument("--build", type=pathlib.Path, metavar="DIR", default=ROOT / "build" / "release",
                        help="another build (default: build/release)")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "build" / "bench_policy.json",
                        help="where all figures go (default: build/bench_policy.json)")
    options = parser.parse_args()
    if options.seconds <= 0 or options.rounds < 1:
        parser.error("--seconds is above 0 and --rounds at least 1")
    return options


def main():
    """The whole program; its exit status."""
    options = read_options()
    binary = options.build / "load" / "policy_bench"
    large = write_large(ROOT / "build" / "bench" / "policy")
    result = {"default": measure(binary, DEFAULT, options), "large": measure(binary, large, options)}
    for name, lines in result.items():
        print_table(name, lines)
    rate = next(1e9 / line["ns"] for line in result["default"] if line.get("question") == "warranty.coverage")
    print(f"\nThe goal of {GOAL_RATE:,} coverage decisions a second is {'reached' if rate >= GOAL_RATE else 'missed'}.")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"All figures are in {os.path.relpath(options.output)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
