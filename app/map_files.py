"""Map files: how collections of another shape become sessions (see `resolvers.mapping`)."""

import tomllib
from collections.abc import Iterable
from pathlib import Path

from resolvers.errors import BadInput
from resolvers.mapping import CollectionMap, read
from schema.kinds import KINDS


class MapFileError(ValueError):
    """A map file cannot be used; the text is a plain sentence that names the file."""


def load(paths: Iterable[Path]) -> tuple[CollectionMap, ...]:
    """The maps of some files, at most one for each kind; MapFileError names the file at fault."""
    found: dict[str, CollectionMap] = {}
    for path in sorted(paths):
        map_ = load_one(path)
        if map_.kind.name in found:
            raise MapFileError(f"{path}: another file has a map for {map_.kind.enum_name}, too.")
        found[map_.kind.name] = map_
    return tuple(found.values())


def load_one(path: Path) -> CollectionMap:
    """The map of one file; MapFileError if it cannot be used."""
    kinds = {entry.kind.enum_name: entry.kind for entry in KINDS}
    try:
        return read(tomllib.loads(path.read_text("utf-8-sig")), kinds)
    except OSError as error:
        raise MapFileError(f"{path}: {error.strerror}.") from None
    except BadInput as error:
        raise MapFileError(f"{path}: {error.message}") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise MapFileError(f"{path} is not a valid TOML file: {error}.") from None
