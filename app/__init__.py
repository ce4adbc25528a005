"""The process: settings, HTTP endpoints, access and the command line. It may import schema and resolvers."""
