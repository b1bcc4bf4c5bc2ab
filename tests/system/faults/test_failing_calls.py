"""System calls of gateway and warranty fail at random, as the kernel may let them fail (libfiu, between the program and libc)."""
# SPDX-License-Identifier: Apache-2.0
import contextlib
import errno
import pathlib
import re
import subprocess

import pytest

from clients import Load
from history import History
from invariants import Rest, verify
from stage import BUILD, count, wait_until
from world import make_product

STAGE = {"published": True, "warranty": 0, "gateway": 0}
CLIENTS = 16
FIU = pathlib.Path("/usr/lib/fiu")
PRELOADED = [FIU / "fiu_run_preload.so", FIU / "fiu_posix_preload.so"]
pytestmark = [pytest.mark.faults, pytest.mark.faults_only, pytest.mark.skipif(not FIU.is_dir(), reason="there is no fiu-utils")]

SENT = ("net/send", "net/sendto", "net/sendmsg")
RECEIVED = ("net/recv", "net/recvfrom", "net/recvmsg")
# name: calls, errno, how many of a thousand. The gateway's HTTP sockets are watched for edges, which a kernel never takes back: to say
# there that a socket is not ready after all would be a fault that no kernel has.
NOT_READY = "sockets are not ready after all"
FAILURES = {
    "sockets are reset": (SENT + RECEIVED, errno.ECONNRESET, 1),
    "sockets time out": (SENT + RECEIVED, errno.ETIMEDOUT, 1),
    "calls are interrupted": (SENT + RECEIVED + ("net/poll",), errno.EINTR, 100),
    NOT_READY: (SENT + RECEIVED, errno.EAGAIN, 100),
    "no connection is made": (("net/connect", "net/socket"), errno.ECONNREFUSED, 500),
    "no file is opened": (("oc/open",), errno.EMFILE, 500),
}


def environment(stage):
    """What puts libfiu between a program and libc; the sanitizer, where there is one, wants to be first."""
    linked = subprocess.run(["ldd", BUILD / "bin" / "aftercare-warranty"], capture_output=True, text=True, check=True).stdout
    return {"LD_PRELOAD": " ".join(re.findall(r"/\S*libasan\S*", linked) + [str(path) for path in PRELOADED]),
            "FIU_CTRL_FIFO": str(stage.folder / "fiu")}


def command(stage, daemon, words):
    """Tells the library within a daemon what shall fail."""
    subprocess.run(["fiu-ctrl", "-f", stage.folder / "fiu", "-c", words, str(daemon.pid)], check=True, timeout=30)


@contextlib.contextmanager
def failing(stage, daemons, calls, number, of_thousand):
    """Within it these calls fail at random."""
    for daemon in daemons:
        for call in calls:
            command(stage, daemon, f"enable_random name=posix/io/{call},probability={of_thousand / 1000},failinfo={number}")
    yield
    for daemon in daemons:
        for call in calls:
            command(stage, daemon, f"disable name=posix/io/{call}")


@pytest.fixture(scope="module", name="daemons")
def daemons_fixture(stage):
    """A warranty daemon and a gateway in which calls can be made to fail."""
    made = [stage.start(noun, **environment(stage)) for noun in ("warranty", "gateway")]
    yield made
    for daemon in reversed(made):
        daemon.stop()


@pytest.mark.parametrize("name", FAILURES)
def test_calls_that_fail_lose_nothing_and_end_no_daemon(stage, web, daemons, name, request):
    sku, history, (calls, number, of_thousand) = make_product(web), History(), FAILURES[name]
    web.hang_up()
    rest = Rest(daemons)
    with Load(stage, history, CLIENTS, lambda i: sku):
        for _ in range(count(3, 30)):
            with history.outage():
                with failing(stage, daemons[:1] if name == NOT_READY else daemons, calls, number, of_thousand):
                    before = len(history.tries)
                    wait_until(lambda: len(history.tries) >= before + 200, "the clients work")  # pylint: disable=cell-var-from-loop
                    assert all(daemon.is_running() for daemon in daemons)
                before = history.count("ok")
                wait_until(lambda: history.count("ok") >= before + CLIENTS, "the clients are served again")  # pylint: disable=cell-var-from-loop
        before = history.count("ok")
        wait_until(lambda: history.count("ok") >= before + 60, "the clients work")
    lost = sum(daemon.metric("aftercare_db_connection_lose_total") + daemon.metric("aftercare_bus_replica_lose_total") for daemon in daemons)
    print(f"{name}: {history.count('unknown')} of {len(history.tries)} tries unknown; {lost:.0f} connections lost so far")
    if number == errno.ECONNRESET:
        assert lost > 0, "nothing failed"
    verify(stage, history, sku, request)
    rest.wait()
