"""Retired words stay retired: pages and descriptions have none, source files ever fewer."""

import re
from pathlib import Path

import pytest
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


@pytest.mark.parametrize("page", house_words.pages())
def test_pages(page: str) -> None:
    """A page has no retired word outside its code."""
    assert house_words.in_file(ROOT / page) == []


@pytest.mark.parametrize("page", [page for page in house_words.pages() if GUIDE.match(page)])
def test_readers(page: str) -> None:
    """A page says in its first sentence whom it is for."""
    assert READERS.match((ROOT / page).read_text(encoding="utf-8"))


def test_descriptions_of_the_schema() -> None:
    """GraphQL descriptions are documentation for front-end developers."""
    schema = build_schema((ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8"))
    described = dict(house_words.descriptions(schema))
    found = {place: [*house_words.search(text)] for place, text in described.items()}
    assert {place: words for place, words in found.items() if words} == {}
    assert len(described) > 500


@pytest.mark.parametrize("name", Settings.model_fields)
def test_descriptions_of_settings(name: str) -> None:
    """A setting's description is shown in docs/settings.md and in error messages."""
    described = Settings.model_fields[name].description
    assert described
    assert [*house_words.search(described)] == []


def test_help() -> None:
    """So is the help of a command, and of its options and arguments."""
    found = {text: [*house_words.search(text)] for text in helps()}
    assert {text: words for text, words in found.items() if words} == {}
    assert len(found) > 20


@pytest.mark.parametrize("name", house_words.modules())
def test_sources(name: str) -> None:
    """Docstrings and messages have exactly as many as are still allowed: no new ones, and the
    numbers in house_words_left.txt fall with them (`python -m tests.docs.house_words --write`)."""
    left = house_words.allowed().get(name, 0)
    assert len(house_words.in_file(ROOT / name)) == left


def test_allowed_files_exist() -> None:
    """A file that is gone takes its allowance with it."""
    assert set(house_words.allowed()) <= set(house_words.modules())
