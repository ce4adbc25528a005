"""`export --filter --columns --format`: the same as `/export`, in a whole file."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from app.commands import data
from app.commands.exporter import FormatName, export, options
from resolvers import sessions
from resolvers.context import Context
from schema.kinds.bot import BOT
from tests.conftest import mock_store

pytestmark = pytest.mark.anyio


@pytest.fixture
async def context() -> Context:
    """Two sessions of two bots."""
    made = Context(await mock_store())
    for name in ("one", "two"):
        values = {"sessionId": name, "botId": name, "channel": "rtm", "userId": "u"}
        await sessions.create(made, BOT, values)
    return made


async def written(context: Context, *asked: str | None, form: FormatName) -> bytes:
    pieces: list[bytes] = []
    where, columns = asked
    chosen = options(BOT, where, columns, form)
    await export(context, chosen, pieces.append, lambda text: pytest.fail(text))
    return b"".join(pieces)


async def test_csv(context: Context) -> None:
    """Without the columns that only a file in parts needs."""
    found = await written(
        context, '{"botId": {"eq": "two"}}', "sessionId,botId", form=FormatName.CSV
    )
    assert found == b"sessionId,botId\r\ntwo,two\r\n"


async def test_lines(context: Context) -> None:
    """As they were without options."""
    found = await written(context, None, "botId", form=FormatName.NDJSON)
    assert [orjson.loads(line) for line in found.splitlines()] == [
        {"kind": "BOT", "session": {"botId": name}} for name in ("one", "two")
    ]


async def test_damaged_sessions_are_named(context: Context) -> None:
    """And left out."""
    rows = context.store.collection(BOT)
    await rows.update_one({"_id": "one"}, {"$set": {"channel": 5}})
    told: list[str] = []
    pieces: list[bytes] = []
    asked = options(BOT, None, None, FormatName.CSV)
    assert await export(context, asked, pieces.append, told.append) == 1
    assert "'one'" in told[0]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--filter", "{}"], "need --kind"),
        (["--format", "csv"], "need --kind"),
        (["--columns", "botId"], "need --kind"),
        (["--kind", "BOT", "--filter", "{"], "--filter: this is not valid JSON"),
        (["--kind", "BOT", "--filter", '{"bot": 1}'], "--filter"),
        (["--kind", "BOT", "--columns", "bodId"], "--columns: there is no 'bodId'"),
        (["--kind", "BOT", "--format", "xml"], "--format"),
    ],
)
def test_wrong_options(arguments: list[str], named: str, tmp_path: Path) -> None:
    """Are named before a database is opened."""
    found = CliRunner().invoke(data.data, ["export", "--output", str(tmp_path / "x"), *arguments])
    assert found.exit_code == 2, found.output
    assert named in found.output
    assert not list(tmp_path.iterdir())
