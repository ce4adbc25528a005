"""The vendors' sample sessions as they are stored; the paths' own code makes examples of them."""

from app.demo.samples import SAMPLES, samples
from resolvers import bulk
from resolvers.context import Context
from resolvers.kind import Document, Kind
from resolvers.store.store import Store


def stored(kind: Kind) -> list[Document]:
    """The kind's samples, the vendor's own first; no database is asked."""
    context = Context(Store(None, deadline=0.0))
    known = {name for name, _ in SAMPLES}
    kinds = {kind.enum_name: kind} if kind.enum_name in known else {}
    return [bulk.prepare(context, draft) for draft in samples(kinds)]
