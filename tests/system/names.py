"""Names that nobody has, and who asks where it does not matter."""
# SPDX-License-Identifier: Apache-2.0
import uuid

AGENT = "agent:desk"


def make_name(prefix):
    """A name that nobody has."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"
