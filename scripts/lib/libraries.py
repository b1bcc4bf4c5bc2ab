"""The pure libraries, what tests each of them, and how these tests are built and run."""
# SPDX-License-Identifier: Apache-2.0
import math
import os
import subprocess

from installation import ROOT, Trouble

LIBRARIES = ("calendar", "entitlement", "policy")
JOBS = max(2, len(os.sched_getaffinity(0)))

# A program that was broken on purpose may take all memory it gets. One with sanitizers reserves far more than it takes.
MEMORY_MAX_BYTES = 4 << 30
WAITING_FACTOR = 5  # by which a test may last longer than it computes, as a machine has others to serve
SANITIZERS = f"detect_leaks=1:hard_rss_limit_mb={MEMORY_MAX_BYTES >> 20}"


def sources(library, root=ROOT):
    """The library's .c files, without tests."""
    return sorted(path for path in (root / "common" / library).glob("*.c") if not path.stem.endswith(("_test", "_fuzz")))


def find_driver(path):
    """The driver that a model test questions: that of its name, or of what its name begins with."""
    words = path.stem.removeprefix("test_").split("_")
    names = ["_".join([*words[:size], "driver"]) for size in range(len(words), 0, -1)]
    return next((name for name in names if path.with_name(f"{name}.c").exists()), names[-1])


class Test:
    """A test program, or a model test with the driver that it questions."""

    def __init__(self, library, path):
        self.library = library
        self.path = path
        self.is_model = path.suffix == ".py"
        self.program = find_driver(path) if self.is_model else path.stem

    def __str__(self):
        return self.path.name if self.is_model else self.program

    def run(self, build, seed, limit_s=None, is_sanitized=False):
        """Whether it passes with the programs in <build>/tests, computing for so long at most. What it says is in
        <build>/<test>.log."""
        command = [build / "tests" / self.program]
        if self.is_model:
            command = ["/usr/bin/python3", "-m", "pytest", self.path, "-q", "-x", "-p", "no:cacheprovider"]
        limits = [] if is_sanitized else [f"--as={MEMORY_MAX_BYTES}"]
        limits += [] if limit_s is None else [f"--cpu={math.ceil(limit_s)}"]
        with open(build / f"{self}.log", "wb") as log, subprocess.Popen(
                ["prlimit", "--core=0", *limits, *command], cwd=build, env=environment(build, seed), stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True) as process:
            try:
                return process.wait(limit_s and WAITING_FACTOR * limit_s) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                end_session(process.pid)


def end_session(leader):
    """Ends a process and those it started, where there are any left."""
    try:
        os.killpg(leader, 9)
    except ProcessLookupError:
        pass


def environment(build, seed):
    """The short counts, whoever asks, so that each test takes seconds."""
    mine = {key: value for key, value in os.environ.items() if not key.startswith("AFTERCARE_TEST_")}
    return mine | {"AFTERCARE_BUILD": str(build), "AFTERCARE_TEST_SEED": str(seed), "ASAN_OPTIONS": SANITIZERS,
                   "PYTHONDONTWRITEBYTECODE": "1"}


def tests(library, root=ROOT):
    """Its test programs, then the model tests that are named after it; those named after none belong to the topmost."""
    found = [Test(library, path) for path in sorted((root / "common" / library).glob("*_test.c"))]
    for path in sorted((root / "tests" / "model").glob("test_*.py")):
        noun = path.stem.removeprefix("test_").partition("_")[0]
        if library == (noun if noun in LIBRARIES else LIBRARIES[-1]):
            found.append(Test(library, path))
    return found


def build_tests(wanted, root, build, *options):
    """Builds the programs of these tests; the options are CMake's."""
    build.mkdir(parents=True, exist_ok=True)
    log = build.with_suffix(".log")
    targets = sorted({f"tests/{test.program}" for test in wanted})
    with open(log, "wb") as file:
        for command in (["cmake", "-S", root, "-B", build, "-G", "Ninja", *options],
                        ["ninja", "-C", build, "-j", str(JOBS), *targets]):
            if subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, check=False).returncode != 0:
                raise Trouble(f"{build} cannot be built; the complaint is in {log}")
