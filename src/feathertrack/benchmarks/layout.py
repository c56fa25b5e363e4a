"""Finding things in the folders of a benchmark, which people unpack in many ways."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from feathertrack.benchmarks.framelist import FrameList, NamedFrames, NumberedFrames
from feathertrack.benchmarks.names import fold
from feathertrack.errors import InputError, SourceError

_MOST_NEIGHBOURS = 500
_NUMBER = re.compile(r"(\d+)\.[A-Za-z0-9]+$")
_PICTURES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, kw_only=True)
class Found:
    """A root and what was unusual about finding it."""

    root: Path
    notes: tuple[str, ...] = ()


def find_root(
    given: str | Path, *, marks: Callable[[Path], int], name: str, expected: str
) -> Found:
    """The folder that holds a benchmark: the given one, one below it, or one or two above.

    Args:
        given: what the user said.
        marks: how much of the benchmark a folder holds, 0 for nothing.
        name: of the benchmark.
        expected: the tree, for the error.

    Raises:
        InputError: there is no such folder.
        SourceError: there is nothing like the benchmark in it.
    """
    root = Path(given).expanduser()
    if not root.is_dir():
        what = "is no folder" if root.exists() else "does not exist"
        raise InputError(f"the root of {name}, {root}, {what}; it should hold {expected}")
    if marks(root):
        return Found(root=root)
    below = [root / entry for entry in subfolders(root)[:_MOST_NEIGHBOURS]]
    above = [*root.resolve().parents][:2]
    for places, where in ((below, "below"), (above, "above")):
        counted = [(marks(place), place) for place in places]
        most = max((count for count, _ in counted), default=0)
        if most:
            own = [place for count, place in counted if count and _is_called(place, name)]
            best = (own or [place for count, place in counted if count == most])[0]
            others = [place.name for count, place in counted if count and place != best]
            also = f"; some of it lies in {others[0]} too" if others else ""
            note = f"{name} lies in {best}, {where} the given {root}{also}"
            return Found(root=best, notes=(note,))
    here = ", ".join(sorted(listed(root).values())[:5]) or "nothing"
    raise SourceError(f"{root} does not hold {name}: expected {expected}; there is {here}")


def _is_called(folder: Path, name: str) -> bool:
    return fold(folder.name).replace("-", "") == fold(name).replace("-", "")


def folder_called(name: str, root: Path) -> Path | None:
    """The folder in ``root`` that is called like a benchmark, in any spelling; None without."""
    folders = [root / one for one in subfolders(root) if _is_called(root / one, name)]
    return folders[0] if folders else None


def count_known(names: Iterable[str]) -> Callable[[Path], int]:
    """Marks for ``find_root``: how many of these folders there are, in any spelling."""
    known = frozenset(fold(name) for name in names)

    def marks(folder: Path) -> int:
        return sum(fold(entry) in known for entry in listed(folder).values())

    return marks


def has(*relative: str) -> Callable[[Path], int]:
    """Marks for ``find_root``: how many of these paths there are."""
    return lambda folder: sum((folder / path).exists() for path in relative)


@lru_cache(maxsize=4096)
def _scan(folder: str, stamp: int) -> Mapping[str, str]:
    with os.scandir(folder) as entries:
        return {fold(entry.name): entry.name for entry in entries}


def listed(folder: Path) -> Mapping[str, str]:
    """Folded name -> name of what is in a folder; empty where it cannot be listed."""
    try:
        return _scan(str(folder), folder.stat().st_mtime_ns)
    except OSError:
        return {}


def file_names(folder: Path) -> list[str]:
    """All names in a folder, duplicates in letter case included; empty where there is none."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries)
    except OSError:
        return []


def names_twice(folder: Path) -> list[str]:
    """Names of a folder that are there again in another letter case, in small letters."""
    counts = Counter(name.casefold() for name in file_names(folder))
    return [name for name, count in counts.items() if count > 1]


def subfolders(folder: Path) -> list[str]:
    """Names of the folders in a folder that are not hidden, sorted."""
    try:
        with os.scandir(folder) as entries:
            return sorted(e.name for e in entries if not e.name.startswith(".") and e.is_dir())
    except OSError:
        return []


def child(folder: Path, *names: str) -> Path:
    """The first of these names that is there, else one that differs in case, dots or dashes.

    Where there is none, the path that the first name would have.
    """
    for name in names:
        if (folder / name).exists():
            return folder / name
    for name in names:
        if found := listed(folder).get(fold(name)):
            return folder / found
    return folder / names[0]


def first_file(*paths: Path) -> Path:
    """The first path that is a file with something in it, else the first."""
    return next((path for path in paths if path.is_file() and path.stat().st_size), paths[0])


def ending(folder: Path, suffix: str) -> Path | None:
    """The first file of a folder, by name, that ends so."""
    names = [name for name in file_names(folder) if name.lower().endswith(suffix)]
    return folder / names[0] if names else None


def frames_of(folder: Path, numbers: range, pattern: str) -> FrameList:
    """Pictures by number: by the pattern, or under another ending or with other leading zeros.

    The folder is only listed where the first or the last picture is not what the pattern says.
    A picture that is not there keeps the name that it should have.
    """
    frames = NumberedFrames(folder, numbers, pattern)
    if not numbers or (frames[0].exists() and frames[-1].exists()):
        return frames
    by_number = numbered_pictures(folder)
    if not any(number in by_number for number in numbers):
        return frames
    return NamedFrames(folder, [by_number.get(n, pattern % n) for n in numbers])


def numbered_pictures(folder: Path) -> dict[int, str]:
    """Number -> name of the pictures of a folder, by number."""
    return dict(sorted(_numbered(folder)))


def _numbered(folder: Path) -> Iterator[tuple[int, str]]:
    for name in file_names(folder):
        found = _NUMBER.search(name)
        if found and os.path.splitext(name)[1].lower() in _PICTURES:  # noqa: PTH122 (fast)
            yield int(found[1]), name


def ranges(numbers: Iterable[int]) -> str:
    """Numbers in short.

    >>> ranges([1, 2, 3, 7, 9, 10])
    '1-3, 7, 9-10'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
