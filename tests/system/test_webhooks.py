"""Events reach webhooks, signed, once each; what cannot be delivered is tried again, and given up in the end."""
# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import hmac
import http.server
import json
import threading

import pytest

import notices
from notices import ADMINISTRATOR
from stage import wait_until
from world import make_product

STAGE = {
    "AFTERCARE_TEST_CLOCK": "",
    "AFTERCARE_NOTIFY_WEBHOOK_IS_HTTP_FINE": "yes",
    "AFTERCARE_NOTIFY_WEBHOOK_IS_PRIVATE_FINE": "yes",
}
DAY_S = 24 * 3600


class Hooks:
    """A server that keeps what is posted to it and answers by the path: /200, /500, /410."""

    def __init__(self):
        outer, self.posts = self, []

        class Handler(http.server.BaseHTTPRequestHandler):
            """Keeps a request; answers what its path says."""

            def do_POST(self):  # pylint: disable=invalid-name
                """What http.server calls."""
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.posts.append((self.path, self.headers, body))
                self.send_response(int(self.path.split("/")[1]))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                """Says nothing."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def at(self, path):
        """(headers, body) of what came there."""
        return [(headers, body) for where, headers, body in self.posts if where == path]

    def close(self):
        """Listens no more."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture(autouse=True, scope="module", name="hooks")
def hooks_fixture(stage):
    """The daemons beside those that every stage has, and a receiver."""
    notices.start_daemons(stage)
    made = Hooks()
    yield made
    made.close()


def make_webhook(web, hooks, path, types=("warranty.v1.ProductCreated",)):
    """A new subscription, as answered."""
    made = web.post("/v1/webhooks", ADMINISTRATOR, {"url": hooks.url + path, "types": list(types)})
    assert made.status == 201, made
    return made.json


def signature(secret, headers, body):
    """What Standard Webhooks has the signature be."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def deliveries(web, webhook):
    """Its deliveries, the newest first."""
    return web.get(f"/v1/deliveries?webhook_id={webhook['webhook_id']}", ADMINISTRATOR).json["deliveries"]


def wait_for(web, webhook, state):
    """The only delivery, once it is in a state."""
    return wait_until(lambda: [one for one in deliveries(web, webhook) if one["state"] == state], f"a delivery is {state}")[0]


def test_an_event_is_delivered_once_and_signed(web, hooks):
    webhook = make_webhook(web, hooks, "/200/once")
    sku = make_product(web)
    delivery = wait_for(web, webhook, "DELIVERED")
    (headers, body), = hooks.at("/200/once")
    event = json.loads(body)
    assert (event["type"], event["data"]["sku"], event["id"]) == ("warranty.v1.ProductCreated", sku, delivery["event_id"])
    assert headers["webhook-id"] == f"msg_{delivery['delivery_id']}"
    assert headers["webhook-signature"] == signature(webhook["secret"], headers, body)
    again = web.post(f"/v1/deliveries/{delivery['delivery_id']}:replay", ADMINISTRATOR, {})
    assert again.json["state"] == "WAITING"
    wait_until(lambda: len(hooks.at("/200/once")) == 2, "it came again")
    assert hooks.at("/200/once")[1][0]["webhook-id"] == headers["webhook-id"]


def test_a_test_is_delivered_whatever_types_are_wanted(web, hooks):
    webhook = make_webhook(web, hooks, "/200/test", ["warranty.v1.ClaimMoved"])
    tested = web.post(f"/v1/webhooks/{webhook['webhook_id']}:test", ADMINISTRATOR, {})
    assert tested.status == 200, tested
    delivery = wait_for(web, webhook, "DELIVERED")
    assert delivery["delivery_id"] == tested.json["delivery_id"]
    (_, body), = hooks.at("/200/test")
    assert json.loads(body)["type"] == "notify.v1.WebhookTested"


def test_both_secrets_sign_while_one_takes_over(stage, web, hooks):
    webhook = make_webhook(web, hooks, "/200/rotate")
    path = f"/v1/webhooks/{webhook['webhook_id']}"
    new = web.post(f"{path}:rotate_secret", ADMINISTRATOR, {}).json
    web.post(f"{path}:test", ADMINISTRATOR, {})
    headers, body = wait_until(lambda: hooks.at("/200/rotate"), "the first test came")[0]
    assert headers["webhook-signature"].split() == [signature(one["secret"], headers, body) for one in (new, webhook)]
    stage.set_clock(2 * DAY_S)
    web.post(f"{path}:test", ADMINISTRATOR, {})
    wait_until(lambda: len(hooks.at("/200/rotate")) == 2, "the second test came")
    headers, body = hooks.at("/200/rotate")[1]
    assert headers["webhook-signature"] == signature(new["secret"], headers, body)


def test_what_fails_is_tried_again_until_it_is_given_up(stage, web, hooks):
    webhook = make_webhook(web, hooks, "/500/fails", ["warranty.v1.ClaimMoved"])
    path = "/v1/deliveries/" + web.post(f"/v1/webhooks/{webhook['webhook_id']}:test", ADMINISTRATOR, {}).json["delivery_id"]
    for count in (1, 2):
        wait_until(lambda count=count: len(web.get(path, ADMINISTRATOR).json["attempts"]) == count, f"{count} attempts are kept")
        stage.set_clock(3 * DAY_S)
    assert len({headers["webhook-id"] for headers, _ in hooks.at("/500/fails")}) == 1
    stage.set_clock(9 * DAY_S)
    wait_for(web, webhook, "DEAD")
    read = web.get(f"/v1/webhooks/{webhook['webhook_id']}", ADMINISTRATOR).json
    assert (read["state"], read["reason"]) == ("DISABLED", "FAILED_FOR_DAYS")
    attempts = web.get(path, ADMINISTRATOR).json["attempts"]
    assert [(one["number"], one["outcome"], one["code"]) for one in attempts] == [(n, "DEFERRED", 500) for n in (1, 2, 3)]
    assert web.post(f"/v1/webhooks/{webhook['webhook_id']}:test", ADMINISTRATOR, {}).reason == "WEBHOOK_STATE"
    assert web.post(f"/v1/webhooks/{webhook['webhook_id']}:enable", ADMINISTRATOR, {}).json["state"] == "ACTIVE"


def test_who_says_gone_is_left_alone(web, hooks):
    webhook = make_webhook(web, hooks, "/410/gone", ["warranty.v1.ClaimMoved"])
    web.post(f"/v1/webhooks/{webhook['webhook_id']}:test", ADMINISTRATOR, {})
    wait_for(web, webhook, "DEAD")
    assert len(hooks.at("/410/gone")) == 1
    read = web.get(f"/v1/webhooks/{webhook['webhook_id']}", ADMINISTRATOR).json
    assert (read["state"], read["reason"]) == ("DISABLED", "GONE")
