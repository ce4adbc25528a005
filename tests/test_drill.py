"""A sixth kind of session takes two new files and two one-line edits, performed on a copy."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.timing import limit

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parent.parent

VIDEO = '''"""Video sessions: two people saw each other."""

from datetime import datetime

import strawberry

from resolvers.kind import Document, Timeline
from schema.columns import column, kind_of
from schema.common import Session
from schema.fields import KindType
from schema.kinds.ids import UUIDS


@strawberry.type(description="Somebody who took part.")
class VideoGuest:
    """In the order they joined."""

    name: str = column("The guest's name.", max_length=100, personal=True)


@strawberry.type(description="A video session: two people saw each other.")
class VideoSession(Session):
    """A kind made up for the drill."""

    room: str = column("The room.", max_length=50, orderable=True)
    began: datetime = column("When it began.", default=lambda context: context.now())
    ended: datetime | None = column("When it ended.")
    guests: list[VideoGuest] = column("Who took part.", max_items=10)


def derive(document: Document) -> Timeline:
    """It lasts from `began` to `ended`."""
    began, ended = document["began"], document.get("ended")
    duration = (ended - began).total_seconds() if ended else None
    return Timeline(began, ended, ended is not None, duration, None)


VIDEO = kind_of(
    VideoSession, name="video", collection="video_sessions", session_ids=UUIDS, derive=derive,
    ended="ended",
)

ENTRY = KindType(VIDEO, VideoSession)
'''

VIDEO_TEST = '''"""Video sessions over GraphQL."""

from tests.schema.conftest import Client

CREATE = """mutation ($input: CreateVideoSessionInput!) { createVideoSession(input: $input) {
  session { id sessionId kind status room guests { name } } errors { field message } } }"""
PAGE = """query ($filter: VideoSessionFilter, $after: String) {
  videoSessions(filter: $filter, orderBy: [{field: ROOM, direction: ASC}], first: 2, after: $after)
  { nodes { room } totalCount pageInfo { endCursor hasNextPage } } }"""
UPDATE = """mutation ($id: String!, $input: UpdateVideoSessionInput!) {
  updateVideoSession(sessionId: $id, input: $input) {
    session { room status durationSeconds } errors { field message } } }"""
DELETE = """mutation ($id: String!) { deleteVideoSession(sessionId: $id) {
  deletedId errors { code } } }"""


def test_video(client: Client) -> None:
    """Created, found, filtered, paged, counted, changed, deleted."""
    rooms = ["a", "b", "c", "d"]
    guests = [{"name": "Ada"}]
    made = [client.data(CREATE, input={"room": room, "guests": guests}) for room in rooms]
    first = made[0]["session"]
    assert (first["kind"], first["status"], first["guests"]) == ("VIDEO", "ACTIVE", guests)

    assert client.data("query ($id: ID!) { node(id: $id) { ... on VideoSession { room } } }",
                       id=first["id"]) == {"room": "a"}
    some = {"room": {"in": ["b", "c", "d"]}, "guests": {"some": {"name": {"startsWith": "A"}}}}
    page = client.data(PAGE, filter=some)
    assert (page["nodes"], page["totalCount"]) == ([{"room": "b"}, {"room": "c"}], 3)
    after = page["pageInfo"]["endCursor"]
    rest = client.data(PAGE, filter=some, after=after)
    assert rest["nodes"] == [{"room": "d"}]
    assert client.data("{ videoSessionSummary { count } }") == {"count": 4}

    assert client.refusal(CREATE, input={"room": "x" * 51})["field"] == ["input", "room"]
    client.clock.advance(seconds=3)
    changed = client.data(UPDATE, id=first["sessionId"], input={"ended": "2026-03-01T09:30:03Z"})
    assert changed["session"] == {"room": "a", "status": "CLOSED", "durationSeconds": 3.0}
    assert client.data(DELETE, id=first["sessionId"])["deletedId"] == first["id"]
    assert client.data("{ videoSessionSummary { count } }") == {"count": 3}
'''

NEW_FILES = {
    "schema/kinds/video.py": VIDEO,
    "tests/schema/kinds/test_video.py": VIDEO_TEST,
}
EDITS = {
    "schema/common.py": (
        '    BOT = strawberry.enum_value("BOT"',
        '    VIDEO = strawberry.enum_value("VIDEO", description="Two people saw each other.")\n',
    ),
    "schema/kinds/__init__.py": ('    "bot",\n', '    "video",\n'),
}
"""Before which line of a file another one is put."""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the tree, as far as the drill needs it."""
    for folder in ("app", "schema", "resolvers", "docs"):
        leave = shutil.ignore_patterns("node_modules", "__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=leave)
    for name in (
        "pyproject.toml",
        "tests/timing.py",
        "tests/schema/conftest.py",
        "tests/schema/test_sdl.py",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_sixth_kind(house: Path) -> None:
    """Two new files, two lines: the new kind can be created, queried, filtered and paged."""
    for name, text in NEW_FILES.items():
        (house / name).parent.mkdir(parents=True, exist_ok=True)
        assert not (house / name).exists()
        (house / name).write_text(text, encoding="utf-8")
    for name, (place, line) in EDITS.items():
        text = (house / name).read_text(encoding="utf-8")
        assert text.count(place) == 1
        (house / name).write_text(text.replace(place, line + place), encoding="utf-8")

    run(house, "docs/generate.py")
    run(house, "-m", "pytest", "-p", "no:cacheprovider", "tests")
    assert "## VideoSession" in (house / "docs/data-model.md").read_text(encoding="utf-8")
    assert "createVideoSession(" in (house / "schema/schema.graphql").read_text(encoding="utf-8")


def run(house: Path, *arguments: str) -> None:
    """Run Python in the copy."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house)},
        capture_output=True,
        text=True,
        check=False,
        timeout=limit(100),
    )
    assert done.returncode == 0, done.stdout + done.stderr
