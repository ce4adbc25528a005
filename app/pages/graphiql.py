"""The pages for people: GraphiQL, the REST reference, their local files and example operations.

Browser packages are installed by npm under `app/pages/static/graphiql/node_modules`; only the files
named in `_PACKAGE_FILES` are ever served. Each file is read and compressed when first asked for.
A page names its files with their digest (`/static/<digest>/name`), so browsers keep them for good.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.pages.assets import ASK_AGAIN, FOR_GOOD, Asset
from app.settings import Settings

_STATIC: Final = Path(__file__).parent / "static"
_EXAMPLES: Final = Path(__file__).parent / "examples"
_PACKAGES: Final = _STATIC / "graphiql" / "node_modules"

_OWN_FILES: Final = ("docs.css", "docs.js", "graphiql.css", "graphiql.js", "landing.css")
_PACKAGE_FILES: Final = {
    "vendor/explorer.css": "@graphiql/plugin-explorer/dist/style.css",
    "vendor/explorer.js": "@graphiql/plugin-explorer/dist/index.umd.js",
    "vendor/graphiql.css": "graphiql/graphiql.min.css",
    "vendor/graphiql.js": "graphiql/graphiql.min.js",
    "vendor/react-dom.js": "react-dom/umd/react-dom.production.min.js",
    "vendor/react.js": "react/umd/react.production.min.js",
    "vendor/swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "vendor/swagger-ui.js": "swagger-ui-dist/swagger-ui-bundle.js",
}
# The one style element GraphiQL 4.1.2 writes by script; another version has another hash.
_GRAPHIQL_STYLE: Final = "'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='"
_CONTENT_POLICY: Final = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {_GRAPHIQL_STYLE}; "
    "img-src 'self' data:; font-src data:; connect-src 'self'; worker-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS: Final = {
    "content-security-policy": _CONTENT_POLICY,
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""Headers of every page for people; the landing page carries them too."""

_FAVICON: Final = b"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">\
<rect width="32" height="32" rx="7" fill="#1d4fbf"/>\
<path d="M7 9h18v11H15l-5 4v-4H7z" fill="#fff"/>\
<path d="M11 13h10M11 16.5h6" stroke="#1d4fbf" stroke-width="1.8" stroke-linecap="round"/></svg>"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Example:
    """One operation that GraphiQL opens in a tab; `variables` and `headers` are JSON texts."""

    name: str
    query: str
    variables: str | None = None
    headers: str | None = None


def load_examples(folder: Path = _EXAMPLES) -> tuple[Example, ...]:
    """Read the example operations, in the order of their file names.

    `03-name.graphql` is the operation, `03-name.variables.json` beside it its variables, if any.
    """
    return tuple(_load_example(path) for path in sorted(folder.glob("*.graphql")))


def _load_example(path: Path) -> Example:
    variables = path.with_suffix(".variables.json")
    return Example(
        name=path.stem.partition("-")[2] or path.stem,
        query=path.read_text("utf-8"),
        variables=variables.read_text("utf-8") if variables.is_file() else None,
    )


def routes(
    settings: Settings,
    version: str,
    examples: Sequence[Example],
    *,
    packages: Path = _PACKAGES,
) -> list[BaseRoute]:
    """Build the routes of GraphiQL, the REST reference, their files and the icon.

    `packages` is the `node_modules` folder. Where it lacks files, a warning is logged here once
    and the pages that need them say how to install them: no restart is needed then.
    """
    files = _Files(packages)
    if missing := missing_files(packages):
        _log.warning(
            "GraphiQL and the REST reference are not installed: run scripts/setup with npm on the "
            "PATH (%d files missing under %s)",
            len(missing),
            packages,
        )
    operations = [asdict(example) for example in examples]

    def graphiql(request: Request) -> Response:
        return files.page("graphiql.html", request)

    def docs(request: Request) -> Response:
        return files.page("docs.html", request)

    def examples_json(request: Request) -> Response:
        headers = {"cache-control": ASK_AGAIN, "x-content-type-options": "nosniff"}
        return JSONResponse(operations, headers=headers)

    return [
        Route("/graphiql", graphiql, name="graphiql"),
        Route("/graphiql/examples.json", examples_json, name="examples"),
        Route("/docs", docs, name="docs"),
        Route("/static/{name:path}", files.asset, name="static"),
        Route("/favicon.ico", _favicon, name="favicon"),
    ]


def missing_files(packages: Path = _PACKAGES) -> list[str]:
    """The files of npm that GraphiQL and the REST reference need and that are not installed."""
    return [path for path in _PACKAGE_FILES.values() if not (packages / path).is_file()]


class _Files:
    """The files of the pages: found, read once, named by their digests."""

    def __init__(self, packages: Path) -> None:
        own = {name: _STATIC / name for name in _OWN_FILES}
        installed = {name: packages / path for name, path in _PACKAGE_FILES.items()}
        self._paths = own | installed
        self._assets: dict[str, Asset] = {}

    def missing(self, names: Iterable[str]) -> list[str]:
        """Say which of these files are not installed."""
        return [name for name in names if not self._paths[name].is_file()]

    def page(self, file: str, request: Request) -> Response:
        """Answer a page whose links name each file by its digest, or say that files are missing."""
        text, status = (_STATIC / file).read_text("utf-8"), 200
        if self.missing(_LINK.findall(text)):
            text, status = (_STATIC / "missing.html").read_text("utf-8"), 503
        linked = _LINK.sub(lambda link: self._named(link[1]), text)
        return Asset(file, linked.encode()).answer(request, ASK_AGAIN, status, PAGE_HEADERS)

    def asset(self, request: Request) -> Response:
        """Answer one file of the list, under its plain name or with its digest before it."""
        asked: str = request.path_params["name"]
        name = _DIGEST.sub("", asked)
        if name not in self._paths or self.missing([name]):
            return Response("Not found\n", 404, media_type="text/plain")
        asset = self._asset(name)
        current = asked == f"{asset.digest}/{name}"
        return asset.answer(request, FOR_GOOD if current else ASK_AGAIN)

    def _asset(self, name: str) -> Asset:
        if name not in self._assets:
            self._assets[name] = Asset(name, self._paths[name].read_bytes())
        return self._assets[name]

    def _named(self, name: str) -> str:
        return f'"/static/{self._asset(name).digest}/{name}"'


_LINK: Final = re.compile(r'"/static/([^"]+)"')
_DIGEST: Final = re.compile(r"^[0-9a-f]{16}/")


def _favicon(request: Request) -> Response:
    headers = {"cache-control": "public, max-age=86400", "x-content-type-options": "nosniff"}
    return Response(_FAVICON, media_type="image/svg+xml", headers=headers)
