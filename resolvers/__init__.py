"""The core: what a request means for stored sessions. It knows no web framework and no GraphQL."""
