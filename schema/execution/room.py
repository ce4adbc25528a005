"""How large an answer may become: its texts and lists are counted while it is rendered.

The count is a little less than what is sent: it leaves out numbers, and outside lists the names of
fields and short texts. The cost of an operation bounds those (schema.execution.cost).

Generated functions subtract in place, and check after each element of a list and at their end: a
call for each text took a seventh of the time that rendering 100 rows takes.
"""

from resolvers.errors import LimitExceeded

SHORT = 256
"""Characters of texts that are not worth counting, outside lists."""


class AnswerTooLargeError(BaseException):
    """Ends the rendering of an answer as a whole: no field reports it as its own error."""


class Room:
    """The bytes that are left of one answer."""

    __slots__ = ("left", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self.left = most
        """Put back where what was rendered is rendered again."""

    def check(self) -> None:
        """AnswerTooLargeError if more was counted than there is."""
        if self.left < 0:
            raise AnswerTooLargeError

    def shown(self, value: object) -> None:
        """Count what a field shows, if it is a text or has texts."""
        if isinstance(value, str):
            self.left -= size_of(value)
            self.check()
        elif isinstance(value, list):
            for item in value:
                self.shown(item)


def size_of(text: str) -> int:
    """The bytes of a text."""
    return len(text) if text.isascii() else len(text.encode(errors="replace"))


def too_large(most: int, changed: bool) -> LimitExceeded:
    """The refusal of a whole answer; `changed` says that the operation was a mutation."""
    more = " What the operation changed stays changed." if changed else ""
    return LimitExceeded(
        f"The answer would have more than {most} bytes. Ask for fewer rows with `first` or `last`, "
        f"for fewer fields, or for each list once.{more}",
        limit="answer_bytes",
        maximum=most,
    )
