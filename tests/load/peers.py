"""The peers: other programs that do the same work with the same database, and whether they do.

    fastify   Fastify and node-postgres, tests/load/peers/fastify
    go        net/http and pgx, tests/load/peers/go

What an answer looks like they are told by shapes: answers of Aftercare in which the values of one unit are named. So they write the
same bytes whatever the policy says, without deciding anything: they compute the dates and look nothing up. What Aftercare packs for
its tables they store too, with identities of their own put in.
"""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import uuid

import stock
from api import Api
from installation import Trouble
from run import choose_port

HERE = pathlib.Path(__file__).resolve().parent / "peers"
GERMAN = ["Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"]
ENGLISH = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
MASKS = [(UUID, "<id>"), (re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)"), "<time>"),
         (re.compile(r'("input_digest": ?)"[^"]{44}"'), r'\1"<digest>"')]
SIZES_DIFFER_MAX = 32  # bytes: days and times are of different lengths
SHOWN_BEFORE, SHOWN_MAX = 40, 300
CLAIM = {"cause": "material_defect", "description": "It does not heat any more.",
         "contact": {"name": "Anna Example", "language": "en"}}

FACT = "SELECT fact_id::text FROM warranty.unit_facts WHERE serial = %s"
PACKED = """
    SELECT d.record, e.payload, i.response FROM warranty.claims c JOIN warranty.decisions d USING (claim_id)
      JOIN (SELECT aggregate_id, payload FROM events.outbox UNION SELECT aggregate_id, payload FROM events.log) e
        ON e.aggregate_id = c.claim_id::text, warranty.idempotency i
     WHERE c.claim_id = %s AND i.key = %s
"""
EFFECT = """
    SELECT jsonb_build_object('claim', to_jsonb(c), 'decision', to_jsonb(d) - 'record',
                              'timers', (SELECT jsonb_agg(to_jsonb(t) - 'lease_time') FROM warranty.timers t WHERE t.aggregate_id = %(claim)s),
                              'event', to_jsonb(e) - 'payload' - 'trace',
                              'key', to_jsonb(i) - 'response' - 'fingerprint', 'unit_version', u.version)::text,
           ARRAY[octet_length(d.record), octet_length(e.payload), octet_length(i.response), octet_length(i.fingerprint)]
      FROM warranty.claims c JOIN warranty.decisions d USING (claim_id) JOIN warranty.units u USING (serial)
      JOIN (SELECT event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, unit_serial, principal, trace,
                   payload FROM events.outbox
            UNION SELECT event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, unit_serial, principal,
                   trace, payload FROM events.log) e ON e.aggregate_id = c.claim_id::text, warranty.idempotency i
     WHERE c.claim_id = %(claim)s::uuid AND i.key = %(key)s
"""


# ---- shapes ----

def put_names(value, whole, within):
    """A copy in which texts that are values of the unit are names: of `whole` texts, and of parts `within` them."""
    if isinstance(value, dict):
        return {name: put_names(part, whole, within) for name, part in value.items()}
    if isinstance(value, list):
        return [put_names(part, whole, within) for part in value]
    if isinstance(value, str):
        if value in whole:
            return f"{{{whole[value]}}}"
        for text, name in within.items():
            value = value.replace(text, f"{{{name}}}")
    return value


def name_numbers(value, minor):
    """In place: numbers that are values of the unit."""
    if isinstance(value, dict):
        if value.get("minor") == minor:
            value["minor"], value["currency_code"] = "{price_minor#}", "{price_currency}"
        if value.get("name") == "remaining_days":
            value["value"]["number"] = "{remaining#}"
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else []:
        name_numbers(part, minor)


def print_day(date, form):
    """In words."""
    year, month, day = map(int, date.split("-"))
    return f"{day}. {GERMAN[month - 1]} {year}" if form == "de" else f"{ENGLISH[month - 1]} {day}, {year}"


def make_shape(answer, unit, fact_id, category):
    """An answer about a unit with its values named."""
    whole = {unit["region"]: "region", unit["channel"]: "channel", unit["customer_class"]: "customer_class",
             unit["condition"]: "condition", category: "category", unit["owner_id"]: "owner_id"}
    within = {unit["serial"]: "serial", unit["sku"]: "sku", unit["delivery_date"]: "start", unit["last_cover_date"]: "law_last",
              fact_id: "fact_id", unit["create_time"]: "record_time"}
    decision = answer.get("decision")
    if decision:
        last = next(layer["last_date"] for layer in decision["entitlements"] if layer["layer"] == "COMMERCIAL")
        within = {decision["decide_time"]: "now", decision["decide_time"][:19] + "Z": "now_second"} | within
        within |= {decision["decision_id"]: "decision_id", decision["input_digest"]: "digest", last: "company_last",
                   decision["at_date"]: "today", print_day(last, "de"): "company_last_de", print_day(last, "en"): "company_last_en"}
    if "claim_id" in answer:
        within = {answer["contact"]["email"]: "contact_email", answer["claim_id"]: "claim_id"} | within
    made = put_names(answer, whole, within)
    name_numbers(made, unit["price_paid"]["minor"])
    if "claim_id" in answer:
        made |= {"cause": "{cause}", "description": "{description}"}
        made["contact"] |= {"name": "{contact_name}", "language": "{contact_language}"}
    return made


def make_packed(content, names):
    """A packed message, and where the values stand."""
    holes = []
    for text, name in names.items():
        holes += [[found.start(), name] for found in re.finditer(re.escape(text.encode()), content)]
    return {"hex": content.hex(), "holes": holes}


def make_claim(serial):
    """What a customer sends."""
    return CLAIM | {"serial": serial, "contact": CLAIM["contact"] | {"email": f"anna-{serial}@example.com"}}


def make_shapes(api, execute):
    """All that peers are told of answers and packed messages, from one claim for one unit."""
    serial, key = str(stock.FIRST + 6), f"shape-{uuid.uuid4()}"
    unit = api.get(f"/v1/units/{serial}", stock.CALLER)
    category = api.get(f"/v1/products/{unit['sku']}", stock.CALLER)["category"]
    fact_id = execute(FACT, serial)[0]
    claim = api.post("/v1/claims", stock.CALLER, make_claim(serial), key)
    coverage = api.get(f"/v1/units/{serial}/coverage", stock.CALLER)
    names = {claim["claim_id"]: "claim_id", claim["decision"]["decision_id"]: "decision_id", fact_id: "fact_id",
             claim["contact"]["email"]: "contact_email", serial: "serial"}
    record, event, response = (make_packed(bytes(part), names) for part in execute(PACKED, claim["claim_id"], key))
    shape = make_shape(unit, unit, fact_id, category) | {"version": "{version#}"}
    return {"coverage": make_shape(coverage, unit, fact_id, category), "claim": make_shape(claim, unit, fact_id, category),
            "unit": shape, "record": record, "event": event, "response": response, "decide_by": claim["decide_by"]}


# ---- processes ----

class Peer:
    """One process of a peer."""

    def __init__(self, name, folder, shared):
        self.name = name
        self.folder = folder
        self.shared = shared
        self.port = None
        self.connections = None
        self.process = None

    def start(self, connections, cores=None):
        """Starts it with so many connections to the database; waits until it is ready."""
        self.port = choose_port(0)
        self.connections = connections
        path = self.folder / f"{self.name}.json"
        path.write_text(json.dumps(self.shared | {"port": self.port, "connections": connections}, ensure_ascii=False, separators=(",", ":")),
                        encoding="utf-8")
        command = ["node", self.folder / "fastify" / "server.js", path] if self.name == "fastify" else [self.folder / "go-server", path]
        environment = os.environ | {"NODE_ENV": "production"} | ({"GOMAXPROCS": str(cores)} if cores else {})
        with open(self.folder / f"{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "--", *command], stdout=subprocess.PIPE, stderr=log,
                                            env=environment)
        if self.process.stdout.readline() != b"ready\n":
            raise Trouble(f"the peer {self.name} did not start; see {self.folder / self.name}.log")

    def stop(self):
        """Ends it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            self.process.stdout.close()
            self.process = None


def build(folder):
    """Both peers: modules of the lock file for one, Debian's packages for the other. Nothing is fetched for Go."""
    place = folder / "fastify"
    shutil.copytree(HERE / "fastify", place, dirs_exist_ok=True)
    installed = place / "installed.json"  # the lock file that the modules are of
    if not installed.exists() or installed.read_bytes() != (place / "package-lock.json").read_bytes():
        subprocess.run(["npm", "ci", "--omit=dev", "--no-audit", "--no-fund", "--silent"], cwd=place, check=True)
        shutil.copy(place / "package-lock.json", installed)
    environment = os.environ | {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "CGO_ENABLED": "0",
                                "GOCACHE": str(folder / "go-cache")}
    subprocess.run(["go", "build", "-o", folder / "go-server", "."], cwd=HERE / "go", check=True, env=environment)


def read_sql(name):
    """A statement of both peers, without its comments."""
    text = (HERE / f"{name}.sql").read_text(encoding="utf-8")
    return " ".join(re.sub(r"--[^\n]*", "", text).split())


def make_peers(folder, installation, server, shapes):
    """Both, not started yet."""
    build(folder)
    parameters = server.parameters | {"user": "warranty_service"}
    shared = shapes | {
        "jwks": str(installation.keys / "jwks.json"), "installation_key": str(installation.keys / "installation.key"),
        "database": {"host": parameters["host"], "user": parameters["user"], "database": parameters["dbname"]},
        "database_text": " ".join(f"{name}={value}" for name, value in parameters.items()),
        "statements": {name: read_sql(name) for name in ("read_unit", "list_units", "create_claim")},
    }
    return {name: Peer(name, folder, shared) for name in ("fastify", "go")}


# ---- whether they do the same ----

def mask(text):
    """What differs from answer to answer is hidden."""
    for pattern, word in MASKS:
        text = pattern.sub(word, text)
    return text


def ask(port, keys, method, path, body=None, key=None):
    """(status, masked text, answer)."""
    api = RawApi(f"http://127.0.0.1:{port}", keys)
    status, text = api.call(method, path, stock.CALLER, body, key)
    return status, mask(text), json.loads(text)


class RawApi(Api):
    """Answers as texts."""

    tokens_of = {}

    def __init__(self, url, keys):
        super().__init__(url, keys)
        self.tokens = self.tokens_of

    def call(self, method, path, caller=None, body=None, key=None, kind="application/json"):
        """(status, text)."""
        headers = {"Authorization": "Bearer " + self.token(*caller)}
        if body is not None:
            headers |= {"Content-Type": kind, "Idempotency-Key": key}
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        return answer.status, text


def check_same(port, peers, keys, execute, count):
    """Trouble where a peer answers or stores anything else than Aftercare does."""
    serials = [str(stock.FIRST + place * (count - 1) // 9) for place in range(10)]
    paths = [f"/v1/units/{serial}/coverage" for serial in serials] + ["/v1/units?page_size=50"]
    for peer in peers.values():
        for path in paths:
            expect(peer, path, ask(port, keys, "GET", path)[:2], ask(peer.port, keys, "GET", path)[:2])
        for serial in serials:
            ours, theirs = (file_claim(place, keys, execute, serial) for place in (port, peer.port))
            expect(peer, f"a claim for {serial}", ours[:2], theirs[:2])
            if any(abs(wanted - found) > SIZES_DIFFER_MAX for wanted, found in zip(ours[2], theirs[2])):
                raise Trouble(f"the peer {peer.name} stores {theirs[2]} bytes, Aftercare {ours[2]}")


def file_claim(port, keys, execute, serial):
    """(answer, rows, sizes of what is packed), masked."""
    key = f"same-{uuid.uuid4()}"
    status, text, answer = ask(port, keys, "POST", "/v1/claims", make_claim(serial), key)
    if status != 201:
        return (status, text), "", []
    rows, sizes = execute(EFFECT, claim=answer["claim_id"], key=key)
    return (status, text), mask(rows), sizes


def expect(peer, what, wanted, found):
    """Equal, or Trouble."""
    if wanted != found:
        wanted, found = str(wanted), str(found)
        at = max(0, len(os.path.commonprefix([wanted, found])) - SHOWN_BEFORE)
        raise Trouble(f"the peer {peer.name} does not do the same, {what}:\nAftercare: ...{wanted[at:at + SHOWN_MAX]}\n"
                      f"{peer.name}: ...{found[at:at + SHOWN_MAX]}")

