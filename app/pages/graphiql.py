"""The pages for people: GraphiQL, the REST reference, their local files and example operations.

Browser packages are installed by npm under `app/pages/static/graphiql/node_modules`; only the files
named in `_PACKAGE_FILES` are ever served. Each file is read and compressed when first asked for.
A page names its files with their digest (`/static/<digest>/name`), so browsers keep them for good.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.pages.assets import ASK_AGAIN, FOR_GOOD, ONE_DAY, Asset
from app.pages.headers import PAGE_HEADERS
from app.pages.reference_access import closed, off
from app.settings import Settings
from resolvers.context import utc_now
from resolvers.moments import print_datetime

_STATIC: Final = Path(__file__).parent / "static"
_EXAMPLES: Final = Path(__file__).parent / "examples"
_PACKAGES: Final = _STATIC / "graphiql" / "node_modules"

_OWN_FILES: Final = (
    "docs.css",
    "docs.js",
    "examples.js",
    "graphiql.css",
    "graphiql.js",
    "guide.css",
    "key.js",
    "landing.css",
    "landing.js",
)
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
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Example:
    """One operation of GraphiQL's menu; `variables` is a JSON text.

    `title` is the first sentence of its comment. The examples of the first group open in tabs. In
    the variables, `{7 days ago}` stands for the beginning of that day (UTC).
    """

    name: str
    group: str
    title: str
    query: str
    variables: str | None = None

    def at(self, now: datetime) -> "Example":
        """The example with its dates, as seen from `now` (in UTC, without an offset)."""
        if self.variables is None:
            return self
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)

        def date(found: re.Match[str]) -> str:
            return print_datetime(today - timedelta(days=int(found[1])))

        return replace(self, variables=_DAYS_AGO.sub(date, self.variables))


def load_examples(folder: Path = _EXAMPLES) -> tuple[Example, ...]:
    """Read the example operations, in the order of their groups and file names.

    `1-start/2-name.graphql` is an operation of the group Start, whose first line is its title as a
    comment; `1-start/2-name.variables.json` beside it has its variables, if any.
    """
    return tuple(_load_example(path) for path in sorted(folder.glob("*/*.graphql")))


def _load_example(path: Path) -> Example:
    query = path.read_text("utf-8")
    variables = path.with_suffix(".variables.json")
    return Example(
        name=_unnumbered(path.stem),
        group=_unnumbered(path.parent.name).replace("-", " ").capitalize(),
        title=query.partition("\n")[0].strip("# ."),
        query=query,
        variables=variables.read_text("utf-8") if variables.is_file() else None,
    )


def _unnumbered(name: str) -> str:
    return name.partition("-")[2]


def routes(
    settings: Settings, examples: Sequence[Example], *, packages: Path = _PACKAGES
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
    icon = Asset("favicon.svg", (_STATIC / "favicon.svg").read_bytes())

    def examples_json(_request: Request) -> Response:
        now = utc_now()
        operations = [asdict(example.at(now)) for example in examples]
        return JSONResponse(operations, headers={"cache-control": ASK_AGAIN})

    return [
        Route("/graphiql", partial(files.page, "graphiql.html"), name="graphiql"),
        Route("/graphiql/examples.json", closed(settings, examples_json), name="examples"),
        Route("/docs", off(settings, partial(files.page, "docs.html")), name="docs"),
        Route("/static/{name:path}", files.asset, name="static"),
        Route("/favicon.ico", partial(icon.answer, cache_control=ONE_DAY), name="favicon"),
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


_DAYS_AGO: Final = re.compile(r"\{(\d+) days ago\}")
_LINK: Final = re.compile(r'"/static/([^"]+)"')
_DIGEST: Final = re.compile(r"^[0-9a-f]{16}/")
