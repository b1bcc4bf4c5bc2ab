#!/usr/bin/python3
"""Whether the gateway gives work to every replica of a service, without having been restarted.

    scale.py URL SERVICE COUNT

Runs inside the network of the containers: resolves the service's name to its replicas, asks each one's /status, and calls the
gateway until every replica has answered calls.
"""
# SPDX-License-Identifier: Apache-2.0
import json
import socket
import sys
import time
import urllib.error
import urllib.request

ADMIN_PORT = 9100
LIMIT_S = 60


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


def wait_until(condition, what):
    """What `condition` answers, once that is true."""
    end = time.monotonic() + LIMIT_S
    while not (value := condition()):
        if time.monotonic() > end:
            sys.exit(f"scale: {what}: not so after {LIMIT_S} s")
        time.sleep(0.1)
    return value


def main():
    """The whole program."""
    url, service, count = sys.argv[1], sys.argv[2], int(sys.argv[3])

    def ready_replicas():
        found = {address: status_of(address) for address in addresses_of(service)}
        ready = {address: status for address, status in found.items() if status.get("state") == "ready"}
        return ready if len(ready) == count else None

    before = wait_until(ready_replicas, f"{count} replicas of {service} are ready")
    begin = time.monotonic()

    def has_everyone_answered():
        for _ in range(30):
            with urllib.request.urlopen(f"{url}/v1/products?page_size=1", timeout=10) as answer:
                answer.read()
        return all(status_of(address).get("answered", 0) > before[address]["answered"] for address in before)

    wait_until(has_everyone_answered, f"each of {count} replicas of {service} answers calls")
    print(f"all {count} replicas of {service} answer calls, {time.monotonic() - begin:.1f} s after they were ready")


if __name__ == "__main__":
    main()
