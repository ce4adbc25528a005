"""Vendors' writes with an idempotency key: carried out once, answered each time."""

from starlette.requests import Request
from starlette.responses import Response

from app.http.boundary import headers_of
from app.http.idempotency import NAME, REPLAYED
from app.settings import Settings
from resolvers import repeats
from resolvers.context import Context

CHANGED_BY = "gateway.changed_by"
"""Where the scope says by which headers its endpoint changes sessions."""


class ReplayedError(Exception):
    """The request was carried out before; `response` is what it was answered with."""

    def __init__(self, answer: repeats.Answer) -> None:
        super().__init__()
        self.response = Response(answer.body, answer.status)
        self.response.headers["Content-Type"] = answer.type
        self.response.headers[REPLAYED[0].decode()] = REPLAYED[1].decode()


async def begin(request: Request, context: Context) -> None:
    """Take the key of a request that changes sessions; ReplayedError if it was answered before."""
    changed_by = request.scope.get(CHANGED_BY)
    key = headers_of(request.scope).get(NAME)
    if key is None or changed_by is None:
        return
    scope = request.scope
    headers = [request.headers.get(name, "\0") for name in changed_by]
    place = (scope["method"], scope["path"], scope["query_string"], await request.body())
    asked = repeats.digest("rest", *place, *headers)
    settings: Settings = request.app.state.gateway.settings
    lifetime = settings.idempotency_seconds
    found = await repeats.begin(context, key.decode("latin-1"), asked, lifetime)
    if found is not None:
        raise ReplayedError(found)


async def finish(request: Request, response: Response | None) -> None:
    """Keep the answer, if the request has a key; None if there is none."""
    context: Context | None = getattr(request.state, "context", None)
    if context is None or context.repeat is None:
        return
    answer = None
    if response is not None:
        media_type = response.headers.get("content-type", "application/json")
        answer = repeats.Answer(response.status_code, media_type, bytes(response.body))
    await repeats.finish(context, answer, context.facts.codes)
