"""Who did what: the audit trail (docs/adr/0032-audit-trail.md).

    entries      what an entry has, its canonical form and its hash
    trail        one process's chain: entries wait for a moment, and are stored together
    witness      one request's: what it writes, shows and is refused becomes entries
    showing      documents as the caller may see them; that they were shown is noted
    attempts     refused writes
    history      the entries of one session
    export       entries as lines of JSON, for other programs
    proof        whether the chains are whole
    pruning      the oldest entries go, their place in the chain stays

A write waits for its entry `BEGUN` to be stored; an entry with its outcome follows:

    {"_id": "9f…:000000000007", "at": …, "action": "UPDATED", "kind": "chat", "changed": ["c-1"],
     "fields": ["note"], "revision": 4, "credential": "1a2b", "api": "graphql", "operation": "Rate",
     "outcome": "BEGUN", "writer": "9f…", "seq": 7, "previous": "…", "hash": "…"}
    {"_id": "9f…:000000000008", "of": ["9f…:000000000007"], "outcome": "DONE", …}
"""
