"""The vendors' URLs: one file and one line a vendor, one route table, the resolvers of GraphQL."""

from starlette.routing import BaseRoute

from app.rest import co_browse, remote_support, routing
from app.settings import Settings

VENDORS: tuple[routing.Vendor, ...] = (
    co_browse.VENDOR,
    remote_support.VENDOR,
)


def routes(settings: Settings) -> list[BaseRoute]:
    """The routes of every vendor path, for the application's router."""
    return routing.routes(VENDORS, settings.max_body_bytes)
