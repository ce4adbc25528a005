"""Retired words stay retired: pages, descriptions, docstrings and messages have none."""

import re
from pathlib import Path

import typer
from graphql import build_schema

from app.cli import app
from app.commands.data import data
from app.commands.keys import keys
from app.settings import Settings
from tests.docs import house_words

ROOT = Path(__file__).resolve().parents[2]
READERS = re.compile(r"# .+\n\n(?:Made (?:from|by) .+\n\n)?For [A-Za-z]")
"""The beginning of a page: its title, and whom it is for."""
GUIDE = re.compile(r"(?!docs/adr/|app/)")
"""A page that is read on its own: neither a decision nor a part of the REST reference."""


def helps() -> list[str]:
    """What the command line prints about its commands, options and arguments."""
    groups = [typer.main.get_command(part) for part in (app, data, keys)]
    commands = [command for group in groups for command in getattr(group, "commands", {}).values()]
    return [
        text
        for command in commands
        for text in (command.help, *(getattr(option, "help", None) for option in command.params))
        if text
    ]


def found_in(texts: dict[str, str]) -> dict[str, list[house_words.Found]]:
    """The places whose texts have retired words, with these."""
    found = {place: [*house_words.search(text)] for place, text in texts.items()}
    return {place: words for place, words in found.items() if words}


def test_pages() -> None:
    """A page has no retired word outside its code."""
    found = {page: house_words.in_file(ROOT / page) for page in house_words.pages()}
    assert {page: words for page, words in found.items() if words} == {}


def test_readers() -> None:
    """A page says in its first sentence whom it is for."""
    guides = [page for page in house_words.pages() if GUIDE.match(page)]
    assert [page for page in guides if not READERS.match((ROOT / page).read_text("utf-8"))] == []


def test_descriptions_of_the_schema() -> None:
    """GraphQL descriptions are documentation for front-end developers."""
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))
    described = dict(house_words.descriptions(schema))
    assert found_in(described) == {}
    assert len(described) > 500


def test_descriptions_of_settings() -> None:
    """A setting's description is shown in docs/settings.md and in error messages."""
    described = {name: field.description or "" for name, field in Settings.model_fields.items()}
    assert [name for name, text in described.items() if not text] == []
    assert found_in(described) == {}


def test_help() -> None:
    """So is the help of a command, and of its options and arguments."""
    texts = {text: text for text in helps()}
    assert found_in(texts) == {}
    assert len(texts) > 20


def test_sources() -> None:
    """Docstrings and messages of the source files have none."""
    found = {name: house_words.in_file(ROOT / name) for name in house_words.modules()}
    assert {name: words for name, words in found.items() if words} == {}
