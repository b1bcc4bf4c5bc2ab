"""A small client of the HTTP API, for scripts."""
# SPDX-License-Identifier: Apache-2.0
import http.client
import json
import os
import subprocess
import urllib.parse
import uuid

from installation import ROOT, Trouble


class Api:
    """Speaks to one gateway with tokens of one installation."""

    def __init__(self, url, key_folder):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port = parts.hostname, parts.port or 80
        self.key_folder = key_folder
        self.tokens = {}

    def token(self, roles, subject):
        """A token made by scripts/token, kept for further calls."""
        if (roles, subject) not in self.tokens:
            made = subprocess.run([ROOT / "scripts" / "token", roles, subject], capture_output=True, text=True, check=True,
                                  env=os.environ | {"AFTERCARE_KEYS": str(self.key_folder)})
            self.tokens[roles, subject] = made.stdout.strip()
        return self.tokens[roles, subject]

    def call(self, method, path, caller=None, body=None, key=None, kind="application/json"):
        """(status, answer); `caller` is a pair of roles and subject. A body of bytes is sent as it is, as a `kind`."""
        headers = {"Accept": "application/json"}
        if caller:
            headers["Authorization"] = "Bearer " + self.token(*caller)
        if body is not None:
            headers["Content-Type"] = kind
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
            body = body if isinstance(body, bytes) else json.dumps(body)
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, read_json(answer.read())
        except (OSError, http.client.HTTPException) as error:
            raise Trouble(f"{method} {path}: {error}") from None
        finally:
            connection.close()

    def get(self, path, caller=None):
        """The answer of a GET that must succeed."""
        return self._expect("GET", path, (200,), caller)

    def post(self, path, caller, body, key=None):
        """The answer of a POST that must succeed."""
        return self._expect("POST", path, (200, 201), caller, body, key)

    def _expect(self, method, path, statuses, *rest):
        status, answer = self.call(method, path, *rest)
        if status not in statuses:
            raise Trouble(f"{method} {path} was answered {status}: {json.dumps(answer)}")
        return answer


def read_json(text):
    """What a body holds; the raw text where that is no JSON."""
    try:
        return json.loads(text) if text else {}
    except ValueError:
        return {"body": text.decode(errors="replace")}
