"""HTTP itself: what may be sent, from where, and in which form; nothing of GraphQL or sessions."""
