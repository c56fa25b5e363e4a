"""Parts of a training set, as a user names them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from feathertrack.errors import InputError


def parts_of(split: str, known: Sequence[str], *, reader: str, why_not: str = "") -> list[str]:
    """The parts that ``train``, ``train,val`` or "" (all) mean.

    Args:
        split: what the user said.
        known: names of the parts.
        reader: name of the layout, for the error.
        why_not: a sentence about a part that exists but cannot be trained on.

    Raises:
        InputError: a part that is not known; the nearest is given.

    >>> parts_of("train, val", ["train", "val"], reader="vid")
    ['train', 'val']
    """
    if not split.strip():
        return list(known)
    words = [word.strip() for word in split.split(",")]
    for word in words:
        if word not in known:
            near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
            hint = f"nearest: {near[0]}" if near else f"use {', '.join(known)} or '' for all"
            more = f"; {why_not}" if why_not else ""
            raise InputError(f"{reader} has no split {word!r} to train on; {hint}{more}")
    return list(dict.fromkeys(words))
