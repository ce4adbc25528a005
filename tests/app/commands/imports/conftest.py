"""Files of exports, and a database to import them into."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.commands.imports.files import Files, expand
from app.commands.imports.importing import Import, Imported, ImportRefusedError, OnConflict
from app.rest.exports import Options
from resolvers.kind import Document
from tests.app.commands.imports.service import EXPORTS, Service, service

CASES = Path(__file__).parent / "cases"


class Desk:
    """Imports files of one vendor into a service of its own."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.service, self.folder = service, folder
        self.notes: list[str] = []

    def file(self, name: str, content: Any) -> Path:
        """A file with these bytes, or with the JSON of anything else."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        return path

    def importing(
        self, vendor: str, *paths: Path, on_conflict: str = "fail", **options: Any
    ) -> Import:
        source = Files(
            self.service.context, EXPORTS[vendor], expand(list(paths)), Options(**options)
        )
        return Import(self.service.context, source, OnConflict(on_conflict))

    async def store(self, vendor: str, *paths: Path, **options: Any) -> Imported:
        importing = self.importing(vendor, *paths, **options)
        found = await importing.check()
        done = await importing.store()
        assert done == found
        self.notes = list(importing.notes)
        return done

    async def refusal(self, vendor: str, *paths: Path, **options: Any) -> str:
        """Why nothing is stored."""
        before = await self.stored(vendor)
        with pytest.raises(ImportRefusedError) as refused:
            await self.store(vendor, *paths, **options)
        assert await self.stored(vendor) == before
        return str(refused.value)

    async def stored(self, vendor: str) -> list[Document]:
        collection = self.service.store.collection(EXPORTS[vendor].kind)
        found: list[Document] = await collection.find({}).sort("_id", 1).to_list(None)
        return found


@pytest.fixture
async def desk(tmp_path: Path) -> Desk:
    return Desk(await service(), tmp_path)


@pytest.fixture
def case() -> Callable[[str], Path]:
    """A sample file."""
    return lambda name: CASES / name
