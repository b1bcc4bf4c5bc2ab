"""Daemons that are wrong on purpose, each in a way that is common: what finds nothing with ours must find them out.

The build with sanitizers makes them (add_known_bad in CMakeLists.txt): one file of a daemon is compiled with KNOWN_BAD.
"""
# SPDX-License-Identifier: Apache-2.0
import time

import pytest

from clients import Load, make_guilty
from effects import read_rows
from event_log import Reader
from event_log import check as check_events
from event_writers import Writers
from history import History, Try, check
from places import serving
from stage import BUILD, count, wait_until
from wire import Caller, make_principal, warranty
from world import make_name, make_product

STAGE = {"published": True, "warranty": 0, "gateway": 0}
CLIENTS = 32
pytestmark = pytest.mark.faults


@pytest.fixture(name="is_bad", params=[False, True], ids=["ours", "wrong"])
def is_bad_fixture(request):
    """Whether the wrong daemon takes part."""
    return request.param


def program(is_bad, name):
    """That of a daemon; None: ours."""
    return BUILD / "known_bad" / f"aftercare-{name}" if is_bad else None


def judge(violations, is_bad):
    """None of ours, some of the wrong one's."""
    print(f"{len(violations)} violations, as {violations[:1]}")
    assert bool(violations) == is_bad, violations[:10]


def test_who_answers_before_the_sync_is_found_out(stage, web, is_bad):
    """One unit in twenty is refused by the database: its group is undone, with what was acknowledged too early."""
    with serving(stage, program=program(is_bad, "warranty-reply_before_sync")):
        sku, history, guilty = make_product(web), History(), make_guilty(stage, make_product(web))
        with Load(stage, history, CLIENTS, lambda i: sku if i % 20 else guilty) as load:
            wait_until(lambda: load.operation_count >= count(800, 8000) or load.errors, "the clients are done")
    judge(check(history, *read_rows(stage, sku), lambda one: one.detail == "CONSTRAINT_VIOLATED"), is_bad)


def test_who_does_what_has_expired_is_found_out(stage, web, is_bad):
    """The daemon is stopped with requests at its door and wakes after their deadline; what came in time it must do."""
    history, serials, in_time = History(), [make_name("SN") for _ in range(20)], make_name("SN")
    with serving(stage, program=program(is_bad, "warranty-no_deadline_check")) as [daemon]:
        sku = make_product(web)
        [path] = stage.bus_folder.glob("warranty-*.sock")
        with Caller(path, stage.installation_key) as caller:
            caller.ping()
            with daemon.stopped():
                begin_s = time.monotonic()
                for serial in serials:
                    ask_to_register(caller, sku, serial, deadline_in_ms=150)
                    history.add(Try(serial, serial, "refused", begin_s, begin_s + 0.15, 504))
                ask_to_register(caller, sku, in_time)
                wait_until(lambda: time.monotonic() > begin_s + 0.3, "the deadline has passed")
            wait_until(lambda: stage.query("SELECT 1 FROM warranty.units WHERE serial = %s", in_time), "what came in time is done")
        history.add(Try(in_time, in_time, "ok", begin_s, time.monotonic(), 201))
        web.hang_up()
    judge(check(history, *read_rows(stage, sku), lambda one: one.serial in serials), is_bad)


def ask_to_register(caller, sku, serial, **fields):
    """Sends a registration under its serial as key, and waits for nothing."""
    caller.send(caller.make_request("RegisterUnit", warranty.RegisterUnitRequest(serial=serial, sku=sku),
                                    make_principal(subject="desk", roles=["agent"]), idempotency_key=serial, **fields))


def test_who_reads_on_from_the_last_id_is_found_out(stage, rng, is_bad):
    """A transaction that commits after one with a greater id."""
    stage.query("TRUNCATE events.outbox")
    daemon = stage.start("events", program=program(is_bad, "events-naive_cursor"))
    after = stage.value("SELECT position FROM events.relay")
    with Reader(stage, after) as reader:
        with Writers(stage, rng, CLIENTS, name=make_name("")) as writers:
            wait_until(lambda: writers.count() > count(1500, 15000) or writers.errors, "so much was written")
        last = writers.leave_last(rng)
        wait_until(lambda: last in reader.ids, "what will come has come")
    judge(list(check_events(writers.written, writers.rolled_back, reader.seen, after)), is_bad)
    daemon.stop()
