"""What a narrow credential is shown: every query, with everything selected and every filter.

Sessions of all kinds are stocked with personal texts that begin with PII. No field may show one of
them to a credential that may not see it, nor a session that it may not read; no filter may tell.
"""

import json
from typing import Any

import pytest

from tests.contract.asked import FIELDS, GLOBAL_IDS, Condition, asked, conditions, found
from tests.contract.stocked import IDS
from tests.contract.whole import EVERYTHING, Whole
from tests.kinds import NAMES
from tests.kinds.sample import PII

pytestmark = pytest.mark.anyio

every_field = pytest.mark.parametrize("field", FIELDS)
filtered_field = pytest.mark.parametrize(
    "field", [field for field in FIELDS if next(conditions(field), None)]
)
AT_ONCE = 10
"""Fields of one request."""


def texts(value: Any) -> set[str]:
    """Every text of an answer."""
    match value:
        case dict():
            return set().union(*map(texts, value.values()))
        case list():
            return set().union(*map(texts, value))
        case str():
            return {value}
    return set()


async def answers(whole: Whole, field: str, *scopes: str, **limits: Any) -> list[Any]:
    """What a credential is answered to each query of a field."""
    issued = await whole.issue(*scopes, **limits)
    return [await whole.graphql(issued, one.text) for one in asked(field)]


@every_field
async def test_everything_is_asked(stocked: Whole, field: str) -> None:
    """The queries are valid and answered: what the other tests do not see, is not there."""
    for answer in await answers(stocked, field, *EVERYTHING):
        assert "errors" not in answer, answer["errors"]
        assert answer["data"][field] is not None


@every_field
async def test_no_personal_text_without_its_scope(stocked: Whole, field: str) -> None:
    """Neither in data nor in errors."""
    for answer in await answers(stocked, field, "*:read"):
        assert PII not in json.dumps(answer)


@every_field
@pytest.mark.parametrize("kind", NAMES)
async def test_no_session_of_another_kind(stocked: Whole, field: str, kind: str) -> None:
    """The scope of one kind shows that kind alone."""
    others = {IDS[name] for name in NAMES if name != kind}
    others |= {GLOBAL_IDS[name] for name in NAMES if name != kind}
    for answer in await answers(stocked, field, f"{kind}:read", "pii:read"):
        assert not others & texts(answer.get("data"))


@every_field
async def test_no_session_of_another_bot(stocked: Whole, field: str) -> None:
    """Neither the session nor the name of its bot."""
    for answer in await answers(stocked, field, "*:read", "pii:read", bots=["st-2"]):
        assert not {IDS["bot"], GLOBAL_IDS["bot"], "st-1"} & texts(answer.get("data"))


@every_field
async def test_nothing_without_a_scope_to_read(stocked: Whole, field: str) -> None:
    """Data is null, and the refusal is the same whether or not something is there."""
    for answer in await answers(stocked, field, "pii:read", "*:write", "introspection"):
        assert answer["data"][field] in (None, [None] * len(NAMES))
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert codes == {"FORBIDDEN"}


async def values(whole: Whole, field: str, *scopes: str) -> list[tuple[Condition, Any]]:
    """Each condition of a field, and what a credential is answered to it."""
    issued = await whole.issue(*scopes)
    asked_for = list(conditions(field))
    answered: list[tuple[Condition, Any]] = []
    for start in range(0, len(asked_for), AT_ONCE):
        part = asked_for[start : start + AT_ONCE]
        text = " ".join(f"c{place}: {one.call}" for place, one in enumerate(part))
        answer = await whole.graphql(issued, f"{{ {text} }}")
        answered += [(one, answer["data"][f"c{place}"]) for place, one in enumerate(part)]
    return answered


@filtered_field
async def test_no_filter_tells(stocked: Whole, field: str) -> None:
    """A condition on a personal text is refused, or finds what it finds without the text."""
    for one, value in await values(stocked, field, "*:read"):
        assert value is None or not found(value), one


@filtered_field
async def test_filters_find_with_the_scope(stocked: Whole, field: str) -> None:
    """The same conditions find something for who may ask: the scan above is no empty one."""
    assert any(found(value or {}) for _, value in await values(stocked, field, *EVERYTHING))
