"""Co-browse history as Genesys Co-browse 8.1 serves it."""
