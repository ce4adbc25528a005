"""Spans for OpenTelemetry: one for each request, and below it one for each command.

The packages belong to the extra `otel`, and are imported once traces are wanted. A span has the
facts of its request: no personal value, no query, no variable.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from starlette.types import Scope

from app.errors import StartError
from resolvers.request_facts import RequestFacts

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor

NEEDED: Final = (
    "GATEWAY_TRACES_URL needs the packages of the extra `otel`: pip install 'session-gateway[otel]'"
)


class Traces:
    """Makes the spans, and hands them to a processor."""

    def __init__(self, processor: "SpanProcessor") -> None:
        """The sampler is that of `OTEL_TRACES_SAMPLER`; without it, every request is traced."""
        from opentelemetry import propagate, trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider

        resource = Resource.create({"service.name": "session-gateway"})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("session-gateway")
        self._trace = trace
        self._extract = propagate.extract

    @contextmanager
    def span(self, scope: Scope) -> Iterator[Callable[[RequestFacts, int], None]]:
        """The request's, below the client's `traceparent`; call what it gives once at the end."""
        carrier = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        kind = self._trace.SpanKind.SERVER
        with self._tracer.start_as_current_span(
            scope["method"],
            self._extract(carrier),
            kind,
            record_exception=False,  # its text may quote documents
            set_status_on_exception=False,
        ) as span:

            def end(facts: RequestFacts, status: int) -> None:
                span.update_name(f"{facts.api} {facts.operation}".rstrip())
                span.set_attributes(
                    {
                        "http.request.method": scope["method"],
                        "http.response.status_code": status,
                        "gateway.request_id": facts.id,
                        "gateway.api": facts.api,
                        "gateway.operation": facts.operation,
                        "gateway.credential": facts.credential,
                        "gateway.codes": list(dict.fromkeys(facts.codes)),
                    }
                )
                if status >= 500 or "INTERNAL" in facts.codes:
                    span.set_status(self._trace.StatusCode.ERROR)

            yield end

    def command(self, name: str, succeeded: bool, seconds: float) -> None:
        """A command that has just ended, below the request that sent it."""
        now = time.time_ns()
        span = self._tracer.start_span(
            name,
            kind=self._trace.SpanKind.CLIENT,
            start_time=now - int(seconds * 1e9),
            attributes={"db.system.name": "mongodb", "db.operation.name": name},
        )
        if not succeeded:
            span.set_status(self._trace.StatusCode.ERROR)
        span.end(now)

    def close(self) -> None:
        """Send what is left."""
        self._provider.shutdown()


def sending(url: str) -> Traces:
    """Traces that are sent to this address; StartError without the extra `otel`."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise StartError(NEEDED) from None
    return Traces(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
