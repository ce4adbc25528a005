"""Conditions on lists: `some`, `none` and `every`, over texts and objects."""

import pytest

from tests.schema.conftest import Client
from tests.schema.test_damaged_records import bot

LANGUAGES = {"none": [], "one": ["en"], "two": ["en", "fr"], "other": ["fr", "FR-fr"]}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('some: {eq: "en"}', ["one", "two"]),
        ('none: {eq: "en"}', ["none", "other"]),
        ('every: {eq: "en"}', ["none", "one"]),
        ('every: {in: ["en", "fr"]}', ["none", "one", "two"]),
        ('every: {endsWith: "r"}', ["none", "other"]),
        ('every: {startsWith: "f", endsWith: "r"}', ["none"]),
        ('every: {containsIgnoreCase: "Fr"}', ["none", "other"]),
        ('some: {eq: "en"}, every: {ne: "fr"}', ["one"]),
        ('some: {ne: "en"}, none: {startsWith: "F"}', ["two"]),
    ],
)
def test_list_of_texts(client: Client, condition: str, found: list[str]) -> None:
    """All words that are given must hold."""
    rows = [{**bot(name), "sessionLang": languages} for name, languages in LANGUAGES.items()]
    client.insert("bot", *rows)
    text = (
        f"{{ botSessions(filter: {{sessionLang: {{{condition}}}}}) {{ nodes {{ sessionId }} }} }}"
    )
    nodes = client.data(text)["nodes"]
    assert sorted(node["sessionId"] for node in nodes) == sorted(found)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ('some: {name: {eq: "vip"}, value: {eq: "yes"}}', ["yes", "mixed"]),
        ('none: {name: {eq: "vip"}, value: {eq: "yes"}}', ["none", "bare"]),
        ('every: {name: {eq: "vip"}, value: {eq: "yes"}}', ["none", "yes"]),
        ('every: {name: {eq: "vip"}}', ["none", "yes", "mixed", "bare"]),
        ("every: {value: {ne: null}}", ["none", "yes", "mixed"]),
        ("some: {value: {eq: null}}", ["bare"]),
    ],
)
def test_list_of_objects(client: Client, condition: str, found: list[str]) -> None:
    """One element must meet all conditions, and so must each of `every`."""
    values = {"none": [], "yes": ["yes"], "mixed": ["yes", "no"], "bare": [None]}
    rows = [
        {**bot(name), "tags": {"userTags": [{"name": "vip", "value": one} for one in given]}}
        for name, given in values.items()
    ]
    client.insert("bot", *rows)
    text = (
        f"{{ botSessions(filter: {{tags: {{userTags: {{{condition}}}}}}}) "
        "{ nodes { sessionId } } }"
    )
    nodes = client.data(text)["nodes"]
    assert sorted(node["sessionId"] for node in nodes) == sorted(found)


def test_sessions_related_to_a_uuid(client: Client) -> None:
    """Found in upper and lower case, also by kinds whose own ids are no UUIDs."""
    related = {"kind": "CO_BROWSE", "sessionId": "6f0e4f1b-9a53-4f5c-8d3a-7e110b3c1e6f"}
    client.insert("bot", {**bot("b"), "relatedSessions": [related]})
    query = """query ($id: String!) {
      botSessions(filter: {relatedSessions: {some: {sessionId: {eq: $id}}}}) { totalCount }
    }"""
    for spelling in (related["sessionId"], related["sessionId"].upper()):
        assert client.data(query, id=spelling) == {"totalCount": 1}
