"""Adds the notices that an installation begins with, where there is none, through the API, as a manager would."""
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


def add_first(api):
    """Adds them unless there is a notice; answers how many."""
    if ask_as(api, MANAGER, "GET", "/v1/notices?page_size=1")["notices"]:
        return 0
    for name in names():
        ask_as(api, MANAGER, "POST", "/v1/notices", body={"notice": read(name)}, key=f"first-{name}")
    return len(names())
