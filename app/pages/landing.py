"""The page at `/`, which says what runs here, and the schema as a file.

Versions and figures are for the operator: they are shown where access is off, or where both the
gateway and the visitor are on this machine. Anybody else sees the links and the gateway's version.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from html import escape
from importlib.metadata import version
from pathlib import Path
from string import Template
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.context import State
from app.database import memory
from app.pages.assets import ASK_AGAIN, Asset
from app.pages.headers import PAGE_HEADERS
from app.pages.overview import DatabaseFigures, Latest
from app.pages.reference_access import closed
from app.settings import Settings
from resolvers.kind import Kind
from resolvers.moments import print_datetime
from resolvers.store.overview import Arrivals
from schema.build import Schema, sdl
from schema.kinds import KINDS

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PROXY_HEADERS: Final = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")

_PAGE: Final = Path(__file__).parent / "static" / "landing.html"
_NUMBERS: Final = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def routes(settings: Settings, schema: Schema) -> list[BaseRoute]:
    """The routes of the page and of `/schema.graphql`."""
    text = cache(lambda: Asset("schema.graphql", sdl(schema).encode()))
    figures = Latest()

    async def landing(request: Request) -> Response:
        state: State = request.app.state.gateway
        shown = await figures.of(state.store) if is_trusted(settings, request) else None
        headers = {"cache-control": "no-store", **PAGE_HEADERS}
        origin = str(request.base_url).rstrip("/")
        return Response(page(settings, shown, origin), headers=headers, media_type="text/html")

    def download(request: Request) -> Response:
        headers = {"content-disposition": 'attachment; filename="schema.graphql"'}
        return text().answer(request, ASK_AGAIN, headers=headers)

    return [
        Route("/", landing, name="landing"),
        Route("/schema.graphql", closed(settings, download), name="schema"),
    ]


def is_trusted(settings: Settings, request: Request) -> bool:
    """Whether the visitor may see figures: access is off, or nothing here leaves this machine.

    A proxy on this machine brings visitors from elsewhere; it shows by its headers, or by the name
    it was asked for.
    """
    if settings.auth == "off":
        return True
    proxied = any(name in request.headers for name in PROXY_HEADERS)
    return settings.host in LOOPBACK and request.url.hostname in LOOPBACK and not proxied


def page(settings: Settings, figures: DatabaseFigures | None, origin: str = "") -> str:
    """The page as HTML; without figures, for a stranger. `origin` is the address it is asked at."""
    return Template(_PAGE.read_text("utf-8")).substitute(
        kinds=_NUMBERS[len(KINDS)] if len(KINDS) < len(_NUMBERS) else len(KINDS),
        command=escape(_command(settings, origin)),
        key_hint="" if settings.auth == "off" else _KEY_HINT,
        in_graphiql=escape(f"/graphiql?{urlencode({'query': FIRST_QUERY})}"),
        schema=_SCHEMA_LINK if settings.introspection == "all" else "",
        reference=_REFERENCE_LINK if settings.introspection != "none" else "",
        sessions=_in_memory(settings) + _sessions(figures),
        facts=_facts(settings, figures),
        footer=_footer(settings),
    )


_SCHEMA_LINK: Final = (
    '\n      <a href="/schema.graphql"><strong>Schema</strong>'
    "<span>The SDL as a file, for your tools</span></a>"
)
_REFERENCE_LINK: Final = (
    '\n      <a href="/docs"><strong>REST reference</strong>'
    "<span>The vendors' addresses, one by one</span></a>"
)
_KEY_HINT: Final = (
    "<code>$KEY</code> is the key that <code>scripts/serve</code> or <code>keys create</code> "
    "printed. "
)
FIRST_QUERY: Final = "{ botSessions(first: 3) { totalCount nodes { sessionId status startedAt } } }"
_STRANGER: Final = (
    "<p>Figures are shown on the gateway's own machine. With a key, ask for them: "
    "<code>{ botSessionSummary { count } }</code></p>"
)
_AWAY: Final = (
    '<p role="status"><strong>The database does not answer.</strong> Requests are refused as '
    "<code>UNAVAILABLE</code> until it is back.</p>"
)


def _command(settings: Settings, origin: str) -> str:
    """The first query for a shell; the key is in a variable."""
    key = "" if settings.auth == "off" else '  -H "Authorization: Bearer $KEY" \\\n'
    body = f"""  -H "Content-Type: application/json" \\\n  -d '{{"query": "{FIRST_QUERY}"}}'"""
    return f"curl -s {origin}/graphql \\\n{key}{body}"


def _in_memory(settings: Settings) -> str:
    """What people should know first of a database in memory."""
    if settings.mongodb_uri != memory.URI:
        return ""
    return (
        '<p role="status"><strong>Nothing is stored on disk.</strong> The embedded database is not '
        "installed, so this is a demo in memory.</p>"
    )


def _sessions(figures: DatabaseFigures | None) -> str:
    if figures is None:
        return _STRANGER
    if figures.engine is None:
        return _AWAY
    head = '<tr><th>Kind</th><th class="number">Sessions</th><th>Last arrived</th></tr>'
    body = "".join(_row(kind, arrivals) for kind, arrivals in figures.kinds)
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _row(kind: Kind, arrivals: Arrivals | None) -> str:
    count = "unknown"
    if arrivals:
        count = "many" if arrivals.count is None else f"{arrivals.count:,}"
    newest = _moment(arrivals.newest) if arrivals and arrivals.newest else "–"
    name = escape(kind.name.replace("_", " ").capitalize())
    return f'<tr><th scope="row">{name}</th><td class="number">{count}</td><td>{newest}</td></tr>'


def _moment(value: datetime) -> str:
    day, hour = f"{value.day} {value:%b %Y}", f"{value:%H:%M} UTC"
    shown = f"{day}, {hour}".replace(" ", "&nbsp;").replace(",&nbsp;", ", ")  # two lines on phones
    return f'<time datetime="{print_datetime(value)}">{shown}</time>'


def _facts(settings: Settings, figures: DatabaseFigures | None) -> str:
    facts = [("Gateway", version("session-gateway"))]
    if figures is not None:
        name = {"pymongo": "PyMongo", "motor": "Motor"}[settings.mongodb_driver]
        facts += [
            ("Database", _engine(settings, figures)),
            ("Driver", f"{name} {version(settings.mongodb_driver)}"),
        ]
    facts.append(("Access", "off" if settings.auth == "off" else "by key"))
    return _pairs(facts)


def _engine(settings: Settings, figures: DatabaseFigures) -> str:
    if settings.mongodb_uri == memory.URI:
        return "in memory, lost at the end"
    return figures.engine or "does not answer"


def _pairs(facts: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<dt>{escape(name)}</dt><dd>{escape(said)}</dd>" for name, said in facts)


def _footer(settings: Settings) -> str:
    if settings.auth == "off":
        return "Access is off: everybody on this machine may do everything."
    return (
        "Requests need a key: <code>Authorization: Bearer …</code>. "
        "<code>scripts/serve</code> prints one for the demo data."
    )
