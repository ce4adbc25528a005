"""What the engine can do, found out: by its name, and by trying what leaves no trace."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from pymongo.errors import OperationFailure

from resolvers.kind import Document
from resolvers.store.capabilities import IN_MEMORY, Capabilities, Capability, named, overridden
from resolvers.store.store import Store


async def learn(store: Store, overrides: Iterable[str] = ()) -> Capabilities:
    """Ask the engine what it can do; `overrides` such as `-ttl` and `+explain` have the last word.

    GatewayErrors if it does not answer.
    """
    behind = getattr(store.database, "delegate", store.database)
    if type(behind).__module__.startswith("mongomock"):  # it says that it is MongoDB
        return overridden(IN_MEMORY, overrides)
    found = named(await _tried(store, {"buildInfo": 1}) or {})
    lacks = {one for one, tried in _TRIED.items() if not await tried(store)}
    return overridden(replace(found, has=found.has - lacks), overrides)


async def _has_change_streams(store: Store) -> bool:
    watching: dict[str, Any] = {
        "aggregate": 1,
        "pipeline": [{"$changeStream": {}}],
        "cursor": {"batchSize": 0},
    }
    reply = await _tried(store, watching)
    if reply is None or "cursor" not in reply:
        return False
    cursor = reply["cursor"]
    name = str(cursor.get("ns", "")).partition(".")[2] or "$cmd.aggregate"
    await _tried(store, {"killCursors": name, "cursors": [cursor["id"]]})
    return True


async def _has_explain(store: Store) -> bool:
    find = {"find": "marks", "filter": {"_id": "x"}}
    reply = await _tried(store, {"explain": find, "verbosity": "queryPlanner"}) or {}
    planner = reply.get("queryPlanner")
    plan = planner.get("winningPlan") if isinstance(planner, dict) else None
    return isinstance(plan, dict) and ("stage" in plan or "queryPlan" in plan)


_TRIED: Final = {
    Capability.CHANGE_STREAMS: _has_change_streams,
    Capability.EXPLAIN: _has_explain,
}


async def _tried(store: Store, command: Document) -> Document | None:
    """The reply; None if the engine refuses, whatever for: this is not needed to serve."""
    try:
        reply: Document = await store.run(store.database.command(command))
    except (NotImplementedError, OperationFailure):
        return None
    return reply
