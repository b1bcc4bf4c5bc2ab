"""Notices to test with: those that an installation begins with, as the API takes them."""
# SPDX-License-Identifier: Apache-2.0
import first_notices

MANAGER, ADMINISTRATOR, AGENT = "manager:mara", "administrator:ada", "agent:desk"
shipped, names = first_notices.read, first_notices.names


def make(web, **fields):
    """A new notice, as answered: the shipped one of an approved claim, with these fields in place of its own."""
    answer = web.post("/v1/notices", MANAGER, {"notice": shipped("claim_approved") | fields})
    assert answer.status == 201, answer
    return answer.json


def start_daemons(stage):
    """All that notices of claims need, and the sender itself."""
    for daemon in [stage.start(noun, wait=False) for noun in ("events", "documents", "policy", "notify")]:
        daemon.wait_ready()
