"""The daemons as children of this process: started, watched, restarted, drained.

A daemon that ends without being told is reported and started again, after 0.2 s at first and twice as long each time, up to
10 s; a minute of life forgives. One that refuses its configuration before all are ready is not: it would say the same again.
Children end with us, even where we are killed.
"""
# SPDX-License-Identifier: Apache-2.0
import signal
import subprocess
import time

import admin
from installation import Trouble

READY_LIMIT_S = 30
STOP_LIMIT_S = 15
BACKOFF_FIRST_S = 0.2
BACKOFF_LAST_S = 10.0
FORGIVEN_AFTER_S = 60.0
EARLY_DEATHS_MAX = 3
LINES_SHOWN_MAX = 15
CONFIGURATION_REFUSED = 2  # the exit status of a daemon that will never start so


class Replica:
    """One process of a daemon."""

    def __init__(self, noun, program, environment, log):
        self.noun = noun
        self.program = program
        self.environment = environment
        self.log = log
        self.process = None
        self.backoff_s = BACKOFF_FIRST_S
        self.death_count = 0
        self.start_again_at = None
        self.was_ready = False

    def start(self):
        """Starts it; its log is added to."""
        with open(self.log, "ab") as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", "--", self.program], env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True)
        self.started_at = time.monotonic()
        self.start_again_at = None

    def last_words(self):
        """What its log got since it was last started."""
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            return "\n".join(log.read().decode(errors="replace").splitlines()[-LINES_SHOWN_MAX:])

    def look_after(self, report):
        """Notices its end, and starts it again when its time has come."""
        now = time.monotonic()
        if self.start_again_at is not None:
            if now >= self.start_again_at:
                self.start()
            return
        code = self.process.poll()
        if code is None:
            return
        if code == CONFIGURATION_REFUSED and not self.was_ready:
            raise Trouble(f"aftercare-{self.noun} does not start:\n{self.last_words()}")
        if now - self.started_at > FORGIVEN_AFTER_S:
            self.backoff_s = BACKOFF_FIRST_S
        self.death_count += 1
        self.start_again_at = now + self.backoff_s
        report(f"aftercare-{self.noun} {describe_end(code)}; starting it again in {self.backoff_s:g} s ({self.log} has its log)")
        self.backoff_s = min(self.backoff_s * 2, BACKOFF_LAST_S)


def describe_end(code):
    """An exit status in words."""
    if code >= 0:
        return f"ended with {code}"
    return f"was ended by {signal.Signals(-code).name}"


class Supervisor:
    """All replicas of all daemons."""

    def __init__(self, installation, environment, report):
        self.installation = installation
        self.environment = environment
        self.report = report
        self.replicas = []

    def start(self, nouns, counts):
        """Starts each daemon as often as `counts` says, once by default."""
        for noun in nouns:
            log = self.installation.logs / f"{noun}.log"
            program = self.installation.binaries / f"aftercare-{noun}"
            if not program.exists():
                raise Trouble(f"there is no {program}; scripts/build makes it")
            for _ in range(counts.get(noun, 1)):
                self.replicas.append(Replica(noun, program, self.environment, log))
        for replica in self.replicas:
            replica.start()

    def look_after(self):
        """To be called again and again."""
        for replica in self.replicas:
            replica.look_after(self.report)

    def wait_ready(self, should_stop, nouns=None):
        """Waits until every replica (of some daemons, or of all) says that it can work."""
        end = time.monotonic() + READY_LIMIT_S
        wanted = {}
        for replica in self.replicas:
            if nouns is None or replica.noun in nouns:
                wanted[replica.noun] = wanted.get(replica.noun, 0) + 1
        while wanted and not should_stop():
            self.look_after()
            self._give_up_on_early_deaths()
            for noun in list(wanted):
                if admin.count_ready(self.installation.run_folder, noun) >= wanted[noun]:
                    del wanted[noun]
            if wanted and time.monotonic() > end:
                raise Trouble(f"not ready after {READY_LIMIT_S} s: {self._say_why(wanted)}")
            if wanted:
                time.sleep(0.02)
        for replica in self.replicas:
            replica.was_ready = replica.was_ready or nouns is None or replica.noun in nouns

    def _give_up_on_early_deaths(self):
        for replica in self.replicas:
            if replica.death_count >= EARLY_DEATHS_MAX:
                raise Trouble(f"aftercare-{replica.noun} does not start; its log ends with:\n{replica.last_words()}")

    def _say_why(self, nouns):
        words = []
        for noun in nouns:
            reasons = admin.reasons_not_ready(self.installation.run_folder, noun)
            words.append(f"{noun} ({'; '.join(reasons) or 'no answer'}; log: {self.installation.logs / noun}.log)")
        return ", ".join(words)

    def stop(self):
        """Lets all drain, the gateway first, so that nobody is refused; kills what does not end."""
        gateways = [replica for replica in self.replicas if replica.noun == "gateway"]
        others = [replica for replica in self.replicas if replica.noun != "gateway"]
        for group in (gateways, others):
            for replica in group:
                if replica.process is not None and replica.process.poll() is None:
                    replica.process.terminate()
            self._wait_end(group)

    def _wait_end(self, group):
        end = time.monotonic() + STOP_LIMIT_S
        for replica in group:
            if replica.process is None:
                continue
            try:
                replica.process.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                self.report(f"aftercare-{replica.noun} did not end within {STOP_LIMIT_S} s and is killed")
                replica.process.kill()
                replica.process.wait()
