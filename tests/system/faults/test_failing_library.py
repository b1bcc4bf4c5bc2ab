"""Each call of libpq, libzmq and libuv fails in turn: the first of it in a process, the second, and so on. The daemon goes on, or it ends
and says why; what was acknowledged is there, once."""
# SPDX-License-Identifier: Apache-2.0
import re
import signal
import subprocess

import pytest

from clients import Load
from history import History
from invariants import verify
from stage import BUILD, count, tail, wait_until
from world import make_product

STAGE = {"published": True, "warranty": 0, "gateway": 0}
LIBRARY = BUILD / "known_bad" / "libfailing_library.so"
CLIENTS = 8
OPERATIONS = 30  # of the clients, while a daemon runs in which a call may fail
DATABASE = ("PQconnectStartParams", "PQconnectPoll", "PQsetnonblocking", "PQenterPipelineMode", "PQsendPrepare", "PQsendDescribePrepared",
            "PQsendQueryPrepared", "PQsendQueryParams", "PQpipelineSync", "PQsendFlushRequest", "PQflush", "PQconsumeInput")
BUS = ("zmq_socket", "zmq_connect", "zmq_bind", "zmq_socket_monitor", "zmq_msg_init_size", "zmq_msg_send", "zmq_msg_recv", "zmq_send")
LOOP = ("uv_poll_init", "uv_poll_start", "uv_fs_event_start", "uv_fs_poll_start", "uv_getaddrinfo", "uv_queue_work", "uv_listen", "uv_accept",
        "uv_pipe_bind", "uv_read_start", "uv_try_write")
# These fail only where there is no memory or no descriptor, at the start or for a new connection: the daemon ends at once and says where.
FATAL = ("PQconnectStartParams", "zmq_socket", "zmq_connect", "zmq_msg_init_size", "uv_poll_init", "uv_poll_start")
pytestmark = [pytest.mark.faults, pytest.mark.faults_only]


def environment(stage, call, number):
    """What lets the number-th of these calls fail; the sanitizer, where there is one, wants to be first."""
    linked = subprocess.run(["ldd", BUILD / "bin" / "aftercare-warranty"], capture_output=True, text=True, check=True).stdout
    return {"LD_PRELOAD": " ".join(re.findall(r"/\S*libasan\S*", linked) + [str(LIBRARY)]), "FAILING_CALL": call, "FAILING_NTH": str(number),
            "FAILING_DONE": str(stage.folder / "failed")}


def serve_failing(stage, noun, call, number, load):
    """One process in which one call fails, from its start until it has worked for a while, and one after it in which none does.
    Answers whether the call was made at all."""
    done = stage.folder / "failed"
    done.unlink(missing_ok=True)
    daemon = stage.start(noun, wait=False, **environment(stage, call, number))
    before = load.operation_count
    wait_until(lambda: not daemon.is_running() or load.operation_count >= before + OPERATIONS, f"{noun} works although {call} {number} failed")
    has_failed = done.exists()
    if daemon.is_running():
        daemon.stop()
        return has_failed
    daemon.is_expected_to_fail = True
    status, report = daemon.wait_end(), daemon.find_report()
    assert has_failed, f"{noun} ended with {status} though {call} {number} did not fail:\n{tail(daemon.log)}"
    if call in FATAL and status == -signal.SIGABRT and "ssertion failed: " in (report or tail(daemon.log)):  # ours, or libzmq's
        daemon.is_expected_to_report = True
        return True
    assert status in (1, 2) and not report, f"{noun} ended with {status} after {call} {number}:\n{report or tail(daemon.log)}"
    return True


@pytest.mark.parametrize("noun, call", [("warranty", call) for call in DATABASE + BUS + LOOP] + [("gateway", call) for call in BUS + LOOP])
def test_a_call_that_fails_loses_nothing(stage, noun, call, request, capsys):
    other, healthy = [stage.start(one, wait=False) for one in ("gateway" if noun == "warranty" else "warranty", noun)]
    healthy.wait_ready()
    other.wait_ready()
    sku, history = make_product(stage.web()), History()
    healthy.stop()
    failed_count = 0
    with history.outage(), Load(stage, history, CLIENTS, lambda i: sku) as load:
        for number in range(1, count(6, 60) + 1):
            if not serve_failing(stage, noun, call, number, load):
                break
            failed_count += 1
        healthy = stage.start(noun)
        before = history.count("ok")
        wait_until(lambda: history.count("ok") >= before + 60, "the clients work")
    with capsys.disabled():
        print(f" {call} in {noun}: failed {failed_count} times")
    verify(stage, history, sku, request)
    other.stop()
    healthy.stop()
