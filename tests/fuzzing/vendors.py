"""Requests to the vendors' URLs from a grammar over the reference, `/openapi.json`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any
from urllib.parse import quote, urlencode

from tests.fuzzing import odd
from tests.fuzzing.requests import Header, Request

Document = Mapping[str, Any]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")


class Grammar:
    """Makes requests; `credentials` has what each scheme of the reference takes."""

    def __init__(
        self,
        document: Document,
        known: Mapping[str, Sequence[str]],
        credentials: Mapping[str, str],
    ) -> None:
        self.document, self.known, self.credentials = document, known, credentials
        self.operations = list(_operations(document))

    def request(self, random: Random) -> Request:
        """The next one."""
        method, path, operation = random.choice(self.operations)
        headers: list[Header] = []
        query: list[tuple[str, str]] = []
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "path":
                value = self._text(random, parameter["name"])
                safe = "" if random.random() < 0.7 else "/%?#;:@&=+$,"
                path = path.replace(
                    f"{{{parameter['name']}}}", quote(value, safe, errors="surrogatepass")
                )
            elif random.random() < 0.5:
                value = str(self._value(random, parameter["schema"], parameter["name"]))
                if parameter["in"] == "query":
                    query += [(parameter["name"], value)] * random.choice((1, 1, 1, 2))
                else:
                    headers.append((parameter["name"].lower().encode(), _sendable(value)))
        self._prove(random, operation, headers, query)
        if random.random() < 0.05:
            query.append((odd.text(random), odd.text(random)))
        type_, body = self._body(random, operation)
        if type_:
            headers.append((b"content-type", type_))
        if random.random() < 0.03:
            method = random.choice(METHODS)
        return Request(
            method, path.partition("?")[0], _encoded(random, query), tuple(headers), body
        )

    def _prove(
        self,
        random: Random,
        operation: Document,
        headers: list[Header],
        query: list[tuple[str, str]],
    ) -> None:
        """Add a credential as one of the schemes takes it; seldom none, or an odd one."""
        if not operation.get("security") or random.random() < 0.05:
            return
        for name in random.choice(operation["security"]):
            scheme = self.document["components"]["securitySchemes"][name]
            value = odd.text(random) if random.random() < 0.03 else self.credentials[name]
            if scheme["type"] == "http":
                headers.append((b"authorization", b"Bearer " + _sendable(value)))
            elif scheme["in"] == "header":
                headers.append((scheme["name"].lower().encode(), _sendable(value)))
            else:
                query.append((scheme["name"], value))

    def _body(self, random: Random, operation: Document) -> tuple[bytes, bytes]:
        """The media type and the bytes of a body; both empty where there is none."""
        content = operation.get("requestBody", {}).get("content", {})
        if not content:
            return (b"application/json", b"{}") if random.random() < 0.05 else (b"", b"")
        type_, form = random.choice(list(content.items()))
        value = self._value(random, form["schema"], "")
        if type_ == "application/json":
            raw = json.dumps(value).encode()
        else:
            given = value if isinstance(value, dict) else {"VARS": value}
            raw = urlencode(
                {**given, "KEY": self.credentials["KEY"]}, errors="surrogatepass"
            ).encode()
        if random.random() < 0.05:
            raw = odd.damaged(random, raw)
        if random.random() < 0.03:
            type_ = random.choice(("text/plain", "application/xml", "multipart/form-data", ""))
        return type_.encode(), raw

    def _value(self, random: Random, schema: Document, name: str) -> Any:
        """A value of a JSON schema: nearly always of the right type."""
        if random.random() < 0.03:
            return odd.anything(random)
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for choice in ("oneOf", "anyOf"):
            if choice in schema:
                return self._value(random, random.choice(schema[choice]), name)
        if "enum" in schema:
            return random.choice(schema["enum"])
        match schema.get("type"):
            case "object":
                return self._object(random, schema)
            case "array":
                count = random.choice((0, 1, 1, 2, 3, 3, 150))
                return [self._value(random, schema.get("items", {}), name) for _ in range(count)]
            case "integer" | "number":
                return odd.number(random)
            case "boolean":
                return random.random() < 0.5
        examples = [one for one in (schema.get("example"), *schema.get("examples", ())) if one]
        return self._text(random, name, *map(str, examples))

    def _object(self, random: Random, schema: Document) -> dict[str, Any]:
        given = {
            name: self._value(random, part, name)
            for name, part in schema.get("properties", {}).items()
            if random.random() < (0.9 if name in schema.get("required", ()) else 0.4)
        }
        if random.random() < 0.05:
            given[odd.text(random)] = odd.anything(random)
        return given

    def _text(self, random: Random, name: str, *examples: str) -> str:
        return odd.text(random, [*self.known.get(name, self.known[""]), *examples])


def _operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if path != "/graphql" and method in ("get", "put", "post"):
                yield method.upper(), path, operation


def _encoded(random: Random, query: Sequence[tuple[str, str]]) -> bytes:
    encoded = urlencode(query, errors="surrogatepass").encode()
    return odd.damaged(random, encoded) if random.random() < 0.03 else encoded


def _sendable(value: str) -> bytes:
    """What a header can carry."""
    raw = value.encode("utf-8", "surrogatepass")
    return bytes(byte for byte in raw if byte not in b"\r\n\0").strip()
