"""Past one machine: what a MongoDB router could do with the gateway's commands, without a cluster.

routing.py     a command and a shard key: which shards get it
operations.py  every operation of the schema and of the vendors' URLs, and its commands
table.py       operations beside shard keys, as docs/sharding.md shows them
sizes.py       bytes of sessions and of their index entries, measured
model.py       so many sessions on so many shards: load, bytes, hot spots
__main__.py    scripts/shards
"""
