"""`/openapi.json`: the vendors' paths as OpenAPI 3.1, for `/docs` and for machines.

Paths, methods and parameters in paths come from the route table; types and limits from the layout
tables; examples are what the paths' own code makes of the vendors' samples; refusals are rendered
by the vendors' own `refuse`. `gateway.json` is what no vendor has: GraphQL, health, credentials.
"""

from collections.abc import Iterator
from pathlib import Path

import orjson

from app.rest import VENDORS
from app.rest.docs import TEXT, Json, Operation, Security
from app.rest.openapi.responses import error_schema, responses
from app.rest.vendor import Endpoint, Vendor
from app.settings import Settings

GATEWAY = Path(__file__).parent / "gateway.json"


def document(settings: Settings, version: str) -> Json:
    """The whole description."""
    whole: Json = orjson.loads(GATEWAY.read_bytes())
    whole["info"]["version"] = version
    whole["tags"] = [_tag(vendor, settings) for vendor in VENDORS] + whole["tags"]
    paths: Json = {}
    for vendor in VENDORS:
        whole["components"]["schemas"][_error_name(vendor)] = error_schema(vendor)
        for endpoint in vendor.endpoints:
            item = paths.setdefault(endpoint.path, {})
            item[endpoint.method.lower()] = _operation(vendor, endpoint, settings)
    whole["paths"] = paths | whole["paths"]
    return whole


def _tag(vendor: Vendor, settings: Settings) -> Json:
    title, text = next(iter(vendor.chapter.prose.items()))
    return {"name": title, "description": text.format(settings=settings)}


def _operation(vendor: Vendor, endpoint: Endpoint, settings: Settings) -> Json:
    operation = endpoint.operation
    error = {"$ref": f"#/components/schemas/{_error_name(vendor)}"}
    parameters = [*_in_path(vendor, endpoint), *operation.parameters]
    return {
        "tags": [_tag(vendor, settings)["name"]],
        "operationId": _operation_id(endpoint),
        "summary": operation.summary,
        "description": vendor.chapter.prose[operation.summary],
        "security": _security(vendor, operation, settings),
        **({"parameters": parameters} if parameters else {}),
        **({"requestBody": operation.body} if operation.body else {}),
        "responses": responses(vendor, operation, error, settings.max_body_bytes),
    }


def _in_path(vendor: Vendor, endpoint: Endpoint) -> Iterator[Json]:
    for name in endpoint.names:
        described = {"schema": TEXT, "description": vendor.chapter.names.get(name, name)}
        yield {"name": name, "in": "path", "required": True, **described}


def _security(vendor: Vendor, operation: Operation, settings: Settings) -> Security:
    needed = operation.security or vendor.chapter.security
    is_open = settings.auth == "off" or vendor.name in settings.open_paths
    return [{}, *needed] if is_open and {} not in needed else needed


def _error_name(vendor: Vendor) -> str:
    return "".join(part.title() for part in vendor.name.split("_")) + "Error"


def _operation_id(endpoint: Endpoint) -> str:
    """Such as `getSessionsSessionId`: unique, since paths are."""
    parts = "".join(sign if sign.isalnum() else " " for sign in endpoint.path).split()
    return endpoint.method.lower() + "".join(part[0].upper() + part[1:] for part in parts)
