"""Clients that register units without pause, write down what they see, and repeat with the same key what they do not know."""
# SPDX-License-Identifier: Apache-2.0
import http.client
import threading
import time

from history import Try
from names import AGENT, make_name

RESOLVE_LIMIT_S = 30
RETRY_PAUSE_S = 0.05


class Load:
    """Threads that work until they are stopped, with a pause between. `pick_sku(i)` names the product of a client's i-th unit, `fields` are
    what else is told of each."""

    def __init__(self, stage, history, client_count, pick_sku, caller=AGENT, pause_s=0, **fields):
        self.web = stage.web(limit_s=RESOLVE_LIMIT_S)
        self.history = history
        self.pick_sku = pick_sku
        self.caller = caller
        self.pause_s = pause_s
        self.fields = fields
        self.is_stopping = threading.Event()
        self.operation_count = 0
        self.lock = threading.Lock()
        self.errors = []
        self.threads = [threading.Thread(target=self._work, args=(i,)) for i in range(client_count)]

    def __enter__(self):
        self.web.tokens.of(*self.caller.split(":"))
        self.begin_s = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self.is_stopping.set()
        for thread in self.threads:
            thread.join()
        self.duration_s = time.monotonic() - self.begin_s
        if kind is None and self.errors:
            raise self.errors[0]

    @property
    def rate(self):
        """Definite answers a second."""
        return self.operation_count / self.duration_s

    def _work(self, client):
        try:
            i = 0
            while not self.is_stopping.wait(self.pause_s):
                self._operate(self.pick_sku(client * 1000003 + i), i)
                i += 1
        except BaseException as error:  # pylint: disable=broad-except
            self.errors.append(error)
        finally:
            self.web.hang_up()

    def _operate(self, sku, i):
        """One unit, to its definite answer; every tenth asks once more, and must hear the same."""
        body, key = {"serial": make_name("SN"), "sku": sku} | self.fields, make_name("key")
        end = time.monotonic() + RESOLVE_LIMIT_S
        while self.try_once(body, key) == "unknown" and time.monotonic() < end:
            threading.Event().wait(RETRY_PAUSE_S)  # sooner than Retry-After asks for, but not without end
        if i % 10 == 0:
            self.try_once(body, key)
        with self.lock:
            self.operation_count += 1

    def try_once(self, body, key):
        """One request and how it ended."""
        begin_s = time.monotonic()
        one = Try(key, body["serial"], "unknown", begin_s, begin_s)
        try:
            answer = self.web.post("/v1/units", self.caller, body, key)
            one.status, one.body = answer.status, answer.body
            if answer.status == 201:
                one.outcome = "ok"
            elif answer.status < 500:
                one.outcome = "refused"
            one.detail = answer.reason or ""
        except (OSError, http.client.HTTPException) as error:
            one.detail = repr(error)
        one.end_s = time.monotonic()
        self.history.add(one)
        return one.outcome


def make_guilty(stage, sku):
    """From now on the database refuses units of a product, in the middle of the group of writes that each comes with."""
    stage.query(f"ALTER TABLE warranty.units ADD CONSTRAINT \"guilty {sku}\" CHECK (sku <> '{sku}') NOT VALID")
    return sku
