"""Runs all tests of build/debug and counts them.

    ctest      unit and property tests (cmocka), against a private PostgreSQL whose superuser URL is AFTERCARE_TEST_DATABASE
    models     tests/model: the pure libraries against independent models of them (pytest)
    fuzzers    build/fuzz, where clang is there, each for a bounded time
    pytest     tests/system, against real processes
    coverage   --long: which lines of the pure libraries their tests run
    mutation   --long: which changes of one token these tests notice

A property test is a cmocka function whose name begins with property_, or any function of a program *_property_test.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import os
import pathlib
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

from database import PrivateServer
from installation import ROOT, Trouble, can_postgres_enter

DEBUG = ROOT / "build" / "debug"
FUZZ = ROOT / "build" / "fuzz"
JOBS = max(2, os.cpu_count() or 2)
WORKERS = min(JOBS + JOBS // 2, 8)  # of tests that wait a part of their time: three keep two CPUs busy
TEST_LIMIT_S = {"short": 300, "long": 3600}
FUZZ_S = {"short": 10, "long": 300}
FUZZ_RSS_MB = 1024
PYTEST_LIMIT_S = {"short": 900, "faults": 1200, "long": 7200}
COVERAGE_PERCENT = "95"
NOTICED_PERCENT = "85"


class Result:
    """What one part found."""

    def __init__(self, part, passed=0, failed=0, skipped=0, is_ok=True):
        self.part = part
        self.passed = passed
        self.failed = failed
        self.skipped = skipped
        self.is_ok = is_ok and failed == 0

    def __str__(self):
        words = [f"{self.passed} passed"]
        if self.failed:
            words.append(f"{self.failed} failed")
        if self.skipped:
            words.append(f"{self.skipped} skipped")
        if not self.is_ok and not self.failed:
            words.append("FAILED")
        return f"{self.part + ':':<10} {', '.join(words)}"


def run_ctest(environment, length):
    """All cmocka programs; two results."""
    report = DEBUG / "tests.log"
    done = subprocess.run(
        ["ctest", "--test-dir", DEBUG, "--output-on-failure", "-V", "-j", str(WORKERS), "--timeout", str(TEST_LIMIT_S[length])],
        env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", check=False)
    report.write_text(done.stdout, encoding="utf-8")
    programs = read_programs(done.stdout)
    unit, properties = Result("unit"), Result("property")
    for name, lines in programs.items():
        count_cmocka(name, lines, unit, properties)
    failed_programs = re.findall(r"^\s*\d+/\d+ Test +#\d+: (\S+) \.*\s*\**(?!.*Passed)(.*)$", done.stdout, re.MULTILINE)
    for name, how in failed_programs:
        print(f"--- {name}: {how.strip()}")
        print("\n".join(line for line in programs.get(name, []) if not re.match(r"\[( RUN|       OK)", line))[-6000:])
    unit.is_ok = unit.is_ok and done.returncode == 0
    print(f"ctest: {len(programs)} programs; all they said is in {report.relative_to(ROOT)}")
    for line in sorted(set(re.findall(r"^\d+: (.*\bseed\b.*)$", done.stdout, re.MULTILINE)))[:20]:
        print(f"  {line}")
    return [unit, properties]


def read_programs(text):
    """Lines of each program, by its name, from what `ctest -V` prints."""
    names = dict(re.findall(r"^\s*Start +(\d+): (\S+)$", text, re.MULTILINE))
    programs = {name: [] for name in names.values()}
    for number, line in re.findall(r"^(\d+): (.*)$", text, re.MULTILINE):
        programs[names[number]].append(line)
    return programs


def count_cmocka(program, lines, unit, properties):
    """Adds a program's functions to the counts."""
    for line in lines:
        found = re.search(r"\[ *(OK|FAILED|SKIPPED) *\] (\w+)$", line)
        if not found or line.startswith("[  FAILED  ] ") and re.search(r"\d+ test\(s\)", line):
            continue
        is_property = program.endswith("_property_test") or found[2].startswith("property_")
        result = properties if is_property else unit
        if found[1] == "OK":
            result.passed += 1
        elif found[1] == "SKIPPED":
            result.skipped += 1
    for name in {found[1] for line in lines if (found := re.search(r"\[ *FAILED *\] (\w+)$", line))}:
        result = properties if program.endswith("_property_test") or name.startswith("property_") else unit
        result.failed += 1
        result.is_ok = False


def run_fuzzers(length):
    """Each fuzz target for a bounded time; a finding is a failure and stays in build/fuzz."""
    result = Result("fuzz")
    if shutil.which("clang") is None:
        print("fuzz: clang is not installed, so nothing is fuzzed")
        return result
    built = subprocess.run([ROOT / "scripts" / "build", "fuzz"], stdin=subprocess.DEVNULL, check=False)
    if built.returncode != 0:
        return Result("fuzz", is_ok=False)
    targets = sorted(path for path in (FUZZ / "fuzz").glob("*_fuzz") if os.access(path, os.X_OK))
    for i in range(0, len(targets), JOBS):
        started = [(target, start_fuzzer(target, length)) for target in targets[i:i + JOBS]]
        for target, (process, log) in started:
            report_fuzzer(target, process.wait(), log, result)
    return result


def start_fuzzer(target, length):
    """One fuzzer with its own growing corpus beside it, and seeds from tests/corpus/<target> where there are any."""
    corpus = FUZZ / "corpus" / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    seeds = ROOT / "tests" / "corpus" / target.name
    log = FUZZ / f"{target.name}.log"
    command = [target, f"-max_total_time={FUZZ_S[length]}", f"-rss_limit_mb={FUZZ_RSS_MB}", "-timeout=10",
               f"-artifact_prefix={FUZZ}/{target.name}-", corpus] + ([seeds] if seeds.is_dir() else [])
    with open(log, "wb") as file:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, cwd=FUZZ), log


def report_fuzzer(target, code, log, result):
    """One line, and the end of the log where something was found."""
    text = log.read_text(errors="replace")
    runs = re.findall(r"Done (\d+) runs in (\d+) second", text)
    if code == 0 and runs:
        result.passed += 1
        print(f"  {target.name}: {int(runs[-1][0]):,} inputs in {runs[-1][1]} s, no finding")
    else:
        result.failed += 1
        result.is_ok = False
        print(f"  {target.name}: FAILED ({code}); the input is beside {log}\n{text[-4000:]}")


def run_pytest(part, environment, options, length, *words):
    """The tests in tests/<part>; pytest's own closing line is shown."""
    report = ROOT / "build" / f"{part}.xml"
    limit_s = PYTEST_LIMIT_S["faults" if options.faults and not options.long else length]
    command = ["/usr/bin/python3", "-m", "pytest", f"tests/{part}", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *words]
    if part == "system":  # the files of tests share nothing but the work of making a cluster
        command += ["-n", str(WORKERS), "--dist", "loadfile"]
        command += ["-m", "faults"] if options.faults else [] if options.long else ["-m", "not faults_only"]
    report.unlink(missing_ok=True)
    try:
        done = subprocess.run(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, check=False,
                              timeout=limit_s)
    except subprocess.TimeoutExpired:
        print(f"{part}: not finished after {limit_s} s")
        return Result(part, is_ok=False)
    if not report.exists():
        return Result(part, is_ok=False)
    suite = xml.etree.ElementTree.parse(report).getroot().find("testsuite")
    count = {name: int(suite.get(name)) for name in ("tests", "failures", "errors", "skipped")}
    failed = count["failures"] + count["errors"]
    return Result(part, max(0, count["tests"] - failed - count["skipped"]), failed, count["skipped"], done.returncode == 0)


def run_script(part, name, *arguments):
    """A script that judges the tests themselves, and says by its exit code whether they do."""
    script = ROOT / "scripts" / "lib" / f"{name}.py"
    done = subprocess.run(["/usr/bin/python3", script, *arguments], stdin=subprocess.DEVNULL, check=False)
    return Result(part, passed=int(done.returncode == 0), failed=int(done.returncode != 0))


class TestServer:
    """A private PostgreSQL in a folder of its own, gone at the end."""

    def __enter__(self):
        parent = ROOT / "build"
        if not can_postgres_enter(parent) or len(str(parent)) > 50:
            parent = pathlib.Path("/tmp")
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="aftercare-test-", dir=parent))
        self.folder.chmod(0o711)
        self.server = PrivateServer(self.folder / "postgres", self.folder / "postgres.log")
        self.server.start()
        return self.server

    def __exit__(self, *_):
        self.server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def make_environment(server, length):
    """What tests may read."""
    environment = os.environ | {
        "AFTERCARE_TEST_DATABASE": server.superuser_url(),
        "AFTERCARE_TEST_LENGTH": length,
        "AFTERCARE_BUILD": str(DEBUG),
        "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0",
        "UBSAN_OPTIONS": "print_stacktrace=1",
        "PYTHONPATH": str(ROOT / "scripts" / "lib"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    environment.setdefault("AFTERCARE_TEST_SEED", str(secrets.randbits(32)))
    if length == "long":
        environment["AFTERCARE_TEST_LONG"] = "1"
    return environment


def run_all(options):
    """All parts that were asked for."""
    length = "long" if options.long else "short"
    results = []
    with TestServer() as server:
        environment = make_environment(server, length)
        if not options.faults:
            results += run_ctest(environment, length)
            results.append(run_pytest("model", environment, options, length))
            results.append(run_fuzzers(length))
        original = server.folder.parent / "original"
        results.append(run_pytest("system", environment, options, length, f"--original={original}"))
    if options.long:
        results.append(run_script("coverage", "line_coverage", "--at-least", COVERAGE_PERCENT))
        results.append(run_script("mutation", "mutate", "--at-least", NOTICED_PERCENT))
    return results


def main():
    """The whole program."""
    parser = argparse.ArgumentParser(prog="scripts/test")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--faults", action="store_true")
    options = parser.parse_args()
    begin = time.monotonic()
    try:
        results = run_all(options)
    except Trouble as trouble:
        sys.exit(f"test: {trouble}")
    print()
    for result in results:
        print(result)
    is_ok = all(result.is_ok for result in results)
    print(f"{'ok' if is_ok else 'FAILED'} after {time.monotonic() - begin:.0f} s")
    sys.exit(0 if is_ok else 1)


if __name__ == "__main__":
    main()
