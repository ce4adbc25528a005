"""Which shards get each operation, and what a sharded MongoDB has to do: planned, not measured.

No database is asked. docs/sharding.md explains the figures.
"""

import argparse
import math
from collections.abc import Callable
from dataclasses import fields

from benchmarks.sharding import model, table
from benchmarks.sharding.model import Cluster

MOST = {"tenants": 1e6, "shards": 1024, "limited": 1, "skew": 3}
"""The greatest values that mean something."""
WHOLE = frozenset({"sessions", "shards", "tenants", "processes"})
FROM_ZERO = frozenset({"skew", "reads", "writes", "limited"})
"""Those that may be 0."""


def number(name: str) -> Callable[[str], float]:
    """Reads the value of an option."""
    least, most = 0 if name in FROM_ZERO else 1e-9, MOST.get(name, 1e15)
    least = 1 if name in WHOLE else least

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most or (name in WHOLE and value != int(value)):
            what = "a whole number" if name in WHOLE else "a number"
            raise argparse.ArgumentTypeError(
                f"{text!r} is not {what} from {least:g} to {most:g}: write one such as "
                f"{getattr(Cluster(), name):g}"
            )
        return value

    return read


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="scripts/shards", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument(
        "--operations", action="store_true", help="show which shards get each operation"
    )
    for one in fields(Cluster):
        default = getattr(Cluster(), one.name)
        parser.add_argument(
            f"--{one.name.replace('_', '-')}",
            type=number(one.name),
            default=default,
            help=f"{one.metadata['meaning']} ({default:g})".replace("%", "%%"),
        )
    return parser.parse_args(arguments)


def main() -> None:
    """Print the tables, or the model."""
    options = parse()
    if options.operations:
        print(table.keys(), table.reads(), table.changes(), sep="\n")
        return
    print(model.page(Cluster(**{one.name: getattr(options, one.name) for one in fields(Cluster)})))


if __name__ == "__main__":
    main()
