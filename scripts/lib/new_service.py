"""Writes a new service from scripts/templates/service."""
# SPDX-License-Identifier: Apache-2.0
import argparse
import datetime
import re
import shutil
import subprocess
import sys

from installation import ROOT

TEMPLATES = ROOT / "scripts" / "templates" / "service"
COMPOSE = ROOT / "docker-compose.yml"
COMPOSE_MARK = "  # scripts/new-service writes further daemons above this line.\n"
DEPLOY = ROOT / "deploy"
# Lists of all daemons: the file, the end of the list, what is put before that end.
LISTS = [
    ("systemd/aftercare.target", r"(?m)(?<=^Wants=)(.*)$", r"\1 aftercare@{noun}.service"),
    ("prometheus/prometheus.yml", r"(?<=- names: \[)([^\]]*)", r"\1, {noun}"),
    ("prometheus/alerts.yml", r'(?s)(.*\n( *or absent\(aftercare_service_ready\{service=")\w+("\}\)\n))', r"\1\2{noun}\3"),
]
# Words that mean something else already: in the tree, in names of variables, in SQL or in C.
TAKEN = {"admin", "aftercare", "build", "bus", "calls", "cli", "common", "curve", "database", "db", "drain", "key", "keys", "log",
         "plugin", "port", "public", "run", "system", "test", "user", "table", "group", "order", "case", "new", "default", "int", "long",
         "short", "struct", "union", "register", "note", "notes"}


def read_noun():
    """The one argument."""
    parser = argparse.ArgumentParser(prog="scripts/new-service", description="Makes a new daemon.")
    parser.add_argument("noun", help="a lower-case word, as parts")
    noun = parser.parse_args().noun
    if not re.fullmatch(r"[a-z]{2,20}", noun):
        parser.error(f"\"{noun}\": 2 to 20 letters from a to z")
    if noun in TAKEN or (ROOT / "services" / noun).exists() or (ROOT / "proto" / noun).exists():
        parser.error(f"\"{noun}\" is taken")
    return noun


def target_of(template, noun):
    """Where a template's copy goes."""
    if template.name == "service.proto":
        return ROOT / "proto" / noun / "v1" / f"{noun}.proto"
    if template.name == "test_service.py":
        return ROOT / "tests" / "system" / f"test_{noun}.py"
    name = str(template.relative_to(TEMPLATES)).replace("create_service", f"create_{noun}")
    return ROOT / "services" / noun / re.sub(r"\bservice(?=[._])", noun, name)


def fill_in(text, noun):
    """A template with the noun in its places."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    for mark, word in (("@noun@", noun), ("@Noun@", noun.capitalize()), ("@NOUN@", noun.upper()), ("@time@", now)):
        text = text.replace(mark, word)
    return text


def write_files(noun):
    """All files; answers their paths."""
    written = []
    for template in sorted(TEMPLATES.rglob("*")):
        if not template.is_file() or template.name == "compose.yml":
            continue
        target = target_of(template, noun)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(fill_in(template.read_text(encoding="utf-8"), noun), encoding="utf-8")
        written.append(target)
    return written


def format_code(paths):
    """Line breaks depend on the length of the noun."""
    code = [path for path in paths if path.suffix in (".c", ".h")]
    if shutil.which("clang-format-14"):
        subprocess.run(["clang-format-14", "-i", *code], cwd=ROOT, check=True)
    else:
        print("clang-format-14 is not there (scripts/setup check installs it): format the new files before scripts/check")


def add_to_compose(noun):
    """The daemon's stanza in docker-compose.yml."""
    text = COMPOSE.read_text(encoding="utf-8")
    stanza = fill_in((TEMPLATES / "compose.yml").read_text(encoding="utf-8"), noun)
    COMPOSE.write_text(text.replace(COMPOSE_MARK, stanza + "\n" + COMPOSE_MARK), encoding="utf-8")


def add_to_deploy(noun):
    """The daemon's name in every list of deploy/; its configuration sample needs its program, so scripts/check asks for that."""
    for name, end, addition in LISTS:
        text = (DEPLOY / name).read_text(encoding="utf-8")
        changed, count = re.subn(end, addition.format(noun=noun), text, count=1)
        if count != 1:
            sys.exit(f"new-service: deploy/{name} has no list of daemons any more")
        (DEPLOY / name).write_text(changed, encoding="utf-8")


def main():
    """The whole program."""
    noun = read_noun()
    written = write_files(noun)
    format_code(written)
    add_to_compose(noun)
    add_to_deploy(noun)
    schema = subprocess.run(["/usr/bin/python3", ROOT / "scripts" / "lib" / "check_schema.py", "--write"], cwd=ROOT, check=False)
    for path in [*written, ROOT / "services" / noun / "schema" / "schema.sql"]:
        print(f"  {path.relative_to(ROOT)}")
    print(f"Next: scripts/test, or scripts/run and then\n  curl -X POST localhost:8080/v1/{noun}/notes -H \"Authorization: Bearer $(scripts/token customer anna)\" \\\n"
          f"      -H 'Content-Type: application/json' -H 'Idempotency-Key: first' -d '{{\"text\": \"hello\"}}'\n"
          "A further method is an rpc in the proto and its handler. The matrix of who may call what wants the new ones, too:\n"
          "the daemon in PARTS of tests/system/access.py, its methods in CALLS of a test_access*.py.")
    sys.exit(schema.returncode)


if __name__ == "__main__":
    main()
