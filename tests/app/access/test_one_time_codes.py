"""One-time codes: each works once, for ten minutes, in one gateway and all its workers."""

from pathlib import Path
from tempfile import gettempdir
from threading import Thread
from unittest.mock import patch

from app.access.one_time_codes import LIFETIME_SECONDS, OneTimeCodes, opened


class Clock:
    """A time that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1_000_000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_code_works_once(tmp_path: Path) -> None:
    """The second time it is as unknown as any other text."""
    codes = OneTimeCodes(tmp_path)
    code = codes.make()
    assert codes.redeem(code)
    assert not codes.redeem(code)


def test_codes_are_independent(tmp_path: Path) -> None:
    """Using one leaves the others."""
    codes = OneTimeCodes(tmp_path)
    one, other = codes.make(), codes.make()
    assert one != other
    assert codes.redeem(one)
    assert codes.redeem(other)


def test_a_code_expires(tmp_path: Path) -> None:
    """It works to the end of its time, and not after it."""
    clock = Clock()
    codes = OneTimeCodes(tmp_path, clock)
    early, late = codes.make(), codes.make()
    clock.seconds += LIFETIME_SECONDS
    assert codes.redeem(early)
    clock.seconds += 1
    assert not codes.redeem(late)
    assert list(tmp_path.iterdir()) == [], "an expired code is removed by its use"


def test_unknown_codes(tmp_path: Path) -> None:
    """Texts that never were codes are refused, whatever stands in them."""
    codes = OneTimeCodes(tmp_path)
    (tmp_path / "secret").write_text("0", encoding="ascii")
    for text in ("", "a", "../secret", "secret", "/etc/passwd", "\0", "\ud800", "ü" * 1000):
        assert not codes.redeem(text)


def test_the_folder_does_not_show_the_code(tmp_path: Path) -> None:
    """Whoever reads the folder cannot sign in with what is there."""
    codes = OneTimeCodes(tmp_path)
    code = codes.make()
    (file,) = tmp_path.iterdir()
    assert code not in file.name + file.read_text(encoding="ascii")
    assert not codes.redeem(file.name)


def test_one_of_many_workers_succeeds(tmp_path: Path) -> None:
    """However many use a code at the same moment, in the folder that they share."""
    code = OneTimeCodes(tmp_path).make()
    succeeded: list[bool] = []
    workers = [
        Thread(target=lambda: succeeded.append(OneTimeCodes(tmp_path).redeem(code)))
        for _ in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(succeeded) == [False] * 7 + [True]


def test_codes_end_with_their_gateway() -> None:
    """The folder is its owner's alone and is removed at the end: no code outlives its process."""
    with opened() as codes:
        assert codes
        code = codes.make()
        assert codes.folder.parent == Path(gettempdir())
        assert codes.folder.stat().st_mode & 0o077 == 0
    assert not codes.folder.exists()
    assert not codes.redeem(code)
    with opened() as later:
        assert later
        assert not later.redeem(code)


def test_without_temporary_files_there_are_no_codes() -> None:
    """On a file system that cannot be written, the gateway starts all the same."""
    with (
        patch("app.access.one_time_codes.TemporaryDirectory", side_effect=FileNotFoundError),
        opened() as codes,
    ):
        assert codes is None
