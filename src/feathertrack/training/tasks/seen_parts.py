"""What a teacher saw as named tensors, as a cache keeps them, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from feathertrack.training.losses.distillation import Level, Seen, Term
from feathertrack.training.losses.distillation.features import attention
from feathertrack.training.tasks.observing import stride_of

_ANSWERS = "answers"
_VIEWS = ("template", "search")


def part_names(terms: Sequence[Term]) -> list[str]:
    """Names of all that some terms need of a teacher.

    A level that is compared by the sums over its channels alone is kept as those, which takes as
    many times less as it has channels.
    """
    whole = {number: False for term in terms for number in term.levels}
    for term in terms:
        for number in term.levels:
            whole[number] |= term.compares == "maps"
    kinds = {True: "maps", False: "attention"}
    names = [
        f"level{number}.{kinds[whole[number]]}.{view}"
        for number in sorted(whole)
        for view in _VIEWS
    ]
    return [*names, *([_ANSWERS] if any(term.asks for term in terms) else [])]


def packed(seen: Seen, names: Sequence[str]) -> dict[str, Tensor]:
    """The named tensors of what was seen."""
    parts = {}
    for name in names:
        if name == _ANSWERS:
            assert seen.answers is not None
            parts[name] = seen.answers
            continue
        level, kind, view = name.split(".")
        maps: Tensor = getattr(seen.levels[int(level.removeprefix("level"))], view)
        # A map of one channel that is nowhere negative is its own sum over channels.
        parts[name] = attention(maps)[:, None] if kind == "attention" else maps
    return parts


def unpacked(parts: Mapping[str, Tensor], *, side: int) -> Seen:
    """What was seen, from its named tensors.

    Args:
        parts: of ``packed``.
        side: pixels of a search region.
    """
    views: dict[int, dict[str, Tensor]] = {}
    for name, part in parts.items():
        if name != _ANSWERS:
            level, _, view = name.split(".")
            views.setdefault(int(level.removeprefix("level")), {})[view] = part
    levels = {
        number: Level(**maps, stride=stride_of(side, maps["search"].shape[-1]))
        for number, maps in views.items()
    }
    return Seen(levels=levels, answers=parts.get(_ANSWERS))
