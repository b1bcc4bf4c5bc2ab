#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the plugin over the small contracts of testdata/broken and compares what it says with what they expect.

    lint_test.py PLUGIN SOURCE_DIR PROTOBUF_INCLUDE

A contract expects its mistakes where they are to be told: "// expect: TEXT" at the end of a line stands for one mistake at
the first word of that line; " && " parts several. A contract without such a line must pass. Comments at its head say more:

    // path: other/v1/other.proto    where it lies; else where its package says
    // baseline: FILE                the contract of the last release
    // also: FILE                    it imports this file of testdata/also
"""
import pathlib
import re
import subprocess
import sys
import tempfile

PLUGIN, SOURCE, INCLUDE = sys.argv[1:4]
TESTDATA = pathlib.Path(SOURCE) / "proto/plugin/testdata"


def head_value(text, name, default=None):
    match = re.search(rf"^// {name}: (.+)$", text, re.MULTILINE)
    return match.group(1) if match else default


def lie_down(text, root):
    """Writes a contract where its package belongs; answers its path as protoc knows it."""
    package = re.search(r"^package (\w+)\.?(\w*);", text, re.MULTILINE)
    path = head_value(text, "path", f"{package[1]}/{package[2]}/{package[1]}.proto")
    target = root / path
    target.parent.mkdir(parents=True)
    target.write_text(text)
    return path


def expected_lines(text, path):
    lines = []
    for number, line in enumerate(text.splitlines(), 1):
        match = re.search(r"// expect: (.+)$", line)
        if match:
            column = len(line) - len(line.lstrip()) + 1
            lines += [f"{path}:{number}:{column}: {said}" for said in match[1].split(" && ")]
    return sorted(lines)


def protoc(root, path, *options):
    return subprocess.run(
        ["protoc", "-I", root, "-I", TESTDATA / "also", "-I", f"{SOURCE}/proto", "-I", INCLUDE, *options, path],
        capture_output=True, text=True, check=False)


def said_lines(case, scratch):
    """What the plugin says of a case, as lines without its heading."""
    text = case.read_text()
    root = scratch / "now"
    path = lie_down(text, root)
    parameters = "files,all=demo_all,documents"
    baseline = head_value(text, "baseline")
    if baseline:
        old = scratch / "before"
        old_path = lie_down((case.parent / baseline).read_text(), old)
        made = protoc(old, old_path, f"--descriptor_set_out={scratch}/before.binpb", "--include_imports")
        assert made.returncode == 0, made.stderr
        parameters += f",baseline={scratch}/before.binpb"
    out = scratch / "out"
    out.mkdir()
    ran = protoc(root, path, f"--plugin=protoc-gen-aftercare={PLUGIN}", f"--aftercare_out={out}",
                 f"--aftercare_opt={parameters}")
    lines = [line for line in ran.stderr.splitlines()
             if line and ": warning: " not in line and not line.startswith("--aftercare_out: the contract")]
    assert (ran.returncode == 0) == (not lines), ran.stderr
    assert not lines or not list(out.iterdir()), "a contract with mistakes was written"
    return sorted(lines), expected_lines(text, path)


def main():
    failures = 0
    cases = sorted((TESTDATA / "broken").glob("*.proto"))
    for case in cases:
        with tempfile.TemporaryDirectory() as scratch:
            said, expected = said_lines(case, pathlib.Path(scratch))
        if said != expected:
            failures += 1
            print(f"{case.name}:")
            print("".join(f"  not expected: {line}\n" for line in said if line not in expected), end="")
            print("".join(f"  missing:      {line}\n" for line in expected if line not in said), end="")
    print(f"{len(cases)} contracts, {failures} failures")
    return 1 if failures or len(cases) < 25 else 0


sys.exit(main())
