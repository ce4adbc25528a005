"""The schema as a client's tools have it: built from what the gateway prints."""

from functools import cache

from graphql import GraphQLSchema, build_schema

from schema.build import build


@cache
def client_schema() -> GraphQLSchema:
    """Made once a process: printing and parsing it takes half a second."""
    return build_schema(build().as_str())
