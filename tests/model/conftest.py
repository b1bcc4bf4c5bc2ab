"""Fixtures of the model tests: a driver that answers a case a line, the seed, how many cases.

A model test makes cases, asks an independent model written in Python and asks the C library through
its driver, a small program <build>/tests/<noun>_driver that reads a JSON object a line on stdin and
writes one a line on stdout, flushed. The answers are compared.

    AFTERCARE_BUILD      the build directory (build/debug)
    AFTERCARE_TEST_SEED  replays the run that printed it
    AFTERCARE_TEST_LONG  set: the large counts
    AFTERCARE_TEST_COUNT overrides both counts
"""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import pathlib
import random
import secrets
import subprocess
import threading
import zlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("AFTERCARE_BUILD", ROOT / "build" / "debug"))
IS_LONG = bool(os.environ.get("AFTERCARE_TEST_LONG"))
SEED = int(os.environ.setdefault("AFTERCARE_TEST_SEED", str(secrets.randbits(32))))


def pytest_report_header():
    """What replays this run."""
    return f"seed: AFTERCARE_TEST_SEED={SEED}, build: {BUILD}"


class Driver:
    """A driver program that runs until close. Answers come in the order of the questions."""

    def __init__(self, noun):
        self.program = BUILD / "tests" / f"{noun}_driver"
        # pylint: disable-next=consider-using-with
        self.process = subprocess.Popen([self.program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.is_owing = False  # answers that nobody took: a test failed between them

    def ask(self, case):
        """The answer to one case."""
        return next(self.ask_all([case]))

    def ask_all(self, cases):
        """Yields the answers to many cases, written as fast as the driver reads them; the caller must take them all."""
        cases = list(cases)
        self.is_owing = True
        writer = threading.Thread(target=self._write, args=(cases,), daemon=True)
        writer.start()
        for case in cases:
            line = self.process.stdout.readline()
            if not line.endswith(b"\n"):
                raise AssertionError(f"{self.program.name} ended ({self.process.wait()}) at or after {json.dumps(case)}")
            yield json.loads(line)
        writer.join()
        self.is_owing = False

    def _write(self, cases):
        try:
            self.process.stdin.writelines(json.dumps(case).encode() + b"\n" for case in cases)
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # the reader says which case it was

    def close(self):
        """Ends the program, which must leave without a report of a sanitizer."""
        if self.is_owing:
            self.process.kill()
            self.process.wait()
            return
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.close()
        assert self.process.wait() == 0, f"{self.program.name} did not end well"


@pytest.fixture(scope="session", name="driver")
def fixture_driver():
    """driver(noun): the running <noun>_driver; one for the session, and another after a test that failed."""
    drivers = {}

    def start(noun):
        if noun in drivers and drivers[noun].is_owing:
            drivers.pop(noun).close()
        if noun not in drivers:
            drivers[noun] = Driver(noun)
        return drivers[noun]

    yield start
    for driver in drivers.values():
        driver.close()


@pytest.fixture(name="rng")
def fixture_rng(request):
    """A generator of random numbers that depends on the seed and the test alone."""
    return random.Random(SEED ^ zlib.crc32(request.node.nodeid.rpartition("/")[2].encode()))


@pytest.fixture(scope="session", name="count")
def fixture_count():
    """count(short, long): how many cases this run makes."""
    return lambda short, long: int(os.environ.get("AFTERCARE_TEST_COUNT") or (long if IS_LONG else short))
