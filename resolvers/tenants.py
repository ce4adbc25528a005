"""Tenants: the companies or departments whose sessions stand in one database, apart.

A session belongs to one tenant, or to none, for good. A credential may be limited to tenants: it
sees, changes and creates their sessions alone. One without a limit sees everything.

    Caller(tenants={"acme"})            sees acme's sessions, and creates sessions of acme's
    Caller(tenants={"acme", "globex"})  sees those of both, and names one in what it creates
    Caller(tenants=NOBODYS)             sees the sessions that have no tenant
    Caller(tenants=None)                sees all, and names a tenant or none
"""

import re
from collections.abc import Iterable

from resolvers.common_columns import TENANT, TENANT_PATTERN
from resolvers.errors import BadInput, ForeignTenant, Invalid
from resolvers.request import EVERYTHING, Compare, Filter, Operator

Tenants = frozenset[str] | None
"""The tenants that somebody is limited to; None: no limit."""
NONE = ""
"""Stands among tenants for none."""
NOBODYS = frozenset({NONE})
"""The limit to sessions that have no tenant."""
MOST = 100
"""Tenants that one credential can be limited to."""


def checked(tenants: Iterable[str]) -> tuple[str, ...]:
    """The names, each once; BadInput for what cannot be a tenant's name, or for too many."""
    found = tuple(dict.fromkeys(tenants))
    for one in found:
        if not re.fullmatch(TENANT_PATTERN, one):
            raise BadInput(
                f"{one[:100]!r} is not a tenant: 1 to 64 letters, digits, `.`, `_` and `-`, the "
                "first one a letter or a digit."
            )
    if len(found) > MOST:
        raise BadInput(f"{len(found)} tenants are too many for one credential: at most {MOST}.")
    return found


def stored(tenants: Tenants) -> list[str | None] | None:
    """The limit as values of the column, in a fixed order; None: no limit."""
    return None if tenants is None else [one or None for one in sorted(tenants)]


def visible(tenants: Tenants) -> Filter:
    """The sessions within the limit."""
    if (values := stored(tenants)) is None:
        return EVERYTHING
    if len(values) == 1:
        return Compare((TENANT,), Operator.EQ, values[0])
    return Compare((TENANT,), Operator.IN, values)


def names(tenants: Tenants) -> bool:
    """Whether who is limited like this must name the tenant of what it creates."""
    return tenants is not None and len(tenants) != 1


def of_new(tenants: Tenants, given: str | None) -> str | None:
    """The tenant of a new session, or of new links, for which one was `given` or none.

    ForeignTenant for one outside the limit; Invalid where one must be named.
    """
    if tenants is None or given is not None:
        require(tenants, given)
        return given
    if names(tenants):
        raise Invalid(
            "This credential is limited to several tenants: name the one that this belongs to "
            f"({', '.join(sorted(tenants))}).",
            (TENANT.name,),
        )
    (own,) = tenants
    return own or None


def require(tenants: Tenants, tenant: str | None) -> None:
    """ForeignTenant for what is outside the limit."""
    if tenants is not None and (tenant or NONE) not in tenants:
        raise ForeignTenant(
            "This credential may not store sessions of that tenant.", (TENANT.name,)
        )
