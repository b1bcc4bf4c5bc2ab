"""The SQL of one request as the daemon sent it, and pgbench scripts that send the same.

For one request PostgreSQL logs each statement with its parameters. Every parameter becomes a variable of pgbench, so that it is sent
each time, as the daemon does; what is new in each request (serial numbers, keys, identities) is made anew by the script. So the
scripts follow the daemons by themselves.
"""
# SPDX-License-Identifier: Apache-2.0
import re
import time

from installation import Trouble

LOG_LIMIT_S = 5
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
EXECUTED = re.compile(r"LOG:  execute (warranty_\w+): (.*)\n.*?DETAIL:  parameters: (.*)\n")
SINGLE = re.compile(r'\{(?:"((?:[^"\\]|\\.)*)"|([^{},"\\]*))\}')  # an array with one element, as PostgreSQL prints it
PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')(?:, |$)")


def capture(execute, log, ask):
    """[(name, text, [value or None, ...]), ...]: what the daemon warranty executed while `ask` ran."""
    start = log.stat().st_size
    execute("ALTER SYSTEM SET log_statement = 'all'")
    execute("SELECT pg_reload_conf()")
    end = time.monotonic() + LOG_LIMIT_S
    while b"reloading configuration" not in read_from(log, start) and time.monotonic() < end:
        time.sleep(0.02)
    time.sleep(0.2)  # until every backend has looked at its signal
    try:
        ask()
    finally:
        execute("ALTER SYSTEM RESET log_statement")
        execute("SELECT pg_reload_conf()")
    found = []
    while not found and time.monotonic() < end:
        text = read_from(log, start).decode(errors="replace")
        found = [(name, sql, read_parameters(values)) for name, sql, values in EXECUTED.findall(text)]
    return found


def read_from(path, start):
    """The end of a file."""
    with open(path, "rb") as file:
        file.seek(start)
        return file.read()


def read_parameters(text):
    """Values by place."""
    return [None if value == "NULL" else value[1:-1].replace("''", "'") for _, value in PARAMETER.findall(text)]


def make_script(executed, serial, key, first, count, copies=1):
    """(text of a script, its variables). `serial` and `key` are those of the request that was captured."""
    variables, lines, identities = {}, [], {}

    def expression(place, value):
        name = f"p{place}"
        single = SINGLE.fullmatch(value or "")
        if single:  # of a statement for many requests, which is sent for one
            quoted, bare = single.groups()
            element = None if bare == "NULL" else bare if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            return f"(ARRAY[{expression(place, element)}])"
        if not value:
            return "NULL" if value is None else "''"
        if value == serial:
            return "(:serial::text)"
        if value == key:
            return "(:key::text)"
        if re.fullmatch(UUID, value):
            return f"(md5(:key::text || '{identities.setdefault(value, len(identities))}')::uuid)"
        variables[name] = value
        made = f":{name}"
        for old, new in [(serial, ":serial::text")] + [(old, f"md5(:key::text || '{i}')::uuid::text") for old, i in identities.items()]:
            if old in value and not value.startswith("\\x"):
                made = f"replace({made}::text, '{old}', {new})"
        return made if made.startswith(":") else f"({made})"

    for _ in range(copies):
        lines.append(f"\\set serial random({first}, {first + count - 1})")
        lines.append("\\set key random(100000000000000000, 999999999999999999)")
        for number, (_, sql, values) in enumerate(executed):
            made = {str(i + 1): expression(f"{number}_{i + 1}", value) for i, value in enumerate(values)}
            lines.append(re.sub(r"\$(\d+)", lambda found, made=made: made[found[1]], sql) + ";")
    if copies > 1:
        sets = [line for line in lines if line.startswith("\\")]
        lines = pipelined(lines, sets)
    return "\n".join(lines) + "\n", variables


def pipelined(lines, sets):
    """The statements within one pipeline; variables that they share get a number each, because \\set comes before."""
    made, place = [], -1
    for line in lines:
        if line.startswith("\\set serial"):
            place += 1
        made.append(re.sub(r"(\\set |:)(serial|key)\b", rf"\g<1>\g<2>{place}", line))
    before = [line for line in made if line.startswith("\\")]
    if len(before) != len(sets):
        raise Trouble("the script cannot be put into a pipeline")
    return before + ["\\startpipeline"] + [line for line in made if not line.startswith("\\")] + ["\\endpipeline"]
