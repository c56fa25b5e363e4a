"""What a family says about a file of weights whose keys it knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from feathertrack.errors import WeightsError

State = Mapping[str, Tensor]
"""Tensors by name."""


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """How to build the network that a file holds, and its tensors under our names.

    Attributes:
        name: name of the model, for ``create_model``.
        state: a state dict of that network.
        options: keyword options of its builder.
        part: the only module of the network that the file holds, "backbone"; "" if it holds all.
        whole: False if that part may be cut short in the network, which takes what it has.
    """

    name: str
    state: State
    options: Mapping[str, object] = field(default_factory=dict)
    part: str = ""
    whole: bool = True


Recogniser = Callable[[State, Mapping[str, object]], Recognised | None]
"""Takes the tensors, and what the caller says that shapes do not. Returns None when the keys are
not those of the family; raises WeightsError when they are, but the shapes fit none of its networks.
"""


def renamed(state: State, name_of: Callable[[str], str]) -> dict[str, Tensor]:
    """Give every tensor another name.

    Raises:
        WeightsError: two tensors would get the same one, so that one of them would be lost.
    """
    made: dict[str, Tensor] = {}
    came_from: dict[str, str] = {}
    for key, tensor in state.items():
        name = name_of(key)
        if name in made:
            raise WeightsError(f"it has {name} twice: {came_from[name]} and {key}")
        made[name], came_from[name] = tensor, key
    return made


def first(names: Iterable[object], *, count: int = 5) -> str:
    """Return the first names of many, for the text of an error.

    >>> first("abcdefgh", count=3)
    'a, b, c and 5 more'
    """
    every = list(names)
    rest = len(every) - count
    return ", ".join(map(shown, every[:count])) + (f" and {rest} more" if rest > 0 else "")


def shown(word: object, *, length: int = 120) -> str:
    """Return a word out of a file as an error may print it: short, one line, no control codes."""
    text = str(word)
    printable = text if text.isprintable() else ascii(text)
    return printable if len(printable) <= length else printable[:length] + "..."
