"""The only place that talks to MongoDB.

operators       a filter as a query              plan         a read as index ranges
find            one find as a command            read         pages, sessions by id, counts
groups          statistics as an aggregation     bson_order   how the database orders values
write           inserts, guarded updates         write_locks  writers of one session
indexes         collections and their rules      driver       clients, deadlines, errors
credentials     who may call                     store        the handle that resolvers use
rate_counters   counters of requests             overview     figures for the page at `/`
appends         lists that grow                  circuit      failures known at once
budget          the time of one request          cursors      replies beyond 16 MB
leader          which word leads a search        matching     filters, decided in this process
quick_command   a command without frills   single_writes   one session stored or changed
coalescing      reads that are one command      unbounded       reads of everything, a few at a time
change_stream   what the database says changed   feed         the changes of one process
capabilities    what engines can do              probes       what this one can do
"""
