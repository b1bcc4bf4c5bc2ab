"""Adds the notices that an installation begins with, through the API, as a manager would. Each once ever: one that was removed stays
away, and a start that was cut short is made up for by the next."""
# SPDX-License-Identifier: Apache-2.0
import json

from first_policy import ask_as
from installation import ROOT

FOLDER = ROOT / "deploy" / "notices"
MANAGER = ("manager", "scripts-run")


def names():
    """Their codes."""
    return sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


def read(name):
    """A notice as the API takes it: of each language's file the first line is the subject."""
    notice = json.loads((FOLDER / name / "notice.json").read_text(encoding="utf-8"))
    notice["texts"] = []
    for path in sorted((FOLDER / name).glob("*.txt")):
        subject, _, body = path.read_text(encoding="utf-8").partition("\n")
        notice["texts"].append({"language": path.stem, "subject": subject, "body": body.strip("\n")})
    return notice


def was_added(api, name):
    """Whether it ever was, as the log of events says."""
    return bool(ask_as(api, MANAGER, "GET", f"/v1/events?aggregate=notice/{name}&limit=1"))


def add_first(api):
    """Adds those that never were; answers how many."""
    missing = [name for name in names() if not was_added(api, name)]
    for name in missing:
        ask_as(api, MANAGER, "POST", "/v1/notices", body={"notice": read(name)}, key=f"first-{name}")
    return len(missing)
