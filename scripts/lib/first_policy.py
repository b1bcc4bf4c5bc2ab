"""Publishes the default policy where none was ever published, through the API, as a policy owner would."""
# SPDX-License-Identifier: Apache-2.0
import argparse
import hashlib
import json
import os
import pathlib
import re
import sys
import time

from api import Api
from installation import ROOT, Trouble

MAIN = ROOT / "deploy" / "policies" / "default.yaml"
OWNER = ("policy_owner", "scripts-run")
EFFECTIVE_FROM = "2000-01-01"  # the first version may lie in the past: what was sold before it came is decided by it, too
READY_LIMIT_S = 60
PAUSE_S = 0.1


def pack(main=MAIN):
    """A policy as one text: its main file, with the files of its other languages under `translations`. The lists of holidays
    that it names are the installation's. (`aftercare policy pack` does the same and more; here only the text is needed.)"""
    text = main.read_text(encoding="utf-8")
    languages = re.search(r"^languages: \[([^\]]*)\]", text, re.MULTILINE).group(1).split(",")
    packed = text.rstrip("\n") + "\n\ntranslations:\n"
    for language in languages[1:]:
        words = main.with_name(f"{main.stem}.{language.strip()}{main.suffix}").read_text(encoding="utf-8")
        body = re.sub(r"^language:.*\n", "", words, flags=re.MULTILINE)
        packed += f"  {language.strip()}:\n" + "".join(f"    {line}\n" if line else "\n" for line in body.splitlines())
    return packed


def ask(api, method, path, **arguments):
    """The answer to a policy owner."""
    return ask_as(api, OWNER, method, path, **arguments)


def ask_as(api, caller, method, path, **arguments):
    """The answer of a call that must succeed; tried again while a daemon is still to be found."""
    end = time.monotonic() + READY_LIMIT_S
    while True:
        status, answer = api.call(method, path, caller, **arguments)
        if status in (200, 201):
            return answer
        if status != 503 or time.monotonic() > end:
            raise Trouble(f"{method} {path} was answered {status}: {json.dumps(answer)}")
        time.sleep(PAUSE_S)


def publish_first(api, main=MAIN):
    """Publishes the policy unless there is a version; answers the version, None where there was one."""
    if ask(api, "GET", "/v1/policies?state=PUBLISHED&page_size=1")["policies"]:
        return None
    text = pack(main)
    key = hashlib.sha256(text.encode()).hexdigest()
    draft = ask(api, "POST", "/v1/policies", body=text.encode(), kind="application/yaml", key=f"first-{key}")
    return ask(api, "POST", f"/v1/policies/{draft['policy_id']}:publish", body={"effective_from": EFFECTIVE_FROM},
               key=f"first-publish-{draft['policy_id']}")


def run_elsewhere(description, act):
    """The program that does the same to an installation that runs elsewhere, as in containers: `act(api)` says what it did."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("url", help="where the gateway is, as http://127.0.0.1:8080")
    parser.add_argument("--keys", type=pathlib.Path, default=os.environ.get("AFTERCARE_KEYS", ROOT / ".run" / "keys"))
    options = parser.parse_args()
    try:
        print(act(Api(options.url, options.keys)))
    except Trouble as trouble:
        sys.exit(f"{pathlib.Path(sys.argv[0]).stem}: {trouble}")


def act_elsewhere(api):
    """What it says that it did."""
    published = publish_first(api)
    return f"version {published['version_number']} is published" if published else "there is a policy already"


if __name__ == "__main__":
    run_elsewhere("Publishes the default policy where none was ever published.", act_elsewhere)
