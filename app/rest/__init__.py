"""The vendors' URLs: a folder and a line a vendor, one route table, the resolvers of GraphQL."""

from app.errors import StartError
from app.rest.bot.endpoint import VENDOR as BOT
from app.rest.chat.endpoint import VENDOR as CHAT
from app.rest.co_browse.endpoint import VENDOR as CO_BROWSE
from app.rest.knowledge.endpoint import VENDOR as KNOWLEDGE
from app.rest.remote_support.endpoint import VENDOR as REMOTE_SUPPORT
from app.rest.routing import VendorRoutes
from app.rest.vendor import Vendor
from app.settings import Settings

VENDORS: tuple[Vendor, ...] = (
    CO_BROWSE,
    REMOTE_SUPPORT,
    KNOWLEDGE,
    CHAT,
    BOT,
)


def vendors(settings: Settings) -> tuple[Vendor, ...]:
    """The vendors, under the extra base paths too."""
    extra = settings.extra_base_paths
    return tuple(
        vendor.also_under(
            path for name, path in extra if name == vendor.name and path not in vendor.roots
        )
        for vendor in VENDORS
    )


def routes(settings: Settings) -> VendorRoutes:
    """Every vendor path, as one route; StartError if an extra one is another's."""
    try:
        return VendorRoutes(
            vendors(settings),
            settings.max_body_bytes,
            settings.body_seconds,
            settings.max_answer_bytes,
        )
    except ValueError as error:
        raise StartError(f"GATEWAY_EXTRA_BASE_PATHS: {error}") from error
