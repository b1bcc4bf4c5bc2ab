"""Who may call what, of the methods that cases are made with (access.py says how), and what a link opens."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import json
import uuid

import pytest

import access
import first_policy
import wire
from access import OWNER, STRANGER
from claims import PNG, document, do, file_claim
from tokens import make_link
from world import make_name, make_product, make_unit

STAGE = {"documents": 1, "events": 1, "policy": 1}
ROWS = b"serial,sku\nS,there is no such product\n"
YAML, PNG_TYPE, CSV = "application/yaml", "image/png", "text/csv"
POLICY_OWNER = "policy_owner:paula"
POLICY = first_policy.pack().encode()
RECALL = {"first_serial": "A", "last_serial": "B", "title": "t", "instruction": "i"}


class Things:
    """One of each, owned by `owner`; new for each call that uses them up."""

    def __init__(self, web, owner):
        self.web, self.owner = web, owner
        self.sku = make_product(web)
        self.photo = document(web, "fault_photo", f"customer:{owner}")
        self.serial = self.new_unit()
        self.claim_id = self.new_claim(self.serial)
        self.recall_id = self.new_recall()
        made = web.call("POST", "/v1/imports/units", "agent:desk", ROWS, Content_Type="text/csv")
        assert made.status == 201, made
        self.import_id = made.json["import_id"]
        self.draft_id = self.version = None
        self.day = datetime.date(2090, 1, 1)

    def new_unit(self, minor=5900, **fields):
        """A unit of the owner's that nobody has claimed for."""
        sold = {"region": "DE", "channel": "shop", "customer_class": "business", "condition": "new", "delivery_date": "2026-01-01",
                "owner_id": self.owner, "price_paid": {"minor": minor, "currency_code": "EUR"}}
        return make_unit(self.web, self.sku, **(sold | fields))

    def new_claim(self, serial=None, **fields):
        """A claim that the policy leaves to a person, as the unit was dear."""
        fields = {"at_date": "2026-06-01", "documents": [self.photo]} | fields
        return file_claim(self.web, serial or self.new_unit(59900), **fields)["claim_id"]

    def approved(self):
        """A claim that the policy approved."""
        return self.new_claim(self.new_unit())

    def rejected(self):
        """A claim that the policy rejected, as the unit is old."""
        return self.new_claim(self.new_unit(delivery_date="2010-01-01"))

    def appealed(self):
        """One that the owner appealed."""
        return do(self.web, self.rejected(), "appeal", f"customer:{self.owner}", reason="r")["claim_id"]

    def in_fulfilment(self):
        """One that is being repaired."""
        return do(self.web, self.approved(), "fulfil", fulfilment={"remedy": "REPAIR"})["claim_id"]

    def new_recall(self):
        """An open recall of the product."""
        answer = self.web.post("/v1/recalls", "manager:mara", RECALL | {"sku": self.sku})
        assert answer.status == 201, answer
        return answer.json["recall_id"]

    def new_staff(self):
        """The subject of a member of staff."""
        answer = self.web.post("/v1/staff", "administrator:root", {"subject": make_name("staff"), "role": "AGENT"})
        assert answer.status == 201, answer
        return answer.json["subject"]

    def draft(self):
        """A policy that is not published; as reading one takes long, the one before where it still is."""
        if self.draft_id is None or self.state_of(self.draft_id) != "DRAFT":
            answer = self.web.call("POST", "/v1/policies", POLICY_OWNER, POLICY, Content_Type=YAML)
            assert answer.status == 201, answer
            self.draft_id = answer.json["policy_id"]
        return self.draft_id

    def coming(self):
        """The number of a version that is not in force yet; the one before where it still is."""
        if self.version is None or self.state_of(self.version) != "PUBLISHED":
            answer = self.web.post(f"/v1/policies/{self.draft()}:publish", POLICY_OWNER, {"effective_from": self.next_day()})
            assert answer.status == 200, answer
            self.version = answer.json["version_number"]
        return self.version

    def state_of(self, policy_id):
        """What has become of a policy; None once it is deleted."""
        return self.web.get(f"/v1/policies/{policy_id}", POLICY_OWNER).json.get("state")

    def next_day(self):
        """A day after all on which a version takes effect."""
        self.day += datetime.timedelta(days=1)
        return str(self.day)


# For each method: (path, body) of a call that concerns the things, and its media type where that is not JSON.
CALLS = {
    "CreateProduct": lambda it: ("/v1/products", {"sku": make_name("SKU"), "name": "n", "category": "small_appliances"}),
    "GetProduct": lambda it: (f"/v1/products/{it.sku}", None),
    "ListProducts": lambda it: ("/v1/products?page_size=1", None),
    "UpdateProduct": lambda it: (f"/v1/products/{it.sku}", {"name": "n", "category": "small_appliances"}),
    "RegisterUnit": lambda it: ("/v1/units", {"serial": make_name("SN"), "sku": it.sku, "owner_id": it.owner}),
    "GetUnit": lambda it: (f"/v1/units/{it.serial}", None),
    "ListUnits": lambda it: ("/v1/units?page_size=500", None),
    "ListExpiringUnits": lambda it: ("/v1/units:expiring?before=2100-01-01&page_size=500", None),
    "TransferUnit": lambda it: (f"/v1/units/{it.new_unit()}:transfer", {"owner_id": "vera"}),
    "ClaimOwnership": lambda it: (f"/v1/units/{it.new_unit(owner_id='', order_number='O-1')}:claim_ownership", {"order_number": "O-1"}),
    "AddUnitFact": lambda it: (f"/v1/units/{it.new_unit()}/facts", {"kind": "INSTALLED", "date": "2026-02-01"}),
    "GetCoverage": lambda it: (f"/v1/units/{it.serial}/coverage", None),
    "GetUnitHistory": lambda it: (f"/v1/units/{it.serial}/history", None),
    "GetCertificate": lambda it: (f"/v1/units/{it.serial}/certificate", None),
    "CreateRecall": lambda it: ("/v1/recalls", RECALL | {"sku": it.sku}),
    "GetRecall": lambda it: (f"/v1/recalls/{it.recall_id}", None),
    "ListRecalls": lambda it: ("/v1/recalls?page_size=1", None),
    "CloseRecall": lambda it: (f"/v1/recalls/{it.new_recall()}:close", {}),
    "ImportUnits": lambda it: ("/v1/imports/units", ROWS, CSV),
    "GetImport": lambda it: (f"/v1/imports/{it.import_id}", None),
    "ListImports": lambda it: ("/v1/imports", None),
    "ListImportErrors": lambda it: (f"/v1/imports/{it.import_id}/errors", None),
    "CreateClaim": lambda it: ("/v1/claims", {"serial": it.serial, "cause": "unknown", "description": "y"}),
    "GetClaim": lambda it: (f"/v1/claims/{it.claim_id}", None),
    "ListClaims": lambda it: ("/v1/claims?page_size=500", None),
    "GetClaimDecisions": lambda it: (f"/v1/claims/{it.claim_id}/decisions", None),
    "GetClaimDocument": lambda it: (f"/v1/claims/{it.claim_id}/documents/{it.photo['document_id']}", None),
    "SubmitClaim": lambda it: (f"/v1/claims/{it.new_claim(draft=True)}:submit", {}),
    "AddDocument": lambda it: (f"/v1/claims/{it.new_claim(documents=[])}:add_document", {"document": it.photo}),
    "RecordFinding": lambda it: (f"/v1/claims/{it.new_claim()}:record_finding", {"finding": {"finding": "impact"}}),
    "ApproveClaim": lambda it: (f"/v1/claims/{it.new_claim()}:approve", {"reason": "r"}),
    "RejectClaim": lambda it: (f"/v1/claims/{it.new_claim()}:reject", {"reason": "r"}),
    "WithdrawClaim": lambda it: (f"/v1/claims/{it.new_claim()}:withdraw", {}),
    "AppealClaim": lambda it: (f"/v1/claims/{it.rejected()}:appeal", {"reason": "r"}),
    "DecideAppeal": lambda it: (f"/v1/claims/{it.appealed()}:decide_appeal", {"reason": "r", "state": "REJECTED"}),
    "OverrideClaim": lambda it: (f"/v1/claims/{it.new_claim()}:override", {"reason": "r", "state": "REJECTED"}),
    "FulfilClaim": lambda it: (f"/v1/claims/{it.approved()}:fulfil", {"fulfilment": {"remedy": "REPAIR"}}),
    "SettleClaim": lambda it: (f"/v1/claims/{it.in_fulfilment()}:settle", {}),
    "CloseClaim": lambda it: (f"/v1/claims/{it.rejected()}:close", {}),
    "ListWork": lambda it: ("/v1/work", None),
    "GetMe": lambda it: ("/v1/me", None),
    "CreatePolicy": lambda it: ("/v1/policies", POLICY, YAML),
    "UpdatePolicy": lambda it: (f"/v1/policies/{it.draft()}", POLICY, YAML),
    "DeletePolicy": lambda it: (f"/v1/policies/{it.draft()}", None),
    "GetPolicy": lambda it: ("/v1/policies/1", None),
    "ListPolicies": lambda it: ("/v1/policies?page_size=1", None),
    "CheckPolicy": lambda it: ("/v1/policies/1:check", {}),
    "PublishPolicy": lambda it: (f"/v1/policies/{it.draft()}:publish", {"effective_from": it.next_day()}),
    "RevokePolicy": lambda it: (f"/v1/policies/{it.coming()}:revoke", {"reason": "r"}),
    "DiffPolicy": lambda it: (f"/v1/policies/{it.draft()}:diff?against=1", None),
    "GetPublishedPolicy": lambda it: ("/policy?format=text&clause=warranty.period", None),
    "CreateStaffMember": lambda it: ("/v1/staff", {"subject": make_name("staff"), "role": "AGENT"}),
    "GetStaffMember": lambda it: (f"/v1/staff/{it.new_staff()}", None),
    "ListStaff": lambda it: ("/v1/staff?page_size=1", None),
    "UpdateStaffMember": lambda it: (f"/v1/staff/{it.new_staff()}", {"role": "TECHNICIAN"}),
    "DeleteStaffMember": lambda it: (f"/v1/staff/{it.new_staff()}", None),
    "CreateDocument": lambda it: ("/v1/documents", PNG + uuid.uuid4().bytes, PNG_TYPE),
    "GetDocument": lambda it: (f"/v1/documents/{it.photo['document_id']}", None),
    "GetDocumentContent": lambda it: (f"/v1/documents/{it.photo['document_id']}/content", None),
    "ListEvents": lambda it: ("/v1/events?limit=1", None),
    "GetEventSchema": lambda it: ("/v1/events/schema", None),
    "CreateEventTicket": lambda it: ("/v1/events:ticket", {}),
}
METHODS = access.methods("CASES")


@pytest.fixture(scope="module")
def things(web):
    """Things of the owner."""
    return Things(web, OWNER)


def test_the_matrices_know_every_method():
    assert set(CALLS) == set(METHODS)
    assert sorted(noun for nouns in access.PARTS.values() for noun in nouns) == sorted(wire.CONTRACTS)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_lets_in_exactly_the_roles_it_names(web, stage, things, name):
    assert not access.find_wrong(web, stage, METHODS[name], lambda: CALLS[name](things))


@pytest.mark.parametrize("name,plural", [("ListUnits", "units"), ("ListClaims", "claims")])
def test_a_list_shows_customers_their_own_only(web, name, plural):
    mine, others = Things(web, make_name("me")), Things(web, make_name("other"))
    rows = access.ask(web, METHODS[name], CALLS[name](mine), f"customer:{mine.owner}").json[plural]
    assert rows and {row["owner_id"] for row in rows} == {mine.owner}
    for filters in (f"serial={others.serial}", f"sku={others.sku}"):
        answer = web.get(f"/v1/{plural}?{filters}", f"customer:{mine.owner}")
        assert answer.status == 400 or answer.json.get(plural, []) == []


def test_what_is_not_yours_looks_as_if_it_were_not_there(web, things):
    """The same document but for the names that were asked for."""
    for path, missing in ((f"/v1/units/{things.serial}", "/v1/units/NO-SUCH"),
                          (f"/v1/claims/{things.claim_id}", f"/v1/claims/{uuid.uuid4()}")):
        theirs, nobodys = web.get(path, f"customer:{STRANGER}"), web.get(missing, f"customer:{STRANGER}")
        assert (theirs.status, theirs.reason) == (nobodys.status, nobodys.reason) == (404, nobodys.reason)
        assert set(theirs.json) == set(nobodys.json)


def test_several_roles_open_what_any_of_them_opens(web, things):
    assert web.get(f"/v1/units/{things.serial}", f"trainer,agent:{STRANGER}").status == 200
    assert web.get(f"/v1/units/{things.serial}", f"customer,trainer:{STRANGER}").status == 404
    assert web.get(f"/v1/units/{things.serial}", f":{OWNER}").status == 403


def test_no_token_carries_the_role_of_a_daemon(web, things):
    assert web.get(f"/v1/units/{things.serial}", "system:kim").status == 403
    assert web.get(f"/v1/units/{things.serial}", "agent:system:warranty").status == 401
    assert web.get("/v1/me", "system,agent:kim").json["roles"] == ["agent"]


def test_anonymous_methods_look_at_no_token(web, things):
    answer = web.get(f"/v1/products/{things.sku}", "Bearer nonsense")
    assert answer.status == 200


# ---- links ----

GET_CLAIM = "warranty.v1.WarrantyService/GetClaim"


def test_a_link_opens_the_claim_it_was_made_for(web, stage, things):
    other = things.new_claim()
    link = make_link(stage.installation_key, GET_CLAIM, things.claim_id)
    assert web.get(f"/v1/claims/{things.claim_id}", f"Link {link}").json["claim_id"] == things.claim_id
    assert web.get(f"/v1/claims/{things.claim_id}?link={link}").json["claim_id"] == things.claim_id
    assert web.get(f"/v1/claims/{other}", f"Link {link}").status == 403
    assert web.get(f"/v1/units/{things.serial}", f"Link {link}").status == 403
    assert web.post(f"/v1/claims/{things.claim_id}:withdraw", f"Link {link}").status == 403


def test_a_link_that_does_not_hold_is_refused_without_a_word_on_why(web, stage, things):
    link = make_link(stage.installation_key, GET_CLAIM, things.claim_id)
    flipped = link[:-5] + ("A" if link[-5] != "A" else "B") + link[-4:]
    answers = [web.get(f"/v1/claims/{things.claim_id}", f"Link {bad}")
               for bad in (flipped, link[:-1], link + "A", "x", "x" * 9000, "a.b.c", link[::-1])]
    ended = make_link(stage.installation_key, GET_CLAIM, things.claim_id, -1)
    forged = make_link(bytes(32), GET_CLAIM, things.claim_id)
    answers.append(web.get(f"/v1/claims/{things.claim_id}?link={forged}"))
    late = web.get(f"/v1/claims/{things.claim_id}?link={ended}")
    assert (late.status, late.reason) == (401, "LINK_EXPIRED")
    for answer in answers:
        assert (answer.status, answer.reason) == (401, "LINK_INVALID"), answer
    documents = [{name: value for name, value in answer.json.items() if name != "trace_id"} for answer in answers]
    assert all(document == documents[0] for document in documents), json.dumps(documents, indent=1)
