"""Documents known by an id: Apollo's protocol, manifests, and the mode that runs nothing else."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from app.graphql.persisted import Documents
from app.manifests import ManifestError, load
from tests.app.graphql_client import CORRECT, JSON, TYPENAME, Door, code, error, open_door

OTHER = "{ other: __typename }"
CODEGEN = {"0a1b": TYPENAME}
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": "ops/1", "name": "Name", "type": "query", "body": TYPENAME}],
}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def hashed(text: str, **changes: Any) -> dict[str, Any]:
    """The extensions that name a text by its hash."""
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(text), **changes}}


def manifest(folder: Path, content: Any, name: str = "persisted-documents.json") -> Path:
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / name).write_text(text)
    return folder


@pytest.fixture(scope="module")
def door() -> Door:
    return open_door()


@pytest.fixture
def trusting(tmp_path: Path) -> Door:
    folder = manifest(tmp_path, CODEGEN)
    return open_door(persisted_documents=folder, persisted_queries="trusted")


def test_unknown_hash(door: Door) -> None:
    """In the very words that Apollo's clients wait for; 200 for those that know JSON only."""
    response = door.post(None, extensions=hashed("{ unknown }"))
    assert code(response) == (400, "PERSISTED_QUERY_NOT_FOUND")
    assert error(response)["message"] == "PersistedQueryNotFound"
    assert door.post(None, JSON, extensions=hashed("{ unknown }")).status_code == 200


def test_hash_stands_for_its_text(door: Door) -> None:
    """Sent with its text once, the hash alone is enough, by POST and by GET."""
    assert door.post(TYPENAME, extensions=hashed(TYPENAME)).json() == CORRECT
    assert door.post(None, extensions=hashed(TYPENAME)).json() == CORRECT
    assert door.get(extensions=json.dumps(hashed(TYPENAME))).json() == CORRECT


def test_wrong_hash(door: Door) -> None:
    """A text under another text's hash is refused, and not remembered."""
    assert code(door.post("{ a: __typename }", extensions=hashed(OTHER)))[0] == 400
    assert code(door.post(None, extensions=hashed(OTHER)))[1] == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    "persisted", [{}, [], "x", {"version": 2}, {"version": 1}, {"version": 1, "sha256Hash": 1}]
)
def test_malformed_extension(door: Door, persisted: Any) -> None:
    """Anything but version 1 with a hash is refused."""
    response = door.post(None, extensions={"persistedQuery": persisted})
    assert code(response) == (400, "BAD_USER_INPUT")


def test_mutation_by_get_stays_refused(door: Door) -> None:
    """A hash does not smuggle a mutation into a GET."""
    mutation = 'mutation { deleteBotSession(sessionId: "b") { deletedId } }'
    door.post(mutation, extensions=hashed(mutation))
    assert code(door.get(extensions=json.dumps(hashed(mutation))))[0] == 405


def test_store_is_bounded() -> None:
    """The text that was not asked for the longest is forgotten."""
    door = open_door(cache_bytes=1_048_576)
    often, *texts = (f"{{ a{n}: __typename }}{' ' * 30_000}" for n in range(6))
    for text in texts:
        door.post(text, extensions=hashed(text))
        door.post(often, extensions=hashed(often))
    assert door.post(None, extensions=hashed(often)).status_code == 200
    assert door.post(None, extensions=hashed(texts[0])).status_code == 400
    assert door.post(None, extensions=hashed(texts[-1])).status_code == 200


def test_switched_off() -> None:
    """In the words that make Apollo's clients send texts; texts run."""
    door = open_door(persisted_queries="off")
    response = door.post(None, extensions=hashed(TYPENAME))
    assert error(response)["message"] == "PersistedQueryNotSupported"
    assert door.post(TYPENAME, extensions=hashed(TYPENAME)).json() == CORRECT


@pytest.mark.parametrize("mode", ["automatic", "trusted", "off"])
@pytest.mark.parametrize("name", ["documentId", "id"])
def test_trusted_document_by_id(tmp_path: Path, name: str, mode: Any) -> None:
    """A manifest's id runs its document in every mode."""
    door = open_door(persisted_documents=manifest(tmp_path, APOLLO), persisted_queries=mode)
    assert door.post(None, **{name: "ops/1"}).json() == CORRECT
    assert door.get(**{name: "ops/1"}).json() == CORRECT


@pytest.mark.parametrize("id_", ["0a1b", sha256(TYPENAME), f"sha256:{sha256(TYPENAME)}"])
def test_names_of_a_trusted_document(trusting: Door, id_: str) -> None:
    """The manifest's id, the text's SHA-256, and the form of GraphQL over HTTP."""
    assert trusting.post(None, documentId=id_).json() == CORRECT


def test_trusted_document_by_hash(trusting: Door) -> None:
    """Apollo's clients name it by the extension."""
    assert trusting.post(None, extensions=hashed(TYPENAME)).json() == CORRECT


def test_trusted_text(trusting: Door) -> None:
    """The very text of a trusted document runs."""
    assert trusting.post(TYPENAME).json() == CORRECT


def test_only_trusted_documents_run(trusting: Door) -> None:
    """Other texts are forbidden, with their hash too; unknown ids are not found."""
    assert code(trusting.post(OTHER)) == (403, "FORBIDDEN")
    assert code(trusting.post(OTHER, extensions=hashed(OTHER))) == (403, "FORBIDDEN")
    assert code(trusting.post(None, documentId="x")) == (400, "PERSISTED_QUERY_NOT_FOUND")
    assert code(trusting.post(None, extensions=hashed(OTHER)))[1] == "PERSISTED_QUERY_NOT_FOUND"


def test_id_and_another_text(trusting: Door) -> None:
    """An id beside another text is no clear question."""
    assert code(trusting.post(OTHER, documentId="0a1b")) == (400, "BAD_USER_INPUT")
    assert trusting.post(TYPENAME, documentId="0a1b").json() == CORRECT


def test_several_manifests(tmp_path: Path) -> None:
    """All of a folder's manifests count; the same document may be in several."""
    manifest(tmp_path, CODEGEN)
    documents = load(manifest(tmp_path, APOLLO, "apollo.json"))
    assert documents["0a1b"] == documents["ops/1"] == TYPENAME


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        "7",
        {"a": 1},
        {"a": " "},
        {"format": "other", "version": 1, "operations": []},
        {**APOLLO, "version": 2},
        {**APOLLO, "operations": [{"id": "a"}]},
        {**APOLLO, "operations": None},
        "[" * 100_000,
    ],
    ids=lambda content: str(content)[:40],
)
def test_broken_manifest(tmp_path: Path, content: Any) -> None:
    """A plain sentence that names the file."""
    with pytest.raises(ManifestError, match=r"persisted-documents\.json is not a valid manifest"):
        load(manifest(tmp_path, content))


def test_empty_folder(tmp_path: Path) -> None:
    """A folder without manifests, or none at all, is a mistake."""
    with pytest.raises(ManifestError, match="has no manifest"):
        load(tmp_path / "missing")


def test_contradicting_manifests(tmp_path: Path) -> None:
    """One id cannot stand for two documents."""
    manifest(tmp_path, {"a": TYPENAME}, "1.json")
    with pytest.raises(ManifestError, match="names two documents"):
        load(manifest(tmp_path, {"a": OTHER}, "2.json"))


def test_trusted_mode_needs_documents() -> None:
    """Without a folder the mode would refuse everything."""
    with pytest.raises(ValueError, match="GATEWAY_PERSISTED_DOCUMENTS"):
        open_door(persisted_queries="trusted")


def test_long_texts_are_not_kept() -> None:
    """A text of any length runs, but memory is bounded."""
    documents = Documents()
    text = "#" * 40_000 + TYPENAME
    documents._remember("hash", text)
    assert len(documents._seen) == 0
