"""The lists of sequences that come with the package, made by scripts/make_benchmark_lists.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_LISTS = Path(__file__).parent / "lists"


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What a list says of a sequence; numbers are those in the names of its pictures.

    Attributes:
        name: of the sequence.
        first: number of its first frame.
        last: number of its last frame, 0 where the list does not say.
        size_wh: width and height of its frames, None where the list does not say.
        attributes: short names.
        object_class: what the target is.
        folder: of its frames.
        truth: name of its file of ground truth, where that is not the usual one.
        digits: of the numbers in the names of its pictures, 0 for the usual ones.
        skip: how many frames, and rows of ground truth, are left out at the start.
    """

    name: str
    first: int = 1
    last: int = 0
    size_wh: tuple[int, int] | None = None
    attributes: frozenset[str] = frozenset()
    object_class: str = ""
    folder: str = ""
    truth: str = ""
    digits: int = 0
    skip: int = 0

    @property
    def numbers(self) -> range:
        """The numbers of all its frames, those that are skipped included."""
        return range(self.first, self.last + 1)


@dataclass(frozen=True, kw_only=True, slots=True)
class BundledList:
    """A list.

    Attributes:
        entries: by name, in the benchmark's order.
        subsets: name of a subset -> names of its sequences.
        attributes: short name -> meaning.
        others: whatever else the file holds.
    """

    entries: Mapping[str, Entry]
    subsets: Mapping[str, tuple[str, ...]]
    attributes: Mapping[str, str]
    others: Mapping[str, Any]


@cache
def bundled_list(name: str) -> BundledList:
    """Read a list of the package, one of the files in ``lists``."""
    made = json.loads((_LISTS / f"{name}.json").read_text(encoding="utf-8"))
    codes = tuple(made.get("attributes", ()))
    columns = made.get("columns", ())
    entries = (_entry(dict(zip(columns, row, strict=False)), codes) for row in made.get("rows", ()))
    return BundledList(
        entries={entry.name: entry for entry in entries},
        subsets={key: tuple(names) for key, names in made.get("subsets", {}).items()},
        attributes=made.get("attributes", {}),
        others=made,
    )


def names_of(benchmark: str) -> tuple[str, ...]:
    """The sequences of a benchmark in its own order; nothing where no list came with the package.

    >>> len(names_of("otb100")), names_of("got10k_val")[0], names_of("vot2022")[:2]
    (100, 'GOT-10k_Val_000001', ('agility', 'animal'))
    """
    family, _, part = benchmark.partition("_")
    if family == "got10k":
        count = bundled_list("got10k").others[part]
        return tuple(f"GOT-10k_{part.title()}_{number:06d}" for number in range(1, count + 1))
    listing = _LIST_OF.get(benchmark, benchmark)
    if benchmark.startswith("vot"):
        return bundled_list("vot").subsets.get(benchmark, ())
    if not (_LISTS / f"{listing}.json").is_file():
        return ()
    made = bundled_list(listing)
    return made.subsets.get(_SUBSET_OF.get(benchmark, benchmark), tuple(made.entries))


_LIST_OF = {
    **dict.fromkeys(("otb2013", "otb50", "otb100"), "otb"),
    **dict.fromkeys(("nfs30", "nfs240"), "nfs"),
    "lasot_all": "lasot",
}
_SUBSET_OF = {"lasot": "test", "trackingnet": "TEST"}
_PROTOCOLS = {"votlt": "votlt", "vot202": "vot_multistart"}
_FAMILIES = ("otb", "uav", "tcolor128", "dtb70", "nfs", "lasot", "trackingnet", "got10k", "vot")


def protocol_of(benchmark: str) -> str:
    """The family of protocols that a benchmark is scored by.

    >>> [protocol_of(name) for name in ("otb50", "uav20l", "vot2019", "vot2021", "folder")]
    ['otb', 'uav', 'vot', 'vot_multistart', 'otb']
    """
    for start, protocol in _PROTOCOLS.items():
        if benchmark.startswith(start):
            return protocol
    return next((family for family in _FAMILIES if benchmark.startswith(family)), "otb")


def _entry(row: Mapping[str, Any], codes: tuple[str, ...]) -> Entry:
    flags = row.get("flags", "")
    size = (row.get("width", 0), row.get("height", 0))
    return Entry(
        name=row["name"],
        first=row.get("first", 1),
        last=row.get("last", 0),
        size_wh=size if all(size) else None,
        attributes=flagged(codes, flags),
        object_class=row.get("class", ""),
        folder=row.get("folder") or row["name"],
        truth=row.get("truth", ""),
        digits=row.get("digits", 0),
        skip=row.get("skip", 0),
    )


def flagged(codes: tuple[str, ...], flags: str) -> frozenset[str]:
    """The codes whose flag is 1.

    >>> sorted(flagged(("IV", "SV", "OCC"), "101"))
    ['IV', 'OCC']
    """
    return frozenset(code for code, flag in zip(codes, flags, strict=False) if flag == "1")
