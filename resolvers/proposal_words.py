"""Words of names of fields, and what others call the same: for `resolvers.proposal`."""

import re
from collections.abc import Mapping

ALIASES: Mapping[str, str] = {
    word: words[0]
    for words in (
        ("start", "started", "starts", "begin", "began", "begun", "opened", "open", "creation"),
        ("end", "ended", "ends", "finish", "finished", "closed", "close", "stopped", "completed"),
        ("create", "created", "inserted", "added"),
        ("update", "updated", "modified", "changed"),
        ("activate", "activation", "activated", "joined"),
        ("deactivate", "deactivation", "deactivated", "terminated"),
        ("user", "visitor", "person", "member"),
        ("customer", "client", "consumer", "contact"),
        ("agent", "operator", "rep", "advisor"),
        ("tech", "technician", "engineer"),
        ("message", "messages", "msg", "msgs"),
        ("email", "mail", "emailaddress"),
        ("page", "pages"),
        ("tag", "tags"),
        ("count", "no", "num", "number", "total", "nr", "n"),
        ("task", "tasks"),
        ("exchange", "exchanged"),
        ("execute", "executed"),
        ("lang", "language", "languages", "langs", "locale"),
        ("type", "mode"),
        ("text", "body", "content"),
        ("computer", "machine", "device", "host"),
        ("ip", "network"),
        ("id", "uid", "uuid", "guid"),
        ("developer", "dev", "test"),
        ("source", "sender", "from", "role"),
        ("url", "uri", "address", "link"),
        ("note", "notes", "remark", "remarks", "comment", "comments"),
    )
    for word in words
}
"""Words that mean the same in names of fields."""
INSTEAD: Mapping[str, tuple[str, ...]] = {
    "start": ("create",),
    "message": ("text",),
    "user": ("customer",),
    "customer": ("user",),
    "tag": ("label", "labels"),
    "name": ("key",),
    "value": ("text", "name"),
    "author": ("user", "source"),
    "text": ("message",),
    "source": ("author", "user"),
    "sent": ("create", "start"),
    "enter": ("create", "start"),
}
"""What a word is looked for as, where nothing is called by it."""
GENERAL = frozenset({"id", "name", "count", "type", "value"})
"""Words that are not enough to be alike."""
FILLERS = frozenset({"at", "time", "date", "timestamp", "ts", "on", "of", "the", "is", "has"})
"""Words that say nothing, or nothing but that it is a moment."""
NESTING = frozenset({"data", "info", "meta", "metadata", "details", "attributes", "payload", "doc"})


def words(path: str) -> frozenset[str]:
    """The words of a name or path that mean something."""
    split = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", path)
    found = [part.lower() for part in re.split(r"[^A-Za-z0-9]+", split) if part]
    telling = [ALIASES.get(word, word) for word in found if word not in FILLERS | NESTING]
    return frozenset(telling or (ALIASES.get(word, word) for word in found))


ENUM_ALIASES: Mapping[str, tuple[str, ...]] = {
    "VISITOR": ("customer", "user", "client", "guest", "visitor"),
    "OPERATOR": ("agent", "operator", "staff", "support"),
    "AGENT": ("human", "agent", "handover", "escalated", "transfer", "transferred"),
    "SELF_SERVICE": ("self", "selfservice", "resolved", "contained", "solved"),
    "DROP_OFF": ("drop", "dropoff", "abandoned", "left"),
    "INTERACTIVE": ("interactive", "human", "user"),
    "NON_INTERACTIVE": ("noninteractive", "robot", "bot", "automated", "silent"),
    "ACTIVE": ("active", "open", "running", "live", "ongoing"),
    "CLOSED": ("closed", "ended", "done", "finished", "resolved"),
    "APPLET": ("applet", "once", "ondemand"),
}
"""What others call the names of the gateway's enums, in lower case and without separators."""
