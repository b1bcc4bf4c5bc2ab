"""The policy in a daemon that decides (common/policies): fetched, kept, swapped, and known also while nobody can be asked."""
# SPDX-License-Identifier: Apache-2.0
import datetime
import re

import pytest

import first_policy
from api import Api
from installation import ROOT
from migrate import run
from stage import BUILD, wait_until

STAGE = {"AFTERCARE_TEST_CLOCK": "yes", "warranty": 0, "gateway": 0}
DRIVER = BUILD / "tests" / "policies_driver"
OWNER = "policy_owner:paula"
DAY_S = 86400


@pytest.fixture(autouse=True, scope="module", name="schema")
def schema_fixture(stage):
    """A schema "decider", as scripts/new-service would make it, with the table of common/policies.sql."""
    run(stage.server, "psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-v", "services=decider",
        "-f", str(ROOT / "deploy" / "roles.sql"))
    template = ROOT / "scripts" / "templates" / "service" / "schema" / "deploy" / "create_service.sql"
    stage.query(re.sub("@noun@", "decider", template.read_text(encoding="utf-8")))
    table = (ROOT / "common" / "policies.sql").read_text(encoding="utf-8").replace("NOUN", "decider")
    stage.query(f"BEGIN; SET LOCAL ROLE decider_owner; SET LOCAL search_path TO decider; {table} COMMIT;")


@pytest.fixture(autouse=True, scope="module", name="daemons")
def daemons_fixture(stage, schema):
    """What publishes."""
    assert schema is None
    for daemon in [stage.start(noun, wait=False) for noun in ("documents", "policy", "gateway")]:
        daemon.wait_ready()


def start(stage, wait=True):
    """One more daemon that decides."""
    return stage.start("decider", wait, DRIVER)


def wait_versions(daemon, versions):
    """Waits until it has these and no others."""
    wait_until(lambda: daemon.ask("/status")[0] == 200 and daemon.status()["versions"] == versions, f"the versions are {versions}")


def api_of(stage):
    """A client that can send files."""
    return Api(f"http://127.0.0.1:{stage.port}", stage.cluster.keys)


def publish(stage, days):
    """One more version, for a day to come; answers its number."""
    api = api_of(stage)
    draft = first_policy.ask(api, "POST", "/v1/policies", body=first_policy.pack().encode(), kind="application/yaml")
    offset_s = int(stage.clock.read_text(encoding="ascii"))
    day = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset_s, days=days)).date()
    return first_policy.ask(api, "POST", f"/v1/policies/{draft['policy_id']}:publish",
                            body={"effective_from": str(day)})["version_number"]


def poke(stage, seconds=1):
    """Moves the test clock, which daemons take as a reason to ask at once."""
    stage.set_clock(int(stage.clock.read_text(encoding="ascii")) + seconds)


@pytest.fixture(scope="module", name="first")
def first_fixture(stage, daemons):
    """A daemon that was there before the first version."""
    assert daemons is None
    daemon = start(stage, wait=False)
    wait_until(lambda: daemon.ask("/readyz") == (503, daemon.ask("/readyz")[1]) and "no policy was published" in daemon.ask("/readyz")[1],
               "it says that there is no policy")
    assert stage.publish_policy()["version_number"] == 1
    return daemon.wait_ready()


def test_a_daemon_is_ready_once_there_is_a_version(first):
    assert first.status()["versions"] == [1] and first.status()["counts"] == 1


def test_it_says_which_sections_it_enforces(stage, first):
    assert first.is_running()
    claimed = wait_until(lambda: stage.query("SELECT service, section FROM policy.enforced_sections ORDER BY section"), "sections are claimed")
    assert claimed == [("decider", "extended"), ("decider", "warranty")]
    text = stage.web().get("/v1/policies/1?format=text", "agent:desk").body.decode()
    marked = re.findall(r"^(\d+) .*\[printed, not yet enforced by a program\]$", text, re.MULTILINE)
    assert "1" not in marked and "2" in marked
    time = stage.value("SELECT max(claim_time) FROM policy.enforced_sections")
    poke(stage, 2 * 3600)
    wait_until(lambda: stage.value("SELECT min(claim_time) FROM policy.enforced_sections") > time, "they are claimed again")


def test_a_new_version_comes_and_counts_from_its_day_on(stage, first):
    number = publish(stage, 3)
    poke(stage)
    wait_versions(first, [1, number])
    assert first.status()["counts"] == 1
    poke(stage, 4 * DAY_S)
    wait_until(lambda: first.status()["counts"] == number, "the new version counts")
    kept = stage.query("SELECT version_number, encode(digest, 'hex'), is_revoked FROM decider.policies ORDER BY 1")
    published = stage.query("SELECT version_number, encode(digest, 'hex'), false FROM policy.policies"
                            " WHERE version_number IS NOT NULL ORDER BY 1")
    assert kept == published


def test_a_revoked_version_counts_no_more(stage, first):
    before = first.status()["versions"]
    number = publish(stage, 30)
    poke(stage)
    wait_versions(first, before + [number])
    first_policy.ask(api_of(stage), "POST", f"/v1/policies/{number}:revoke", body={"reason": "a test"})
    poke(stage)
    wait_versions(first, before)
    assert stage.value("SELECT is_revoked FROM decider.policies WHERE version_number = %s", number)
    late = start(stage)
    wait_versions(late, before)
    late.stop()


@pytest.mark.faults
def test_a_daemon_decides_also_while_nobody_can_be_asked(stage, first):
    versions = first.status()["versions"]
    policy = stage.only("policy")
    policy.stop()
    alone = start(stage)
    assert alone.status()["versions"] == versions
    number_before = stage.value("SELECT last_number FROM policy.line")
    stage.start("policy")
    number = publish(stage, 40)
    assert number == number_before + 1
    poke(stage)
    for daemon in (first, alone):
        wait_versions(daemon, versions + [number])
    alone.stop()


@pytest.mark.faults
def test_what_was_changed_underneath_is_not_decided_by(stage, first):
    assert first.is_running()
    stage.query("UPDATE decider.policies SET canonical = replace(encode(canonical, 'escape'), '12 months', '99 months')::bytea"
                " WHERE version_number = 1")
    daemon = start(stage, wait=False)
    why = wait_until(lambda: "is not what was published" in daemon.ask("/readyz")[1] and daemon.ask("/readyz"), "it says why")
    assert why[0] == 503
    daemon.stop()
    stage.query("UPDATE decider.policies AS own SET canonical = theirs.canonical FROM policy.policies AS theirs"
                " WHERE theirs.version_number = own.version_number")
    start(stage).stop()


def test_a_daemon_whose_line_was_replaced_again_and_again_ends_well(first):
    assert first.status()["versions"]
    first.stop()
