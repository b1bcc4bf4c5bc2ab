"""aftercare tail: lines as events come, from where it was, whatever is killed."""
# SPDX-License-Identifier: Apache-2.0
import json
import os
import signal
import subprocess
import threading

import jsonschema
import pytest

from event_reader import ADVANCED, DECIDED, REGISTERED, client_of, last_position, say, wait_appended
from stage import BUILD, count, wait_until
from wire import warranty

STAGE = {"warranty": 0, "gateway": 0, "events": 1}
ENDED, REFUSED, WRONG, RESYNC = 0, 1, 2, 3


class Tail:
    """One run of it; `lines` grows."""

    def __init__(self, stage, *words, roles="analyst", out=None, **environment):
        self.out = out or stage.folder / f"tail-{os.urandom(6).hex()}"
        with open(self.out, "ab") as file:
            self.process = subprocess.Popen(
                [BUILD / "bin" / "aftercare", "tail", *map(str, words)], stdout=file, stderr=subprocess.PIPE, text=True,
                env=stage.environment | {"AFTERCARE_TOKEN": stage.tokens.of(roles, "ada")} | environment)

    @property
    def lines(self):
        """Whole lines so far."""
        return self.out.read_text(encoding="utf-8").splitlines()

    @property
    def positions(self):
        """Of its CloudEvents."""
        return [int(json.loads(line)["sequence"].partition("-")[2]) for line in self.lines]

    def wait_lines(self, number):
        """Until there are so many."""
        wait_until(lambda: len(self.lines) >= number or self.process.poll() is not None, f"{number} lines are there")
        assert len(self.lines) >= number, self.process.communicate()[1]

    def end(self, number=signal.SIGTERM):
        """(status, stderr) after a signal, or by itself where that is 0."""
        if number:
            self.process.send_signal(number)
        _, said = self.process.communicate(timeout=60)
        assert "Sanitizer:" not in said and "runtime error" not in said, said
        return self.process.returncode, said


def payload():
    """Of a ClaimDecided."""
    return warranty.ClaimDecided(claim_id="0197f3a0-0000-7000-8000-000000000001", serial="HER-42", verb="SubmitClaim").SerializeToString()


def test_it_prints_what_comes_next_until_it_is_interrupted(stage):
    begin = last_position(stage)
    say(stage, 5)
    wait_appended(stage, begin + 5)  # else they come next too
    tail = Tail(stage)
    wait_until(lambda: stage.only("events").metric("aftercare_events_pull_wait") > 0, "it waits")
    say(stage, 2, DECIDED, "claim", serial="HER-42")
    tail.wait_lines(2)
    status, _ = tail.end(signal.SIGINT)
    assert status == ENDED and len(tail.lines) == 2
    sequence, time, kind, aggregate, version, *unit = tail.lines[0].split()
    assert (kind, version, unit) == (DECIDED, "v1", ["unit", "HER-42"]) and aggregate.startswith("claim/") and time.endswith("Z")
    assert sequence == f"1-{last_position(stage) - 1:016}"


def test_it_replays_and_filters(stage):
    begin = last_position(stage)
    name = say(stage, 30, DECIDED)
    say(stage, 20, REGISTERED, "unit")
    say(stage, 10, ADVANCED, "import")
    wait_appended(stage, begin + 60)
    for words, expected in ((("--after", 0), begin + 60), (("--after", begin), 60), (("--after", f"1-{begin + 10:016}"), 50),
                            (("--after", begin, "--type", DECIDED), 30), (("--after", begin, "--type", DECIDED, "--type", ADVANCED), 40),
                            (("--after", begin, "--aggregate", "unit"), 20), (("--after", begin, "--aggregate", f"claim/{name}-7"), 1)):
        tail = Tail(stage, "--json", "--end", *words)
        status, said = tail.end(0)
        assert status == ENDED and len(tail.lines) == expected, (words, said)
        assert tail.positions == sorted(set(tail.positions))


def test_its_lines_are_cloud_events(stage, shared):
    """By the standard's own schema, used where it lies."""
    schema = json.loads((shared / "cloudevents" / "cloudevents.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.FormatChecker())
    begin = last_position(stage)
    say(stage, 1, DECIDED, owner="p-1", serial="HER-42", payload=payload())
    say(stage, 1, "of.no.Contract", "thing", payload=b"\x00\xff")
    wait_appended(stage, begin + 2)
    tail = Tail(stage, "--json", "--end", "--after", begin)
    assert tail.end(0)[0] == ENDED
    known, unknown = map(json.loads, tail.lines)
    for event in (known, unknown):
        assert list(validator.iter_errors(event)) == []
    assert known["data"] == {"claim_id": "0197f3a0-0000-7000-8000-000000000001", "serial": "HER-42", "verb": "SubmitClaim"}
    assert (known["source"], known["unitserial"], known["ownerid"]) == ("/aftercare/claim", "HER-42", "p-1")
    assert unknown["data_base64"] == "AP8=" and "data" not in unknown


def test_a_file_keeps_its_place(stage):
    begin, state = last_position(stage), stage.folder / "place"
    say(stage, 10)
    wait_appended(stage, begin + 10)
    tail = Tail(stage, "--json", "--end", "--after", begin, "--state", state)
    assert tail.end(0)[0] == ENDED and len(tail.lines) == 10
    assert state.read_text() == f"1-{begin + 10:016}\n"
    again = Tail(stage, "--json", "--end", "--after", begin, "--state", state, out=tail.out)
    assert again.end(0)[0] == ENDED and len(tail.lines) == 10  # the file counts, once it is there
    state.write_text("what?\n")
    status, said = Tail(stage, "--state", state).end(0)
    assert status == WRONG and str(state) in said


@pytest.mark.faults
def test_killed_at_any_moment_it_goes_on_without_a_loss(stage, rng):
    """Lines are flushed before the place is kept: some come twice, none is lost, and each is whole."""
    begin, state, out, kills = last_position(stage), stage.folder / "killed", stage.folder / "killed-lines", count(5, 50)
    is_stopping, connection = threading.Event(), stage.server.connect()

    class Quick:
        """Speaks by a connection of its own."""

        @staticmethod
        def query(text, *values):
            """As the stage's."""
            with connection, connection.cursor() as cursor:
                cursor.execute(text, values)

    def write():
        while not is_stopping.wait(0.005):
            say(Quick, 3)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(kills):
            before = len(out.read_text().splitlines()) if out.exists() else 0
            tail = Tail(stage, "--json", "--after", begin, "--state", state, out=out)
            tail.wait_lines(before + 1)
            threading.Event().wait(rng.random() * 0.2)
            tail.process.kill()
            tail.process.communicate()
            whole = out.read_bytes().rfind(b"\n") + 1  # a line that the kill has cut comes again
            os.truncate(out, whole)
    finally:
        is_stopping.set()
        thread.join()
        connection.close()
    wait_until(lambda: stage.only("events").metric("aftercare_events_relay_lag_seconds") == 0, "nothing is behind")
    last = Tail(stage, "--json", "--end", "--state", state, out=out)
    assert last.end(0)[0] == ENDED
    positions = last.positions
    assert set(positions) == set(range(begin + 1, last_position(stage) + 1))
    print(f"\n{len(positions)} lines of {len(set(positions))} events after {kills} kills")


@pytest.mark.faults
def test_it_waits_for_a_daemon_that_is_away(stage):
    begin = last_position(stage)
    tail = Tail(stage, "--json", "--after", begin)
    say(stage, 3)
    tail.wait_lines(3)
    stage.only("events").kill()
    wait_until(lambda: "waiting for the events daemon" in tail.process.stderr.readline(), "it says so")
    say(stage, 3)
    stage.start("events")
    tail.wait_lines(6)
    status, said = tail.end()
    assert status == ENDED and "is back" in said
    assert tail.positions == list(range(begin + 1, begin + 7))


def test_a_drained_replica_is_left_for_another(stage):
    begin, old = last_position(stage), stage.only("events")
    tail = Tail(stage, "--json", "--after", begin)
    wait_until(lambda: old.metric("aftercare_events_pull_wait") > 0, "it waits")
    stage.start("events")
    old.stop()
    say(stage, 4)
    tail.wait_lines(4)
    assert tail.end()[0] == ENDED and tail.positions == list(range(begin + 1, begin + 5))


# ---- how it ends ----

def test_it_says_why_it_is_refused(stage):
    status, said = Tail(stage, roles="customer").end(0)
    assert status == REFUSED and "ROLE_MISSING" in said
    status, said = Tail(stage, "--token", "x").end(0)
    assert status == REFUSED and "TOKEN_INVALID" in said
    status, said = Tail(stage, "--aggregate", "claim/").end(0)
    assert status == REFUSED and "aggregate" in said


def test_what_is_gone_is_a_status_of_its_own(stage):
    with client_of(stage) as client:
        end = client.stream().last_position
    status, said = Tail(stage, "--after", end + 1000).end(0)
    assert status == RESYNC and "RESYNC" in said and f"last_position={end}" in said


def test_wrong_words_are_told(stage):
    for words in (("--sideways", "1"), ("--after", "yesterday"), ("--type",), ("--bus-dir", "/nonexistent")):
        status, said = Tail(stage, *words).end(0)
        assert status == WRONG and said.startswith("aftercare: "), words
    status, said = Tail(stage, AFTERCARE_TOKEN="").end(0)
    assert status == WRONG and "AFTERCARE_TOKEN" in said
    told = subprocess.run([BUILD / "bin" / "aftercare", "tail", "--help"], capture_output=True, text=True, check=True)
    assert "--state FILE" in told.stdout and told.stderr == ""


def test_output_that_cannot_be_written_ends_it_and_keeps_the_place(stage):
    """A full disk: what was not written comes again."""
    begin, state = last_position(stage), stage.folder / "full"
    say(stage, 3)
    wait_appended(stage, begin + 3)
    environment = stage.environment | {"AFTERCARE_TOKEN": stage.tokens.of("analyst", "ada")}
    with open("/dev/full", "wb") as full:
        told = subprocess.run([BUILD / "bin" / "aftercare", "tail", "--after", str(begin), "--state", state], env=environment, stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert told.returncode == WRONG and "cannot write the events" in told.stderr and not state.exists()
