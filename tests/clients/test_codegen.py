"""graphql-codegen with its client preset, against the live server, type-checked by TypeScript."""

import json
import shutil
from pathlib import Path

import pytest

from tests import node
from tests.app.graphql_client import open_door
from tests.clients.conftest import CLIENTS
from tests.gateway import ROOT, Gateway

pytestmark = pytest.mark.timeout(node.INSTALL_SECONDS + node.RUN_SECONDS)


@pytest.fixture
def project(tmp_path: Path, code_generator: Path, gateway: Gateway) -> node.Project:
    """The documents of the folder and of the explorer's tabs, with the generated code."""
    target = tmp_path / "codegen"
    made = node.copy(CLIENTS / "codegen", target, code_generator, gateway.environment)
    shutil.copytree(ROOT / "app" / "pages" / "examples", target / "examples")
    made.run("graphql-codegen", "--config", "codegen.ts")
    return made


def test_generated_types(project: node.Project) -> None:
    """The generated code type-checks, and so does code that relies on its exactness."""
    project.run("tsc", "--project", ".")


def test_manifest(project: node.Project) -> None:
    """The manifest that the preset writes is understood as trusted documents."""
    written = project.folder / "src" / "gql" / "persisted-documents.json"
    manifest = json.loads(written.read_text())
    (project.folder / "manifest").mkdir()
    shutil.copy(written, project.folder / "manifest")
    (some,) = [key for key, text in manifest.items() if "query Some(" in text]
    door = open_door(persisted_queries="trusted", persisted_documents=project.folder / "manifest")
    answer = door.post(None, documentId=some, variables={"ids": []})
    assert answer.json() == {"data": {"nodes": []}}
    assert door.post("{ __typename }").json()["errors"][0]["extensions"]["code"] == "FORBIDDEN"
