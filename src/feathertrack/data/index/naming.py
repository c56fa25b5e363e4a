"""Names of pictures in little space: most count, ``img/00000001.jpg``, so a number is enough."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LAST_NUMBER = re.compile(r"(.*?)(\d{1,18})(\D*)", re.DOTALL | re.ASCII)
_BETWEEN = "\0"  # no name of a file can hold it


def pattern_of(names: Sequence[str]) -> tuple[str, list[int]] | None:
    r"""A pattern and a number for each name; None where they do not fit one pattern.

    >>> pattern_of(["img/08.jpg", "img/11.jpg"])
    ('img/\x002\x00.jpg', [8, 11])
    """
    found = _LAST_NUMBER.fullmatch(names[0]) if names else None
    if found is None:
        return None
    prefix, _, suffix = found.groups()
    begin, end = len(prefix), -len(suffix) or None
    words = [name[begin:end] for name in names]
    if any(
        not (word.isascii() and word.isdigit() and len(word) < 19)
        or not (name.startswith(prefix) and name.endswith(suffix))
        for word, name in zip(words, names, strict=True)
    ):
        return None
    width = max((len(word) for word in words if word.startswith("0")), default=1)
    numbers = [int(word) for word in words]
    if any(f"{number:0{width}d}" != word for number, word in zip(numbers, words, strict=True)):
        return None
    return f"{prefix}{_BETWEEN}{width}{_BETWEEN}{suffix}", numbers


def name_of(pattern: str, number: int) -> str:
    r"""The name of a number.

    >>> name_of("img/\0002\0.jpg", 8)
    'img/08.jpg'
    """
    prefix, width, suffix = pattern.split(_BETWEEN)
    return f"{prefix}{number:0{int(width)}d}{suffix}"
