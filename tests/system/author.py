"""What the author of a policy does: calls `aftercare policy`, changes files, makes a draft a version."""
# SPDX-License-Identifier: Apache-2.0
import fcntl
import json
import os
import pathlib
import pty
import struct
import subprocess
import termios

from stage import BUILD

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = BUILD / "bin" / "aftercare"
DEFAULT = ROOT / "deploy" / "policies" / "default.yaml"
CASES = ROOT / "tests" / "policies" / "decisions"


def call(*arguments, **environment):
    """A finished `aftercare policy`."""
    return subprocess.run([BINARY, "policy", *arguments], capture_output=True, text=True, timeout=60, check=False,
                          env=os.environ | {"COLUMNS": "80"} | environment)


def read_json(*arguments):
    """What a command answers to a program; it must be fine."""
    done = call(*arguments, "--json")
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def call_at_terminal(columns, *arguments, **environment):
    """What a terminal of that width shows."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    shown = b""
    environment = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS")} | environment
    with subprocess.Popen([BINARY, "policy", *arguments], stdout=theirs, stderr=theirs, env={"TERM": "xterm"} | environment):
        os.close(theirs)
        try:
            while part := os.read(ours, 65536):
                shown += part
        except OSError:  # how a terminal says that nobody writes any more
            pass
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")


def change(path, old, new, count=1):
    """Replaces a text that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{old!r} is not in {path}"
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def publish(path, version, effective_from):
    """Makes a draft a version."""
    change(path, "policy: default\n", f"policy: default\nversion: {version}\neffective_from: {effective_from}\n")
