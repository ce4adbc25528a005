"""What is remembered by a key, as long as all of it together has at most so many bytes."""

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Bounded(Generic[T]):
    """Forgets what was not asked for the longest."""

    def __init__(self, most: int) -> None:
        """`most` are bytes, as whoever puts a value in estimates them, or whatever sizes count."""
        self.size = 0
        """Bytes of everything that is remembered."""
        self._most = most
        self._values: OrderedDict[str, T] = OrderedDict()
        self._sizes: dict[str, int] = {}

    def __len__(self) -> int:
        """How many values are remembered."""
        return len(self._values)

    def get(self, key: str) -> T | None:
        """The value, which was used now; None if there is none."""
        value = self._values.get(key)
        if value is not None:
            self._values.move_to_end(key)
        return value

    def clear(self) -> None:
        """Forget everything."""
        self._values.clear()
        self._sizes.clear()
        self.size = 0

    def peek(self, key: str) -> T | None:
        """The same without using it."""
        return self._values.get(key)

    def put(self, key: str, value: T, size: int) -> None:
        """Remember a value of so many bytes, if it alone is not too large."""
        self._values[key] = value
        self._values.move_to_end(key)
        self._resize(key, size)

    def resize(self, key: str, size: int) -> None:
        """A value has another size now; nothing happens if it is forgotten."""
        if key in self._values:
            self._resize(key, size)

    def _resize(self, key: str, size: int) -> None:
        self.size += size - self._sizes.get(key, 0)
        self._sizes[key] = size
        if size > self._most:  # it would push out everything before it goes itself
            self._forget(key)
        while self.size > self._most:
            self._forget(next(iter(self._values)))

    def _forget(self, key: str) -> None:
        del self._values[key]
        self.size -= self._sizes.pop(key)
