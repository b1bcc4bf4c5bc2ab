"""docs/faults.md names tests that are there, and has all forty faults."""
# SPDX-License-Identifier: Apache-2.0
import re

import pytest

from installation import ROOT

TABLE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(\w+)::(\w+)`", TABLE)))


@pytest.mark.parametrize("module,name", NAMED, ids=lambda value: value)
def test_a_test_that_the_table_names_is_there(module, name):
    folders = (ROOT / "tests" / "system", ROOT / "common", ROOT / "services")
    [path] = [path for folder in folders for path in folder.rglob(f"{module}.*") if path.suffix in (".c", ".py")]
    said = path.read_text(encoding="utf-8")
    assert re.search(rf"^def {name}\(" if path.suffix == ".py" else rf"\bTEST\({name}\)|cmocka_unit_test\({name}\)", said, re.MULTILINE)


def test_the_table_has_forty_faults():
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", TABLE, re.MULTILINE)] == list(range(1, 41))
