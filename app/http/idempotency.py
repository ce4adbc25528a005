"""The `Idempotency-Key` header of requests (IETF draft-ietf-httpapi-idempotency-key-header)."""

from typing import Final

from app.http.refusal import Header

NAME: Final = b"idempotency-key"
REPLAYED: Final[Header] = (b"idempotency-replayed", b"true")
"""Of an answer that was made for an earlier request."""
