#!/usr/bin/python3
"""Takes the Open Repair Alliance's records in through the gateway: products, units and claims, as an integration would.

    import_openrepair.py URL CSV [--keys DIR] [--connections 32] [--count N]

A record becomes a product (its category and brand), a unit (its id is the serial; bought `product_age` years before the event,
where the record has an age) and a claim (its problem's text, reported on the day of the event). What is refused becomes a line of
the error report; what is unknown is asked again with the same key. Run twice, it changes nothing the second time.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import collections
import csv
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import queue
import re
import sys
import threading
import time
import urllib.parse
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "lib"))

from api import Api  # pylint: disable=wrong-import-position

CALLER = ("integration", "openrepair")
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://openrepair.org/open-data/")
TRY_COUNT_MAX = 50
SKU_SLUG_LENGTH = 40


def read_records(path, count=None):
    """The records as dicts, texts as they are in the file."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[:count]


def make_sku(category, brand):
    """A readable code that differs wherever category or brand do."""
    slug = re.sub(r"[^a-z0-9]+", "-", f"{category} {brand}".lower()).strip("-")[:SKU_SLUG_LENGTH].rstrip("-")
    return f"{slug}-{hashlib.sha256(f'{category}|{brand}'.encode()).hexdigest()[:8]}"


def cut(text, size_bytes):
    """The beginning of a text that fits, no character torn."""
    return text.encode()[:size_bytes].decode(errors="ignore")


def make_purchase_date(record):
    """Years before the event, None where the record has no age. Ages are years, some with halves."""
    if not record["product_age"]:
        return None
    event = datetime.date.fromisoformat(record["event_date"])
    months = event.year * 12 + event.month - 1 - round(float(record["product_age"]) * 12)
    first = datetime.date(months // 12, months % 12 + 1, 1)
    following = (first + datetime.timedelta(days=31)).replace(day=1)
    return min(first + datetime.timedelta(days=event.day - 1), following - datetime.timedelta(days=1)).isoformat()


def claim_id_of(record):
    """The same for each run, so that a second one repeats the first."""
    return str(uuid.uuid5(NAMESPACE, record["id"]))


class Refusal(Exception):
    """What the installation did not take: step, status, reason, field."""


class Import:
    """One run over all records."""

    def __init__(self, url, token, connection_count):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port or 80
        self.token = token
        self.connection_count = connection_count
        self.outcomes = collections.Counter()
        self.errors = []
        self.repeat_count = 0
        self.request_count = 0
        self.lock = threading.Lock()

    def run(self, records):
        """All products first, since units need them; then each record by itself. Answers the seconds it took."""
        products = {make_sku(record["product_category"], record["brand"]): record for record in records}
        begin = time.monotonic()
        self._spread(products.items(), self._add_product)
        self._spread(records, self._add_record)
        return time.monotonic() - begin

    def _spread(self, things, work):
        todo, failures = queue.SimpleQueue(), []
        for thing in things:
            todo.put(thing)

        def serve():
            connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
            try:
                while not failures:
                    work(connection, todo.get_nowait())
            except queue.Empty:
                pass
            except BaseException as error:  # pylint: disable=broad-except
                failures.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=serve) for _ in range(self.connection_count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]

    def _post(self, connection, step, path, body, key):
        """The answer's body; a Refusal where it is a definite no."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", "Idempotency-Key": key}
        content = json.dumps({name: value for name, value in body.items() if value is not None}, ensure_ascii=False).encode()
        for _ in range(TRY_COUNT_MAX):
            try:
                connection.request("POST", path, content, headers)
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                answer = None
            with self.lock:
                self.request_count += 1
                if answer is None or answer.status >= 500 or answer.status == 429:
                    self.repeat_count += 1
                    continue
            problem = json.loads(text)
            if answer.status not in (200, 201):
                raise Refusal(step, answer.status, problem.get("reason", ""), problem.get("field", ""))
            return problem
        raise Refusal(step, 503, "NO_ANSWER", "")

    def _add_product(self, connection, item):
        sku, record = item
        self._post(connection, "product", "/v1/products", {
            "sku": sku, "name": cut(f"{record['product_category']}, {record['brand'] or 'no brand'}", 200),
            "category": record["product_category"], "brand": cut(record["brand"], 100)}, f"product-{sku}")

    def _add_record(self, connection, record):
        try:
            self._post(connection, "unit", "/v1/units", {
                "serial": record["id"], "sku": make_sku(record["product_category"], record["brand"]),
                "purchase_date": make_purchase_date(record)}, f"unit-{record['id']}")
            claim = self._post(connection, "claim", "/v1/claims", {
                "claim_id": claim_id_of(record), "serial": record["id"], "cause": "unknown", "description": record["problem"],
                "report_date": record["event_date"]}, f"claim-{record['id']}")
            with self.lock:
                self.outcomes[claim["outcome"]] += 1
        except Refusal as refusal:
            with self.lock:
                self.errors.append((record["id"], *refusal.args))

    def report(self, duration_s, out=sys.stdout):
        """The table of outcomes, the kinds of errors, the rate."""
        total = sum(self.outcomes.values()) + len(self.errors)
        for outcome, count in sorted(self.outcomes.items()):
            print(f"  {outcome:<40}{count:>7,}", file=out)
        kinds = collections.Counter((step, reason, field) for _, step, _, reason, field in self.errors)
        for (step, reason, field), count in sorted(kinds.items()):
            print(f"  {f'error: {step} {reason} {field}':<40}{count:>7,}", file=out)
        print(f"  {'records':<40}{total:>7,}\n{self.request_count:,} requests over {self.connection_count} connections in "
              f"{duration_s:.1f} s, {self.request_count / duration_s:.0f}/s, {self.repeat_count} repeated", file=out)


def main():
    """The command line."""
    parser = argparse.ArgumentParser(description="Imports the Open Repair Alliance's records through the gateway.")
    parser.add_argument("url")
    parser.add_argument("csv", type=pathlib.Path)
    parser.add_argument("--keys", type=pathlib.Path, default=os.environ.get("AFTERCARE_KEYS", ROOT / ".run" / "keys"))
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--count", type=int, default=None)
    options = parser.parse_args()
    run = Import(options.url, Api(options.url, options.keys).token(*CALLER), options.connections)
    run.report(run.run(read_records(options.csv, options.count)))
    for error in run.errors:
        print(*error, sep="\t", file=sys.stderr)


if __name__ == "__main__":
    main()
