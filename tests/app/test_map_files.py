"""Map files: what is wrong with one is said by its name."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from app.map_files import MapFileError, load
from app.settings import Settings

KNOWLEDGE = 'kind = "KNOWLEDGE"\ncollection = "visits"\n[columns]\nstartedAt = "at"\n'


def written(folder: Path, text: str, name: str = "map.toml") -> Path:
    path = folder / name
    path.write_bytes(text.encode())
    return path


def test_maps_by_kind(tmp_path: Path) -> None:
    """A byte-order mark is no matter; a map without columns gives a collection another name."""
    paths = [
        written(tmp_path, "\ufeff" + KNOWLEDGE, "a.toml"),
        written(tmp_path, 'kind = "BOT"\ncollection = "robots"\n', "b.toml"),
    ]
    first, second = load(paths)
    assert (first.kind.name, first.collection) == ("knowledge", "visits")
    assert first.by_path["createdAt"].stored == "at"
    assert (second.kind.name, second.collection, second.sources) == ("bot", "robots", ())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind = ", "not a valid TOML file"),
        ('kind = "PHONE"\ncollection = "c"', "there is no 'PHONE'"),
        ('kind = "BOT"', "collection: write a name"),
        ('kind = "BOT"\ncollection = "c"\nsource = 1', "source: there is no such entry"),
        (KNOWLEDGE + 'agent = "x"', "columns.agent: there is no such column. Did you mean agentId"),
        (KNOWLEDGE + "agentId = 7", "columns.agentId: write a path"),
        (KNOWLEDGE + 'agentId = "a.$b"', "without empty parts"),
        (KNOWLEDGE + 'agentId = {from = "a", format = "date"}', "only dates have one"),
        (KNOWLEDGE + 'createdAt = {from = "a", format = "unix"}', "there is no 'unix'"),
        ('kind = "KNOWLEDGE"\ncollection = "c"\n[columns]\nagentId = "a"', "columns.startedAt"),
        ('kind = "BOT"\ncollection = "c"\n[columns]\nuserId = "u"', "columns.botId: every session"),
    ],
)
def test_refusals(tmp_path: Path, text: str, message: str) -> None:
    """Each names the file, the entry, and what would be right."""
    path = written(tmp_path, text)
    with pytest.raises(MapFileError) as refusal:
        load([path])
    assert str(refusal.value).startswith(str(path))
    assert message in str(refusal.value)


def test_two_maps_for_a_kind_are_refused(tmp_path: Path) -> None:
    """A kind has one collection."""
    paths = [written(tmp_path, KNOWLEDGE, name) for name in ("a.toml", "b.toml")]
    with pytest.raises(MapFileError, match="another file"):
        load(paths)


def test_missing_files_stop_the_start(tmp_path: Path) -> None:
    """The setting is checked when settings are read."""
    with pytest.raises(ValidationError, match=r"absent\.toml: No such file"):
        Settings(maps=str(tmp_path / "absent.toml"))
