"""What is collected for one owner may be thousands of parts: what one message of them reads and writes does not grow with the rest."""
# SPDX-License-Identifier: Apache-2.0
import pytest

import notices
from names import NEW_ID
from stage import count, wait_until
from wire import warranty
from world import make_name

STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_COLLECT": "1m",
}
MINUTE_S = 60
# Each of a claim of its own that nobody knows.
SAY = ("INSERT INTO events.outbox (event_id, type, aggregate_type, aggregate_id, aggregate_version, event_time, owner_id, unit_serial,"
       " principal, trace, payload) SELECT " + NEW_ID + ", 'warranty.v1.ClaimMoved', 'claim', gen_random_uuid()::text, 1, now(), %s, 'S',"
       " 'system:test', NULL, %s FROM generate_series(1, %s) RETURNING 1")
WORK = "SELECT n_tup_ins, n_tup_upd, seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE schemaname = 'notify' AND relname = 'message_parts'"
MESSAGES = "SELECT count(*), bool_and(state = 'SUPPRESSED') FROM notify.messages WHERE person_id = %s"
PARTS = "SELECT count(*) FROM notify.message_parts WHERE person_id = %s"
ASKED_FOR = 20    # cases of a message whose contacts are asked for
READ_MAX = 1000   # rows of a message: the newest 401, those that leave, and what the planner looks at


@pytest.fixture(autouse=True, scope="module")
def installation(stage):
    """Tells of approvals by mail."""
    with notices.by_mail(stage, "claim_approved"):
        yield


def test_a_message_that_is_split_touches_what_leaves_and_not_the_rest(stage):
    owner, parts = make_name("owner"), count(2000, 20000)
    moved = warranty.ClaimMoved(claim_id="0190a0a0-0000-7000-8000-000000000001", serial="S", from_state=warranty.Claim.State.UNDER_REVIEW,
                                to_state=warranty.Claim.State.APPROVED, verb="ApproveClaim")
    stage.query(SAY, owner, moved.SerializeToString(), parts)
    wait_until(lambda: stage.value(PARTS, owner) == parts, "all is to be told in one message")
    assert stage.query(MESSAGES, owner) == [(1, False)]
    # The server's counts come some time after what is counted.
    wait_until(lambda: stage.query(WORK)[0][0] >= parts, "the server says what was added")
    read_before = stage.query(WORK)[0][2]
    notices.pass_time(stage, 2 * MINUTE_S)
    messages = parts // ASKED_FOR
    wait_until(lambda: stage.query(MESSAGES, owner) == [(messages, True)], "each part has its end")
    assert stage.value(PARTS, owner) == parts
    # The last message is what stayed.
    wait_until(lambda: stage.query(WORK)[0][1] >= parts - ASKED_FOR, "the server says what was written")
    _, written, read = stage.query(WORK)[0]
    print(f"{parts} parts in {messages} messages: {(read - read_before) / messages:.0f} rows read for each, {written} rows written")
    assert written == parts - ASKED_FOR
    assert read - read_before < READ_MAX * messages
