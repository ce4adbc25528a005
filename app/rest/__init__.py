"""The vendors' URLs: one file and one line a vendor, one route table, the resolvers of GraphQL."""

from app.rest import bot, chat, co_browse, knowledge, remote_support, routing
from app.rest.vendor import Vendor
from app.settings import Settings

VENDORS: tuple[Vendor, ...] = (
    co_browse.VENDOR,
    remote_support.VENDOR,
    knowledge.VENDOR,
    chat.VENDOR,
    bot.VENDOR,
)


def routes(settings: Settings) -> routing.VendorRoutes:
    """Every vendor path, as one route."""
    return routing.routes(VENDORS, settings.max_body_bytes, settings.body_seconds)
