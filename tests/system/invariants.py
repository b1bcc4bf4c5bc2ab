"""What must be true after every fault, of a stage and of what its clients saw (docs/faults.md names them I1 to I7).

    history.check   I1 acknowledged writes are there once; I2 none is there twice for a key; I7 what was unknown was resolved by
                    its key. Versions in the outbox.
    check_log       I3 positions without a gap, versions of each aggregate 1, 2, 3 ... in the order of positions
    check_views     I4 what the consumer in warranty keeps is what the log says
    Stage.close     I5 no daemon ended that was not killed, none left a sanitizer's report
    Rest            I6 descriptors and coroutines are back where they were
"""
# SPDX-License-Identifier: Apache-2.0
import pytest

from effects import check_log, check_views, read_rows
from history import check
from stage import wait_until
from world import settle

SHOWN = 10


def find_violations(stage, history, sku, is_refusal_expected=lambda one: False):
    """I1 to I4 and I7, once everything that was said is known everywhere."""
    found = []
    if stage.running("events"):
        settle(stage)
        found += [*check_log(stage), *check_views(stage)]
    return found + check(history, *read_rows(stage, sku), is_refusal_expected)


def verify(stage, history, sku, request, is_refusal_expected=lambda one: False):
    """No violation; else the history is kept."""
    found = find_violations(stage, history, sku, is_refusal_expected)
    print(f"{len(history.tries)} tries: {history.count('ok')} acknowledged, {history.count('unknown')} unknown,"
          f" {len(history.kills_s)} kills")
    if found:
        path = stage.cluster.folder.parent / f"aftercare-history-{request.node.name}.jsonl"
        history.keep(path)
        pytest.fail(f"{len(found)} violations, the first of them:\n" + "\n".join(found[:SHOWN]) + f"\nthe history is in {path}")
    assert history.count("ok") > 50


class Rest:
    """What daemons hold when nothing is asked of them, to be compared later (I6)."""

    def __init__(self, daemons):
        self.before = {daemon: (daemon.fd_count(), daemon.metric("aftercare_task_alive")) for daemon in daemons}

    def is_back(self):
        """Whether no process has more than before."""
        return all(daemon.fd_count() <= fds and daemon.metric("aftercare_task_alive") <= tasks
                   for daemon, (fds, tasks) in self.before.items())

    def wait(self):
        """Waits until it is so."""
        wait_until(self.is_back, "descriptors and coroutines are back where they were")
