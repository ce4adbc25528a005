"""`/openapi.json`: the vendors' paths as OpenAPI 3.1, for `/docs` and for machines.

Paths, methods and parameters in paths come from the route table; types and limits from the kinds;
examples are what the paths' own code makes of the vendors' samples; refusals are rendered by the
vendors' own `refuse`. What is left to say stands in one chapter a vendor.
"""

from collections.abc import Callable, Iterator, Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.rest import VENDORS
from app.rest.bot import reference as bot
from app.rest.chat import reference as chat
from app.rest.co_browse import reference as co_browse
from app.rest.knowledge import reference as knowledge
from app.rest.openapi import gateway
from app.rest.openapi.chapter import BEARER, Chapter, Json, Operation, content
from app.rest.openapi.responses import responses
from app.rest.remote_support import reference as remote_support
from app.rest.vendor import Endpoint, Vendor
from app.settings import Settings

CHAPTERS: Mapping[str, Callable[[Settings], Chapter]] = {
    "co_browse": co_browse.chapter,
    "remote_support": remote_support.chapter,
    "knowledge": knowledge.chapter,
    "chat": chat.chapter,
    "bot": bot.chapter,
}
"""By the vendor's name; a vendor without one is described by its routes alone."""

INTRODUCTION = """The URLs of five vendors' services, answered from the same sessions as GraphQL.

A statement after **Ours:** is this gateway's decision, where the vendor's documentation says
nothing; the others are the vendor's. Every refusal has the vendor's own form, also for a wrong
method (405, with `Allow`) and for an unknown address under a vendor's base (404). Trailing slashes
do not matter, HEAD is GET without the body. Times are UTC unless said otherwise.

Each kind needs its scope (`bot:read`, …); without `pii:read`, personal values are `***`."""


def routes(settings: Settings, version: str) -> list[BaseRoute]:
    """The route of `/openapi.json`; the document is made here, once."""
    body = orjson.dumps(document(settings, version))

    def openapi(_request: Request) -> Response:
        return Response(body, media_type="application/json", headers={"cache-control": "no-cache"})

    return [Route("/openapi.json", openapi, name="openapi")]


def document(settings: Settings, version: str) -> Json:
    """The whole description."""
    chapters = [CHAPTERS.get(one.name, _bare(one))(settings) for one in VENDORS]
    tags = [{"name": one.title, "description": one.description} for one in chapters]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Session Gateway", "version": version, "description": INTRODUCTION},
        "servers": [{"url": "/", "description": "This server."}],
        "tags": [*tags, {"name": gateway.TITLE, "description": gateway.DESCRIPTION}],
        "paths": {**dict(_paths(chapters, settings)), **gateway.paths()},
        "components": {
            "schemas": {_error_name(one): one.error for one in chapters},
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _bare(vendor: Vendor) -> Callable[[Settings], Chapter]:
    operation = Operation(
        summary=vendor.kind.type_name,
        description=vendor.kind.description,
        answer="The answer.",
        content=content("application/json", {}),
    )
    return lambda _settings: Chapter(
        vendor=vendor,
        title=vendor.name,
        description=vendor.kind.description,
        operation=lambda _endpoint: operation,
        error={},
        security=BEARER,
    )


def _paths(chapters: list[Chapter], settings: Settings) -> Iterator[tuple[str, Json]]:
    for chapter in chapters:
        found: dict[str, Json] = {}
        for endpoint in chapter.vendor.endpoints:
            item = found.setdefault(endpoint.path, {})
            item[endpoint.method.lower()] = _operation(chapter, endpoint, settings)
        yield from found.items()


def _operation(chapter: Chapter, endpoint: Endpoint, settings: Settings) -> Json:
    told = chapter.operation(endpoint)
    error = {"$ref": f"#/components/schemas/{_error_name(chapter)}"}
    parameters = [*_in_path(chapter, endpoint), *told.parameters]
    return {
        "tags": [chapter.title],
        "operationId": _operation_id(endpoint),
        "summary": told.summary,
        "description": told.description,
        "security": _security(chapter, told, settings),
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": told.body} if told.body else {}),
        "responses": responses(chapter, told, error, settings.max_body_bytes),
    }


def _in_path(chapter: Chapter, endpoint: Endpoint) -> Iterator[Json]:
    for name in endpoint.names:
        told = chapter.path_parameters.get(name, {"schema": {"type": "string"}})
        yield {"name": name, "in": "path", "required": True, **told}


def _security(chapter: Chapter, told: Operation, settings: Settings) -> list[dict[str, list[str]]]:
    needed = chapter.security if told.security is None else told.security
    is_open = settings.auth == "off" or chapter.vendor.name in settings.open_paths
    return [{}, *needed] if is_open and {} not in needed else needed


def _error_name(chapter: Chapter) -> str:
    return "".join(part.title() for part in chapter.vendor.name.split("_")) + "Error"


def _operation_id(endpoint: Endpoint) -> str:
    """Such as `getSessionsSessionId`: unique, since paths are."""
    parts = "".join(sign if sign.isalnum() else " " for sign in endpoint.path).split()
    return endpoint.method.lower() + "".join(part[0].upper() + part[1:] for part in parts)


def _key(place: str, name: str, description: str) -> Json:
    return {"type": "apiKey", "in": place, "name": name, "description": description}


_ID, _KEY = "A credential's id, with `token`.", "A credential's key, with `apiKey`."

SECURITY_SCHEMES: Json = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A credential's key."},
    "xApiKey": _key("header", "X-API-Key", "A credential's key."),
    "KEY": _key("query", "KEY", "A credential's key, at most 64 characters."),
    "apiKey": _key("header", "apiKey", _ID),
    "token": _key("header", "token", _KEY),
    "apiKeyQuery": _key("query", "apiKey", _ID),
    "tokenQuery": _key("query", "token", _KEY),
    "auth": _key("header", "auth", "A JWT (HS256) signed with a credential's signing secret."),
}
"""How the doors are opened; `docs/access.md` says it in full."""
