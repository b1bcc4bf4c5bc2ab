"""deploy/config: every variable of every daemon with its default and what it is for, as files to copy to /etc/aftercare.

    config_samples.py FOLDER            whether they are what the daemons in FOLDER say by --help; names the files that are not
    config_samples.py FOLDER --write    makes them so
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import pathlib
import re
import subprocess
import sys
import textwrap

from installation import ROOT, services

CONFIG = ROOT / "deploy" / "config"
SHARED = "aftercare"
WIDTH = 120
HEAD = """# {what}: to be copied to /etc/aftercare/{name}.conf. Without a line of its own each variable has the value shown.
# Made from what --help says, by scripts/lib/config_samples.py.
"""


def read_help(binaries, noun):
    """(own keys, shared keys) of a daemon, each [(name, sentence, form and default)]."""
    program = binaries.resolve() / f"aftercare-{noun}"
    if not program.exists():
        sys.exit(f"there is no {program}; scripts/check build makes it")
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    own, _, shared = text.partition("\nKeys that all daemons share:\n")
    return [re.findall(r"^  (AFTERCARE_\w+)\n      (.*)\n      *(.*)$", part, re.MULTILINE) for part in (own, shared)]


def print_key(name, sentence, form):
    """A commented line NAME=DEFAULT beneath what it is for."""
    form, _, default = form.partition("Default: ")
    note = " ".join(f"{sentence} {form[:1].upper()}{form[1:]}".split())
    comment = "\n".join(textwrap.wrap(note, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False, break_long_words=False))
    return f"{comment}\n#{name}={'' if default == '(empty)' else default}\n"


def make_samples(binaries):
    """The text of each file, by its name."""
    samples = {}
    for noun in services():
        own, shared = read_help(binaries, noun)
        for name, what, keys in ((noun, f"What only {noun} is told", own), (SHARED, "What all daemons are told", shared)):
            samples[name] = "\n".join([HEAD.format(what=what, name=name), *(print_key(*key) for key in keys)])
    return {f"{name}.conf": text for name, text in samples.items()}


def main():
    """The whole program."""
    parser = argparse.ArgumentParser(description="Whether deploy/config is what the daemons say of themselves.")
    parser.add_argument("binaries", type=pathlib.Path)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    samples = make_samples(options.binaries)
    present = {path.name: path.read_text(encoding="utf-8") for path in CONFIG.glob("*.conf")}
    if options.write:
        CONFIG.mkdir(exist_ok=True)
        for name, text in samples.items():
            (CONFIG / name).write_text(text, encoding="utf-8")
        return
    wrong = sorted(name for name in samples.keys() | present.keys() if samples.get(name) != present.get(name))
    if wrong:
        sys.exit(f"deploy/config: {', '.join(wrong)}: not what --help says; scripts/lib/config_samples.py {options.binaries} --write")


if __name__ == "__main__":
    main()
