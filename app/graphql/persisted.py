"""Documents known by an id: Apollo's automatic persisted queries, and trusted documents.

automatic   a hash, first sent together with its text, stands for the text afterwards
            (extensions.persistedQuery: {"version": 1, "sha256Hash": …})
trusted     documents of manifests, written when the clients were built, by their ids
            (documentId, id, or the hash of persistedQuery)
"""

import hashlib
from collections.abc import Mapping
from sys import getsizeof
from typing import Any, Final, Literal, NoReturn

from app.graphql.parameters import Parameters
from app.http.refusal import RefusedError
from schema.bounded import Bounded

Mode = Literal["automatic", "trusted", "off"]

BYTES_A_TEXT: Final = 400
"""What a text takes in memory besides its characters, with its hash: measured."""
LONGEST_KEPT: Final = 32_768
"""Texts longer than this many characters are run, and forgotten."""


class Documents:
    """Finds the text a request is to run."""

    def __init__(
        self,
        mode: Mode = "automatic",
        trusted: Mapping[str, str] | None = None,
        keep: int = 4_194_304,
    ) -> None:
        self._mode = mode
        self._trusted = dict(trusted or {})
        self._texts = frozenset(self._trusted.values())
        self._seen: Bounded[str] = Bounded(keep)

    def __len__(self) -> int:
        """How many texts are remembered that no manifest has."""
        return len(self._seen)

    def text(self, asked: Parameters) -> str:
        """The text to run; RefusedError if it is unknown, missing or not trusted."""
        query = asked.query
        persisted = asked.extensions.get("persistedQuery")
        if persisted is None and asked.document_id is None:
            return self._permitted(query)
        if persisted is not None:
            return self._by_hash(_hash(persisted), query)
        known = self._trusted.get(asked.document_id or "")
        if known is None:
            _not_found()
        if query is not None and query != known:
            _refuse("documentId: it stands for another text than `query`. Send one of the two.")
        return known

    def _permitted(self, query: str | None) -> str:
        if query is None or not query.strip():
            _refuse("query: a GraphQL operation is required, as text.")
        if self._mode == "trusted" and query not in self._texts:
            raise RefusedError(
                403,
                "FORBIDDEN",
                "Only trusted documents run here: send the `documentId` of one that was "
                "registered when the client was built.",
            )
        return query

    def _by_hash(self, digest: str, query: str | None) -> str:
        known = self._trusted.get(digest)
        if query is None:
            return known if known is not None else self._remembered(digest)
        if hashlib.sha256(query.encode()).hexdigest() != digest:
            _refuse("persistedQuery: sha256Hash is not the SHA-256 of `query` in hexadecimal.")
        text = self._permitted(query)
        if known is None and self._mode == "automatic":
            self._remember(digest, text)
        return text

    def _remembered(self, digest: str) -> str:
        if self._mode == "off":
            _not_supported()
        text = self._seen.get(digest)
        if text is None:
            _not_found()
        return text

    def _remember(self, digest: str, text: str) -> None:
        if len(text) <= LONGEST_KEPT:
            self._seen.put(digest, text, getsizeof(text) + BYTES_A_TEXT)


def _hash(persisted: Any) -> str:
    if not isinstance(persisted, dict) or persisted.get("version") != 1:
        _refuse("persistedQuery: only version 1 is known.")
    digest = persisted.get("sha256Hash")
    if not isinstance(digest, str):
        _refuse("persistedQuery: sha256Hash is required, as text.")
    return digest.lower()


def _not_found() -> NoReturn:
    """In the words that Apollo's clients wait for, to send the text as well."""
    raise RefusedError(400, "PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound", legacy=200)


def _not_supported() -> NoReturn:
    """In the words that make Apollo's clients send texts from now on."""
    raise RefusedError(
        400, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported", legacy=200
    )


def _refuse(message: str) -> NoReturn:
    raise RefusedError(400, "BAD_USER_INPUT", message)
