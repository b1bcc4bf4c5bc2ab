"""Every daemon of an installation is restarted one after the other, twice, under load."""
# SPDX-License-Identifier: Apache-2.0
import collections

import pytest

from clients import Load
from history import History
from invariants import verify
from stage import wait_until
from world import make_product

STAGE = {"documents": 1, "policy": 1, "events": 2, "warranty": 2, "gateway": 2}
CLIENTS = 16
pytestmark = pytest.mark.faults


def test_every_daemon_restarted_twice_shows_no_error(stage, web, request):
    """The new process starts, the old one drains; a client whose connection was closed asks once more, no more than that."""
    sku, history = make_product(web), History()
    old = list(stage.daemons)
    web.hang_up()
    with Load(stage, history, CLIENTS, lambda i: sku, manufacture_date="2026-01-01"):
        for daemon in old + [None] * len(old):
            before = history.count("ok")
            wait_until(lambda: history.count("ok") >= before + 40, "the clients work")  # pylint: disable=cell-var-from-loop
            oldest = daemon or next(one for one in stage.daemons if one.is_running())
            stage.start(oldest.noun)
            history.add_kill()
            oldest.stop()
    again = collections.Counter(one.key for one in history.tries if one.outcome == "unknown")
    print(f"{len(stage.daemons) - len(old)} restarts: {len(again)} of {len(history.tries)} asked once more")
    assert max(again.values(), default=0) <= 1
    verify(stage, history, sku, request)
