"""Adds the survey that an installation begins with, where it was never added, through the API, as a manager would."""
# SPDX-License-Identifier: Apache-2.0
import json

from first_policy import ask_as
from installation import ROOT

TEMPLATE = ROOT / "deploy" / "surveys" / "after_claim.json"
MANAGER = ("manager", "scripts-run")


def add_first(api, path=TEMPLATE):
    """Adds the template unless there is one; answers it, None where there was one."""
    if ask_as(api, MANAGER, "GET", "/v1/survey_templates?page_size=1")["templates"]:
        return None
    template = json.loads(path.read_text(encoding="utf-8"))
    return ask_as(api, MANAGER, "POST", "/v1/survey_templates", body={"template": template}, key=f"first-{template['template_id']}")
