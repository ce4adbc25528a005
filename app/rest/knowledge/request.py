"""Whom a knowledge client names: in two headers, and in a JSON body that may be missing.

`gkc_agentId: a1` and `{"visitId": "v1"}` become `{"agentId": "a1", "visitId": "v1"}`.
"""

from collections.abc import Mapping

from app.http.text import decoded
from app.rest.vendor import json_object
from resolvers.errors import BadInput

FROM_HEADERS = {"gkc_agentId": "agentId", "gkc_customerId": "customerId"}
FROM_BODY = ("visitId", "globalVisitId")


def decode(headers: Mapping[str, str], body: bytes) -> dict[str, str]:
    """The column values that a request gives; BadInput for a body of another form.

    Unknown members of the body are ignored, and an empty value is treated as absent.
    """
    given = json_object(body)
    for name in FROM_BODY:
        if not isinstance(given.get(name), str | None):
            raise BadInput(f"{name} must be a string.", argument=name)
    values = {column: _text(headers.get(name)) for name, column in FROM_HEADERS.items()}
    values |= {name: given.get(name) for name in FROM_BODY}
    return {column: value for column, value in values.items() if value}


def _text(header: str | None) -> str | None:
    """A header's value, which Starlette reads as Latin-1."""
    return header and decoded(header.encode("latin-1"))
