"""Hostile operations: what is remembered stays within its bounds, whatever is sent."""

import gc
import tracemalloc

import pytest

from schema.execution import compiler
from schema.execution.operation import DERIVATIONS_KEPT, Operation
from schema.execution.operations import BYTES_KEPT, LONGEST_KEPT, OperationCache
from schema.limits import MOST_CHARACTERS
from tests.schema.execution.support import Asker

FREQUENT = "{ __typename }"


def derived(operation: Operation) -> int:
    """How much an operation remembers."""
    return len(operation._derived)


@pytest.mark.slow
def test_ten_thousand_texts(fresh: Asker) -> None:
    """A new text each time pushes old ones out."""
    for number in range(10_000):
        fresh.operations.get(f"{{ x{number}: a }}")
        fresh.operations.get(FREQUENT)
    assert 1000 < len(fresh.operations) < 2000
    assert BYTES_KEPT * 0.99 < fresh.operations.size <= BYTES_KEPT


def test_frequent_operation_stays() -> None:
    """What is used again and again is not pushed out by new texts."""
    cache = OperationCache(size=200_000)
    cache.get(FREQUENT).errors = []
    for number in range(100):
        cache.get(f"{{ x{number}: a }}")
        assert cache.known(FREQUENT)


def test_refused_texts(fresh: Asker) -> None:
    """Texts that cannot be parsed or are too large are not kept; invalid ones count as others."""
    fresh(*(f"{{ x{number}: " for number in range(100)), "{" + " a: __typename" * 30 + "}")
    assert len(fresh.operations) == 0
    fresh(*(f"{{ x{number} }}" for number in range(10)))
    assert len(fresh.operations) == 10


@pytest.mark.slow
def test_long_texts_take_the_place_of_many_short_ones() -> None:
    """What is remembered is bounded by what it takes, not by its number."""
    cache = OperationCache(size=4_000_000)
    for number in range(100):
        cache.get(f"{{ a{number}: b(c: [{'1 ' * 3000}]) }}")
    assert len(cache) == 2
    for number in range(300):
        cache.get(f"{{ x{number}: a }}")
    assert 200 < len(cache) < 300
    assert cache.size <= 4_000_000


def test_what_is_derived_counts() -> None:
    """An operation that remembers more pushes others out, and one that is forgotten does not."""
    cache = OperationCache(size=150_000)
    operations = [cache.get(f"{{ x{number}: a }}") for number in range(5)]
    before = cache.size
    for number in range(70):
        operations[4].derive(("k", number), object)
    assert len(cache) == 3
    assert before < cache.size + 2 * operations[0].size <= before + 70 * 1200
    operations[0].derive("k", object)
    assert len(cache) == 3


@pytest.mark.slow
def test_memory_of_operations_is_what_they_count(fresh: Asker) -> None:
    """Within a factor of two, whatever the texts are."""
    fields = "sessionId botId userId channel status startedAt endedAt createdAt updatedAt"
    alike = [
        f"a{n}: botSessions(first: 1) {{ nodes {{ {fields} tags {{ altText {{ name }} }} }} }}"
        for n in range(9)
    ]
    listed = ", ".join(f'{{botId: {{eq: "st-{n}"}}, userId: {{eq: "u"}}}}' for n in range(90))
    made = {
        "fields": f"query Q%d {{ {' '.join(alike)} }}",
        "filters": f"query Q%d {{ botSessions(filter: {{or: [{listed}]}}) {{ totalCount }} }}",
        "invalid": f"query Q%d {{ {' '.join(f'unknown{n}' for n in range(20))} }}",
    }
    for text in made.values():
        fresh(*[text % 0] * 3)
        gc.collect()
        before = fresh.operations.size
        tracemalloc.start()
        try:
            for number in range(1, 6):
                fresh(*[text % number] * 3)
            gc.collect()
            taken, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert taken / 2 < fresh.operations.size - before < taken * 2


def test_long_text(fresh: Asker) -> None:
    """A text beyond the bound is answered and forgotten."""
    text = "{ __typename }" + "#" * LONGEST_KEPT
    assert fresh(text).data == {"__typename": "Query"}
    assert len(fresh.operations) == 0


def test_switch_combinations(fresh: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting of n switches is prepared for itself, up to a bound."""
    monkeypatch.setattr("schema.execution.operation.DERIVATIONS_KEPT", 30)
    names = [f"s{number}" for number in range(5)]
    text = (
        f"query ({', '.join(f'${name}: Boolean!' for name in names)}) {{ botSessions {{"
        f" {' '.join(f'{name}: totalCount @include(if: ${name})' for name in names)} }} }}"
    )
    for setting in range(2 ** len(names)):
        switches = {name: bool(setting >> place & 1) for place, name in enumerate(names)}
        assert fresh(text, **switches).errors is None
    operation = fresh.operations.known(text)
    assert operation is not None
    assert derived(operation) == 30


def test_operation_names(fresh: Asker) -> None:
    """Names that no operation has are remembered as little as they are answered."""
    text = "query A { __typename } query B { __typename }"
    operation = fresh.operations.get(text)
    for number in range(DERIVATIONS_KEPT + 50):
        operation.named(f"N{number}")
    assert derived(operation) == DERIVATIONS_KEPT


def test_long_operation_name(fresh: Asker) -> None:
    """A name that no text can have is not remembered at all."""
    operation = fresh.operations.get(FREQUENT)
    assert operation.named("N" * (MOST_CHARACTERS + 1)) is None
    assert derived(operation) == 0


def test_settings_beyond_the_bound_are_not_compiled(
    fresh: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An operation with too many settings of its switches compiles nothing more."""
    text = "query ($s: Boolean!) { botSessions { nodes { botId @include(if: $s) } } }"
    fresh(text, s=True)
    monkeypatch.setattr("schema.execution.operation.DERIVATIONS_KEPT", 1)
    monkeypatch.setattr(compiler, "collect", lambda *_: pytest.fail("compiled"))
    for _ in range(3):
        assert fresh(text, s=False).errors is None


def test_huge_selection(fresh: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """A selection that is too large for a function is answered without one."""
    monkeypatch.setattr(compiler, "MOST_FIELDS", 20)
    monkeypatch.setattr(compiler, "compile_selection", lambda _: pytest.fail("compiled"))
    names = " ".join(f"...{{ x{number}: hasNextPage }}" for number in range(30))
    for _ in range(3):
        assert fresh(f"{{ botSessions {{ pageInfo {{ {names} }} }} }}").errors is None


def test_long_text_is_not_compiled(fresh: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is forgotten at once is answered field by field."""
    monkeypatch.setattr(compiler, "collect", lambda *_: pytest.fail("compiled"))
    for _ in range(3):
        assert fresh("{ botSessions { totalCount } }" + "#" * LONGEST_KEPT).errors is None


def test_fragment_bomb_is_never_spread(fresh: Asker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fragments that double each time are refused before anything is collected from them."""
    monkeypatch.setattr(
        compiler, "collect", lambda *_: pytest.fail("a refused operation was looked into")
    )
    fragments = " ".join(
        f"fragment F{n} on BotSession {{ ...F{n + 1} ...F{n + 1} }}" for n in range(40)
    )
    text = f'{{ botSession(sessionId: "a") {{ ...F0 }} }} {fragments}'
    result = fresh(text + " fragment F40 on BotSession { botId }", text)
    assert result.data is None
    assert result.errors
    assert fresh.sent() == []
