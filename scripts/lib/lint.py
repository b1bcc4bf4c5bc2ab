"""What docs/style.md asks for and a script can see: banned idioms, file lengths, the form of SQL and of migrations.

A line that must break a rule says so with "lint: allow <rule>" and why.
"""
# SPDX-License-Identifier: Apache-2.0
import re
import subprocess
import sys

from installation import ROOT

# name, which files, which are left out, what may not be there, what to do in its place
BANNED = [
    ("unsafe-text", r"\.[ch]$", r"_(test|pgtest)\.c$|_fixture\.h$|^tests/", r"\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atof|scanf|sscanf)\s*\(",
     "use snprintf, buf or a parser that reports errors"),
    ("clock", r"^(common|services)/.*\.[ch]$", r"^common/(clock|rng)|_test\.c$|_pgtest\.c$|_fixture\.h$",
     r"\b(time\s*\(\s*NULL|gettimeofday|clock_gettime)\b", "all time comes from common/clock"),
    ("random", r"^(common|services)/.*\.[ch]$", r"^common/rng", r"\b(rand|random|srand|drand48)\s*\(", "use common/rng"),
    ("pure", r"^common/(calendar|entitlement|policy)/.*\.[ch]$", r"_(test|fuzz)\.c$|_fixture\.h$",
     r'#include "(?!common/((base|err|arena|buf|date|html|money|zone|uuid)\.h|(calendar|entitlement|policy)/|v1/))|'
     r"(?<![>.\w])(fopen|open|read|write|printf|puts|getenv|time|setlocale)\(",
     "the domain libraries do no I/O and know no runtime"),
    ("sql-clock", r"(_store\.c|schema/(deploy|revert|verify)/.*\.sql)$", None,
     r"(?i)\b(now|clock_timestamp|statement_timestamp)\s*\(\s*\)|\bcurrent_(timestamp|date|time)\b",
     "business time is a parameter"),
    ("sleep", r"(_test\.c|_pgtest\.c|^tests/.*\.(py|sh|ts))$", r"^tests/load/",
     r"\b(?<!def )(sleep|usleep|nanosleep)\s*\(\s*([1-9]|0\.[3-9])", "wait for a condition, not for a time"),
    ("debt", r"\.(c|h|py|sql|proto|sh|ts|cmake|yml|txt|md)$|^scripts/[a-z-]+$", r"^scripts/lib/lint\.py$",
     r"\b(TODO|FIXME|HACK)\b", "do it, or write an issue"),
    ("machine", r".", r"package-lock\.json$|^scripts/lib/lint\.py$", r"/work/(main|shared)|/root/|/home/[a-z]+/",
     "no paths of one machine"),
    ("tab", r"\.(c|h|py|sql|proto|ts|json|yml|yaml)$", r"package-lock\.json$", r"\t", "spaces"),
    ("space-at-end", r"\.(c|h|py|sql|proto|ts|yml|yaml|cmake)$|^scripts/[a-z-]+$", r"schema\.sql$", r"[ \t]+$", "remove it"),
    ("quoted-name", r"schema/(deploy|revert|verify)/.*\.sql$", None, r'^(?!.*(--|RAISE)).*"', "no quoted identifiers"),
]

LENGTHS = [(r"_(test|pgtest)\.c$", 900), (r"\.c$", 700), (r"\.h$", 400), (r"\.py$", 700), (r"^scripts/[a-z-]+$", 200)]

HEAD_LINES = 120  # within which the licence is named: it stands beneath the head comment

# Tables that several daemons have, each a copy in its own schema: the file that they are copied from, and the daemon that has a
# table of the same name which is none.
COPIED = [
    ("common/consumer.sql", "NOUN", ("consumer_lanes", "consumer_replicas", "consumer_inbox", "consumer_parked"), None),
    ("common/policies.sql", "NOUN", ("policies",), "policy"),
    ("scripts/templates/service/schema/deploy/create_service.sql", "@noun@", ("idempotency", "timers", "schema_info"), None),
]

KEYWORDS = ("select insert update delete create alter drop table index schema grant revoke constraint primary foreign references "
            "unique check not null default where from into values begin commit rollback comment set returning").split()


def files():
    """Paths of all our files, tracked or about to be."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.splitlines()
    return [path for path in listed if (ROOT / path).is_file()]


def read_lines(path):
    """A text file's lines; none of a binary one."""
    try:
        return (ROOT / path).read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        return []


def find_banned(path, lines):
    """Idioms of the table above."""
    for name, wanted, spared, pattern, advice in BANNED:
        if not re.search(wanted, path) or (spared and re.search(spared, path)):
            continue
        expression = re.compile(pattern)
        for number, line in enumerate(lines, 1):
            found = expression.search(line)
            if found and f"lint: allow {name}" not in line:
                yield f"{path}:{number}: {found[0].strip() or 'space'!r}: {advice} ({name})"


def find_long(path, lines):
    """Files that ought to be split."""
    for pattern, most in LENGTHS:
        if re.search(pattern, path):
            if len(lines) > most:
                yield f"{path}: {len(lines)} lines, more than {most}: split it by what it does (length)"
            return


def find_unlicensed(path, lines):
    """Sources without their one line of licence."""
    if re.search(r"\.(c|h|py|ts)$|^scripts/[a-z-]+$", path) and path != "scripts/packages.txt":
        if not any("SPDX-License-Identifier: Apache-2.0" in line for line in lines[:HEAD_LINES]):
            yield f"{path}: no line with SPDX-License-Identifier: Apache-2.0 among the first {HEAD_LINES} (licence)"


def find_header_behind(path, lines):
    """Sources that do not include a header of their own before all others: it would not be seen to need one of those."""
    if re.search(r"^(common|services)/.*\.c$", path) and not re.search(r"_(test|pgtest|fuzz)\.c$|/main\.c$", path):
        first = next((line for line in lines if line.startswith("#include ")), "")
        if first.startswith("#include <"):
            yield f"{path}: begins with {first!r}: a source's own header comes first (own-header)"


def strip_sql(text):
    """SQL without comments and without what stands in quotes."""
    text = re.sub(r"--[^\n]*", "", text)
    text = re.sub(r"\$\$.*?\$\$", "$$$$", text, flags=re.DOTALL)
    return re.sub(r"'(?:[^']|'')*'", "''", text)


def find_in_deploy(path, lines):
    """Unnamed constraints, uncommented tables, small keywords; changes that cannot be taken back or verified."""
    if not re.search(r"schema/deploy/.*\.sql$", path):
        return
    for part in ("revert", "verify"):
        if not (ROOT / path.replace("/deploy/", f"/{part}/")).exists():
            yield f"{path}: has no {part} script (migration)"
    text = strip_sql("\n".join(lines))
    for table, body in re.findall(r"CREATE TABLE (\w+) \((.*?)\n\)", text, re.DOTALL):
        if not re.search(rf"COMMENT ON TABLE\s+{table}\b", text):
            yield f"{path}: table {table} has no COMMENT ON TABLE (comment)"
        for clause in split_clauses(body):
            if re.search(r"\b(PRIMARY KEY|REFERENCES|UNIQUE|CHECK|FOREIGN KEY)\b", clause) and not re.match(
                    rf"CONSTRAINT {table}_\w*(pk|uq|fk|ck)\b", clause):
                yield f"{path}: table {table}: {clause.split(chr(10))[0][:60]!r}: name it CONSTRAINT {table}_..._pk|uq|fk|ck (constraint)"
    for word in KEYWORDS:
        if re.search(rf"(?<![\w.]){word}(?![\w.(])", text):
            yield f"{path}: keyword {word!r} is written small (keyword)"


def parts_of_table(text, table):
    """Everything that a deploy script says about a table: the table with its comments, its indexes, its rights."""
    yield from re.findall(rf"^CREATE TABLE {table} \(.*^COMMENT ON (?:TABLE|COLUMN) +{table}\b[^\n]*", text, re.DOTALL | re.MULTILINE)
    yield from re.findall(rf"^CREATE (?:UNIQUE )?INDEX \w+ ON {table} [^\n]*", text, re.MULTILINE)
    yield from re.findall(rf"^GRANT [^\n]*\bON {table} TO [^\n]*", text, re.MULTILINE)


def find_in_copy(path, lines):
    """Tables that ought to be copies and are not. A change that alters them after a release says so in both: the copy's daemons
    then need a change of their own."""
    found = re.search(r"^services/(\w+)/schema/deploy/.*\.sql$", path)
    if not found:
        return
    noun, text = found[1], "\n".join(lines)
    for origin, placeholder, tables, spared in COPIED:
        original = (ROOT / origin).read_text(encoding="utf-8").replace(placeholder, noun)
        for table in tables:
            if noun != spared and re.search(rf"^CREATE TABLE {table} ", text, re.MULTILINE):
                for part in parts_of_table(original, table):
                    if part not in text:
                        yield f"{path}: {part.split(chr(10))[0]!r} and what follows it is not as in {origin} (copy)"


def split_clauses(body):
    """The parts between a table's outer commas."""
    depth, clause = 0, ""
    for letter in body:
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            yield clause.strip()
            clause = ""
        else:
            clause += letter
    yield clause.strip()


def main():
    """Prints every finding."""
    findings, count = [], 0
    for path in files():
        lines = read_lines(path)
        count += 1
        for find in (find_banned, find_long, find_unlicensed, find_header_behind, find_in_deploy, find_in_copy):
            findings += find(path, lines)
    print("\n".join(findings) if findings else f"{count} files, nothing found")
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
