"""``feathertrack list [PATTERN]``: trackers, their presets, and whether their weights are here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

from tyro.conf import Positional, arg

from feathertrack.cli._options import Flag
from feathertrack.cli._terminal import megabytes, print_table
from feathertrack.errors import FeathertrackError, InputError

Whereabouts = Literal["shipped", "cached", "download", "page", "none", "needless", "yours"]
_MEANING: dict[Whereabouts, str] = {
    "shipped": "here, shipped",
    "cached": "here, in the cache",
    "download": "to be downloaded",
    "page": "on the authors' page",
    "none": "none published",
    "needless": "needs none",
    "yours": "a file of yours",
}


@dataclass(frozen=True, kw_only=True)
class Listed:
    """What is known of one tracker.

    Attributes:
        name: what ``--tracker`` takes.
        presets: settings that may follow an @.
        weights: where its weights are, or come from.
        path: their file, "" where there is none here.
        size: bytes of the file, None where there is none here.
        page: where the authors publish it, "" where that is not known.
    """

    name: str
    presets: tuple[str, ...]
    weights: Whereabouts
    path: str = ""
    size: int | None = None
    page: str = ""


@dataclass(frozen=True, kw_only=True)
class List:
    """List trackers, their presets, and whether their weights are here.

    Examples:
      feathertrack list
      feathertrack list "fdsiam*"
      feathertrack list --json

    Attributes:
        pattern: Names to list, with * and ? for any letters.
        json: Print JSON instead of a table.
    """

    pattern: Positional[
        Annotated[str, arg(metavar="[PATTERN]", help_behavior_hint="(default: all)")]
    ] = "*"

    json: Flag = False

    def run(self) -> int:
        """Print the table, or the JSON."""
        listed = list_with_weights(self.pattern)
        if self.json:
            print(json.dumps([asdict(one) for one in listed], indent=1))
            return 0
        print_table(
            ("tracker", "weights", "size", "presets, written tracker@preset"),
            [
                (
                    one.name,
                    _MEANING[one.weights],
                    megabytes(one.size) if one.size is not None else "",
                    " ".join(one.presets),
                )
                for one in listed
            ],
        )
        return 0


def list_with_weights(pattern: str = "*") -> list[Listed]:
    """Trackers whose name, with or without a preset, matches a shell pattern.

    Raises:
        InputError: none does.
    """
    from feathertrack.trackers.creation import list_trackers

    names = list_trackers(pattern)
    if not names:
        raise InputError(
            f"no tracker matches {pattern!r}; there are: {', '.join(_bare(list_trackers()))}"
        )
    return [
        _look_up(name, tuple(n.partition("@")[2] for n in names if n.startswith(f"{name}@")))
        for name in _bare(names)
    ]


def _bare(names: Iterable[str]) -> list[str]:
    """Names without presets, the default first."""
    bare = dict.fromkeys(name.partition("@")[0] for name in names)
    return sorted(bare, key=lambda name: (name != "default", name))


def _look_up(name: str, presets: tuple[str, ...]) -> Listed:
    from feathertrack.cli._footprint import weights_size
    from feathertrack.trackers.built_in import BUILT_IN
    from feathertrack.trackers.creation import DEFAULT_MODEL
    from feathertrack.weights.catalogue import find_entry, find_weights

    if name in BUILT_IN:
        needed: Whereabouts = "yours" if BUILT_IN[name].files else "needless"
        return Listed(name=name, presets=presets, weights=needed)
    model = DEFAULT_MODEL if name == "default" else name
    try:
        page = find_entry(model).places[0].page
    except InputError:
        page = ""
    try:
        path = find_weights(model)
    except FeathertrackError:
        return Listed(name=name, presets=presets, weights=_source(model), page=page)
    package = Path(__file__).resolve().parent.parent
    return Listed(
        name=name,
        presets=presets,
        weights="shipped" if path.resolve().is_relative_to(package) else "cached",
        path=str(path),
        size=weights_size(path),
        page=page,
    )


def _source(model: str) -> Whereabouts:
    """Where weights that are not here come from."""
    from feathertrack.weights.catalogue import find_entry

    try:
        entry = find_entry(model)
    except InputError:
        return "none"
    if entry.address:
        return "download"
    return "page" if entry.published else "none"
