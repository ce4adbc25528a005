"""Where the gateway listens, who may reach it, and how long a request may take."""

import re
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from app.http.origin import LOOPBACK, is_loopback, networks
from app.settings.types import Group, Names


class Network(Group):
    """Where the gateway listens, who may reach it, and how long a request may take."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    tls_certificate: Path | None = Field(
        None,
        description="PEM file of the server's certificate, then the intermediate ones: with it and "
        "GATEWAY_TLS_KEY the gateway speaks https only. Read at start.",
    )
    tls_key: Path | None = Field(
        None, description="PEM file of the certificate's private key, without a passphrase."
    )
    allowed_hosts: Names = Field(
        frozenset(),
        description="Host names that are accepted in `Host`, without ports, separated by "
        "commas; `*` for any. Loopback names and GATEWAY_HOST are always accepted, and any IP "
        "address if the server listens on all of them.",
    )
    trusted_proxies: Names = Field(
        frozenset(),
        description="Addresses and networks of the proxies in front, separated by commas, such as "
        "`127.0.0.1,10.0.0.0/8`. `X-Forwarded-For`, `-Proto` and `-Host` are read in "
        "requests from these, and ignored in all others. Empty: none.",
    )
    cors_origins: Names | None = Field(
        None,
        description="Sites whose pages may use this server from browsers, separated by commas, "
        "such as `https://desk.example.com`; `loopback` for pages on this machine with any port, "
        "`*` for any. Empty: none but its own. Unset: `loopback` if GATEWAY_HOST is a loopback "
        "address and GATEWAY_ALLOWED_HOSTS is empty, else none.",
    )
    max_body_bytes: int = Field(
        1_048_576, ge=1024, description="Largest request body, on every path."
    )
    body_seconds: float = Field(
        10.0, gt=0, le=600, description="Longest time that a request body may take."
    )

    @property
    def origins(self) -> frozenset[str]:
        """The sites whose pages may use this server."""
        if self.cors_origins is not None:
            return self.cors_origins
        is_local = is_loopback(self.host) and not self.allowed_hosts
        return frozenset({LOOPBACK} if is_local else ())

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, origins: frozenset[str] | None) -> frozenset[str] | None:
        for origin in (origins or frozenset()) - {"*", LOOPBACK}:
            if not re.fullmatch(r"https?://[^/?#]+", origin):
                raise ValueError(
                    f"{origin!r} is not an origin; write one such as https://example.com, "
                    f"`{LOOPBACK}` or `*`"
                )
        return origins

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, proxies: frozenset[str]) -> frozenset[str]:
        networks(proxies)
        return proxies

    @model_validator(mode="after")
    def _whole_pair(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            given, missing = "GATEWAY_TLS_CERTIFICATE", "GATEWAY_TLS_KEY"
            if self.tls_certificate is None:
                given, missing = missing, given
            raise ValueError(f"{given} is set and {missing} is not: set both, or neither.")
        return self
