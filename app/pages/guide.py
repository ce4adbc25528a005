"""The documentation at `/guide`: the Markdown files of this repository as pages.

Links between the files lead to the pages; a link to a file without a page becomes plain text.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from html import escape
from itertools import pairwise
from pathlib import Path, PurePosixPath
from posixpath import normpath
from string import Template
from typing import Final
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.pages.assets import ASK_AGAIN, Asset
from app.pages.headers import PAGE_HEADERS

ADDRESS: Final = "/guide"

_ROOT: Final = Path(__file__).parents[2]
_PAGE: Final = Path(__file__).parent / "static" / "guide.html"
_BESIDE: Final = {
    "about": "README.md",
    "changes": "CHANGELOG.md",
    "contributing": "CONTRIBUTING.md",
    "examples/python": "examples/python/README.md",
    "examples/typescript": "examples/typescript/README.md",
}
"""Pages whose files are not in `docs/`."""
_FILES: Final = {"schema/schema.graphql": "/schema.graphql"}
"""Files that have an address of their own."""
_COMMENT: Final = re.compile(r"<!--.*?-->\n?", re.S)
_markdown: Final = MarkdownIt("commonmark", {"html": False}).enable("table")


def pages(root: Path = _ROOT) -> Mapping[str, str]:
    """The file of each page, by the page's name: `""` is the index, `clients`, `adr/0002-…`.

    A container has `docs/` and not every file beside it.
    """
    docs = root / "docs"
    found = {str(path.relative_to(docs).with_suffix("")): path for path in docs.rglob("*.md")}
    found |= {name: root / file for name, file in _BESIDE.items()}
    named = {name.removesuffix("README"): path for name, path in sorted(found.items())}
    return {name: str(path.relative_to(root)) for name, path in named.items() if path.is_file()}


def addresses(root: Path = _ROOT) -> list[str]:
    """The paths of all pages."""
    return [ADDRESS, f"{ADDRESS}/adr", *(f"{ADDRESS}/{name}" for name in pages(root) if name)]


def routes(root: Path = _ROOT) -> list[BaseRoute]:
    """The routes of the index and of every page."""
    known = pages(root)
    rendered = cache(lambda name: Asset("page.html", _page(root, known, name).encode()))

    def page(request: Request) -> Response:
        name = request.path_params.get("name", "").rstrip("/")
        if name not in known and name != "adr":
            raise HTTPException(404)
        return rendered(name).answer(request, ASK_AGAIN, headers=PAGE_HEADERS)

    return [Route(ADDRESS, page, name="guide"), Route(f"{ADDRESS}/{{name:path}}", page)]


def _page(root: Path, known: Mapping[str, str], name: str) -> str:
    if name == "adr" and name not in known:
        file, text = "docs/adr/README.md", _decisions(root, known)
    else:
        file = known[name]
        text = (root / file).read_text("utf-8")
    title, content = render(text, PurePosixPath(file), known)
    page = Template(_PAGE.read_text("utf-8"))
    return page.substitute(title=escape(title, quote=False), content=content)


def _decisions(root: Path, known: Mapping[str, str]) -> str:
    """The index of the decisions, as Markdown."""
    files = [PurePosixPath(file) for name, file in known.items() if name.startswith("adr/")]
    titles = [(root / file).read_text("utf-8").partition("\n")[0].lstrip("# ") for file in files]
    rows = [f"- [{title}]({file.name})" for title, file in zip(titles, files, strict=True)]
    return "\n".join(["# Decisions", "", *rows])


def render(text: str, file: PurePosixPath, known: Mapping[str, str]) -> tuple[str, str]:
    """The title and the HTML of a Markdown file, whose links are relative to `file`."""
    tokens = _markdown.parse(_COMMENT.sub("", text))
    title = ""
    for token, following in pairwise(tokens):
        if token.type == "heading_open":
            title = title or _plain(following)
            token.attrSet("id", anchor(_plain(following)))
    addressed = {file: name for name, file in known.items()}
    for token in tokens:
        if token.children:
            token.children = list(_linked(token.children, file, addressed))
    return title, _markdown.renderer.render(tokens, _markdown.options, {})


def anchor(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it: links work there and here."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _plain(inline: Token) -> str:
    return "".join(part.content for part in inline.children or ())


def _linked(
    tokens: list[Token], file: PurePosixPath, addressed: Mapping[str, str]
) -> Iterator[Token]:
    """The tokens with links to pages; of a link that leads to none, only its text."""
    leads = True
    for token in tokens:
        if token.type == "link_open":
            address = _address(str(token.attrGet("href")), file, addressed)
            leads = address is not None
            token.attrSet("href", address or "")
        if leads or not token.type.startswith("link_"):
            yield token


def _address(link: str, file: PurePosixPath, addressed: Mapping[str, str]) -> str | None:
    parts = urlsplit(link)
    if parts.scheme or not parts.path:
        return link
    target = normpath(file.parent / parts.path)
    fragment = f"#{parts.fragment}" if parts.fragment else ""
    if target in _FILES:
        return _FILES[target]
    if target == "docs/adr":
        return f"{ADDRESS}/adr"
    if target not in addressed:
        return None
    return f"{ADDRESS}/{addressed[target]}".rstrip("/") + fragment
