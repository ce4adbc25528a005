"""Every value type is whole: its forms lead back to the value, and nothing else is taken for it."""

from typing import Any

import orjson
import pytest

from resolvers.errors import Invalid
from resolvers.texts import FORMATS
from resolvers.value_types import ENUM, OBJECT, TEXT, VALUE_TYPES, Rules, ValueType

PLAIN = [type_ for type_ in VALUE_TYPES if type_ is not OBJECT]
"""Objects are made of columns, which have types of their own."""
EXAMPLES = [
    (type_, value)
    for type_ in PLAIN
    for value in type_.examples or (["A"] if type_ is ENUM else ())
]
every_type = pytest.mark.parametrize("type_", PLAIN, ids=lambda type_: type_.name)
every_example = pytest.mark.parametrize(
    ("type_", "value"), EXAMPLES, ids=lambda part: getattr(part, "name", str(part))
)


@every_type
def test_every_type_says_everything(type_: ValueType) -> None:
    """What it leaves out, nobody else says."""
    assert type_.in_docs
    assert type_.bson
    assert type_.operators
    assert type_.least is not None
    assert type_.expected
    assert type_.json
    assert [value for known, value in EXAMPLES if known is type_]


def test_names_differ() -> None:
    """Messages and documentation name them."""
    assert len({type_.name for type_ in VALUE_TYPES}) == len(VALUE_TYPES)


@every_example
def test_example_is_stored_as_it_is(type_: ValueType, value: Any) -> None:
    """It is sound, passes a client's checks, and is not smaller than the least."""
    assert type_.sound(value)
    assert type_.clean(Rules(), value) == value
    assert value >= type_.least


@every_example
def test_json_form_leads_back(type_: ValueType, value: Any) -> None:
    """What an export prints, an import reads."""
    printed = orjson.loads(orjson.dumps(type_.print(value)))
    assert type(printed) in type_.json
    assert type_.parse(printed) == value


@every_example
def test_cursor_form_leads_back(type_: ValueType, value: Any) -> None:
    """A page goes on where the last one ended."""
    written = orjson.loads(orjson.dumps(value, str, orjson.OPT_NAIVE_UTC))
    assert type_.from_cursor(written) == value


@every_type
@pytest.mark.parametrize("value", [{"$gt": ""}, [], ["x"], {}], ids=str)
def test_no_operator_comes_from_a_cursor(type_: ValueType, value: Any) -> None:
    """A tampered cursor becomes no part of a query's language."""
    with pytest.raises((TypeError, ValueError, Invalid)):
        type_.from_cursor(value)


@every_type
@pytest.mark.parametrize("value", [{}, [], object()], ids=["object", "list", "unheard of"])
def test_what_is_of_another_type_is_not_sound(type_: ValueType, value: Any) -> None:
    """Whatever was stored."""
    assert not type_.sound(value)


def test_pattern_is_named_with_its_meaning() -> None:
    """A refusal says what would be right, without help from the description."""
    with pytest.raises(Invalid) as refused:
        TEXT.clean(Rules(pattern=r"[0-9]{9}", description="The token."), "12345678")
    assert refused.value.message == "This must match [0-9]{9} as a whole: The token."


@pytest.mark.parametrize("name", FORMATS)
def test_formats_take_their_examples(name: str) -> None:
    """They are what demo data is made of."""
    for text in FORMATS[name].examples:
        assert TEXT.clean(Rules(format=name), text) == text
    with pytest.raises(Invalid):
        TEXT.clean(Rules(format=name), "no such thing\n")
