"""The certificate and its key are checked before anything starts; each refusal is a sentence."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from app.commands.certificate import check_certificate
from app.commands.common import UsageError, load_settings

Pair = tuple[Path, Path]
YEAR = timedelta(days=365)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def make(authority: trustme.CA, tmp_path: Path) -> Callable[..., Pair]:
    """Certificate and key files of one name."""

    def made(name: str, valid_until: datetime | None = None) -> Pair:
        leaf = authority.issue_cert(name, not_after=valid_until)
        certificate, key = tmp_path / f"{name}.crt", tmp_path / f"{name}.key"
        certificate.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
        key.write_bytes(leaf.private_key_pem.bytes())
        key.chmod(0o600)
        return certificate, key

    return made


def refusal(certificate: Path, key: Path, now: datetime | None = None) -> str:
    with pytest.raises(UsageError) as raised:
        check_certificate(certificate, key, now)
    return str(raised.value)


def test_valid_pair_says_nothing(
    make: Callable[..., Pair], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nor do settings without one."""
    check_certificate(*make("desk.example.com"))
    check_certificate(None, None)
    assert capsys.readouterr() == ("", "")


def test_expired_certificate(make: Callable[..., Pair]) -> None:
    """The date and the file are named."""
    certificate, key = make("desk.example.com", datetime(2040, 5, 6, 7, 8, tzinfo=UTC))
    said = refusal(certificate, key, datetime(2040, 5, 6, 7, 8, tzinfo=UTC))
    assert said.startswith("GATEWAY_TLS_CERTIFICATE is wrong")
    assert f"in {certificate} expired on 2040-05-06 07:08 UTC" in said


def test_certificate_of_the_future(make: Callable[..., Pair]) -> None:
    """As on a machine whose clock is wrong."""
    said = refusal(*make("desk.example.com"), datetime(1990, 1, 1, tzinfo=UTC))
    assert "is not valid before" in said


def test_key_of_another_certificate(make: Callable[..., Pair]) -> None:
    """Both files are named, and the order that a chain has."""
    (certificate, _), (_, key) = make("a.example"), make("b.example")
    said = refusal(certificate, key)
    assert said.startswith(f"GATEWAY_TLS_KEY is wrong: {key} is not the key of")
    assert "certificate comes first" in said


def test_files_in_each_others_place(make: Callable[..., Pair]) -> None:
    """The certificate's setting is named first."""
    certificate, key = make("desk.example.com")
    assert refusal(key, certificate).endswith(f"{key} has no certificate in PEM.")


@pytest.mark.parametrize("content", [b"", b"\x30\x82\x01\x00 DER", b"text"])
def test_key_that_is_none(make: Callable[..., Pair], content: bytes) -> None:
    """An empty file, another format, and any text."""
    certificate, key = make("desk.example.com")
    key.write_bytes(content)
    assert (
        refusal(certificate, key) == f"GATEWAY_TLS_KEY is wrong: {key} has no private key in PEM."
    )


def test_damaged_certificate(make: Callable[..., Pair]) -> None:
    """Its frame is there, and its content is cut."""
    certificate, key = make("desk.example.com")
    first, *_, last = certificate.read_text().splitlines()
    certificate.write_text(f"{first}\nMIIB\n{last}\n")
    assert "cannot be used" in refusal(certificate, key)


def test_missing_file(make: Callable[..., Pair], tmp_path: Path) -> None:
    """The system's reason is given."""
    certificate, key = make("desk.example.com")
    said = refusal(certificate, tmp_path / "gone.key")
    assert said.endswith("gone.key cannot be read: No such file or directory.")
    assert "GATEWAY_TLS_CERTIFICATE" in refusal(tmp_path, key)


def test_key_with_a_passphrase(make: Callable[..., Pair]) -> None:
    """Nobody is there to type it."""
    certificate, key = make("desk.example.com")
    loaded = load_pem_private_key(key.read_bytes(), None)
    secret = BestAvailableEncryption(b"word")
    key.write_bytes(loaded.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, secret))
    assert "is encrypted. Remove its passphrase" in refusal(certificate, key)


@pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, False), (0o644, True)])
def test_key_that_strangers_may_read(
    make: Callable[..., Pair], capsys: pytest.CaptureFixture[str], mode: int, warned: bool
) -> None:
    """A warning, and no refusal; a group is somebody's choice."""
    certificate, key = make("desk.example.com")
    key.chmod(mode)
    check_certificate(certificate, key)
    assert (f"Warning: GATEWAY_TLS_KEY {key} can be read" in capsys.readouterr().err) == warned


@pytest.mark.parametrize("name", ["CERTIFICATE", "KEY"])
def test_one_of_the_two_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Every command says which one is missing."""
    monkeypatch.setenv(f"GATEWAY_TLS_{name}", "file.pem")
    other = {"CERTIFICATE": "KEY", "KEY": "CERTIFICATE"}[name]
    with pytest.raises(UsageError, match=f"GATEWAY_TLS_{name} is set and GATEWAY_TLS_{other}"):
        load_settings()
