"""Notices to test with: those that an installation begins with, as the API takes them."""
# SPDX-License-Identifier: Apache-2.0
import json

from installation import ROOT

FOLDER = ROOT / "deploy" / "notices"
MANAGER, ADMINISTRATOR, AGENT = "manager:mara", "administrator:ada", "agent:desk"


def shipped(name):
    """A notice of deploy/notices: its first line is the subject."""
    notice = json.loads((FOLDER / name / "notice.json").read_text(encoding="utf-8"))
    notice["texts"] = []
    for path in sorted((FOLDER / name).glob("*.txt")):
        subject, _, body = path.read_text(encoding="utf-8").partition("\n")
        notice["texts"].append({"language": path.stem, "subject": subject, "body": body.strip("\n")})
    return notice


def names():
    """Their codes, apart from those of other services than warranty."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir() and not path.name.startswith("survey_"))


def make(web, **fields):
    """A new notice, as answered: the shipped one of an approved claim, with these fields in place of its own."""
    answer = web.post("/v1/notices", MANAGER, {"notice": shipped("claim_approved") | fields})
    assert answer.status == 201, answer
    return answer.json


def start_daemons(stage):
    """All that notices of claims need, and the sender itself."""
    for daemon in [stage.start(noun, wait=False) for noun in ("events", "documents", "policy", "notify")]:
        daemon.wait_ready()
