"""The staff directory through the gateway: who holds which position, and who may say so."""
# SPDX-License-Identifier: Apache-2.0
import pytest

STAGE = {"warranty": 0, "gateway": 0}
ADMINISTRATOR = "administrator:root"
AGENT = "agent:desk"


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage):
    """The daemons that this needs."""
    started = [stage.start(noun, wait=False) for noun in ("policy", "gateway")]
    return [daemon.wait_ready() for daemon in started]


def test_the_staff_directory_says_who_holds_a_position(stage, web):
    made = web.post("/v1/staff", ADMINISTRATOR, {"subject": "clara", "role": "MANAGER", "position": "head_of_service",
                                                 "authority": {"minor": 50000, "currency_code": "EUR"}})
    assert made.status == 201 and made.headers["location"] == "/v1/staff/clara", made
    assert web.post("/v1/staff", ADMINISTRATOR, {"subject": "clara", "role": "AGENT"}).reason == "STAFF_MEMBER_EXISTS"
    assert web.post("/v1/staff", ADMINISTRATOR, {"subject": "theo", "role": "TECHNICIAN"}).status == 201
    assert web.get("/v1/staff/clara", AGENT).json == made.json
    assert [one["subject"] for one in web.get("/v1/staff", AGENT).json["staff"]] == ["clara", "theo"]
    assert [one["subject"] for one in web.get("/v1/staff?position=head_of_service", AGENT).json["staff"]] == ["clara"]
    assert [one["subject"] for one in web.get("/v1/staff?role=TECHNICIAN", AGENT).json["staff"]] == ["theo"]
    page = web.get("/v1/staff?page_size=1", AGENT).json
    assert [one["subject"] for one in web.get(f"/v1/staff?page_token={page['next_page_token']}", AGENT).json["staff"]] == ["theo"]
    path = "/v1/staff/clara"
    assert web.call("PUT", path, ADMINISTRATOR, {"role": "MANAGER"}).reason == "IF_MATCH_MISSING"
    changed = web.call("PUT", path, ADMINISTRATOR, {"role": "MANAGER", "position": "managing_director"}, If_Match='"1"')
    assert changed.status == 200 and "authority" not in changed.json and changed.json["version"] == 2, changed
    assert web.call("PUT", path, ADMINISTRATOR, {"role": "AGENT"}, If_Match='"1"').status == 412
    gone = web.call("DELETE", path, ADMINISTRATOR, If_Match='"2"')
    assert gone.status == 200 and web.get(path, AGENT).status == 404
    types = stage.query("SELECT type, aggregate_version FROM events.outbox WHERE aggregate_id = %s ORDER BY id", made.json["staff_id"])
    assert types == [("policy.v1.StaffMemberCreated", 1), ("policy.v1.StaffMemberUpdated", 2), ("policy.v1.StaffMemberDeleted", 3)]
    back = web.post("/v1/staff", ADMINISTRATOR, {"subject": "clara", "role": "AGENT"})
    assert back.status == 201 and back.json["staff_id"] != made.json["staff_id"]


def test_what_no_member_of_staff_can_be_is_refused(web):
    for body, reason in (({"role": "CUSTOMER"}, "ROLE_NOT_STAFF"), ({"role": "SYSTEM"}, "ROLE_NOT_STAFF"), ({}, "FIELD_REQUIRED"),
                         ({"role": "AGENT", "authority": {"minor": -1, "currency_code": "EUR"}}, "FIELD_RANGE"),
                         ({"role": "AGENT", "authority": {"minor": 1, "currency_code": "EUX"}}, "CURRENCY_UNKNOWN")):
        assert web.post("/v1/staff", ADMINISTRATOR, {"subject": "nobody"} | body).reason == reason, body


@pytest.mark.parametrize("role", ["customer", "agent", "manager", "policy_owner", "analyst", "integration"])
def test_only_administrators_change_the_staff_directory(web, role):
    caller = f"{role}:someone"
    assert web.post("/v1/staff", caller, {"subject": "eve", "role": "MANAGER"}).status == 403
    assert web.call("DELETE", "/v1/staff/theo", caller, If_Match="*").status == 403
    assert web.get("/v1/staff", caller).status == (200 if role in ("agent", "manager", "policy_owner") else 403)
