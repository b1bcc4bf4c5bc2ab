"""A page of another origin follows the events with a real browser's EventSource: it has a token, makes a ticket, reads, and goes
on where it was when the gateway goes away and comes back. Skipped where there is no Chromium (scripts/setup page)."""
# SPDX-License-Identifier: Apache-2.0
import http.server
import json
import shutil
import subprocess
import threading

import pytest

from event_reader import DECIDED, last_position, say
from stage import wait_until

pytestmark = pytest.mark.skipif(not shutil.which("chromium"), reason="there is no chromium")
PAGE = """<!doctype html><title>events</title><script>
const api = "http://127.0.0.1:%(port)d", type = "%(type)s";
const tell = (what) => fetch("/tell", {method: "POST", body: JSON.stringify(what)});
let last = "%(after)s";

async function follow() {
    const answer = await fetch(api + "/v1/events:ticket", {method: "POST", headers: {Authorization: "Bearer %(token)s"}})
        .catch(() => null);
    if (answer === null) {
        setTimeout(follow, 100);  // the gateway is away
        return;
    }
    const {ticket} = await answer.json();
    const source = new EventSource(`${api}/v1/events?types=${type}&after=${last}&ticket=${ticket}`);
    source.onopen = () => tell({open: true});
    source.addEventListener(type, (event) => { last = event.lastEventId; tell({id: event.lastEventId, data: JSON.parse(event.data)}); });
    source.addEventListener("RESYNC", () => { tell({resync: true}); source.close(); });
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) setTimeout(follow, 100); };
}
follow();
</script>"""


class Site:
    """Serves one page, and hears what it tells. The port is its own from the start: the gateway is told of it before the test begins."""

    def __init__(self):
        self.page = ""
        self.told = []
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            """GET is the page, POST what it tells."""

            def do_GET(self):  # pylint: disable=invalid-name
                """The page."""
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.end_headers()
                self.wfile.write(site.page.encode())

            def do_POST(self):  # pylint: disable=invalid-name
                """Keeps it."""
                site.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):  # pylint: disable=arguments-differ
                """Nothing."""

        self.server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"

    def open(self):
        """Answers from now on."""
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def positions(self):
        """Of the events that the page was told of. It tells in any order: each by a request of its own."""
        return sorted(int(one["id"].split("-")[1]) for one in self.told if "id" in one)


SITE = Site()
STAGE = {"warranty": 0, "events": 1, "AFTERCARE_GATEWAY_CORS_ORIGINS": SITE.url}


def test_a_page_follows_events_with_an_eventsource(stage, tmp_path):
    start = last_position(stage)
    SITE.page = PAGE % {"port": stage.port, "type": DECIDED, "after": f"1-{start}", "token": stage.tokens.of("analyst", "ada")}
    SITE.open()
    browser = subprocess.Popen(
        ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={tmp_path}",
         f"{SITE.url}/"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: {"open": True} in SITE.told, "the page has a stream")
        say(stage, 20, DECIDED)
        say(stage, 5, "warranty.v1.UnitRegistered")
        wait_until(lambda: len(SITE.positions()) >= 20, "it is told of them")
        assert SITE.positions() == list(range(start + 1, start + 21))
        stage.only("gateway").stop()
        say(stage, 20, DECIDED)
        stage.start("gateway")
        wait_until(lambda: len(SITE.positions()) >= 40, "it goes on")
        assert SITE.positions() == [*range(start + 1, start + 21), *range(start + 26, start + 46)]
    finally:
        browser.terminate()
        browser.wait()
        SITE.server.shutdown()
