#!/usr/bin/python3
"""clang-tidy over the sources named as arguments; those that have not changed since they passed are not looked at again.

    tidy.py [--deep] BUILD FILE...    BUILD holds compile_commands.json

The analyser walks the paths of a function until it has seen NODES_MAX states, or with --deep as many as is its own default: four
and a half times as many, at three times the cost. A machine that has seen no source yet is done with all in minutes.

What a source is, is what the compiler sees of it, comments included: the key is the digest of that, of the flags and of the
configuration, and stands in $XDG_CACHE_HOME/aftercare-tidy (or ~/.cache) once it passed; what passed --deep passes without.
Only success is remembered.
"""
# SPDX-License-Identifier: Apache-2.0
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "aftercare-tidy"
CLANG, TIDY = "clang-14", "clang-tidy-14"
NODES_MAX = 50000
SHALLOW = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", f"max-nodes={NODES_MAX}")]
NOISE = re.compile(r" warnings? generated\.$|^Suppressed |^Use -header-filter|argument unused during compilation")


def read_commands(build):
    """The compiler's arguments for each source, without what is written."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        words = shlex.split(entry["command"])
        words = words[2 if words[0].endswith("ccache") else 1:]
        kept = [word for i, word in enumerate(words)
                if word not in ("-c", "-o", "-MD", "-MT", "-MF") and (i == 0 or words[i - 1] not in ("-o", "-MT", "-MF"))]
        commands.setdefault(pathlib.Path(entry["file"]).resolve(), (entry["directory"], kept))
    return commands


def make_key(source, command, configuration):
    """The digest of all that the judgement rests on; None if the source cannot be read by the compiler."""
    directory, words = command
    seen = subprocess.run([CLANG, *words, "-E", "-P", "-CC", "-w"], cwd=directory, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if seen.returncode != 0:
        return None
    here = str(ROOT).encode()
    digest = hashlib.sha256(configuration)
    for part in (str(source.relative_to(ROOT)).encode(), " ".join(words).encode().replace(here, b""), seen.stdout.replace(here, b"")):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def judge(build, source, command, configuration, is_deep):
    """What clang-tidy has to say of a source; "" if nothing."""
    key = make_key(source, command, configuration) if command else None
    passed = [CACHE / key] + ([] if is_deep else [CACHE / f"{key}-{NODES_MAX}"]) if key else []
    if any(path.exists() for path in passed):
        return ""
    done = subprocess.run([TIDY, "-p", build, "--quiet", "--warnings-as-errors=*", *([] if is_deep else SHALLOW), source],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode == 0:
        if passed:
            passed[-1].touch()
        return ""
    said = "\n".join(line for line in done.stdout.split("\n") if not NOISE.search(line)).strip()
    return said or f"{source}: {TIDY} ended with {done.returncode}"


def main():
    words = sys.argv[1:]
    is_deep = words[:1] == ["--deep"]
    build, *sources = [pathlib.Path(name).resolve() for name in words[is_deep:]]
    CACHE.mkdir(parents=True, exist_ok=True)
    version = subprocess.run([TIDY, "--version"], stdout=subprocess.PIPE, check=True).stdout
    configuration = version + (ROOT / ".clang-tidy").read_bytes()
    commands = read_commands(build)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        judged = pool.map(lambda one: judge(build, one, commands.get(one), configuration, is_deep), sources)
        faults = [said for said in judged if said]
    print("\n".join(faults), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
