"""Manifests of trusted documents, which are written when clients are built.

Two forms are read: `{hash: text}` of graphql-codegen's client preset, and the list that Apollo's
generate-persisted-query-manifest writes.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

APOLLO_FORMAT: Final = "apollo-persisted-query-manifest"


class ManifestError(Exception):
    """A manifest cannot be used; the text is a plain sentence that names the file."""


def load(folder: Path) -> Mapping[str, str]:
    """The documents of all manifests (`*.json`) in a folder, by every id they go by.

    These are the manifest's own ids and the text's SHA-256, plain and as `sha256:…`.
    ManifestError names the file that cannot be used.
    """
    documents: dict[str, str] = {}
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not paths:
        raise ManifestError(f"{folder} has no manifest of trusted documents (*.json).")
    for path in paths:
        for id_, text in _manifest(path):
            digest = hashlib.sha256(text.encode()).hexdigest()
            for name in (id_, digest, f"sha256:{digest}"):
                if documents.setdefault(name, text) != text:
                    raise ManifestError(f"{path}: the id {name!r} names two documents.")
    return documents


def _manifest(path: Path) -> Iterator[tuple[str, str]]:
    try:
        manifest = json.loads(path.read_text("utf-8"))
        yield from _apollo(manifest) if "format" in manifest else _codegen(manifest)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ManifestError(
            f"{path} is not a valid manifest of trusted documents ({error}). Write it with "
            "graphql-codegen (persisted-documents.json) or Apollo's "
            "generate-persisted-query-manifest."
        ) from None


def _codegen(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """graphql-codegen's client preset: `{hash: text}`."""
    for id_, text in manifest.items():
        yield id_, _text(id_, text)


def _apollo(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Apollo's generator: `{"format", "version": 1, "operations": [{"id", "body", …}]}`."""
    if manifest["format"] != APOLLO_FORMAT or manifest["version"] != 1:
        raise ValueError("its format or version is unknown")
    for operation in manifest["operations"]:
        yield _text("id", operation["id"]), _text("body", operation["body"])


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} has no text")
    return value
