"""PostgreSQL keeps the plans of what is asked again and again: making one costs more than the statement.

It makes a plan anew for each call where it thinks that knowing the parameters pays: the server's log tells of every plan that is made.
"""
# SPDX-License-Identifier: Apache-2.0
import collections
import re

from claims import INTEGRATION, file_claim, make_sold
from world import settle

STAGE = {"documents": 1, "events": 1}
WARM_UP, CALLS = 12, 24
PLAN = re.compile(r"LOG:  PLANNER STATISTICS\n.*?^[^\t\n]*STATEMENT:  (.*?)^(?!\t)", re.DOTALL | re.MULTILINE)


def work(web, count):
    """All that is done most, so many times."""
    for _ in range(count):
        serial = make_sold(web, delivery_date="2026-01-20")
        file_claim(web, serial)
        answer = web.post(f"/v1/units/{serial}/facts", INTEGRATION, {"kind": "INSTALLED", "date": "2026-01-21"})
        assert answer.status == 200, answer
        for path in ("", "/coverage", "/history"):
            assert web.get(f"/v1/units/{serial}{path}", INTEGRATION).status == 200


def test_no_statement_is_planned_anew_with_each_call(stage, web, cluster):
    name = stage.value("SELECT current_database()")
    for setting in ("log_planner_stats = on", "log_min_error_statement = log"):
        stage.query(f"ALTER ROLE warranty_service IN DATABASE {name} SET {setting}")
    stage.only("warranty").stop()
    stage.start("warranty")
    work(web, WARM_UP)
    settle(stage)
    log = cluster.server.log
    begin = log.stat().st_size
    work(web, CALLS)
    settle(stage)
    with open(log, encoding="utf-8", errors="replace") as file:
        file.seek(begin)
        planned = collections.Counter(PLAN.findall(file.read() + "\n"))
    # A few are made anew every ten seconds, and where a table has grown.
    assert all(count <= CALLS // 2 for count in planned.values()), planned.most_common(5)
