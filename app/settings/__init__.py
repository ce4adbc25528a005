"""Every setting: environment variables with the prefix `GATEWAY_`, read once at start.

Each file has one group of them. `docs/settings.md` is generated from the groups.
"""

from typing import Self

from pydantic import model_validator

from app.http.origin import is_loopback
from app.settings.access import Access
from app.settings.audit import Audit
from app.settings.database import Database
from app.settings.export import Export
from app.settings.graphql import GraphQL
from app.settings.network import Network
from app.settings.observing import Observing
from app.settings.oidc import OpenID
from app.settings.retention import Retention
from app.settings.vendors import OPEN_PATHS as OPEN_PATHS
from app.settings.vendors import Vendors


class Settings(
    Network, Database, Access, OpenID, Vendors, GraphQL, Export, Retention, Audit, Observing
):
    """What an operator can choose. Durations are in seconds, sizes in bytes.

    The groups are in the order of the documentation.
    """

    @model_validator(mode="after")
    def _off_on_loopback_only(self) -> Self:
        if self.auth == "off" and not is_loopback(self.host):
            raise ValueError(
                f"GATEWAY_AUTH=off is allowed only on a loopback address such as 127.0.0.1, and "
                f"the gateway is to listen on {self.host}. Leave GATEWAY_AUTH at required."
            )
        if self.auth == "off" and self.trusted_proxies:
            raise ValueError(
                "GATEWAY_AUTH=off is not allowed with GATEWAY_TRUSTED_PROXIES: whoever reaches the "
                "proxy could do everything. Leave GATEWAY_AUTH at required."
            )
        return self

    @model_validator(mode="after")
    def _audited_if_writable(self) -> Self:
        if self.read_only and self.audit != "off":
            raise ValueError(
                f"GATEWAY_AUDIT={self.audit} is not allowed with GATEWAY_READ_ONLY: the audit "
                "trail is written to the database. Leave GATEWAY_AUDIT at off."
            )
        return self
