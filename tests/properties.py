"""How many examples a property is tried with: every number of them comes from here.

`TEST_EXAMPLES` says how many a property gets that names no number; the others get as many more or
fewer in proportion. The drill asks for 10 in place of 100, CI for 50.
"""

import os
from typing import Final

BY_DEFAULT: Final = int(os.environ.get("TEST_EXAMPLES", "100"))


def examples(number: int) -> int:
    """So many, where a property has 100 by default."""
    return max(1, number * BY_DEFAULT // 100)
