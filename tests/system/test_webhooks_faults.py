"""Webhooks that fail in every way and then do not: each event is accepted once, and nobody else waits."""
# SPDX-License-Identifier: Apache-2.0
import base64
import time

import pytest

import notices
from event_reader import say
from notices import ADMINISTRATOR
from receiver import Receiver, find_fault
from stage import count, wait_until
from wire import warranty

STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_WEBHOOK_IS_HTTP_FINE": "yes",
    "AFTERCARE_NOTIFY_WEBHOOK_IS_PRIVATE_FINE": "yes",
}
PRODUCT = "warranty.v1.ProductCreated"
MOVED = "warranty.v1.ClaimMoved"
CREATED = "warranty.v1.RecallCreated"
HOUR_S = 3600
# What the specification's own libraries are tested with (standard-webhooks/standard-webhooks, MIT).
KNOWN = {"webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
         "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
KNOWN_SECRET, KNOWN_BODY, KNOWN_S = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}', 1614265330


@pytest.fixture(autouse=True, scope="module", name="receiver")
def receiver_fixture(stage):
    """The daemons beside those that every stage has, and a receiver."""
    notices.start_daemons(stage)
    made = Receiver()
    yield made
    made.close()
    assert made.faults == []


def read(web, delivery_id):
    """A delivery with its attempts."""
    answer = web.get(f"/v1/deliveries/{delivery_id}", ADMINISTRATOR)
    assert answer.status == 200, answer
    return answer.json


def test_the_receiver_believes_what_the_specification_does():
    assert find_fault([KNOWN_SECRET], KNOWN, KNOWN_BODY, KNOWN_S) is None
    other = "whsec_" + base64.b64encode(b"another secret of 24 byte").decode()
    assert find_fault([other, KNOWN_SECRET], KNOWN, KNOWN_BODY, KNOWN_S) is None
    assert find_fault([other], KNOWN, KNOWN_BODY, KNOWN_S)
    assert find_fault([KNOWN_SECRET], KNOWN, KNOWN_BODY + b" ", KNOWN_S)
    assert find_fault([KNOWN_SECRET], KNOWN, KNOWN_BODY, KNOWN_S + 301)
    assert find_fault([KNOWN_SECRET], KNOWN | {"webhook-id": "msg_other"}, KNOWN_BODY, KNOWN_S)


def test_what_failed_in_five_ways_is_accepted_once_and_keeps_its_id(stage, web, receiver):
    receiver.answers["/moody"] = [500, 503, "hang", "reset", 400]
    webhook = receiver.subscribe(web, ADMINISTRATOR, "/moody", MOVED)
    delivery_id = web.post(f"/v1/webhooks/{webhook['webhook_id']}:test", ADMINISTRATOR, {}).json["delivery_id"]
    for number in range(1, 7):
        wait_until(lambda number=number: len(read(web, delivery_id)["attempts"]) == number, f"{number} attempts were made")
        stage.set_clock(number * 8 * HOUR_S)
    delivery = wait_until(lambda: (now := read(web, delivery_id))["state"] == "DELIVERED" and now, "it is delivered")
    assert [post.answer for post in receiver.at("/moody")] == [500, 503, "hang", "reset", 400, 204]
    assert {post.id for post in receiver.at("/moody")} == {f"msg_{delivery_id}"}
    assert len({post.event["id"] for post in receiver.at("/moody")}) == 1
    assert [(one["number"], one["outcome"], one.get("code", 0)) for one in delivery["attempts"]] == [
        (1, "DEFERRED", 500), (2, "DEFERRED", 503), (3, "TIMED_OUT", 0), (4, "UNREACHABLE", 0), (5, "DEFERRED", 400),
        (6, "ACCEPTED", 204)]

    again = web.post(f"/v1/deliveries/{delivery_id}:replay", ADMINISTRATOR, {})
    assert (again.status, again.json["state"]) == (200, "WAITING")
    wait_until(lambda: read(web, delivery_id)["state"] == "DELIVERED", "it is delivered once more")
    assert [post.id for post in receiver.at("/moody")][6:] == [f"msg_{delivery_id}"]
    assert len(read(web, delivery_id)["attempts"]) == 7


def test_a_receiver_that_hangs_keeps_nobody_else_waiting(stage, web, receiver):
    receiver.answers["/hanging"] = "hang"
    receiver.subscribe(web, ADMINISTRATOR, "/hanging", PRODUCT)
    receiver.subscribe(web, ADMINISTRATOR, "/quick", PRODUCT)
    stage.only("notify").stop()  # so that all of it is due at once
    events = count(300, 3000)
    say(stage, events, PRODUCT, "product", payload=warranty.ProductCreated(sku="A").SerializeToString())
    stage.start("notify")
    begin_s = time.monotonic()
    wait_until(lambda: receiver.at("/hanging"), "one hangs")
    wait_until(lambda: len(receiver.at("/quick")) >= events, "the other has all of it")
    print(f"{events} deliveries beside a receiver that hangs: {time.monotonic() - begin_s:.1f} s")
    assert len({post.id for post in receiver.at("/quick")}) == len({post.event["id"] for post in receiver.at("/quick")}) == events
    assert len(receiver.at("/hanging")) < events / 2
    receiver.answers["/hanging"] = 204
    receiver.released.set()


def test_eight_receivers_that_hang_keep_nobody_else_waiting(stage, web, receiver):
    hanging = [Receiver(f"127.0.0.{2 + n}") for n in range(8)]  # of each host some deliveries go at once
    try:
        for one in hanging:
            one.answers["/"] = "hang"
            one.subscribe(web, ADMINISTRATOR, "/", CREATED)
        receiver.subscribe(web, ADMINISTRATOR, "/beside", CREATED)
        stage.only("notify").stop()  # so that all of it is due at once
        events = count(100, 1000)
        say(stage, events, CREATED, "recall", payload=warranty.RecallCreated(recall_id="r").SerializeToString())
        stage.start("notify")
        wait_until(lambda: all(one.posts for one in hanging), "each of them hangs")
        wait_until(lambda: len(receiver.at("/beside")) >= events, "the other has all of it")
        assert len({post.id for post in receiver.at("/beside")}) == events
        assert all(not one.released.is_set() and len(one.posts) < events / 2 for one in hanging)
    finally:
        for one in hanging:
            one.answers["/"] = 204
            one.close()
