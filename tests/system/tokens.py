"""Bearer tokens of one installation, good ones and bad ones, made with the `jose` program and by hand."""
# SPDX-License-Identifier: Apache-2.0
import base64
import hashlib
import hmac
import json
import threading
import time

import keys
from wire import envelope, make_principal, vouch


def encode(value):
    """base64url without padding of bytes, a text, or what becomes JSON."""
    if isinstance(value, dict):
        value = json.dumps(value)
    if isinstance(value, str):
        value = value.encode()
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Tokens:
    """Signs with the installation's key."""

    def __init__(self, folder):
        self.folder = folder
        self.key = json.loads((folder / "token.jwk").read_text())
        self.made = {}
        self.lock = threading.Lock()

    def claims(self, roles=("customer",), subject="anna", **changes):
        """The claims of a token that holds; a change to None takes the claim away."""
        claims = {"iss": "aftercare", "aud": "aftercare", "sub": subject, "roles": list(roles), "iat": int(time.time()),
                  "exp": int(time.time()) + 3600} | changes
        return {name: value for name, value in claims.items() if value is not None}

    def header(self, **changes):
        """The protected header of a token that holds."""
        header = {"alg": "ES256", "typ": "at+jwt", "kid": self.key["kid"]} | changes
        return {name: value for name, value in header.items() if value is not None}

    def sign(self, claims, header=None, key=None):
        """A compact JWS."""
        protected = json.dumps({"protected": header or self.header()})
        path = self.folder / "token.jwk"
        if key is not None:
            path = self.folder / "another.jwk"
            path.write_text(json.dumps(key))
        return keys.run_jose("jws", "sig", "-I-", "-k", str(path), "-c", "-s", protected, text=json.dumps(claims)).strip()

    def of(self, roles, subject):
        """A token for `roles` ("agent" or "agent,manager") and `subject`, made once."""
        with self.lock:
            if (roles, subject) not in self.made:
                self.made[roles, subject] = self.sign(self.claims(roles.split(",") if roles else [], subject))
            return self.made[roles, subject]


def make_link(key, method, resource, expire_in_ms=60000):
    """A link token: a principal and its MAC under the installation key, as common/link.h says."""
    principal = make_principal(envelope.Principal.LINK, "link:1", [], expire_in_ms, link_method=method, link_resource=resource)
    return f"{encode(principal)}.{encode(vouch(key, b'link' + bytes(1) + principal))}"


def sign_hs256(claims, header, secret):
    """What somebody sends who hopes that a public key is taken for a shared secret."""
    text = f"{encode(header)}.{encode(claims)}"
    return f"{text}.{encode(hmac.new(secret, text.encode(), hashlib.sha256).digest())}"
