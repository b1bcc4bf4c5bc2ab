"""The examples of /openapi.json, which are those of /docs, are accepted as they stand from whoever is most likely to send them."""
# SPDX-License-Identifier: Apache-2.0
import pytest

from claims import AGENT, set_now, start_daemons, upload

STAGE = {"AFTERCARE_TEST_CLOCK": "the stage's", "warranty": 0, "gateway": 0}
ADA = "customer:ada"


@pytest.fixture(scope="module", name="web")
def web_fixture(stage):
    """A client, on a day after those of the examples."""
    start_daemons(stage)
    set_now(stage, "2026-11-02T10:00+01:00")
    return stage.web()


@pytest.fixture(scope="module", name="examples")
def examples_fixture(web):
    """{(verb, path): body} of every operation that takes JSON."""
    paths = web.get("/openapi.json").json["paths"]
    return {(verb, path): operation["requestBody"]["content"]["application/json"].get("example")
            for path, operations in paths.items() for verb, operation in operations.items()
            if "application/json" in operation.get("requestBody", {}).get("content", {})}


def send(web, examples, path, caller, **changes):
    """The answer to a POST of its example."""
    return web.post(path, caller, examples["post", path] | changes)


def test_a_customer_registers_a_unit_and_files_a_claim_by_the_examples(web, examples):
    product = send(web, examples, "/v1/products", AGENT)
    assert product.status == 201, product
    unit = send(web, examples, "/v1/units", ADA)
    assert (unit.status, unit.json["sku"], unit.json["owner_id"]) == (201, product.json["sku"], "ada"), unit
    sold = send(web, examples, "/v1/units", AGENT, serial="WM-0002")
    assert sold.status == 201 and "owner_id" not in sold.json, sold
    [photo] = examples["post", "/v1/claims"]["documents"]
    claim = send(web, examples, "/v1/claims", ADA, documents=[photo | {"document_id": upload(web, ADA)}])
    assert (claim.status, claim.json["serial"], claim.json["documents"][0]["kind"]) == (201, unit.json["serial"], "fault_photo"), claim
    added = web.post(f"/v1/claims/{claim.json['claim_id']}:add_document", ADA,
                     {"document": examples["post", "/v1/claims/{claim_id}:add_document"]["document"] | {"document_id": upload(web, ADA)}})
    assert added.status == 200 and len(added.json["documents"]) == 2, added


def test_a_customer_who_names_an_owner_is_told_to_leave_that_out(web, examples):
    answer = send(web, examples, "/v1/units", ADA, owner_id="customer-17", serial="WM-0003")
    assert (answer.status, answer.reason, answer.json["field"]) == (400, "OWNER_NOT_YOU", "owner_id")
    assert "leave owner_id out" in answer.json["detail"]
