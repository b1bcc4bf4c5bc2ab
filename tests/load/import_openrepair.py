#!/usr/bin/python3
"""Takes the Open Repair Alliance's records in through the gateway: products, units and claims, as an integration would.

    import_openrepair.py URL CSV [--keys DIR] [--connections 32] [--count N]

A record becomes a product (its category and brand), a unit (its id is the serial; bought `product_age` years before the event,
where the record has an age) and a claim with a photo of the fault (its problem's text, reported on the day of the event). Where
the thing was worn out, a technician's finding says so. tests/data/openrepair_mapping.csv says which of our codes stands for
which word of theirs. What is refused becomes a line of the error report; what is unknown is asked again with the same key. Run
twice, it changes nothing the second time.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import collections
import csv
import datetime
import hashlib
import http.client
import json
import math
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
MAPPING = ROOT / "tests" / "data" / "openrepair_mapping.csv"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://openrepair.org/open-data/")
SALE = {"channel": "shop", "customer_class": "consumer", "condition": "new", "price_paid": {"minor": 10000, "currency_code": "EUR"}}
PNG = b"\x89PNG\r\n\x1a\n"
TRY_COUNT_MAX = 50
SKU_SLUG_LENGTH = 40


# ---- records ----

def read_records(path, count=None):
    """The records as dicts, texts as they are in the file."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))[:count]


class Mapping:
    """Our codes for their words: {field: {value: {ours: code}}}, "*" for every other value."""

    def __init__(self, path=MAPPING):
        self.rows = collections.defaultdict(lambda: collections.defaultdict(dict))
        for row in read_records(path):
            self.rows[row["field"]][row["value"]][row["ours"]] = row["code"]

    def codes(self, record):
        """{category, region, cause, finding?} of a record."""
        codes = {}
        for field, values in self.rows.items():
            codes |= values[record[field]] if record[field] in values else values["*"]
        return codes


def make_sku(category, brand):
    """A readable code that differs wherever category or brand do."""
    slug = re.sub(r"[^a-z0-9]+", "-", f"{category} {brand}".lower()).strip("-")[:SKU_SLUG_LENGTH].rstrip("-")
    return f"{slug}-{hashlib.sha256(f'{category}|{brand}'.encode()).hexdigest()[:8]}"


def make_name(record):
    """What the product is called, at most 200 bytes."""
    return cut(f"{record['product_category']}, {record['brand'] or 'no brand'}", 200)


def cut(text, size_bytes):
    """The beginning of a text that fits, no character torn."""
    return text.encode()[:size_bytes].decode(errors="ignore")


def make_purchase_date(record):
    """Whole months before the event, the day cut to the month's last; None where the record has no age. Ages are years, some
    with halves."""
    if not record["product_age"]:
        return None
    event = datetime.date.fromisoformat(record["event_date"])
    months = event.year * 12 + event.month - 1 - math.floor(12 * float(record["product_age"]))
    first = datetime.date(months // 12, months % 12 + 1, 1)
    following = (first + datetime.timedelta(days=31)).replace(day=1)
    return min(first + datetime.timedelta(days=event.day - 1), following - datetime.timedelta(days=1)).isoformat()


def claim_id_of(record):
    """The same for each run, so that a second one repeats the first."""
    return str(uuid.uuid5(NAMESPACE, record["id"]))


# ---- the import ----

class Refusal(Exception):
    """What the installation did not take: step, status, reason, field."""


class Import:
    """One run. Each step goes over all its records before the next begins, and notes how long it took."""

    def __init__(self, url, token, connection_count):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port or 80
        self.token = token
        self.connection_count = connection_count
        self.mapping = Mapping()
        self.claims = {}  # id of the record: the claim as it was answered last
        self.errors = []  # (id of the record, step, status, reason, field)
        self.rates = []  # (step, how many, seconds)
        self.repeat_count = 0
        self.request_count = 0
        self.lock = threading.Lock()

    def run(self, records):
        """All steps; answers the seconds they took."""
        begin = time.monotonic()
        self.add_products(records)
        self.add_units(records)
        self.add_claims(records)
        self.add_findings(records)
        return time.monotonic() - begin

    def add_products(self, records):
        """One for each category and brand."""
        products = {make_sku(record["product_category"], record["brand"]): record for record in records}
        self._step("products", list(products.values()), self._add_product)

    def add_units(self, records):
        """One for each record."""
        self._step("units", records, self._add_unit)

    def add_claims(self, records):
        """One for each record whose unit is there: first the photos, then the claims, which are decided at once."""
        failed = {error[0] for error in self.errors if error[1] == "unit"}
        records = [record for record in records if record["id"] not in failed]
        photos = {}
        self._step("photos", records, lambda connection, record: photos.update(
            {record["id"]: self._upload(connection, record, "fault_photo")}))
        self._step("claims", records, lambda connection, record: self._add_claim(connection, record, photos[record["id"]]))

    def add_findings(self, records):
        """What a technician found, with a report, for each claim that still waits for something."""
        found = [record for record in records if self.mapping.codes(record).get("finding")
                 and self.claims.get(record["id"], {}).get("state", "REJECTED") != "REJECTED"]
        self._step("findings", found, self._add_finding)

    def add_proofs(self, records, make_date):
        """A proof of purchase with the day that `make_date` says of a record."""
        self._step("proofs", records, lambda connection, record: self._add_proof(connection, record, make_date(record)))

    def _step(self, step, things, work):
        todo, failures = queue.SimpleQueue(), []
        for thing in things:
            todo.put(thing)

        def serve():
            connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
            try:
                while not failures:
                    self._try(work, connection, todo.get_nowait())
            except queue.Empty:
                pass
            except BaseException as error:  # pylint: disable=broad-except
                failures.append(error)
            finally:
                connection.close()

        begin = time.monotonic()
        threads = [threading.Thread(target=serve) for _ in range(self.connection_count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failures:
            raise failures[0]
        self.rates.append((step, len(things), time.monotonic() - begin))

    def _try(self, work, connection, record):
        try:
            work(connection, record)
        except Refusal as refusal:
            with self.lock:
                self.errors.append((record["id"], *refusal.args))

    def _post(self, connection, step, path, body, key, kind="application/json"):
        """The answer's body; a Refusal where it is a definite no."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind, "Idempotency-Key": key}
        if not isinstance(body, bytes):
            body = json.dumps({name: value for name, value in body.items() if value is not None}, ensure_ascii=False).encode()
        for _ in range(TRY_COUNT_MAX):
            try:
                connection.request("POST", path, body, headers)
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
            found = json.loads(text)
            if answer.status not in (200, 201):
                raise Refusal(step, answer.status, found.get("reason", ""), found.get("field", ""))
            return found
        raise Refusal(step, 503, "NO_ANSWER", "")

    # ---- one record ----

    def _add_product(self, connection, record):
        sku = make_sku(record["product_category"], record["brand"])
        self._post(connection, "product", "/v1/products", {
            "sku": sku, "name": make_name(record), "category": self.mapping.codes(record)["category"],
            "brand": cut(record["brand"], 100)}, f"product-{sku}")

    def _add_unit(self, connection, record):
        self._post(connection, "unit", "/v1/units", SALE | {
            "serial": record["id"], "sku": make_sku(record["product_category"], record["brand"]),
            "region": self.mapping.codes(record)["region"], "purchase_date": make_purchase_date(record)}, f"unit-{record['id']}")

    def _upload(self, connection, record, kind):
        """A document as a claim names it. Its content is the record's own: no two are alike."""
        content = PNG + f"{kind} of {record['id']}".encode()
        made = self._post(connection, kind, "/v1/documents", content, f"{kind}-{record['id']}", "image/png")
        return {"document_id": made["document_id"], "kind": kind}

    def _add_claim(self, connection, record, photo):
        self._keep(record, self._post(connection, "claim", "/v1/claims", {
            "claim_id": claim_id_of(record), "serial": record["id"], "cause": self.mapping.codes(record)["cause"],
            "description": record["problem"], "at_date": record["event_date"], "documents": [photo]}, f"claim-{record['id']}"))

    def _add_finding(self, connection, record):
        finding = {"finding": self.mapping.codes(record)["finding"], "description": record["repair_barrier_if_end_of_life"],
                   "evidence": [self._upload(connection, record, "technician_report")]}
        self._keep(record, self._post(connection, "finding", f"/v1/claims/{claim_id_of(record)}:record_finding",
                                      {"finding": finding}, f"finding-{record['id']}"))

    def _add_proof(self, connection, record, date):
        proof = self._upload(connection, record, "proof_of_purchase") | {"document_date": date}
        self._keep(record, self._post(connection, "proof", f"/v1/claims/{claim_id_of(record)}:add_document",
                                      {"document": proof}, f"proof-{record['id']}"))

    def _keep(self, record, claim):
        with self.lock:
            self.claims[record["id"]] = claim

    # ---- what came of it ----

    def report(self, out=sys.stdout):
        """The table of outcome and clause, the kinds of errors, the rates."""
        counts = collections.Counter((claim["outcome"], claim["deciding_clause_id"], claim["reason"])
                                     for claim in self.claims.values())
        for (outcome, clause, reason), count in sorted(counts.items()):
            print(f"  {outcome:<14}{clause:<32}{reason:<20}{count:>7,}", file=out)
        kinds = collections.Counter((step, reason, field) for _, step, _, reason, field in self.errors)
        for (step, reason, field), count in sorted(kinds.items()):
            print(f"  {f'refused: {step} {reason} {field}':<66}{count:>7,}", file=out)
        for step, count, duration_s in self.rates:
            if count:
                print(f"  {step:<14}{count:>7,} in {duration_s:>6.1f} s, {count / duration_s:>6.0f}/s", file=out)
        print(f"  {self.request_count:,} requests over {self.connection_count} connections, {self.repeat_count} repeated", file=out)


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
    run.run(read_records(options.csv, options.count))
    run.report()
    for error in run.errors:
        print(*error, sep="\t", file=sys.stderr)


if __name__ == "__main__":
    main()
