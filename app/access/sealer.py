"""What opens the stored signing secrets."""

from app.settings import Settings
from resolvers.credentials import Sealer


def sealer(settings: Settings) -> Sealer | None:
    """A Sealer with the keys of GATEWAY_SECRET_KEY; None without."""
    if settings.secret_key is None:
        return None
    keys = settings.secret_key.get_secret_value().split(",")
    return Sealer([key.strip() for key in keys])
