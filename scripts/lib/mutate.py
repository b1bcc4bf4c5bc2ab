"""Mutation of the pure libraries: do their tests notice a change of one token?

Random places are chosen in the libraries' code: a comparison, a constant, a + or -, an "and" or "or" (not in comments,
texts, the preprocessor's lines, assertions). Each is changed alone. The file with the change is compiled and linked before
the library, into one program that is all of the library's tests; they run one after the other, nearest by name first, until
one fails, crashes, or takes far longer than usual. What they all pass those in C run once more with sanitizers, as
scripts/test does. A change that shows in neither survives.

The sources are a copy in build/mutation/tree, so that work can go on. Survivors that were looked at stand in
tests/mutation/survivors.txt with the reason why nothing is missing; a survivor that does not stand there wants a test.
It is a failure where fewer changes are noticed than --at-least says.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import collections
import concurrent.futures
import os
import pathlib
import random
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import time

from installation import ROOT, Trouble
from libraries import JOBS, LIBRARIES, build_tests, sources, tests

WORK = ROOT / "build" / "mutation"
TREE = WORK / "tree"
SURVIVORS = ROOT / "tests" / "mutation" / "survivors.txt"

PLAIN = "-DAFTERCARE_PLAIN=ON"
SANITIZED = "-DAFTERCARE_SANITIZE=ON"

# A test that takes so much longer than without a change runs in circles.
LIMIT_FACTOR = 3
LIMIT_EXTRA_S = 2

TOKEN = re.compile(r"""
    (?P<skipped>//[^\n]* | /\*.*?\*/ | "(?:\\.|[^"\\\n])*" | ^[ ]*\#(?:\\\n|[^\n])*)
    | (?P<letter>'(?:\\[^'][^']*|\\'|[^'\\])')
    | (?P<number>\d[\w.]*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<sign>->|<<=|>>=|<<|>>|\+\+|--|&&|\|\||[-+<>=!]=|[-+<>])
    """, re.VERBOSE | re.MULTILINE | re.DOTALL)

CHANGES = {
    "==": ["!="], "!=": ["=="], "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "+": ["-"], "-": ["+"], "+=": ["-="], "-=": ["+="], "&&": ["||"], "||": ["&&"], "true": ["false"], "false": ["true"],
}

# What stands in their parentheses cannot be noticed, or is not compiled into anything.
ASSERTIONS = {"CHECK", "CHECK_TODO", "static_assert", "_Static_assert", "PRINTF_LIKE", "__attribute__"}

Mutant = collections.namedtuple("Mutant", "library path number function line nth token change begin")


def name_of(mutant):
    """What survivors.txt calls it: it holds while other lines come and go."""
    nth = f" ({mutant.nth}.)" if mutant.nth > 1 else ""
    return f"{mutant.path.relative_to(TREE)}: {mutant.function}: {mutant.token} -> {mutant.change}{nth}", mutant.line


# ---- where and what to change ----

def changes_of(match):
    """What a token may become."""
    token = match[0]
    if match["letter"]:
        return [f"({token} + 1)"]
    if match["number"]:
        found = re.fullmatch(r"(0[xX][0-9a-fA-F]+|[1-9]\d*|0)([uUlL]*)", token)
        if not found:
            return []
        value = int(found[1], 0)
        return [f"{near}{found[2]}" for near in (value + 1, value - 1) if near >= 0]
    return CHANGES.get(token, [])


def assertion_end(text, begin):
    """The place after the parentheses that open at or after `begin`."""
    depth = 0
    for i in range(text.index("(", begin), len(text)):
        depth += (text[i] == "(") - (text[i] == ")")
        if depth == 0:
            return i
    return len(text)


def function_at(text, place):
    """The name of the function around a place; "-" between functions."""
    begun = text[text.rfind("\n}", 0, place) + 1:place]
    return (re.findall(r"^(\w+)\(", begun, re.MULTILINE) or ["-"])[-1]


def find_mutants(library, path):
    """A list of mutants for each token of a file that can be changed."""
    text = path.read_text(encoding="utf-8")
    spared_to = 0
    for match in TOKEN.finditer(text):
        if match["word"] in ASSERTIONS and match.start() >= spared_to:
            spared_to = assertion_end(text, match.end())
        if match["skipped"] or match.start() < spared_to or not changes_of(match):
            continue
        line_begin = text.rfind("\n", 0, match.start()) + 1
        line = text[line_begin:text.index("\n", match.start())].strip()
        nth = 1 + sum(other[0] == match[0] for other in TOKEN.finditer(text, line_begin, match.start()))
        number = text.count("\n", 0, match.start()) + 1
        for_all = library, path, number, function_at(text, match.start()), line, nth, match[0]
        yield [Mutant(*for_all, change, match.start()) for change in changes_of(match)]


def find_places(libraries):
    """All lists of mutants, in the order of the sources."""
    return [place for library in libraries for path in sources(library, TREE) for place in find_mutants(library, path)]


def choose_mutants(places, rng, listed):
    """All places in a random order, one change of each; or the listed ones."""
    if listed:
        return [mutant for place in places for mutant in place if name_of(mutant) in listed]
    return [rng.choice(place) for place in rng.sample(places, len(places))]


# ---- the copy and its build ----

def copy_tree():
    """The sources as they are now, into TREE; what did not change keeps its time, so that little is built anew."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout.splitlines()
    wanted = {TREE / path: ROOT / path for path in listed if (ROOT / path).is_file()}
    if TREE.exists():
        for path in [path for path in TREE.rglob("*") if path.is_file() and path not in wanted]:
            path.unlink()
    for copy, path in wanted.items():
        if not copy.exists() or copy.read_bytes() != path.read_bytes():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
            copy.chmod(path.stat().st_mode)
    beside = TREE.parent / "shared"  # the specifications lie beside a checkout
    if not beside.is_symlink():
        beside.symlink_to(ROOT.parent / "shared")


def build_commands(build, wanted):
    """{source: how it is compiled}, {program: how it is linked}: what ninja runs, as lists."""
    targets = [f"tests/{test.program}" for test in wanted]
    said = subprocess.run(["ninja", "-C", build, "-t", "commands", *targets], capture_output=True, text=True, check=True)
    compiled, linked = {}, {}
    for line in said.stdout.splitlines():
        words = [word for word in shlex.split(line) if word not in (":", "&&")]
        if "-c" in words:
            compiled[words[words.index("-c") + 1]] = words
        elif "-o" in words and words[words.index("-o") + 1].startswith("tests/"):
            linked[pathlib.Path(words[words.index("-o") + 1]).name] = words
    return compiled, linked


def whole_text(programs):
    """One program for all tests of a library, which is linked once for each change: the test by whose name it is started."""
    begins = "".join(f"int {program}_main(void);\n" for program in programs)
    choice = "".join(f'    if (strcmp(program_invocation_short_name, "{program}") == 0)\n        return {program}_main();\n'
                     for program in programs)
    return f"#include <errno.h>\n#include <string.h>\n{begins}int\nmain(void)\n{{\n{choice}    return 1;\n}}\n"


def replaced(words, option, value):
    """The command with another argument of an option."""
    at = words.index(option) + 1
    return words[:at] + [str(value)] + words[at + 1:]


# ---- the trial of one change ----

class Bench:
    """A build of all tests, in which one file at a time has another text."""

    def __init__(self, libraries, seed, option):
        self.seed = seed
        self.is_sanitized = option == SANITIZED
        self.build = WORK / ("sanitized" if self.is_sanitized else "plain")
        # Models compare answers. What sanitizers see beyond answers, the tests in C show them in a tenth of the time.
        self.tests = {library: [test for test in tests(library, TREE) if not (self.is_sanitized and test.is_model)]
                      for library in libraries}
        wanted = [test for found in self.tests.values() for test in found]
        build_tests(wanted, TREE, self.build, option)
        self.compiled, linked = build_commands(self.build, wanted)
        self.whole = {library: self.prepare_whole(library, linked) for library in libraries}
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            self.usual_s = dict(zip(wanted, pool.map(self.time_unchanged, wanted)))

    def prepare_whole(self, library, linked):
        """How the one program of a library's tests is linked: the command before the changed file, and after it."""
        folder = self.build / library
        folder.mkdir(exist_ok=True)
        programs = sorted({test.program for test in self.tests[library]})
        objects = [next(word for word in linked[program] if word.endswith(f"/{program}.c.o")) for program in programs]
        for program, own in zip(programs, objects):
            subprocess.run(["objcopy", f"--redefine-sym=main={program}_main", f"--keep-global-symbol={program}_main", own,
                            folder / f"{program}.o"], cwd=self.build, check=True)
        self.compile(self.tests[library][0].path, whole_text(programs), folder / "whole.c")
        widest = max(range(len(programs)), key=lambda i: len(linked[programs[i]]))  # a model's driver needs no cmocka
        command = linked[programs[widest]]
        at = command.index(objects[widest])
        parts = [folder / f"{part}.o" for part in ["whole", *programs]]
        return [*command[:at], "-Wl,--strip-debug"], [*parts, *command[at + 1:]]

    def time_unchanged(self, test):
        """How long a test takes without a change."""
        begin = time.monotonic()
        if not test.run(self.build, self.seed, is_sanitized=self.is_sanitized):
            raise Trouble(f"{test} fails without a change; what it says is in {self.build}/{test}.log")
        return time.monotonic() - begin

    def nearest_tests(self, mutant):
        """The library's tests, those named like the file first, then the short ones, and models last."""
        stem = mutant.path.stem

        def distance(test):
            return test.is_model, -len(os.path.commonprefix([f"{stem}_test", test.program])), self.usual_s[test]

        return sorted(self.tests[mutant.library], key=distance)

    def noticing_test(self, mutant, folder):
        """The first test that fails with <folder>/mutant.o; None where all pass."""
        whole = folder / "tests" / "whole"
        before, after = self.whole[mutant.library]
        subprocess.run([*before, folder / f"{mutant.path.stem}.o", *replaced(after, "-o", whole)], cwd=self.build,
                       capture_output=True, check=True)
        for test in self.nearest_tests(mutant):
            (folder / "tests" / test.program).unlink(missing_ok=True)
            (folder / "tests" / test.program).symlink_to(whole)
            limit_s = LIMIT_EXTRA_S + LIMIT_FACTOR * self.usual_s[test]
            if not test.run(folder, self.seed, limit_s, self.is_sanitized):
                return test
        return None

    def compile(self, path, text, source, *options):
        """What the compiler makes of a text in place of a file, in <source>.o; nothing where it is refused."""
        source.write_text(text, encoding="utf-8")
        command = replaced(self.compiled[str(path)], "-c", source)
        command = replaced(replaced(command, "-o", source.with_suffix(".o")), "-MF", source.with_suffix(".d"))
        if subprocess.run([*command, *options], cwd=self.build, capture_output=True, check=False).returncode != 0:
            return b""
        return source.with_suffix(".o").read_bytes()


def try_mutant(mutant, folder, plain, sanitized):
    """The name of the test that noticed it, "survived", or "none": what the compiler refuses, and what it makes the same
    program of with -O2, is no change."""
    text = mutant.path.read_text(encoding="utf-8")
    changed = text[:mutant.begin] + mutant.change + text[mutant.begin + len(mutant.token):]
    source = folder / mutant.path.name
    if not plain.compile(mutant.path, changed, source):
        return "none"
    test = plain.noticing_test(mutant, folder)
    if test is not None:
        return str(test)
    if len({plain.compile(mutant.path, either, source, "-O2", "-g0") for either in (changed, text)}) == 1:
        return "none"
    sanitized.compile(mutant.path, changed, source)
    test = sanitized.noticing_test(mutant, folder)
    return "survived" if test is None else f"{test}, with sanitizers"


def judge(numbered, benches):
    """(mutant, verdict, seconds), tried in a folder of its own."""
    number, mutant = numbered
    begin = time.monotonic()
    folder = WORK / f"mutant_{number}"
    (folder / "tests").mkdir(parents=True, exist_ok=True)
    try:
        verdict = try_mutant(mutant, folder, *benches)
    finally:
        shutil.rmtree(folder)
    return mutant, verdict, time.monotonic() - begin


def judge_all(mutants, count, benches):
    """Yields so many judgements as they come; another takes the place of what is no change."""
    left = iter(enumerate(mutants))
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        while count > 0:
            batch = [pool.submit(judge, numbered, benches) for _, numbered in zip(range(count), left)]
            if not batch:
                return
            for done in concurrent.futures.as_completed(batch):
                if done.result()[1] != "none":
                    count -= 1
                    yield done.result()


# ---- the list and the report ----

def read_survivors():
    """{(name, line): reason}: a paragraph each, of the name, the line, and the reason."""
    reasons = {}
    for paragraph in re.split(r"\n\s*\n", SURVIVORS.read_text(encoding="utf-8").strip()):
        lines = [line.strip() for line in paragraph.splitlines()]
        if lines[0].startswith("#"):
            continue
        if len(lines) < 3:
            raise Trouble(f"{SURVIVORS.name}: {lines[0]!r} needs the line and a reason")
        reasons[lines[0], lines[1]] = " ".join(lines[2:])
    return reasons


def print_judgement(i, count, judgement):
    """One line."""
    mutant, verdict, seconds = judgement
    outcome = "SURVIVED" if verdict == "survived" else f"noticed by {verdict}"
    place = f"{mutant.path.relative_to(TREE)}:{mutant.number}"
    print(f"{i:>4}/{count} {seconds:>6.1f} s  {place:<46} {mutant.token} -> {mutant.change:<10} {outcome}", flush=True)


def print_survivors(survivors, reasons):
    """In the form of the list, so that those without a reason can be pasted there."""
    for title, is_known in (("Survivors that were looked at:", True), ("Survivors that want a test, or a reason:", False)):
        chosen = [mutant for mutant in survivors if (name_of(mutant) in reasons) == is_known]
        if chosen:
            print(f"\n{title}")
        for mutant in sorted(chosen):
            name, line = name_of(mutant)
            print(f"\n{name}\n    {line}\n    {reasons.get((name, line), f'(line {mutant.number})')}")


def print_gone(reasons, libraries, places):
    """What the list has to lose: the line is not in the code any more."""
    names = {name_of(mutant) for place in places for mutant in place}
    for name, line in reasons:
        if name.split("/")[1] in libraries and (name, line) not in names:
            print(f"\n{SURVIVORS.name} tells of what is gone: {name}\n    {line}")


def main():
    """The whole program."""
    parser = argparse.ArgumentParser(prog="scripts/test --mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("--library", action="append", choices=LIBRARIES, help="only this one (may be repeated)")
    parser.add_argument("--count", type=int, default=100, help="how many changes (100)")
    parser.add_argument("--at-least", type=float, default=0.0, metavar="PERCENT", help="fail where fewer are noticed")
    parser.add_argument("--listed", action="store_true", help=f"not at random: the changes that {SURVIVORS.name} tells of")
    options = parser.parse_args()
    libraries = options.library or LIBRARIES
    seed = os.environ.get("AFTERCARE_TEST_SEED") or str(secrets.randbits(32))
    print(f"mutation: AFTERCARE_TEST_SEED={seed}", flush=True)
    try:
        reasons = read_survivors()
        copy_tree()
        benches = [Bench(libraries, seed, option) for option in (PLAIN, SANITIZED)]
        places = find_places(libraries)
        mutants = choose_mutants(places, random.Random(int(seed)), reasons if options.listed else {})
        survivors, tried = [], 0
        count = len(mutants) if options.listed else options.count
        for judgement in judge_all(mutants, count, benches):
            tried += 1
            print_judgement(tried, count, judgement)
            survivors += [judgement[0]] if judgement[1] == "survived" else []
    except Trouble as trouble:
        sys.exit(f"mutation: {trouble}")
    print_survivors(survivors, reasons)
    print_gone(reasons, libraries, places)
    noticed = 100.0 * (tried - len(survivors)) / max(1, tried)
    known = sum(name_of(mutant) in reasons for mutant in survivors)
    print(f"\n{tried} of {len(mutants)} places changed, {noticed:.1f} % noticed; {len(survivors)} survived, {known} with a reason")
    if noticed < options.at_least:
        sys.exit(f"mutation: fewer than {options.at_least:g} % were noticed")


if __name__ == "__main__":
    main()
