"""A few claims through the HTTP API, told in a few lines, with the sentences that customers read.

Anna's kettle is covered and breaks: her claim is accepted, a technician finds traces of a fall, and her appeal changes what came
of that. Two more kettles broke when the company's own warranty had ended: one was sold to a business, one to a consumer, for whom
the law still answers. Every line is an answer of the installation; the last ones are the events that its database holds.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import datetime
import itertools
import json
import os
import pathlib
import subprocess
import sys
import textwrap
import time
import uuid
import zlib
import zoneinfo

import samples
from api import Api
from database import Server
from installation import ROOT, Trouble

ANNA, BERT = ("customer", "anna"), ("customer", "bert")
AGENT = ("agent", "service-desk")
SHOP = ("integration", "shop")
TIM, TESS = ("technician", "tim"), ("technician", "tess")
HANDLER = ("complaint_handler", "hana")
SKU = "KETTLE-17"
PRICE = {"minor": 3900, "currency_code": "EUR"}
YOUNG_DAYS = 60
LATE_DAYS = 500  # more than the year that the company promises, less than the two of the law
LANGUAGE = "en"
TEXT_COLUMNS = 104

EVENTS = ("SELECT aggregate_type, aggregate_id, aggregate_version, type FROM events.outbox"
          " WHERE unit_serial = ANY(:'serials'::text[]) ORDER BY unit_serial, aggregate_type DESC, aggregate_id, aggregate_version")


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
        self.show_policy()
        mark = uuid.uuid4().hex[:8].upper()
        young = self.sell(f"K-{mark}-A", YOUNG_DAYS, ANNA)
        self.look_at_coverage(young)
        self.misuse(young)
        company = self.sell(f"K-{mark}-B", LATE_DAYS, BERT, customer_class="business")
        self.late(company, BERT, "REJECTED", "DENIED", "warranty.period")
        consumer = self.sell(f"K-{mark}-C", LATE_DAYS, ANNA)
        claim = self.late(consumer, ANNA, "UNDER_REVIEW", "UNDETERMINED", "eu_consumer_sample.conformity")
        self.find(claim, TIM, "workmanship_defect", True, "APPROVED", "GRANTED", "eu_consumer_sample.conformity")
        self.show_events([young, company, consumer])

    # ---- what there is ----

    def show_policy(self):
        """The version in force, and a product."""
        day = str(self.today())
        versions = self.api.get("/v1/policies?state=PUBLISHED&page_size=500", AGENT)["policies"]
        policy = max((one for one in versions if one["effective_from"] <= day), key=lambda one: one["effective_from"], default=None)
        if policy is None:
            raise Trouble(f"no policy is in force on {day}")
        self.tell("policy", f"version {policy['version_number']}, {policy['title']}, in force since {policy['effective_from']}")
        product = self.api.get(f"/v1/products/{SKU}")
        self.tell("product", f"{product['sku']}, {product['name']}, {product['category']}")

    def sell(self, serial, age_days, customer, customer_class="consumer"):
        """The shop tells of a unit that was handed over some days ago."""
        delivered = self.today() - datetime.timedelta(days=age_days)
        unit = self.api.post("/v1/units", SHOP, {
            "serial": serial, "sku": SKU, "owner_id": customer[1], "delivery_date": str(delivered), "price_paid": PRICE,
            "region": "DE", "channel": "online", "customer_class": customer_class, "condition": "new"})
        self.tell("unit", f"{unit['serial']}, sold online in Germany to {unit['owner_id']}, a {unit['customer_class']}, "
                          f"delivered {unit['delivery_date']}")
        return serial

    def today(self):
        """The installation's day: its clock may be moved by a test clock's file."""
        clock = os.environ.get("AFTERCARE_TEST_CLOCK")
        offset_s = int(pathlib.Path(clock).read_text(encoding="ascii")) if clock else 0
        return datetime.datetime.fromtimestamp(time.time() + offset_s, zoneinfo.ZoneInfo("Europe/Berlin")).date()

    def look_at_coverage(self, serial):
        """The customer asks what covers the unit today."""
        answer = self.api.get(f"/v1/units/{serial}/coverage", ANNA)
        expect(answer["outcome"], "COVERED", answer)
        layers = {layer["clause_id"]: layer["last_date"] for layer in answer["layers"]}
        self.tell("coverage", answer["outcome"] + " by " + ", and by ".join(f"{clause} until {last}" for clause, last in layers.items()))

    # ---- claims ----

    def misuse(self, serial):
        """Accepted; in doubt; rejected; and accepted again, because the customer appealed."""
        claim = self.file(serial, ANNA, "It does not heat any more.", "APPROVED", "GRANTED", "warranty.period")
        clause = "warranty.exclusions.misuse"
        self.find(claim, TIM, "impact", False, "UNDER_REVIEW", "UNDETERMINED", clause)
        self.find(claim, TIM, "impact", True, "REJECTED", "DENIED", clause)
        reason = "It never fell. Please have somebody else look at it."
        self.tell("appeal", f"{ANNA[1]}: \"{reason}\"")
        self.do(claim, "appeal", ANNA, {"reason": reason})
        self.find(claim, TESS, "material_defect", True, "APPEALED", "GRANTED", "warranty.period")
        reason = "The dent is the mould's: the heater failed by itself."
        decided = self.do(claim, "decide_appeal", HANDLER, {"state": "APPROVED", "reason": reason})
        expect(decided["state"], "APPROVED", decided)
        self.tell("decided", f"{decided['state']} by {HANDLER[1]}, a complaint handler: \"{reason}\"")

    def late(self, serial, customer, *wanted):
        """The same fault, when the company's own warranty has ended."""
        return self.file(serial, customer, "The lid does not close.", *wanted)

    def file(self, serial, customer, description, *wanted):
        """A customer files a claim with what an online sale asks for; the claim_id."""
        body = {"serial": serial, "cause": "material_defect", "description": description,
                "contact": {"name": customer[1].title(), "email": f"{customer[1]}@example.com", "language": LANGUAGE},
                "documents": [self.upload(customer, kind, make_png(), "image/png") for kind in ("fault_photo", "serial_label_photo")]}
        claim = self.api.post("/v1/claims", customer, body)
        self.tell("claim", f"{customer[1]}, for {serial}: \"{description}\" {body['cause']}, with two photos")
        self.tell_decision(claim, *wanted)
        return claim["claim_id"]

    def find(self, claim_id, technician, finding, has_report, *wanted):
        """A technician says what they found, with a report or without."""
        report = f"Kettle of claim {claim_id}: {finding}.\n".encode()
        evidence = [self.upload(technician, "technician_report", report, "text/plain")] if has_report else []
        claim = self.do(claim_id, "record_finding", technician, {"finding": {"finding": finding, "evidence": evidence}})
        self.tell("finding", f"{technician[1]}, a technician: {finding}, {'with' if has_report else 'without'} a report")
        self.tell_decision(claim, *wanted)

    def do(self, claim_id, verb, caller, body):
        """The claim after a verb."""
        return self.api.post(f"/v1/claims/{claim_id}:{verb}", caller, body)

    def upload(self, caller, kind, content, media_type):
        """A document as a claim names it."""
        status, answer = self.api.call("POST", "/v1/documents", caller, content, kind=media_type)
        if status != 201:
            raise Trouble(f"a {kind} was answered {status}: {json.dumps(answer)}")
        return {"document_id": answer["document_id"], "kind": kind}

    def tell_decision(self, claim, state, outcome, clause):
        """Where the claim stands, what the policy says, and the sentence that the customer reads."""
        decision = claim["decision"]
        expect((claim["state"], decision["outcome"], decision["deciding_clause_id"]), (state, outcome, clause), claim)
        self.tell("", f"  {state}: {outcome} by {clause}")
        [text] = [sentence["text"] for sentence in decision["sentences"] if sentence["language"] == LANGUAGE]
        for line in textwrap.wrap(f"\"{text}\"", TEXT_COLUMNS):
            self.tell("", f"  {line}")

    # ---- what is kept ----

    def show_events(self, serials):
        """The events of the units and their claims, as PostgreSQL has them."""
        asked = subprocess.run(
            ["psql", "--no-psqlrc", "-AtqF", "\t", "-v", "serials={" + ",".join(serials) + "}"], input=EVENTS,
            env=self.server.environment(), capture_output=True, text=True, check=False)
        if asked.returncode != 0:
            raise Trouble(f"psql: {asked.stderr.strip()}")
        rows = [line.split("\t") for line in asked.stdout.splitlines()]
        title = "events"
        for (aggregate, identity), events in itertools.groupby(rows, lambda row: row[:2]):
            told = ", ".join(f"{version} {kind.rpartition('.')[2]}" for _, _, version, kind in events)
            self.tell(title, f"{aggregate} {identity}: {told}")
            title = ""
        expect(len({tuple(row[:2]) for row in rows}), 2 * len(serials), rows)


def make_png():
    """A picture of one point, unlike any other."""
    def part(kind, content):
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    header = part(b"IHDR", bytes([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]))
    name = part(b"tEXt", b"Title\0" + str(uuid.uuid4()).encode())
    return b"\x89PNG\r\n\x1a\n" + header + name + part(b"IDAT", zlib.compress(bytes([0, 200, 60, 20]))) + part(b"IEND", b"")


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
