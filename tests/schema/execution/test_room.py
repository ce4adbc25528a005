"""The largest answer: rendering ends where it would become larger, however it is rendered."""

import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from schema.build import build
from tests.schema.conftest import Client

CREATE = """mutation ($input: CreateChatSessionInput!) {
  createChatSession(input: $input) { session { messages(first: 500) { nodes { message } } } } }"""
MESSAGES = "messages(first: 500) { nodes { message source } }"
LONG = "é" * 4000


@pytest.fixture(params=[True, False], ids=["compiled", "plain"])
def limited(request: pytest.FixtureRequest, client: Client) -> Client:
    """A chat of 400 kB, and answers of half a megabyte."""
    messages = [{"message": LONG, "source": "VISITOR"} for _ in range(50)]
    client.data(CREATE, input={"sessionId": "c", "messages": messages})
    limited = replace(client, schema=build(compiled=request.param))
    limited.context.most_bytes = 500_000
    return limited


def refused(client: Client, query: str, **variables: Any) -> Any:
    """The only error of an answer without data, the first time and later."""
    for _ in range(3):
        response = client(query, **variables)
        assert response["data"] is None
        (error,) = response["errors"]
    return error


def test_what_fits_is_answered(limited: Client) -> None:
    """As without a limit."""
    nodes = limited.data(f'{{ chatSession(sessionId: "c") {{ {MESSAGES} }} }}')["messages"]["nodes"]
    assert [node["message"] for node in nodes] == [LONG] * 50


def test_aliases_do_not_multiply_an_answer(limited: Client) -> None:
    """The error says how large an answer may be."""
    aliases = " ".join(f"a{number}: {MESSAGES}" for number in range(10))
    error = refused(limited, f'{{ chatSession(sessionId: "c") {{ {aliases} }} }}')
    assert error["extensions"] == {
        "code": "LIMIT_EXCEEDED",
        "limit": "answer_bytes",
        "maximum": 500_000,
    }
    assert "more than 500000 bytes" in error["message"]
    assert "stays changed" not in error["message"]


def test_root_fields_count_together(limited: Client) -> None:
    """One after the other."""
    fields = " ".join(f'a{n}: chatSession(sessionId: "c") {{ {MESSAGES} }}' for n in range(3))
    refused(limited, f"{{ {fields} }}")


def test_pages_count(limited: Client) -> None:
    """The lists of all rows together, short texts and the names of their fields among them."""
    aliases = " ".join(f"{'a' * 90}{number}: message" for number in range(20))
    for number in range(9):
        messages = [{"message": "m", "source": "VISITOR"} for _ in range(50)]
        values = {"sessionId": f"c{number}", "messages": messages}
        limited.data(CREATE.replace("500", "1"), input=values)
    page = (
        "chatSessions(last: 9) { edges { node { messages(first: 50) { edges { node { %s } } } } } }"
    )
    refused(limited, f"{{ {page % aliases} }}")
    assert limited.data(f"{{ {page % 'message'} }}")


def test_a_mutation_says_that_it_is_done(limited: Client) -> None:
    """Its answer alone is refused."""
    messages = [{"message": LONG, "source": "VISITOR"} for _ in range(100)]
    response = limited(CREATE, input={"sessionId": "d", "messages": messages})
    assert "What the operation changed stays changed." in response["errors"][0]["message"]
    assert limited.stored("chat", "d")


def test_memory_stays_bounded(limited: Client) -> None:
    """Nothing of what is refused is put together before."""
    aliases = " ".join(f"a{number}: {MESSAGES}" for number in range(40))
    query = f'{{ chatSession(sessionId: "c") {{ {aliases} }} }}'
    refused(limited, query)
    tracemalloc.start()
    try:
        refused(limited, query)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 5_000_000
