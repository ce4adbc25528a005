"""The TLS certificate and its key, checked before anything starts."""

import ssl
from datetime import UTC, datetime
from pathlib import Path

from app.commands.common import UsageError
from app.commands.private_files import warn_of_strangers

CERTIFICATE = "GATEWAY_TLS_CERTIFICATE"
KEY = "GATEWAY_TLS_KEY"


def check_certificate(
    certificate: Path | None, key: Path | None, now: datetime | None = None
) -> None:
    """Warn of a key that others may read; with neither file there is nothing to check.

    UsageError, naming the setting, if a file cannot be read or is not PEM, if the key has a
    passphrase or belongs to another certificate, or if a certificate is not valid `now`.
    """
    if certificate is None or key is None:
        return
    _require(CERTIFICATE, certificate, b"-----BEGIN CERTIFICATE-----", "certificate")
    _require(KEY, key, b"PRIVATE KEY-----", "private key")
    _check_pair(certificate, key)
    _check_dates(certificate, now or datetime.now(UTC))
    warn_of_strangers(key, KEY)


def _require(setting: str, path: Path, mark: bytes, what: str) -> None:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{setting} is wrong: {path} cannot be read: {error.strerror}.") from None
    if mark not in data:
        raise UsageError(f"{setting} is wrong: {path} has no {what} in PEM.")


def _check_pair(certificate: Path, key: Path) -> None:
    def refuse_passphrase() -> str:
        raise UsageError(
            f"{KEY} is wrong: {key} is encrypted. Remove its passphrase with "
            "openssl pkey -in … -out …, and protect the file with chmod 600."
        )

    try:
        # The same call that the server makes later; its own refusal would be a traceback.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, refuse_passphrase)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            raise UsageError(
                f"{KEY} is wrong: {key} is not the key of the first certificate in {certificate}. "
                "The server's own certificate comes first, then the intermediate ones."
            ) from None
        raise UsageError(
            f"{CERTIFICATE} and {KEY} cannot be used: {error.reason or 'damaged PEM'}."
        ) from None


def _check_dates(certificate: Path, now: datetime) -> None:
    from cryptography.x509 import load_pem_x509_certificates  # only where it is needed

    for one in load_pem_x509_certificates(certificate.read_bytes()):
        subject = one.subject.rfc4514_string() or "without a subject"
        if now >= one.not_valid_after_utc:
            state = f"expired on {one.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
        elif now < one.not_valid_before_utc:
            state = f"is not valid before {one.not_valid_before_utc:%Y-%m-%d %H:%M} UTC"
        else:
            continue
        raise UsageError(
            f"{CERTIFICATE} is wrong: the certificate {subject} in {certificate} {state}."
        )
