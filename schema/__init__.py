"""The GraphQL surface: kinds, filters, orderings, inputs and root fields.

It may import resolvers, never app.
"""
