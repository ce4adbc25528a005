"""So many sessions on so many shards: what each shard has to do and to store, by shard key.

    figures(Cluster(sessions=10**9, shards=12), TENANT_ID).commands   commands a second, each shard

Which shards get an operation is planned (`routing`, `operations`), bytes are measured (`sizes`).
Everything else is an assumption: a field of Cluster, an option of `scripts/shards`, and a line of
its output. Shards are alike, kinds have as many sessions each, and whoever has more sessions asks
more.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache

from app.commands.recording import Command
from benchmarks.sharding import sizes
from benchmarks.sharding.operations import SESSIONS
from benchmarks.sharding.routing import KEYS, TENANT_TIME, Route, ShardKey, route
from benchmarks.sharding.table import operations
from schema.kinds import KINDS

SPELLINGS = 2
"""How many shards a list of values leads to, mostly: the two spellings of a UUID."""
NOOP_SECONDS = 10
"""How long a change stream waits for a shard without writes: MongoDB's periodicNoopIntervalSecs."""
MIX: Mapping[str, float] = {
    "botSession": 50,
    "botSessions": 30,
    "sessions": 10,
    "searchSessions for two words": 5,
    "botSessionStatistics": 5,
}
"""What is read, in parts of all reads; a field of one kind stands for those of all kinds."""
WRITTEN: Mapping[str, float] = {"createBotSession": 20, "updateBotSession": 80}


def assumed(default: float, meaning: str) -> float:
    """A field of Cluster with its meaning, which is the option's help."""
    value: float = field(default=default, metadata={"meaning": meaning})
    return value


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is assumed."""

    sessions: float = assumed(1e9, "sessions of all kinds together")
    shards: float = assumed(12, "shards")
    tenants: float = assumed(1000, "tenants")
    skew: float = assumed(
        1.0, "the n-th tenant has 1/n^skew of the sessions of the first; 0: all alike"
    )
    reads: float = assumed(5000, "requests a second that read")
    writes: float = assumed(500, "requests a second that change something")
    limited: float = assumed(0.9, "share of the requests whose credential is limited to one tenant")
    range_mb: float = assumed(128, "MB of documents in one range, MongoDB's chunkSize")
    capacity: float = assumed(10_000, "commands a second that one shard can serve")
    memory_gb: float = assumed(64, "GB of memory for the cache of one shard")
    group_us: float = assumed(2.0, "microseconds to group one session in statistics")
    gateway_ms: float = assumed(
        0.35, "ms of a gateway's CPU a request: docs/performance.md, 20 rows"
    )
    processes: float = assumed(8, "gateway processes, each with one change stream")


@dataclass(frozen=True, slots=True)
class Figures:
    """What follows for one key."""

    commands: float
    """A second, of each shard on average."""
    served: float
    """Reads a second that the shards can serve beside the writes, all together."""
    amplification: Mapping[str, float]
    """Commands to shards that one request becomes, by the operation."""
    tenant_shards: float
    """That have sessions of a tenant, weighted by how much it asks."""
    busiest: float
    """The share of new sessions that the busiest shard gets."""
    grouped_seconds: tuple[float, float]
    """Of statistics of one kind without a filter, on each shard that is asked: of a tenant, and of
    all."""


def shares(cluster: Cluster) -> list[float]:
    """Each tenant's share of the sessions, the largest first."""
    weights = [n**-cluster.skew for n in range(1, int(cluster.tenants) + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]


def spread(cluster: Cluster, key: ShardKey) -> list[int]:
    """On how many shards each tenant's sessions of a kind are, at most: a range on each."""
    shards = int(cluster.shards)
    if key.names[0] != "tenant":
        return [shards] * int(cluster.tenants)
    whole = cluster.sessions / len(KINDS) * sizes.mean().document / (cluster.range_mb * 2**20)
    return [min(shards, max(1, math.ceil(share * whole))) for share in shares(cluster)]


def figures(cluster: Cluster, key: ShardKey) -> Figures:
    """What a cluster with this key has to do."""
    share, wide = shares(cluster), spread(cluster, key)
    tenant_shards = sum(part * count for part, count in zip(share, wide, strict=True))
    asked = {
        name: cluster.limited * _asked(cluster, key, name, True, tenant_shards)
        + (1 - cluster.limited) * _asked(cluster, key, name, False, tenant_shards)
        for name in (*MIX, *WRITTEN)
    }
    read, written = _rate(1, MIX, asked), _rate(cluster.writes, WRITTEN, asked)
    left = cluster.capacity * cluster.shards - written
    of_kind = cluster.sessions / len(KINDS)
    own = sum(part * part / count for part, count in zip(share, wide, strict=True)) * of_kind
    grouped = own, of_kind / cluster.shards
    return Figures(
        (cluster.reads * read + written) / cluster.shards,
        max(0.0, left / read),
        asked,
        tenant_shards,
        _busiest(cluster, key, share, wide),
        (grouped[0] * cluster.group_us / 1e6, grouped[1] * cluster.group_us / 1e6),
    )


def _busiest(cluster: Cluster, key: ShardKey, share: Iterable[float], wide: Iterable[int]) -> float:
    """New sessions are spread by the hash, or all go to the newest end of their tenant."""
    even = 1 / cluster.shards
    if key.names[0] != "tenant":
        return even
    ends = [1] * int(cluster.tenants) if key is TENANT_TIME else wide
    return max(even, *(part / count for part, count in zip(share, ends, strict=True)))


def _rate(rate: float, mix: Mapping[str, float], asked: Mapping[str, float]) -> float:
    """Commands a second that all shards get together."""
    total = sum(mix.values())
    return sum(rate * part / total * asked[name] for name, part in mix.items())


def _asked(
    cluster: Cluster, key: ShardKey, name: str, limited: bool, tenant_shards: float
) -> float:
    """Commands to shards that one request becomes."""
    places = {
        Route.ONE: 1.0,
        Route.FEW: min(SPELLINGS, cluster.shards),
        Route.RANGE: tenant_shards,
        Route.ALL: cluster.shards,
        Route.EVERY: cluster.shards,
        Route.TWO_PHASES: cluster.shards + 1,
        Route.MOVES: min(2, cluster.shards),
    }
    return sum(places[route(key, command)] for command in _commands(name, limited))


@cache
def _commands(name: str, limited: bool) -> tuple[Command, ...]:
    """What an operation sends to collections of sessions."""
    (found,) = (one for one in operations() if one.name == name)
    sent = found.limited if limited else found.free
    return tuple(command for command in sent if command.collection in SESSIONS)


def page(cluster: Cluster) -> str:
    """The figures of every key as Markdown, with what was measured and assumed."""
    found = [figures(cluster, key) for key in KEYS]
    size = sizes.mean()
    of_shard = cluster.sessions / cluster.shards
    rows = [
        ("commands a second for each shard", [f"{one.commands:,.0f}" for one in found]),
        ("of its capacity", [f"{one.commands / cluster.capacity:.0%}" for one in found]),
        ("reads a second that all shards can serve", [f"{one.served:,.0f}" for one in found]),
        ("shards with sessions of a tenant", [f"{one.tenant_shards:.1f}" for one in found]),
        *(
            (f"commands for one `{name}`", [f"{one.amplification[name]:.1f}" for one in found])
            for name in (*MIX, *WRITTEN)
        ),
        ("new sessions that the busiest shard gets", [f"{one.busiest:.1%}" for one in found]),
        ("statistics of a tenant, s", [f"{one.grouped_seconds[0]:,.1f}" for one in found]),
        ("statistics of all, s", [f"{one.grouped_seconds[1]:,.1f}" for one in found]),
    ]
    head = ["", *(f"`{key.text}`" for key in KEYS)]
    lines = [head, ["---"] * len(head), *([label, *cells] for label, cells in rows)]
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    cores = (cluster.reads + cluster.writes) * cluster.gateway_ms / 1000
    below = f"The gateways need {cores:,.1f} cores together. {_feed(cluster)}"
    return f"{_assumptions(cluster)}\n{_stored(cluster, size, of_shard)}\n{table}\n{below}"


def _assumptions(cluster: Cluster) -> str:
    lines = ["Assumed:\n\n| option | value | meaning |\n| --- | --- | --- |\n"]
    for one in fields(cluster):
        option, value = one.name.replace("_", "-"), getattr(cluster, one.name)
        lines.append(f"| `--{option}` | {value:,g} | {one.metadata['meaning']} |\n")
    mix = ", ".join(f"{part:g} % `{name}`" for name, part in MIX.items())
    written = ", ".join(f"{part:g} % `{name}`" for name, part in WRITTEN.items())
    return "".join(lines) + f"\nReads are {mix}; changes are {written}.\n"


def _stored(cluster: Cluster, size: sizes.Size, of_shard: float) -> str:
    """Bytes, the same under every key: its own index is the smallest."""
    documents, index = (part * of_shard / 1e9 for part in (size.document, size.index))
    return (
        f"Measured on {sizes.SAMPLE} generated sessions of each kind, before compression: a "
        f"session has {size.document:,.0f} bytes, and {size.index:,.0f} bytes in indexes. Of "
        f"{of_shard:,.0f} sessions a shard stores {documents:,.0f} GB, and {index:,.0f} GB of "
        f"indexes: {index / cluster.memory_gb:,.1f} times its cache.\n"
    )


def _feed(cluster: Cluster) -> str:
    """What change streams cost: each reads every shard, and waits for the quietest."""
    writes = cluster.writes / cluster.shards
    wait = min(NOOP_SECONDS, 1 / writes) if writes else NOOP_SECONDS
    return (
        f"Change streams: {cluster.processes:,.0f} cursors on each shard, "
        f"{cluster.processes * cluster.shards:,.0f} in all. An event waits until every shard has "
        f"written something later: about {wait:.2f} s at {writes:,.0f} changes a second for each "
        f"shard, and {NOOP_SECONDS} s where a shard has none.\n"
    )
