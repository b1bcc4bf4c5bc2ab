"""The SQL of the daemons, as their compiler sees it, and pgbench scripts made of it.

Statements are written once, in a service's store. So that pgbench runs the same ones, the store is preprocessed with the
build's own command and the text is taken from the initialiser of its struct db_stmt.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import re
import shlex
import subprocess

from installation import Trouble


def preprocess(build, source):
    """`source` after the preprocessor."""
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    entry = next((entry for entry in commands if entry["file"].endswith(source)), None)
    if entry is None:
        raise Trouble(f"{build}/compile_commands.json does not know {source}")
    words = shlex.split(entry["command"])
    output = words.index("-o")
    words[output:output + 2] = ["-E", "-P"]
    done = subprocess.run([word for word in words if word != "-c"], cwd=entry["directory"], capture_output=True, text=True,
                          check=True)
    return done.stdout


def read_statements(build, source):
    """Texts by statement name."""
    literal = r'"(?:[^"\\]|\\.)*"'
    found = re.findall(rf'\.name = ("[^"]+"), \.sql = ((?:\s*{literal})+)', preprocess(build, source))
    return {json.loads(name): "".join(json.loads(part) for part in re.findall(literal, text)) for name, text in found}


def write_script(template, statements, path):
    """A pgbench script: `@name(a b c)` of the template becomes the statement with :a for $1, :b for $2 ...; NULL stands for
    itself, and a name that a line `@let name = SQL` gives a meaning for that."""
    text = template.read_text(encoding="utf-8")
    meanings = dict(re.findall(r"^@let (\w+) = (.*)$", text, re.MULTILINE)) | {"NULL": "NULL"}

    def expand(match):
        if match[1] not in statements:
            raise Trouble(f"{template}: there is no statement {match[1]}")
        names = match[2].split()
        return re.sub(r"\$(\d+)", lambda number: meanings.get(names[int(number[1]) - 1], ":" + names[int(number[1]) - 1]),
                      statements[match[1]]) + ";"

    text = re.sub(r"^@let .*\n", "", text, flags=re.MULTILINE)
    path.write_text(re.sub(r"^@(\w+)\(([^)]*)\)$", expand, text, flags=re.MULTILINE), encoding="utf-8")
    return path
