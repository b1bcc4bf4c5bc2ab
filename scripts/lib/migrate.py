"""Roles and migrations: brings a database to what this clone's daemons need.

Sqitch takes 0.3 s per schema even where nothing is to do, so it is asked only where the files differ from those deployed
last: their hash is kept as a setting of the database itself, so it is gone when the database is.
"""
# SPDX-License-Identifier: Apache-2.0
import argparse
import hashlib
import os
import pathlib
import subprocess

from psycopg2 import sql

import keys
from database import Server
from installation import ROOT, Trouble, schemas

SETTING = "aftercare.migrations"
ROLES = ROOT / "deploy" / "roles.sql"


def hash_of_files():
    """One hash over the roles and all plans and deploy scripts."""
    total = hashlib.sha256(ROLES.read_bytes())
    for noun in schemas():
        folder = ROOT / "services" / noun / "schema"
        for path in [folder / "sqitch.plan", *sorted((folder / "deploy").glob("*.sql"))]:
            total.update(f"\n{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return total.hexdigest()


def deployed_hash(server):
    """What the database remembers, None where it remembers nothing."""
    connection = server.connect()
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", (SETTING,))
        found = cursor.fetchone()[0]
    connection.close()
    return found


def execute(server, statements):
    """Runs statements, each with its parameters in its text already."""
    connection = server.connect()
    with connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    connection.close()


def make_roles(server, key_folder):
    """Roles by deploy/roles.sql, with the passwords of this installation."""
    run(server, "psql", "--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-v", "services=" + " ".join(schemas()),
        "-f", str(ROLES))
    roles = ["aftercare_migrate"] + [f"{noun}_service" for noun in schemas()]
    execute(server, [sql.SQL("ALTER ROLE {} PASSWORD {}").format(
        sql.Identifier(role), sql.Literal(keys.read_password(key_folder, role))) for role in roles])


def deploy(server, key_folder, noun):
    """All changes of one schema that are not there yet, verified."""
    run(server, "sqitch", "--chdir", f"services/{noun}/schema", "deploy", "--verify", "--registry", f"{noun}_sqitch",
        f"db:pg:{server.parameters['dbname']}", user="aftercare_migrate", password=None,
        passfile=str(key_folder / "pgpass"))


def run(server, *command, **changes):
    """Runs a program on the database; what it says is shown only if it fails."""
    environment = server.environment(**changes) | {
        "SQITCH_FULLNAME": "Aftercare", "SQITCH_EMAIL": "aftercare@example.org", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, env=environment, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"{' '.join(command)} failed:\n{done.stdout.strip()}")


def migrate(server, key_folder):
    """Brings the database up to date; True where something was to do."""
    wanted = hash_of_files()
    if deployed_hash(server) == wanted:
        return False
    make_roles(server, key_folder)
    for noun in schemas():
        deploy(server, key_folder, noun)
    execute(server, [sql.SQL("ALTER DATABASE {} SET {} = {}").format(
        sql.Identifier(server.parameters["dbname"]), sql.SQL(SETTING), sql.Literal(wanted))])
    return True


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Makes roles and deploys all migrations.")
    parser.add_argument("url", help="libpq URL of a superuser, naming the database")
    parser.add_argument("--keys", type=pathlib.Path, default=os.environ.get("AFTERCARE_KEYS", ROOT / ".run" / "keys"))
    options = parser.parse_args()
    keys.make_keys(options.keys)
    print("migrated" if migrate(Server(options.url), options.keys) else "nothing to migrate")
