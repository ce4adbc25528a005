"""The vendors' sample sessions: `<kind>/sample.jsonl`, JSON Lines as `import` reads them.

They come from the vendors' own pages; what a page does not say is made up. Demo data has them, and
the examples of the reference are what the paths' own code makes of them.
"""

from functools import cache
from pathlib import Path
from typing import Any

import orjson

from resolvers import bulk
from resolvers.bulk import Draft
from resolvers.context import Context
from resolvers.kind import Document, Kind
from schema.json_lines import decode


@cache
def lines(kind: Kind) -> tuple[dict[str, Any], ...]:
    """The samples as an import has them, the vendor's own first."""
    path = Path(__file__).parent / kind.name / "sample.jsonl"
    return tuple(map(orjson.loads, path.read_bytes().splitlines()))


def drafts(kind: Kind) -> list[Draft]:
    """The samples, ready to be stored."""
    return [decode(kind, line) for line in lines(kind)]


def stored(kind: Kind) -> list[Document]:
    """The samples as they are stored; no database is asked."""
    return [bulk.prepare(Context.offline(), draft) for draft in drafts(kind)]
