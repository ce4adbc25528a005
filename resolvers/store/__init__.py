"""The only place that talks to MongoDB.

operators   a filter as a query            plan      a read as index ranges
cursor      a place in an ordering         read      pages, lookups, counts
indexes     collections and their rules    write     inserts, guarded updates, claims
driver      clients, deadlines, errors     store     the handle that resolvers hold
turns       writers of one session         find      one find as a command
credentials who may call                   rates     counters of requests
overview    figures for the page at `/`
"""
