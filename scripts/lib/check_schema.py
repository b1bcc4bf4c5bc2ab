"""Deploys every change, compares schema.sql files, takes every change back, and deploys once more.

With --write the schema.sql files are written in place of being compared.
"""
# SPDX-License-Identifier: Apache-2.0
import pathlib
import subprocess
import sys
import tempfile

import keys
from database import PrivateServer
from installation import ROOT, Trouble, can_postgres_enter, schemas
from migrate import deploy, make_roles, run


def check(server, key_folder, verb):
    """All of it; Trouble where something does not hold. `verb` is what scripts/schema does."""
    make_roles(server, key_folder)
    for noun in schemas():
        deploy(server, key_folder, noun)
    run(server, "scripts/schema", verb, server.superuser_url())
    for noun in reversed(schemas()):
        run(server, "sqitch", "--chdir", f"services/{noun}/schema", "revert", "-y", "--registry", f"{noun}_sqitch",
            f"db:pg:{server.parameters['dbname']}", user="aftercare_migrate", passfile=str(key_folder / "pgpass"))
    for noun in schemas():
        deploy(server, key_folder, noun)


def main():
    """In a server of its own, gone at the end."""
    parent = ROOT / "build"
    if not can_postgres_enter(parent) or len(str(parent)) > 50:
        parent = pathlib.Path("/tmp")
    with tempfile.TemporaryDirectory(prefix="aftercare-schema-", dir=parent) as name:
        folder = pathlib.Path(name)
        folder.chmod(0o711)
        server = PrivateServer(folder / "postgres", folder / "postgres.log")
        try:
            keys.make_keys(folder)
            server.start()
            check(server, folder, "write" if "--write" in sys.argv[1:] else "check")
        except Trouble as trouble:
            sys.exit(str(trouble))
        finally:
            server.stop()
    print(f"{len(schemas())} schemas deployed, {'written' if '--write' in sys.argv[1:] else 'compared'}, reverted, deployed again")


if __name__ == "__main__":
    main()
