"""Policies to test with: drafts, versions, and the days on which they take effect."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import subprocess
import time
import zoneinfo

from installation import ROOT
from stage import BUILD

OWNER = "policy_owner:paula"
AGENT = "agent:desk"


def start_daemons(stage):
    """What policies need."""
    started = [stage.start(noun, wait=False) for noun in ("documents", "policy", "gateway")]
    return [daemon.wait_ready() for daemon in started]


def pack():
    """The default policy as one YAML file."""
    return subprocess.run([BUILD / "bin" / "aftercare", "policy", "pack", ROOT / "deploy" / "policies" / "default.yaml"],
                          capture_output=True, check=True).stdout.decode()


def change(text, old, new):
    """Replaces a text that must be there."""
    assert old in text, old
    return text.replace(old, new, 1)


def store(web, text, kind="application/yaml", caller=OWNER):
    """What a draft is answered with."""
    return web.call("POST", "/v1/policies", caller, text.encode(), Content_Type=kind)


def make_draft(web, text):
    """A draft that is stored."""
    made = store(web, text)
    assert made.status == 201, made
    assert made.headers["location"] == f"/v1/policies/{made.json['policy_id']}"
    return made.json


def make_draft_of(web, body, kind):
    """A draft of bytes."""
    made = web.call("POST", "/v1/policies", OWNER, body, Content_Type=kind)
    assert made.status == 201, made
    return made.json


def publish(web, policy_id, effective_from, **headers):
    """What publishing is answered with."""
    return web.post(f"/v1/policies/{policy_id}:publish", OWNER, {"effective_from": str(effective_from)}, **headers)


def today(stage):
    """The installation's day in the policy's zone."""
    offset_s = int(stage.clock.read_text(encoding="ascii"))
    return datetime.datetime.fromtimestamp(time.time() + offset_s, zoneinfo.ZoneInfo("Europe/Berlin")).date()


def in_days(stage, days):
    """A day to come."""
    return today(stage) + datetime.timedelta(days=days)


def move_to(stage, day):
    """Moves the clock to noon of a day."""
    noon = datetime.datetime.combine(day, datetime.time(12), zoneinfo.ZoneInfo("Europe/Berlin"))
    stage.set_clock(int(noon.timestamp() - time.time()))
