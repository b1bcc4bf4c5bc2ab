"""Line coverage of the pure libraries by their own tests: unit, property and model tests with the short counts.

build/coverage counts each line that runs (gcc --coverage), gcov reads the counts. With --at-least the result is a failure
where a library has less.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import concurrent.futures
import itertools
import json
import os
import secrets
import subprocess
import sys

from installation import ROOT, Trouble
from libraries import JOBS, LIBRARIES, build_tests, sources, tests

BUILD = ROOT / "build" / "coverage"
MISSING_SHOWN_CHARS = 70
TEST_LIMIT_S = 300


def run_tests(wanted, seed):
    """All of them, counting into fresh counters. A failing test is trouble: its counts would say nothing."""
    for path in BUILD.rglob("*.gcda"):
        path.unlink()
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        results = list(pool.map(lambda test: test.run(BUILD, seed, TEST_LIMIT_S), wanted))
    failed = [str(test) for test, is_passed in zip(wanted, results) if not is_passed]
    if failed:
        raise Trouble(f"{', '.join(failed)} failed, or took more than {TEST_LIMIT_S} s; what they said is in {BUILD}/<test>.log")


def read_counts(library):
    """{file: {line: how often it ran}} of the library's sources, those that never ran included."""
    objects = sorted((BUILD / "CMakeFiles" / f"{library}.dir").rglob("*.gcno"))
    # The counters' files are looked for beside these, by name.
    said = subprocess.run(["gcov", "--json-format", "--stdout", *objects], cwd=BUILD, capture_output=True, text=True, check=True)
    counts = {str(path): {} for path in sources(library)}
    for report in map(json.loads, said.stdout.splitlines()):
        for file in report["files"]:
            lines = counts.get(os.path.join(report["current_working_directory"], file["file"]))
            if lines is None:
                continue
            for line in file["lines"]:
                lines[line["line_number"]] = lines.get(line["line_number"], 0) + line["count"]
    return counts


def ranges(numbers):
    """"3-5 9" of [3, 4, 5, 9], cut to what a line of the table has room for."""
    parts = []
    for _, run in itertools.groupby(enumerate(numbers), lambda pair: pair[1] - pair[0]):
        run = [number for _, number in run]
        parts.append(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}")
    text = " ".join(parts)
    return text if len(text) <= MISSING_SHOWN_CHARS else text[:MISSING_SHOWN_CHARS].rpartition(" ")[0] + " ..."


def percent(ran, count):
    """An empty file has nothing that did not run."""
    return 100.0 * ran / count if count else 100.0


def print_row(name, lines, ran, note=""):
    """A row of the table."""
    print(f"{name:<48} {lines:>6} {ran:>6} {percent(ran, lines):>6.1f} %  {note}".rstrip())


def report(library):
    """Prints the files and the sum of a library; its percentage."""
    all_lines = all_ran = 0
    for path, lines in read_counts(library).items():
        missing = sorted(number for number, count in lines.items() if count == 0)
        print_row(os.path.relpath(path, ROOT), len(lines), len(lines) - len(missing), ranges(missing))
        all_lines += len(lines)
        all_ran += len(lines) - len(missing)
    print_row(f"{library}, all", all_lines, all_ran)
    print()
    return percent(all_ran, all_lines)


def main():
    """The whole program."""
    parser = argparse.ArgumentParser(prog="scripts/test --coverage", description=__doc__.partition("\n")[0])
    parser.add_argument("--library", action="append", choices=LIBRARIES, help="only this one (may be repeated)")
    parser.add_argument("--at-least", type=float, default=0.0, metavar="PERCENT", help="fail where a library has less")
    options = parser.parse_args()
    libraries = options.library or LIBRARIES
    wanted = [test for library in libraries for test in tests(library)]
    seed = os.environ.get("AFTERCARE_TEST_SEED") or str(secrets.randbits(32))
    print(f"coverage: AFTERCARE_TEST_SEED={seed}", flush=True)
    try:
        build_tests(wanted, ROOT, BUILD, "-DAFTERCARE_PLAIN=ON", "-DCMAKE_C_FLAGS=--coverage")
        run_tests(wanted, seed)
    except Trouble as trouble:
        sys.exit(f"coverage: {trouble}")
    print(f"{'file':<48} {'lines':>6} {'ran':>6}           lines that did not run")
    found = {library: report(library) for library in libraries}
    low = [f"{library} {value:.1f} %" for library, value in found.items() if value < options.at_least]
    if low:
        sys.exit(f"coverage: below {options.at_least:g} %: {', '.join(low)}")


if __name__ == "__main__":
    main()
