"""Who asks: the credential behind a request, as its holder may see it."""

from datetime import datetime

import strawberry

from resolvers.access import EVERYBODY, Caller


@strawberry.type(description="Who asks, and what this credential may do.")
class Viewer:
    """Nothing of it is secret to whoever has the key."""

    name: str = strawberry.field(description="The credential's name, as it was issued.")
    scopes: list[str] = strawberry.field(
        description="What it may do, such as `bot:read`; `admin` stands for everything."
    )
    bots: list[str] | None = strawberry.field(
        description="The only bots whose sessions it sees; null for all."
    )
    tenants: list[str] | None = strawberry.field(
        description="The only tenants whose sessions it sees; null for all, and for sessions "
        "without a tenant."
    )
    sees_personal_data: bool = strawberry.field(
        description="Whether personal texts are shown; they are `***` otherwise."
    )
    expires_at: datetime | None = strawberry.field(
        description="When the credential expires; null if it never does."
    )
    is_everybody: bool = strawberry.field(
        description="Whether the gateway asks for no credentials: then everybody may do everything."
    )

    @classmethod
    def of(cls, caller: Caller) -> "Viewer":
        """The caller, with everything in a fixed order."""
        return cls(
            name=caller.name,
            scopes=sorted(caller.scopes),
            bots=None if caller.bots is None else sorted(caller.bots),
            tenants=None if caller.tenants is None else sorted(caller.tenants),
            sees_personal_data=caller.sees_personal,
            expires_at=caller.expires_at,
            is_everybody=(caller.id, caller.name) == (EVERYBODY.id, EVERYBODY.name),
        )
