"""The headers of pages for people: what a browser may load, and what it may do."""

from typing import Final

# The one style element GraphiQL 4.1.2 writes by script; another version has another hash.
_GRAPHIQL_STYLE: Final = "'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='"
_CONTENT_POLICY: Final = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {_GRAPHIQL_STYLE}; "
    "img-src 'self' data:; font-src data:; connect-src 'self'; worker-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS: Final = {
    "content-security-policy": _CONTENT_POLICY,
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), "
    "payment=(), usb=()",
}
"""Headers of every page for people, beside those that app.http.boundary gives every response."""
