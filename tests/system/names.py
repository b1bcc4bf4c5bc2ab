"""Names and identities that nobody has, and who asks where it does not matter."""
# SPDX-License-Identifier: Apache-2.0
import uuid

AGENT = "agent:desk"
# SQL: a new identity of now, as daemons make them. They forget by the time in it, so that one of random bits may be gone at once.
NEW_ID = ("encode(overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send((extract(epoch FROM now()) * 1000)::bigint) FROM 3)"
          " FROM 1 FOR 6), 'hex')::uuid")


def make_name(prefix):
    """A name that nobody has."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"
