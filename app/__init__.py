"""The process: settings, HTTP endpoints, access, the command line; imports schema, resolvers."""
