"""Secrets of one installation, each made once: what is there is never touched.

    installation.key     64 hexadecimal digits; vouches for principals, links and pseudonyms
    token.jwk            ES256 private key, with which scripts/token signs
    jwks.json            its public half, with which the gateway checks
    pgpass               passwords of the database roles, in libpq's form
    curve/<noun>.secret  CURVE key pairs in Z85, one per daemon, and .public; only used where the bus crosses hosts
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import json
import os
import pathlib
import secrets
import subprocess

from installation import schemas, services

TOKEN_KEY = {"alg": "ES256", "use": "sig"}


def write_once(path, text, mode=0o600):
    """Writes a file whole, under its name only when it is complete."""
    if path.exists():
        return
    unfinished = path.with_name(path.name + ".new")
    with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="ascii") as file:
        file.write(text)
    unfinished.rename(path)


def run_jose(*arguments, text):
    """What the `jose` program answers."""
    return subprocess.run(["jose", *arguments], input=text, capture_output=True, text=True, check=True).stdout


def make_token_key(folder):
    """The signing key, whose id is its thumbprint (RFC 7638), and the key set that the gateway reads."""
    private = folder / "token.jwk"
    if not private.exists():
        key = json.loads(run_jose("jwk", "gen", "-i", json.dumps(TOKEN_KEY), text=""))
        key["kid"] = run_jose("jwk", "thp", "-i-", text=json.dumps(key)).strip()
        write_once(private, json.dumps(key))
    write_once(folder / "jwks.json", run_jose("jwk", "pub", "-s", "-i-", text=private.read_text()), 0o644)


def make_passwords(folder, nouns):
    """One password per database role; lines for roles that came later are added."""
    path = folder / "pgpass"
    known = dict(line.split(":")[3:5] for line in path.read_text().splitlines()) if path.exists() else {}
    roles = ["postgres", "aftercare_migrate"] + [f"{noun}_service" for noun in nouns]
    if all(role in known for role in roles):
        return
    path.unlink(missing_ok=True)
    for role in roles:
        known.setdefault(role, secrets.token_hex(16))
    write_once(path, "".join(f"*:*:*:{role}:{password}\n" for role, password in known.items()))


def read_password(folder, role):
    """The password of a role."""
    for line in (folder / "pgpass").read_text().splitlines():
        if line.split(":")[3] == role:
            return line.split(":")[4]
    raise KeyError(role)


def make_curve_keys(folder, nouns):
    """A CURVE key pair for each daemon."""
    import zmq  # here, because only this needs it

    folder.mkdir(mode=0o700, exist_ok=True)
    for noun in nouns:
        if not (folder / f"{noun}.public").exists():
            public, secret = zmq.curve_keypair()
            (folder / f"{noun}.secret").unlink(missing_ok=True)
            write_once(folder / f"{noun}.secret", secret.decode())
            write_once(folder / f"{noun}.public", public.decode(), 0o644)


def make_keys(folder):
    """Everything that is not there yet."""
    write_once(folder / "installation.key", secrets.token_hex(32) + "\n")
    make_token_key(folder)
    make_passwords(folder, schemas())
    make_curve_keys(folder / "curve", services())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes the secrets of an installation that are not there yet.")
    parser.add_argument("folder", type=pathlib.Path)
    options = parser.parse_args()
    options.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    make_keys(options.folder)
