"""One customer's journey through the HTTP API, told in a few lines.

A washing machine is registered by its owner, is covered, and breaks down within its warranty; another one broke down
after it. Every line is an answer of the installation; the last ones are the events that its database holds.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import datetime
import os
import pathlib
import subprocess
import sys
import time
import uuid
import zoneinfo

import samples
from api import Api
from database import Server
from installation import ROOT, Trouble

CUSTOMER = ("customer", "anna")
AGENT = ("agent", "service-desk")
SKU = "WASHER-8"
YOUNG_DAYS = 60
OLD_DAYS = 3 * 365

EVENTS = ("SELECT event_time AT TIME ZONE 'UTC', type, aggregate_type, aggregate_id, aggregate_version, unit_serial"
          "  FROM events.outbox WHERE unit_serial IN (:'young', :'old') ORDER BY id")


class Journey:
    """Plays and tells it."""

    def __init__(self, api, server, out=sys.stdout):
        self.api = api
        self.server = server
        self.out = out

    def tell(self, title, text):
        """One line of the story."""
        print(f"  {title:<12}{text}", file=self.out)

    def play(self):
        """All of it. A refusal, or an answer that cannot be right, is Trouble."""
        samples.load_products(self.api)
        product = self.api.get(f"/v1/products/{SKU}")
        self.tell("product", f"{product['sku']}, {product['name']}, {product['category']}")
        mark = uuid.uuid4().hex[:8].upper()
        young = self.register(f"WM-{mark}-A", YOUNG_DAYS)
        old = self.register(f"WM-{mark}-B", OLD_DAYS)
        self.look_at_coverage(young)
        self.claim(young, "COVERED", "inside")
        self.claim(old, "NOT_COVERED", "after")
        self.show_events(young, old)

    def register(self, serial, age_days):
        """The customer registers a unit that was handed over some days ago."""
        today = self.today()
        body = {"serial": serial, "sku": SKU, "delivery_date": str(today - datetime.timedelta(days=age_days))}
        unit = self.api.post("/v1/units", CUSTOMER, body)
        self.tell("unit", f"{unit['serial']} registered by {unit['owner_id']}, delivered {unit['delivery_date']}")
        return serial

    def today(self):
        """The installation's day: its clock may be moved by a test clock's file."""
        clock = os.environ.get("AFTERCARE_TEST_CLOCK")
        offset_s = int(pathlib.Path(clock).read_text(encoding="ascii")) if clock else 0
        return datetime.datetime.fromtimestamp(time.time() + offset_s, zoneinfo.ZoneInfo("Europe/Berlin")).date()

    def look_at_coverage(self, serial):
        """The customer asks whether the unit is covered today."""
        answer = self.api.get(f"/v1/units/{serial}/coverage", CUSTOMER)
        expect(answer["outcome"], "COVERED", answer)
        self.tell("coverage", f"{serial} is COVERED until {answer['last_date']} under {answer['clause_id']}")

    def claim(self, serial, outcome, when):
        """The service desk takes a claim for the customer."""
        body = {"serial": serial, "cause": "material_defect", "description": "The drum does not turn any more.",
                "contact": {"name": "Anna Example", "email": "anna@example.com"}}
        claim = self.api.post("/v1/claims", AGENT, body)
        expect(claim["outcome"], outcome, claim)
        answer = self.api.get(f"/v1/claims/{claim['claim_id']}", CUSTOMER)
        self.tell("claim", f"{answer['claim_id']} for {serial}, reported {answer['report_date']}, {when} the period "
                           f"(until {answer['last_date']})")
        self.tell("", f"  {answer['state']}, {answer['outcome']} by {answer['clause_id']}")

    def show_events(self, young, old):
        """The rows of both units, as PostgreSQL has them."""
        asked = subprocess.run(
            ["psql", "--no-psqlrc", "-AtqF", "\t", "-v", f"young={young}", "-v", f"old={old}"], input=EVENTS,
            env=self.server.environment(), capture_output=True, text=True, check=False)
        if asked.returncode != 0:
            raise Trouble(f"psql: {asked.stderr.strip()}")
        rows = [line.split("\t") for line in asked.stdout.splitlines()]
        expect(len(rows), 4, rows)
        for i, (when, kind, aggregate, identity, version, _) in enumerate(rows):
            self.tell("" if i else "events", f"{when[:19]}Z  {kind:<28} {aggregate} {identity} version {version}")


def expect(found, wanted, answer):
    """What must be so for the journey to make sense."""
    if found != wanted:
        raise Trouble(f"the journey expected {wanted}, and was answered: {answer}")


def main():
    """Plays the journey against an installation that runs elsewhere, as in containers."""
    parser = argparse.ArgumentParser(description="Plays one customer's journey and prints it.")
    parser.add_argument("url", help="where the gateway is, as http://127.0.0.1:8080")
    parser.add_argument("database", help="libpq URL that may read events.outbox")
    parser.add_argument("--keys", type=pathlib.Path, default=os.environ.get("AFTERCARE_KEYS", ROOT / ".run" / "keys"))
    options = parser.parse_args()
    try:
        Journey(Api(options.url, options.keys), Server(options.database)).play()
    except Trouble as trouble:
        sys.exit(f"journey: {trouble}")


if __name__ == "__main__":
    main()
