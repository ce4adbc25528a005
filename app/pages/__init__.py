"""The pages for people: landing page, GraphiQL, REST reference, errors."""
