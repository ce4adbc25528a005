"""The two common forms of session ids, and how they are made."""

import secrets
import uuid

from resolvers.kind import UUID_PATTERN, SessionIds

UUIDS = SessionIds(
    pattern=UUID_PATTERN,
    description="a UUID such as 83d03970-c959-11e2-857d-082e5f12b9a1, in upper or lower case.",
    make=lambda: str(uuid.uuid4()),
    any_case=True,
)

TEXTS = SessionIds(
    pattern=r"[^\x00-\x20\x7f](?:[^\x00-\x1f\x7f]{0,126}[^\x00-\x20\x7f])?",
    description="1 to 128 characters without control characters, and no space at either end.",
    make=lambda: secrets.token_hex(12),
)
