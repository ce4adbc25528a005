"""Refusals: an exception with a status, shown as `{"errors": [{"message", "extensions"}]}`."""

from collections.abc import Iterable
from typing import Any

import orjson
from starlette.types import Send

JSON = b"application/json; charset=utf-8"

Header = tuple[bytes, bytes]


class RefusedError(Exception):
    """A request that is not answered; `legacy` is the status for `application/json`, if another."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *headers: Header,
        legacy: int | None = None,
        **details: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers
        self.legacy = legacy or status
        self.extensions = {"code": code, **details}

    def body(self, request_id: str) -> bytes:
        """`{"errors": [{"message", "extensions": {"code", "requestId"}}]}`."""
        extensions = {**self.extensions, "requestId": request_id}
        error = {"message": self.message, "extensions": extensions}
        return orjson.dumps({"errors": [error]})


async def respond(
    send: Send,
    status: int,
    body: bytes,
    content_type: bytes = JSON,
    headers: Iterable[Header] = (),
    bodiless: bool = False,
) -> None:
    """Send a whole response; `bodiless` as HEAD wants it: everything but the body."""
    fields = [(b"cache-control", b"no-store"), *headers]
    if status != 204:
        fields.append((b"content-length", b"%d" % len(body)))
    if body:
        fields.append((b"content-type", content_type))
    await send({"type": "http.response.start", "status": status, "headers": fields})
    await send({"type": "http.response.body", "body": b"" if bodiless else body})
