"""Signing in from the printed address: a page exchanges its one-time code for the demo key.

`POST /sign-in` with `{"code": "…"}` returns `{"key": "…"}`, once a code; 403 for every other code.
docs/adr/0016-key-in-the-browser.md says why it is not a cookie.
"""

from typing import Final

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.access.one_time_codes import OneTimeCodes
from app.http.body import read_body
from app.http.boundary import headers_of
from app.http.refusal import JSON, RefusedError
from app.json_refusals import refused
from app.settings import Settings

REFUSAL: Final = (
    "This address worked once, within ten minutes of the start. Paste the key that scripts/serve "
    "printed, or start it again."
)
_MAX_BYTES: Final = 1024


def routes(settings: Settings, codes: OneTimeCodes | None) -> list[BaseRoute]:
    """The route; without codes, or a key to exchange them for, it refuses every code."""
    key = settings.demo_key.get_secret_value() if settings.demo_key else None

    async def sign_in(request: Request) -> Response:
        try:
            body = await read_body(
                request.receive, headers_of(request.scope), _MAX_BYTES, settings.body_seconds
            )
            if not (codes and key and codes.redeem(_code(body))):
                raise RefusedError(403, "FORBIDDEN", REFUSAL)
        except RefusedError as error:
            return refused(request, error)
        except ClientDisconnect:
            return Response(status_code=400)
        body = orjson.dumps({"key": key})
        return Response(body, 200, {"cache-control": "no-store", "content-type": JSON.decode()})

    return [Route("/sign-in", sign_in, methods=["POST"], name="sign-in")]


def _code(body: bytes) -> str:
    try:
        code = orjson.loads(body)["code"]
    except (ValueError, TypeError, KeyError):
        code = None
    if not isinstance(code, str):
        raise RefusedError(400, "BAD_USER_INPUT", 'Send {"code": "…"} as JSON.')
    return code
