"""Names of sequences, which every toolkit spells in its own way."""

from __future__ import annotations

import re


def fold(name: str) -> str:
    """A name without what toolkits disagree about: letter case, and dots, blanks, _ and -.

    >>> fold("Jogging.1") == fold("jogging_1") == fold("Jogging-1")
    True
    """
    return re.sub(r"[\W_]+", "-", name.casefold())
