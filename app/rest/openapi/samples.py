"""The vendors' sample sessions as they are stored; the paths' own code makes examples of them."""

from app.rest.samples import SAMPLES, samples
from resolvers import bulk
from resolvers.context import Context
from resolvers.kind import Document, Kind


def stored(kind: Kind) -> list[Document]:
    """The kind's samples, the vendor's own first; no database is asked."""
    context = Context.offline()
    known = {name for name, _ in SAMPLES}
    kinds = {kind.enum_name: kind} if kind.enum_name in known else {}
    return [bulk.prepare(context, draft) for draft in samples(kinds)]
