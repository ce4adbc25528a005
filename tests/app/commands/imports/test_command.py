"""The command `import`: what it takes, and what it says; from the options to the database."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from app.cli import imports
from app.commands.imports import command
from app.commands.imports.services import SERVICES
from tests.app.commands.imports.conftest import CASES
from tests.app.commands.imports.service import service
from tests.app.commands.imports.test_files import KORE


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs the command over a database in memory."""

    def run(work: Any, _tenant: str | None) -> None:
        async def within() -> str:
            found = await service()
            text: str = await work(found.context)
            return text

        command.typer.echo(asyncio.run(within()), err=True)

    monkeypatch.setattr(command, "run", run)
    return lambda *arguments, **more: CliRunner().invoke(
        imports, [str(one) for one in arguments], **more
    )


def test_dry_run(ran: Any) -> None:
    """It says what could be stored, and what is worth knowing."""
    result: Result = ran("--from", "kore", CASES / "kore-page1.json", "--dry-run")
    assert result.exit_code == 0
    assert "2 sessions could be stored, 0 left out." in result.output
    assert "more sessions follow" in result.output


def test_standard_input(ran: Any) -> None:
    """It is read to its end, and named in messages."""
    text = (CASES / "kore-page2.json").read_bytes()
    assert "1 sessions stored" in ran("--from", "kore", "-", input=text).output
    result = ran("--from", "kore", "-", input=text[:-20])
    assert result.exit_code == 1
    assert "standard input: It ends in the middle" in result.output


def test_folder(ran: Any) -> None:
    """All its files are one export."""
    for vendor, name in (("agendize", "agendize.json"), ("genesys-knowledge", "gkc.json")):
        assert "1 sessions stored" in ran("--from", vendor, CASES / name).output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "Name a file to import"),
        (["a", "b"], "Without --from, name one file"),
        (["/tmp"], "Without --from, name one file"),
        (["nothing.json"], "There is no file nothing.json."),
        (["--from", "kore", "nothing.json"], "There is no file nothing.json."),
        (["--row", "x", "a"], "--row is for --from n-able."),
        (["--from", "kore", "--row", "x", "a"], "--row is for --from n-able."),
        (["--ignore", "x", "a"], "--ignore x is for --from."),
        (["--from", "kore", "--containment-type", "x", "a"], "dropOff, selfService, agent"),
        (["--from", "agendize", "--time-zone", "Mars", "a"], "--time-zone: 'Mars'"),
        (["--from", "genesys-knowledge", "--created-at", "x", "a"], "--created-at: 'x'"),
        (["--from", "genesys-knowledge", "--created-at", "2999-01-01", "a"], "in the future"),
        (["--url", "https://x.example", "a"], "--url needs --from."),
        (["--bot", "x", "a"], "--bot goes with --url."),
        (["--from", "kore", "--url", "https://x.example"], "--url needs --bot as well."),
        (["--from", "agendize", "--url", "https://x.example", "--bot", "b"], "--bot is not for"),
    ],
)
def test_wrong_options(ran: Any, arguments: list[str], says: str) -> None:
    """They are refused before anything is read."""
    result = ran(*arguments)
    assert result.exit_code == 2
    assert says in result.output


def test_a_vendor_without_a_service(ran: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its files are imported; --url says that it is not asked, and who is."""
    monkeypatch.delitem(SERVICES, "agendize")
    result = ran("--from", "agendize", "--url", "https://x.example")
    assert result.exit_code == 2
    assert "--url is not for --from agendize" in result.output
    assert "kore or n-able or genesys-co-browse" in result.output


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://x.example", "must not travel without encryption"),
        ("https://me:secret@x.example", "leave the credential out"),
        ("ftp://x.example", "write the service's address"),
        ("https://x.example?a=b", "write the service's address"),
        ("https://[", "is not an address"),
    ],
)
def test_wrong_addresses(ran: Any, tmp_path: Path, url: str, says: str) -> None:
    """A secret goes there."""
    (tmp_path / "ids").write_text("a\n")
    result = ran("--from", "genesys-co-browse", "--url", url, "--ids", tmp_path / "ids")
    assert (result.exit_code, says in result.output) == (2, True)


def test_secret_is_a_file_with_a_secret(ran: Any, tmp_path: Path) -> None:
    """Its content is never shown."""
    secret, ids = tmp_path / "secret", tmp_path / "ids"
    secret.write_text("one\ntwo\n")
    ids.write_text("a\n")
    account = ["--url", "https://x.example", "--secret-file", secret, "--ids", ids]
    result = ran("--from", "genesys-co-browse", *account)
    assert result.exit_code == 2
    assert "one line with a secret" in result.output
    assert "two" not in result.output


def test_refusal_is_a_plain_text(ran: Any, tmp_path: Path) -> None:
    """Exit code 1, with file, row and field."""
    path = tmp_path / "a.json"
    path.write_text(str(KORE).replace("'", '"').replace("False", '"no"'))
    result = ran("--from", "kore", path)
    assert result.exit_code == 1
    assert f'Error: Nothing is stored.\n{path}, session s1, isDeveloper has "no": ' in result.output
