"""The vendors' URLs: one file a vendor, one route table, the same resolvers as GraphQL."""

from starlette.routing import BaseRoute

from app.rest import routing
from app.rest.routing import Vendor
from app.settings import Settings


def vendors(settings: Settings) -> tuple[Vendor, ...]:
    """Every vendor that is served: one line each."""
    return ()


def routes(settings: Settings) -> list[BaseRoute]:
    """The routes of every vendor path, for the application's router."""
    return routing.routes(vendors(settings), settings.max_body_bytes)
