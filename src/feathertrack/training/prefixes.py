"""Parts of a network by the beginning of their names: the longest one that fits counts."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from feathertrack.errors import InputError

Value = TypeVar("Value")

_NETWORK = "network."


def short_name(name: str) -> str:
    """A name as recipes write it: parts of the network without ``network.`` in front.

    >>> short_name("network.backbone.conv1.0.weight")
    'backbone.conv1.0.weight'
    """
    return name.removeprefix(_NETWORK)


def longest_prefix(name: str, table: Mapping[str, Value], default: Value) -> Value:
    """The value of the longest key that is ``name`` or a part above it; "" is above everything.

    >>> longest_prefix("backbone.conv10.weight", {"backbone.conv1": 1, "backbone": 2}, 0)
    2
    """
    parts = name.split(".")
    for length in range(len(parts), -1, -1):
        key = ".".join(parts[:length])
        if key in table:
            return table[key]
    return default


def check_prefixes(table: Mapping[str, object], names: Iterable[str], *, option: str) -> None:
    """Refuse prefixes that stand for nothing.

    Raises:
        InputError: names the option, the prefix and the nearest parts.
    """
    parts = {""}
    for name in names:
        split = name.split(".")
        parts.update(".".join(split[:length]) for length in range(1, len(split) + 1))
    for prefix in table:
        if prefix not in parts:
            near = difflib.get_close_matches(prefix, sorted(parts - {""}), n=3, cutoff=0.4)
            known = near or sorted({part.split(".")[0] for part in parts if part})
            raise InputError(
                f"{option}: the network has no part {prefix!r}; nearest: {', '.join(known)}"
            )
