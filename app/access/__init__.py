"""Who calls, and how often: credentials, tokens, rates, and the gateway's own keys."""
