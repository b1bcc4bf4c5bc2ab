"""The scripts that people call: what they refuse, and how they say it. No daemon is started."""
# SPDX-License-Identifier: Apache-2.0
import fcntl
import os
import pathlib
import subprocess

import pytest

import libraries
from installation import Trouble
from supervisor import Supervisor

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


def call(name, *arguments, **environment):
    """A finished script. Only those are called here that end before they install or build something."""
    program = ["/usr/bin/python3"] if name.endswith(".py") else []
    return subprocess.run([*program, SCRIPTS / name, *arguments], capture_output=True, text=True, timeout=60, check=False,
                          env=os.environ | environment)


@pytest.mark.parametrize("port", ["99999", "65536", "-1", "eighty", ""])
def test_a_port_that_is_none_is_refused_without_a_traceback(port):
    refused = call("lib/run.py", f"--port={port}")
    assert refused.returncode == 2 and "is no port" in refused.stderr and "Traceback" not in refused.stderr, refused


def test_a_second_start_says_what_runs(tmp_path):
    (tmp_path / "facts").write_text("url=http://127.0.0.1:8099\n")
    with open(tmp_path / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write("4711\n")
        lock.flush()
        refused = call("lib/run.py", "--state", str(tmp_path), "--port", "0")
    assert refused.returncode == 1, refused
    assert refused.stderr == ("run: it runs already at http://127.0.0.1:8099 (process 4711); "
                              f"scripts/stop --state {tmp_path} ends it\n")


class Fake:
    """An installation whose daemon is a script."""

    def __init__(self, folder, text):
        self.binaries = self.logs = self.run_folder = folder
        program = folder / "aftercare-warranty"
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)


def test_a_daemon_that_refuses_its_configuration_is_not_started_again(tmp_path):
    (tmp_path / "warranty.log").write_text("of another life\n")
    told = []
    fake = Fake(tmp_path, "echo started >>\"$0.count\"; echo 'AFTERCARE_TEST_CLOCK: no such file' >&2; exit 2")
    supervisor = Supervisor(fake, dict(os.environ), told.append)
    supervisor.start(["warranty"], {})
    with pytest.raises(Trouble) as trouble:
        supervisor.wait_ready(lambda: False)
    supervisor.stop()
    assert str(trouble.value) == "aftercare-warranty does not start:\nAFTERCARE_TEST_CLOCK: no such file"
    assert not told and (tmp_path / "aftercare-warranty.count").read_text() == "started\n"


def test_a_daemon_that_dies_otherwise_is_started_again(tmp_path):
    told = []
    supervisor = Supervisor(Fake(tmp_path, "echo 'no luck' >&2; exit 1"), dict(os.environ), told.append)
    supervisor.start(["warranty"], {})
    with pytest.raises(Trouble, match="no luck"):
        supervisor.wait_ready(lambda: False)
    supervisor.stop()
    assert len(told) >= 2


def test_a_token_has_roles_of_the_contract_only(tmp_path):
    refused = call("token", "boss")
    assert refused.returncode == 2 and "no role \"boss\"; there are customer, agent, " in refused.stderr, refused
    assert call("token", "customer,boss").returncode == 2
    assert call("token", "system").returncode == 2
    missing = call("token", "customer,parts_clerk", "--state", str(tmp_path))
    assert missing.returncode == 2 and f"there is no {tmp_path}/keys/token.jwk" in missing.stderr, missing


def test_setup_and_check_say_what_can_be_asked():
    helped = call("setup", "--help")
    assert helped.returncode == 0 and "scripts/setup --list" in helped.stdout, helped
    assert call("setup", "--nothing").returncode == 2
    refused = call("check", "nosuch", PATH="/usr/bin:/bin")
    assert refused.returncode == 2 and "STEP..." in refused.stderr and refused.stdout == "", refused


def test_each_model_test_has_the_driver_that_it_questions():
    found = [test for library in libraries.LIBRARIES for test in libraries.tests(library) if test.is_model]
    assert len(found) == len(list((SCRIPTS.parent / "tests" / "model").glob("test_*.py")))
    for test in found:
        assert test.path.with_name(f"{test.program}.c").exists(), test
