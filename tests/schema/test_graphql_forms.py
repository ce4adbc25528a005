"""Value types in GraphQL: every type has its form, and a class with an unknown one is refused."""

import ast
from fractions import Fraction

import pytest
import strawberry

from resolvers.value_types import OBJECT, VALUE_TYPES
from schema.columns import column, columns_of
from schema.value_types import FORMS, HELPERS

BUILT_IN = {"type", "str", "bool", "float", "int"}


def test_every_type_has_a_form() -> None:
    """But for objects, whose forms are classes of their kinds."""
    assert set(FORMS) == set(VALUE_TYPES) - {OBJECT}


def test_forms_name_what_they_have() -> None:
    """The texts of a compiled function use their own helpers and nothing else."""
    for type_, form in FORMS.items():
        for text in (form.doubt, form.remedy, form.shown):
            parsed = ast.parse(text.format(v="v", values="values"))
            named = {node.id for node in ast.walk(parsed) if isinstance(node, ast.Name)}
            known = {"v", "values", "unsound", *BUILT_IN, *form.helpers}
            assert named <= known, type_.name
        assert form.helpers.items() <= HELPERS.items()


def test_unknown_type_is_refused_by_name() -> None:
    """The author learns which field it is, what is known, and where to read on."""

    @strawberry.type
    class Bill:
        share: Fraction = column("The share.")

    with pytest.raises(TypeError, match=r"^Bill\.share: .* Fraction\. .* bool, .*add-a-kind"):
        columns_of(Bill)
