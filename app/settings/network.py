"""Where the gateway listens, who may reach it, and how long a request may take."""

import re
from pathlib import Path
from typing import Self

from pydantic import Field, field_validator, model_validator

from app.http.origin import LOOPBACK, is_loopback, networks
from app.settings.types import Group, Names
from resolvers.request import LARGEST_ANSWER


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
    max_answer_bytes: int = Field(
        LARGEST_ANSWER,
        ge=65_536,
        description="Largest answer with sessions, on every path, before it is compressed.",
    )
    body_seconds: float = Field(
        10.0, gt=0, le=600, description="Longest time that a request body may take."
    )
    hsts_seconds: int = Field(
        31_536_000,
        ge=0,
        description="How long browsers that reached the gateway by https ask by https alone "
        "(`Strict-Transport-Security`); 0: no such header.",
    )
    head_seconds: float = Field(
        10.0,
        gt=0,
        le=600,
        description="Longest time that the headers of a request may take, and the first request "
        "of a connection, and the handshake of TLS.",
    )
    keep_alive_seconds: int = Field(
        75,
        ge=1,
        le=3600,
        description="How long a connection stays open between two requests. Set it above the "
        "idle time of a balancer in front, which is 60 in most.",
    )
    write_seconds: float = Field(
        60.0, gt=0, le=3600, description="Longest time that a client may take to read a response."
    )
    max_connections: int = Field(
        1000,
        ge=2,
        le=1_000_000,
        description="Most open connections of one process. Beyond them, a new one takes the place "
        "of the one that has waited longest for its client.",
    )
    max_in_flight: int | None = Field(
        None,
        ge=1,
        le=100_000,
        description="Most requests that one process serves at the same time; more get 503 with the "
        "code OVERLOADED at once. Unset: half of the connections that the driver may open, which "
        "is 50 unless GATEWAY_MONGODB_URI has a `maxPoolSize`, and fewer while responses take "
        "longer than half of GATEWAY_DEADLINE_SECONDS; three times as many wait for a place, for "
        "half a second at most.",
    )
    notice_seconds: float | None = Field(
        None,
        ge=0,
        le=600,
        description="How long after SIGTERM `/readyz` answers 503 while everything is still "
        "served, so that balancers send requests elsewhere first. Unset: 0 if GATEWAY_HOST is a "
        "loopback address, else 5. Ctrl-C does not wait.",
    )

    @property
    def notice(self) -> float:
        """Seconds between SIGTERM and the end of serving."""
        if self.notice_seconds is not None:
            return self.notice_seconds
        return 0.0 if is_loopback(self.host) else 5.0

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
