#!/usr/bin/python3
"""Waits until the gateways give work to every replica, none having been restarted for it.

    replicas.py NOUN=COUNT ...

Of each noun: its name resolves to COUNT replicas that are ready, each gateway counts as many, and each of them goes on to answer calls.
Calls are made by others (work.py); of gateways only what is ready is asked, as clients keep their connections.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import socket
import sys
import time
import urllib.request

from place import GATEWAY, wait_until

ADMIN_PORT = 9100


def addresses_of(service):
    """All addresses behind the name; none while it does not resolve."""
    try:
        return sorted({found[4][0] for found in socket.getaddrinfo(service, ADMIN_PORT, socket.AF_INET, socket.SOCK_STREAM)})
    except socket.gaierror:
        return []


def status_of(address):
    """What a replica's /status says; nothing while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://{address}:{ADMIN_PORT}/status", timeout=2) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return {}


def ready_replicas(counts):
    """{(noun, address): calls answered} of them all once they are as many as they shall be, as each gateway sees it too."""
    found = {}
    for noun, count in counts.items():
        ready = {address: status for address in addresses_of(noun) if (status := status_of(address)).get("state") == "ready"}
        if len(ready) != count:
            return None
        found |= {(noun, address): status["answered"] for address, status in ready.items()}
    for address in addresses_of(GATEWAY):
        upstreams = status_of(address).get("upstreams", {})
        if any(upstreams.get(noun, {}).get("replicas") != count for noun, count in counts.items() if noun != GATEWAY):
            return None
    return found


def main():
    """The whole program."""
    counts = {noun: int(count) for noun, count in (word.split("=") for word in sys.argv[1:])}
    begin = time.monotonic()
    before = wait_until(lambda: ready_replicas(counts), f"as many as {counts} are ready")
    ready_s = time.monotonic() - begin

    for (noun, address), answered in before.items():
        if noun != GATEWAY:
            wait_until(lambda: status_of(address).get("answered", 0) > answered, f"{noun} at {address} answers calls")  # pylint: disable=cell-var-from-loop
    print(f"{' '.join(sys.argv[1:])}: ready after {ready_s:.1f} s, all answer calls {time.monotonic() - begin - ready_s:.1f} s later")


if __name__ == "__main__":
    main()
