"""Asks a daemon by its admin socket: HTTP over a unix socket."""
# SPDX-License-Identifier: Apache-2.0
import http.client
import socket


class UnixConnection(http.client.HTTPConnection):
    """An HTTP connection to a socket in the file system."""

    def __init__(self, path, timeout_s):
        super().__init__("localhost", timeout=timeout_s)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def ask(path, target, timeout_s=2.0):
    """(status, body) of a GET; (0, reason) where nobody answers."""
    connection = UnixConnection(path, timeout_s)
    try:
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except OSError as error:
        return 0, str(error)
    except http.client.HTTPException as error:
        return 0, repr(error)
    finally:
        connection.close()


def sockets(run_folder, service):
    """Admin sockets of a service's replicas, whether they answer or not."""
    return sorted(run_folder.glob(f"{service}-*.admin"))


def count_ready(run_folder, service):
    """How many replicas say that they can work."""
    return sum(ask(path, "/readyz")[0] == 200 for path in sockets(run_folder, service))


def reasons_not_ready(run_folder, service):
    """What those that cannot work say."""
    answers = (ask(path, "/readyz") for path in sockets(run_folder, service))
    return [body.strip() for status, body in answers if status != 200]
