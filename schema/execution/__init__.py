"""How operations are carried out: what a selection needs, and how documents become a response."""
