"""`/.well-known/security.txt`: where people report a vulnerability (RFC 9116).

Contact: mailto:security@example.com
Expires: 2027-05-30T00:00:00Z
Preferred-Languages: en
"""

from datetime import datetime, timedelta
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.settings import Settings
from resolvers.context import utc_now

ADDRESS: Final = "/.well-known/security.txt"
VALID: Final = timedelta(days=180)
"""Less than a year, as the RFC recommends."""


def routes(settings: Settings) -> list[BaseRoute]:
    """The route; 404 without GATEWAY_SECURITY_CONTACT."""

    def security(_request: Request) -> Response:
        if settings.security_contact is None:
            raise HTTPException(404)
        return Response(text(settings.security_contact, utc_now()), media_type="text/plain")

    return [Route(ADDRESS, security, name="security")]


def text(contact: str, now: datetime) -> str:
    """The file; it expires at a midnight half a year from now."""
    expires = (now + VALID).replace(hour=0, minute=0, second=0, microsecond=0)
    return f"Contact: {contact}\nExpires: {expires.isoformat()}Z\nPreferred-Languages: en\n"
