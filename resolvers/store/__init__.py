"""The only place that talks to MongoDB.

Commands, and their time:

    store             the handle that resolvers use
    driver            clients of either driver, and what its errors mean
    listeners         the driver's events, as plain calls
    deadline          the deadline of every operation
    budget            the time of one request
    circuit           failures known at once
    cancelled_waits   two waits of the driver's that go wrong when a request is cancelled
    quick_command     a command without frills

Reading:

    operators         a filter as a query
    plan              a read as index ranges
    find              one find as a command
    read              pages, sessions by id, summaries
    counting          how many match: counted, or estimated
    coalescing        reads that are one command
    cursors           replies beyond 16 MB; no cursor stays open
    lists             lists in parts, as their windows show them
    groups            statistics as an aggregation
    numbers           which stored values count as numbers
    leader            which word leads a search
    matching          filters, decided in this process
    bson_order        how the database orders values
    strays            values in cursors that are not of their column's type
    session_ids       ids that are not texts

Writing:

    write             inserts, guarded updates, deletions
    single_writes     one session stored or changed
    appends           lists that grow
    write_locks       writers of one session
    witness           who looks on: the audit trail

Collections, and whose they are:

    preparation       what a start does to a database
    policy            what an operator lets it do
    rules             what the database refuses to store
    indexes           the indexes of a kind
    originals         adopted documents: what was there before

Engines that differ:

    capabilities      what engines can do
    probes            what this one can do
    windows           finds in windows, for engines that walk no index in order
    timeline          where in time a collection has rows, for these
    surveys           how large a collection is, for these
    look_limit        what an engine that walks no index would look at, and what is too much of it
    riding            which part of a query these find by an index
    branches          an `or` whose parts are each served by an index
    conditions        conditions of a query that are the same for every document
    unbounded         reads of everything, a few at a time

Collections of another shape, served in place:

    mapped            such a collection, as sessions of a kind
    mapped_rows       its rows as sessions
    mapped_source     the text of the function that makes sessions of its documents
    mapped_values     its values, as their columns show them

The gateway's own collections:

    credentials       who may call
    export_links      one-time links
    customer_links    which identifiers are one customer's
    idempotency       requests that may be repeated
    rate_counters     counters of requests
    audit             the stored audit trail
    overview          figures for the page at `/`

Changes:

    change_stream     what the database says changed
    feed              the changes of one process
    stream_marks      where a stream may begin without a search
"""
