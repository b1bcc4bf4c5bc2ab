"""Claims to test with: an installation that decides, documents, and the ways of a claim."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import time
import uuid

from world import AGENT, make_name, make_product, make_unit

MANAGER, TECHNICIAN, INTEGRATION = "manager:mara", "technician:tim", "integration:shop"
HANDLER = "complaint_handler:hana"
ANNA = "customer:anna"
PNG = b"\x89PNG\r\n\x1a\n"


def start_daemons(stage, replicas=1, publish=None):
    """All that claims need: what keeps documents and the policy, a published policy, and then who decides by it."""
    for daemon in [stage.start(noun, wait=False) for noun in ("documents", "policy", "gateway")]:
        daemon.wait_ready()
    (publish or stage.publish_policy)()
    for daemon in [stage.start("warranty", wait=False) for _ in range(replicas)]:
        daemon.wait_ready()


def set_now(stage, text):
    """Lets business time be a moment, as "2026-11-02T10:00+01:00", and go on from there."""
    stage.set_clock(round(datetime.datetime.fromisoformat(text).timestamp() - time.time()))


def upload(web, caller=AGENT, content=None):
    """The document_id of a new document."""
    content = PNG + uuid.uuid4().bytes if content is None else content
    answer = web.call("POST", "/v1/documents", caller, content, key=str(uuid.uuid4()), Content_Type="image/png")
    assert answer.status == 201, answer
    return answer.json["document_id"]


def document(web, kind, caller=AGENT, **fields):
    """A document as a claim names it."""
    return {"document_id": upload(web, caller), "kind": kind} | fields


def make_sold(web, caller=AGENT, category="small_appliances", **fields):
    """The serial of a new unit of a new product, sold to a consumer in Germany."""
    sold = {"region": "DE", "channel": "online", "customer_class": "consumer", "condition": "new"}
    return make_unit(web, make_product(web, category), caller, **(sold | fields))


def photos(web, caller=AGENT):
    """What the checklist of an online sale asks for."""
    return [document(web, "fault_photo", caller), document(web, "serial_label_photo", caller)]


def file_claim(web, serial, caller=AGENT, expect=201, **fields):
    """The answer to a new claim, which must have this status."""
    body = {"serial": serial, "cause": "material_defect", "description": "It does not heat."} | fields
    answer = web.post("/v1/claims", caller, body)
    assert answer.status == expect, answer
    return answer.json


def do(web, claim, verb, caller=AGENT, expect=200, **fields):
    """The answer to a verb of a claim, which must have this status."""
    claim_id = claim if isinstance(claim, str) else claim["claim_id"]
    answer = web.post(f"/v1/claims/{claim_id}:{verb}", caller, fields)
    assert answer.status == expect, answer
    return answer.json


def find(web, claim, finding, caller=TECHNICIAN, has_report=True, expect=200, **fields):
    """The answer to a technician's finding, with a report unless it is to lack one."""
    evidence = [document(web, "technician_report", caller)] if has_report else []
    return do(web, claim, "record_finding", caller, expect, finding={"finding": finding, "evidence": evidence} | fields)


def read(web, claim, caller=AGENT):
    """The claim as it is now."""
    claim_id = claim if isinstance(claim, str) else claim["claim_id"]
    answer = web.get(f"/v1/claims/{claim_id}", caller)
    assert answer.status == 200, answer
    return answer.json


def told(decision):
    """(outcome, deciding clause, reason) of a decision."""
    return decision["outcome"], decision["deciding_clause_id"], decision["reason"]


def sentence(decision, language="en"):
    """The sentence for the customer."""
    return next(one["text"] for one in decision["sentences"] if one["language"] == language)


def computed(decision, name):
    """A value that the decision worked out, None where it did not."""
    return next((one["value"] for one in decision.get("computed", []) if one["name"] == name), None)


def needed(decision):
    """What is still to be given."""
    return [one["name"] for one in decision.get("needed", [])]


def new_serial():
    """A serial that nobody has."""
    return make_name("SN")


def refer(web):
    """A claim that the policy leaves to a person: dear, and otherwise in order."""
    serial = make_sold(web, delivery_date="2026-03-15", owner_id="anna", price_paid={"minor": 59900, "currency_code": "EUR"})
    claim = file_claim(web, serial, documents=photos(web))
    assert (claim["state"], claim["reason"]) == ("UNDER_REVIEW", "ABOVE_AUTOMATIC_LIMIT")
    return claim
