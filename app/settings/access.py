"""Who may ask, and how often."""

from typing import Final, Literal

from pydantic import Field, SecretStr, field_validator

from app.settings.types import Group, Rate
from schema.limits import Introspection

SHORTEST_KEY: Final = 32
"""Characters of the demo key: a shorter one can be guessed."""
LONGEST_KEY: Final = 64


class Access(Group):
    """Who may ask, and how often."""

    auth: Literal["required", "off"] = Field(
        "required",
        description="Whether requests need a credential. `off` lets everybody do everything and "
        "is allowed only if GATEWAY_HOST is a loopback address.",
    )
    demo_key: SecretStr | None = Field(
        None,
        description="Fixes the key and signing secret of the credential `demo`, which has every "
        "scope; 32 to 64 visible ASCII characters. Unset: made on an embedded database, or "
        "an empty one that gets the demo data, and stored in GATEWAY_DATA_DIR.",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Encrypts the stored signing secrets of bot JWTs: 32 random bytes in URL-safe "
        "base64 (`openssl rand -base64 32 | tr '+/' '-_'`); several, separated by commas, to "
        "change it: the first encrypts, each decrypts. Unset: made for an embedded database only, "
        "and stored in GATEWAY_DATA_DIR.",
    )
    rate: Rate = Field(
        "",
        description="Requests allowed to one credential, on all workers together, such as "
        "`600/minute;10000/hour`; the bot URLs have GATEWAY_BOT_RATE instead. Empty: no limit.",
    )
    guess_rate: Rate = Field(
        "30/minute",
        description="Wrong credentials that one address may give to each worker; more are "
        "refused with 429 and `Retry-After`. Valid ones are never refused for it. Empty: no limit.",
    )
    mask_identifiers: bool = Field(
        False,
        description="`true`: ids of people and computers (`customerId`, `userId`, `agentId`, "
        "`computerName` and their like) are masked without the scope `pii:read`, as names are. "
        "Ids with an e-mail address in them always are.",
    )
    introspection: Introspection = Field(
        "all",
        description="Who may see the schema by introspection, names in error messages, "
        "`/schema.graphql`, `/openapi.json`, `/docs` and GraphiQL's examples: `all`, "
        "`scoped` (credentials with the scope `introspection` or `admin`), `none`.",
    )
    security_contact: str | None = Field(
        None,
        pattern=r"^(mailto:|https://|tel:)[!-~]+$",
        description="Where people report vulnerabilities, such as `mailto:security@example.com` "
        "or an https address: shown in `/.well-known/security.txt`. Unset: there is no such file.",
    )

    @field_validator("demo_key")
    @classmethod
    def _sendable_key(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            text = key.get_secret_value()
            visible = text.isascii() and text.isprintable() and " " not in text
            if not (visible and SHORTEST_KEY <= len(text) <= LONGEST_KEY):
                raise ValueError(
                    f"write {SHORTEST_KEY} to {LONGEST_KEY} visible ASCII characters without "
                    "spaces, such as those of `openssl rand -hex 32`"
                )
        return key

    @field_validator("secret_key")
    @classmethod
    def _fernet_keys(cls, keys: SecretStr | None) -> SecretStr | None:
        from cryptography.fernet import Fernet

        try:
            for key in keys.get_secret_value().split(",") if keys else ():
                Fernet(key.strip())
        except ValueError:
            raise ValueError("a key is 32 bytes in URL-safe base64, 44 characters") from None
        return keys
