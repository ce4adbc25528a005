"""Updates merge: an object changes by its given members, as dicts would."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers import sessions
from resolvers.context import Context
from resolvers.errors import Invalid
from resolvers.kind import Document
from resolvers.values import merge
from tests.conftest import KINDS_BY_NAME, NOW

CHAT, BOT = KINDS_BY_NAME["chat"], KINDS_BY_NAME["bot"]
TEXTS = st.none() | st.sampled_from(["a", "b", "ü"])
TAGS = st.lists(st.fixed_dictionaries({"name": st.sampled_from("abc")}), max_size=2)
MEMBERS = ("name", "country", "city")


def objects(*names: str) -> st.SearchStrategy[Document]:
    """Objects with some of these members; a null removes one."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, TEXTS))


def obvious(stored: Document, values: Document) -> Document:
    """What merging means, in few lines."""
    merged = copy.deepcopy(stored)
    for name, value in values.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict) and isinstance(merged.get(name), dict):
            merged[name] = obvious(merged[name], value)
        elif isinstance(value, dict):
            merged[name] = obvious({}, value)
        else:
            merged[name] = value
    return merged


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "visitor": st.none() | objects(*MEMBERS),
        "button": st.none() | objects("name"),
        "start": st.fixed_dictionaries({}, optional={"timeZone": st.just("Asia/Tokyo")}),
    },
)


@given(first=CHANGES, second=CHANGES)
def test_merging_is_that_of_dicts(first: Document, second: Document) -> None:
    """Members that are not given stay, a null removes one, a null object goes."""
    stored: Document = {"start": {"dateTime": NOW, "timeZone": "UTC"}}
    document = copy.deepcopy(stored)
    for values in (first, second):
        merge(Context.offline(), CHAT.columns, document, values)
        stored = obvious(stored, values)
    assert document == stored


@given(
    first=st.fixed_dictionaries({}, optional={"userTags": TAGS, "sessionTags": TAGS}),
    second=st.fixed_dictionaries({}, optional={"userTags": TAGS, "sessionTags": TAGS}),
)
def test_lists_are_replaced(first: Document, second: Document) -> None:
    """A list in an object is a member like any other."""
    document: Document = {"tags": {"userTags": [], "sessionTags": [], "altText": []}}
    wanted = obvious(obvious(document, {"tags": first}), {"tags": second})
    for values in (first, second):
        merge(Context.offline(), BOT.columns, document, {"tags": values})
    assert document == wanted


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"tags": None}, ("tags",)),
        ({"tags": {"userTags": None}}, ("tags", "userTags")),
        ({"tags": {"userTags": [{"name": "x" * 201}]}}, ("tags", "userTags", "0", "name")),
    ],
)
def test_refusal_names_the_member(values: Document, field: tuple[str, ...]) -> None:
    """What may not be null, or breaks a limit, is refused by its path."""
    document: Document = {"tags": {"userTags": [], "sessionTags": []}}
    with pytest.raises(Invalid) as refusal:
        merge(Context.offline(), BOT.columns, document, values)
    assert refusal.value.field == field


@pytest.mark.anyio
async def test_derived_parts_follow(context: Context) -> None:
    """Another time zone is another instant."""
    start: dict[str, Any] = {"dateTime": NOW, "timeZone": "UTC"}
    created = await sessions.create(context, CHAT, {"start": start})
    changed = await sessions.update(
        context, CHAT, created["_id"], {"start": {"timeZone": "Asia/Tokyo"}}
    )
    assert changed["startedAt"] == changed["start"]["instant"] == NOW.replace(hour=0)
    assert changed["start"]["dateTime"] == NOW
