"""Proxies between the parts of a stage: where they listen, and daemons that go through them."""
# SPDX-License-Identifier: Apache-2.0
import contextlib

from proxy import Proxy
from run import choose_port

SOCKET = ".s.PGSQL.5432"


@contextlib.contextmanager
def bus_proxy(stage, change=None, **environment):
    """(proxy, service): a warranty daemon that listens on tcp only, and the way to it. A gateway that shall go it is started with
    AFTERCARE_BUS_DIR="" and AFTERCARE_BUS_CONNECT=<way_of(proxy)>."""
    port = choose_port(0)
    service = stage.start("warranty", AFTERCARE_BUS_DIR="", AFTERCARE_BUS_LISTEN=f"tcp://127.0.0.1:{port}",
                          AFTERCARE_BUS_CONNECT="tcp://127.0.0.1:1", **environment)
    with Proxy(choose_port(0), port, change) as proxy:
        yield proxy, service


@contextlib.contextmanager
def serving(stage, number=1, **words):
    """A gateway and so many warranty daemons, from here to the end of the block; `words` are those of Stage.start."""
    daemons = [stage.start("warranty", **words) for _ in range(number)]
    gateway = stage.start("gateway")
    try:
        yield daemons
    finally:
        for daemon in [gateway, *daemons]:
            daemon.stop()


def start_gateway(stage, proxy, **environment):
    """A gateway that reaches services through a proxy only."""
    return stage.start("gateway", AFTERCARE_BUS_DIR="", AFTERCARE_BUS_CONNECT=f"tcp://127.0.0.1:{proxy.listen}", **environment)


@contextlib.contextmanager
def database_proxy(stage):
    """(proxy, url): a way to PostgreSQL, and the AFTERCARE_DATABASE that goes it."""
    folder = stage.folder / "through"
    folder.mkdir(mode=0o700, exist_ok=True)
    listen = folder / SOCKET
    listen.unlink(missing_ok=True)
    real = stage.server.parameters["host"]
    with Proxy(listen, f"{real}/{SOCKET}") as proxy:
        yield proxy, stage.environment["AFTERCARE_DATABASE"].replace(_quoted(real), _quoted(str(folder)))


def _quoted(path):
    return path.replace("/", "%2F")


@contextlib.contextmanager
def http_proxy(stage):
    """A way to the gateway."""
    with Proxy(choose_port(0), stage.port) as proxy:
        yield proxy


@contextlib.contextmanager
def events_proxy(stage):
    """A way to a daemon "events" that listens on tcp only."""
    port = choose_port(0)
    daemon = stage.start("events", AFTERCARE_BUS_DIR="", AFTERCARE_BUS_LISTEN=f"tcp://127.0.0.1:{port}",
                         AFTERCARE_BUS_CONNECT="tcp://127.0.0.1:1")
    with Proxy(choose_port(0), port) as proxy:
        yield proxy
    daemon.stop()
