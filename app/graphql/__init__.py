"""GraphQL over HTTP, and persisted documents."""
