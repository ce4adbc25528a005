"""What operators see: logs, metrics and traces."""

from typing import Literal

from pydantic import Field

from app.settings.types import Group


class Observing(Group):
    """What operators see: logs, metrics and traces. See [Observing](observing.md)."""

    log_format: Literal["text", "json"] = Field(
        "text", description="How lines on standard error are written: `text`, or `json` objects."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The lowest level that is logged: `debug`, `info`, `warning`, `error`."
    )
    access_log: bool = Field(
        False,
        description="Whether each response is logged: client, method, path without its query, "
        "status, milliseconds. The level is `info`.",
    )
    slow_seconds: float = Field(
        1.0,
        ge=0,
        le=3600,
        description="A request that takes at least as long is logged; 0: none. A failed one always "
        "is.",
    )
    metrics_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port on which Prometheus finds `/metrics`, for all workers together; 0 picks "
        "a free one. Unset: nothing is measured.",
    )
    metrics_host: str = Field(
        "127.0.0.1",
        description="Address of that port. It asks for no key, so give it one that only "
        "Prometheus reaches.",
    )
    metrics_database: bool = Field(
        True,
        description="Whether the metrics include the driver's commands and connections, which cost "
        "about a tenth of a small request's CPU time.",
    )
    traces_url: str | None = Field(
        None,
        pattern=r"^https?://",
        description="Where spans are sent by OTLP over HTTP, such as "
        "`http://collector:4318/v1/traces`; needs the extra `otel`. Unset: there are none.",
    )
