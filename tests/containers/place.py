"""An installation in containers, for programs within its network: HTTP by the gateway's name, PostgreSQL by its own."""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))
sys.path.insert(1, str(ROOT / "tests" / "system"))

from api import Api  # noqa: E402
from database import Server  # noqa: E402
from web import Web  # noqa: E402

KEYS = pathlib.Path("/keys")
BACKUP = pathlib.Path("/backup")
ACKNOWLEDGED = BACKUP / "acknowledged"  # serials, one a line, as they were acknowledged
DATABASE = "postgresql://postgres@postgres/aftercare?passfile=/keys/pgpass"
GATEWAY, PORT = "gateway", 8080
LIMIT_S = 60


class Tokens:
    """Signed by scripts/token."""

    def __init__(self):
        self.api = Api(f"http://{GATEWAY}:{PORT}", KEYS)
        self.lock = threading.Lock()

    def of(self, roles, subject):
        """A token that holds for an hour."""
        with self.lock:
            return self.api.token(roles, subject)


class Place:
    """What tests/system/{clients,effects}.py ask of a stage."""

    def __init__(self):
        self.tokens = Tokens()

    def web(self, limit_s=30):
        """A client; each of its connections is to any of the gateway's replicas."""
        return Web(PORT, self.tokens, limit_s, GATEWAY)

    @staticmethod
    def query(statement, *parameters):
        """All rows."""
        connection = Server(DATABASE).connect()
        with connection, connection.cursor() as cursor:
            cursor.execute(statement, parameters or None)
            rows = cursor.fetchall()
        connection.close()
        return rows


def wait_until(condition, what, limit_s=LIMIT_S):
    """What `condition` answers, once that is true."""
    end = time.monotonic() + limit_s
    while not (value := condition()):
        if time.monotonic() > end:
            sys.exit(f"containers: {what}: not so after {limit_s} s")
        time.sleep(0.1)
    return value
