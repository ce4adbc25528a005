"""`scripts/explain` shows what every kind of operation becomes, and refuses what it cannot use."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from graphql import GraphQLSchema

from app.commands.explain import main
from schema.build import build, root_fields
from schema.sample_operations import sample
from schema.strawberry_internals import core_schema
from tests.timing import limit

ROOT = Path(__file__).resolve().parents[3]
SCHEMA: GraphQLSchema = core_schema(build())
FIELDS = {name: kind for kind, name, _work in root_fields()}


def explain(text: str, *arguments: str, fails: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the script with an operation as its standard input."""
    done = subprocess.run(
        [ROOT / "scripts" / "explain", *arguments],
        input=text,
        capture_output=True,
        text=True,
        check=False,
        timeout=limit(120),
    )
    assert done.returncode == fails, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def explained() -> dict[str, str]:
    """What the script prints for a sample of each root field, all in one text."""
    printed = explain("\n".join(sample(SCHEMA, name) for name in FIELDS)).stdout
    parts = printed.split("# Operation ")[1:]
    return {part.split("\n", 1)[0]: part for part in parts}


def commands(text: str) -> list[str]:
    """The commands that are shown, as `bot_sessions.find`."""
    shown = text.split("## Commands", 1)[1]
    return [line for line in shown.splitlines() if line and line[0].islower()]


REMOVE = ("untagBotSession", "setCustomFields")
"""What the sample of these removes is not there: nothing is written."""


@pytest.mark.parametrize("name", FIELDS)
def test_every_root_field(explained: dict[str, str], name: str) -> None:
    """Reads are shown with their filter, changes with the write at their end."""
    shown, kind = explained[name], FIELDS[name]
    assert "Error" not in shown
    sent = commands(shown)
    assert SCHEMA.mutation_type
    if name == "viewer":
        assert sent == []
    elif name.endswith("CustomerIdentifiers"):
        assert {command.split(".")[0] for command in sent} == {"customer_links"}
    elif name in ("exportCustomer", "eraseCustomer"):  # the sample is a dry run
        of_kinds = {f"{kind.collection}.find" for kind in FIELDS.values() if kind}
        assert of_kinds <= set(sent)
        assert not [command for command in sent if "update" in command or "delete" in command]
    elif kind is None and name == "addSessionLabels":
        assert sent[-1].endswith(".update_one")
    elif kind is None:
        method = "aggregate" if name.endswith("Statistics") else "find"
        assert {command.split(".")[1] for command in sent} == {method}
        assert len(sent) == len(set(sent)), "one command a kind"
    elif name not in SCHEMA.mutation_type.fields:
        last = "aggregate" if name.endswith(("Summary", "Statistics")) else "find"
        assert sent == [f"{kind.collection}.{last}"]
    elif name in REMOVE:
        assert sent == [f"{kind.collection}.find"]
    else:
        verb, many = name.removesuffix("s").removesuffix(kind.type_name), name.endswith("Sessions")
        ends = {"create": "insert", "delete": "delete"}
        write = f"{ends.get(verb, 'update')}_{'many' if many else 'one'}"
        assert f"{kind.collection}.{write}" in sent


@pytest.mark.slow
def test_list(explained: dict[str, str]) -> None:
    """A page is one find with filter, projection, sort and limit, and one function."""
    shown = explain(
        "query ($bot: String!) { botSessions(filter: {botId: {eq: $bot}}, first: 2)"
        " { nodes { channel } } }",
        "--variables",
        json.dumps({"bot": "b"}),
    ).stdout
    assert "BotSessionConnection:\ndef render(value, windows, room):" in shown
    assert (
        """bot_sessions.find
  filter: {'botId': 'b'}
  limit: 3
  projection: {'channel': 1}
  sort: {'startedAt': -1, '_id': -1}
"""
        in shown
    )
    assert "graphql-core does all of it" in explained["node"]


def test_update_operators(explained: dict[str, str]) -> None:
    """An update shows its guard and its operators."""
    shown = explained["endBotSession"]
    assert "filter: {'_id': 'https://end.example/', 'tenant': None, 'revision': 1}" in shown
    assert "update: {'$set': {" in shown
    assert "'status': 'CLOSED'" in shown


@pytest.mark.slow
def test_one_of_several(tmp_path: Path) -> None:
    """An operation is chosen by its name, from a file."""
    file = tmp_path / "two.graphql"
    file.write_text(
        "query A { botSessionSummary { count } } query B { chatSessions { totalCount } }"
    )
    shown = explain("", str(file), "--operation", "B").stdout
    assert commands(shown) == ["chat_sessions.find", "chat_sessions.estimated_document_count"]


@pytest.mark.slow
def test_operation_with_an_error() -> None:
    """What ends with an error is shown up to there; status 1."""
    shown = explain("{ botSessions(first: 501) { totalCount } }", fails=1).stdout
    assert "## Commands: none" in shown
    assert "## Error: first: 501 is out of range" in shown


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        ("{ botSessions(", (), "Syntax Error"),
        ("{ nope }", (), "Cannot query field 'nope'"),
        ("", (), "Syntax Error"),
        ("fragment F on Query { nope }", (), "the text has no operation"),
        ("query A { node }", ("--operation", "B"), "the text has no operation B"),
        ("{ __typename }", ("--variables", "{"), "not JSON"),
        ("{ __typename }", ("--variables", "[]"), "an object is required"),
        ("query ($n: Int!) { botSessions(first: $n) { totalCount } }", (), "Variable '$n'"),
        ("", ("no-such-file.graphql",), "no-such-file.graphql cannot be read"),
        ("{ __typename }", ("--nonsense",), "unrecognized arguments"),
    ],
)
def test_unusable_input(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    """Wrong input is refused in a sentence, without a traceback; status 2."""
    monkeypatch.setattr(sys, "argv", ["explain", *arguments])
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    with pytest.raises(SystemExit) as ended:
        sys.exit(main())
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


@pytest.mark.slow
def test_script_ends_with_the_status() -> None:
    """What is refused is told by the process too."""
    assert "the text has no operation B" in explain("{ node }", "--operation", "B", fails=2).stderr
