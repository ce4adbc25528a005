"""What the gateway writes is its owner's alone."""

import ast
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import private_writing
from app.access import one_time_codes
from app.access.own_keys import for_embedded
from app.commands.private_files import output_or_file
from app.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
OWN = ("app/private_writing.py", "app/commands/route_map.py")
"""The module itself; and what writes docs/map.md, which is for everybody."""
WRITERS = {"write_text", "write_bytes", "mkdir", "makedirs", "touch", "mkfifo", "copyfile", "copy"}


@pytest.fixture(autouse=True)
def lax() -> Iterator[None]:
    """A umask that hides nothing."""
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    """Who may do what."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("way", ["w", "a", "x"])
@pytest.mark.parametrize("exists", [False, True])
def test_a_file_is_closed(tmp_path: Path, way: str, exists: bool) -> None:
    """New or there already, under a lax umask, in a folder of everybody's."""
    tmp_path.chmod(0o777)
    path = tmp_path / "file"
    if exists and way != "x":
        path.touch(0o666)
    private_writing.opened_text(path, way).close()
    assert mode(path) == 0o600


def test_folders_are_closed(tmp_path: Path) -> None:
    """All that are made; one that was there stays, unless it is to be closed."""
    tmp_path.chmod(0o755)
    private_writing.make_folder(tmp_path / "a" / "b")
    assert [mode(tmp_path / name) for name in (".", "a", "a/b")] == [0o755, 0o700, 0o700]
    (tmp_path / "c").mkdir(0o755)
    private_writing.close_folder(tmp_path / "c")
    assert mode(tmp_path / "c") == 0o700


def test_what_is_no_file_stays_as_it_is() -> None:
    """A device that is named for an output keeps its rights."""
    before = mode(Path("/dev/null"))
    private_writing.opened(Path("/dev/null")).close()
    assert mode(Path("/dev/null")) == before


def test_an_export_is_closed(tmp_path: Path) -> None:
    """Also over a file that others could read."""
    path = tmp_path / "sessions.jsonl"
    path.touch(0o666)
    with output_or_file(path) as file:
        file.write(b"{}")
    assert (mode(path), path.read_bytes()) == (0o600, b"{}")


def test_keys_are_closed_where_others_could_read_them(tmp_path: Path) -> None:
    """A key file that was copied or restored with other rights."""
    tmp_path.chmod(0o755)
    settings = Settings(data_dir=tmp_path)
    for_embedded(settings, "mongodb://x")
    for name in ("secret.key", "demo.key"):
        (tmp_path / name).chmod(0o644)
    for_embedded(settings, "mongodb://x")
    assert [mode(tmp_path / name) for name in ("secret.key", "demo.key")] == [0o600, 0o600]


def test_codes_are_closed() -> None:
    """Each one-time code is a file."""
    with one_time_codes.opened() as codes:
        assert codes
        codes.make()
        assert [mode(file) for file in codes.folder.iterdir()] == [0o600]


def writes(path: Path) -> Iterator[int]:
    """The lines of a file that write files or make folders by themselves."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        last = name.rpartition(".")[2]
        making = name == "os.open" and "O_CREAT" in ast.unparse(node)
        if making or last in WRITERS or (last == "open" and _for_writing(node)):
            yield node.lineno


def _for_writing(call: ast.Call) -> bool:
    """Whether a text that is given could be the mode of a file to write."""
    given = [*call.args, *(word.value for word in call.keywords if word.arg == "mode")]
    texts = [one.value for one in given if isinstance(one, ast.Constant)]
    modes = [text for text in texts if isinstance(text, str) and set(text) <= set("rwaxbt+")]
    return any(set(text) & set("wax+") for text in modes)


def files() -> Iterator[Path]:
    """Every file of the application."""
    return (path for path in (ROOT / "app").rglob("*.py") if "node_modules" not in path.parts)


def test_everything_is_written_through_it() -> None:
    """No file of the application opens one for writing, or makes a folder, by itself."""
    found = [
        f"{name}:{line}"
        for path in files()
        if (name := path.relative_to(ROOT).as_posix()) not in OWN
        for line in writes(path)
    ]
    assert found == []


def test_the_search_finds_what_writes() -> None:
    """The module itself is found."""
    assert [*writes(ROOT / OWN[0])]
