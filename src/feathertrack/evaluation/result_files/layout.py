"""Which file is the result of which sequence, told from its path alone.

Every toolkit's layout is one of three: ``<tracker>/<sequence>.txt`` (pysot, pytracking, LaSOT,
got10k on OTB; ``.json`` for OTB's own), ``<tracker>/<sequence>/<sequence>_001.txt`` (GOT-10k) and
``<tracker>/<experiment>/<sequence>/<sequence>_001.txt`` or ``.bin`` (VOT).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.names import fold
from feathertrack.errors import InputError

EXPERIMENTS = frozenset(
    {"baseline", "supervised", "unsupervised", "realtime", "longterm", "multistart"}
    | {"regular", "ope", "tre", "sre"}
)
"""Folders between a tracker's and its results, in lower case."""
_SUFFIXES = (".txt", ".bin", ".json", ".csv")
_NUMBERED = re.compile(r"(?P<sequence>.+)_(?P<number>\d{3}|\d{8})")
_BESIDE = re.compile(r".+_(times?|object_presence_scores|confidence)")


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where one result lies.

    Attributes:
        name: of its file.
        sequence: as the benchmark names it.
        nested: it is in a folder of the sequence.
        repetition: number of the run, from 1.
        anchor: first frame of a multi-start run, from 0.
    """

    name: str
    sequence: str
    nested: bool
    repetition: int = 1
    anchor: int | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """The results of one tracker in one experiment.

    Attributes:
        root: folder of the tracker, relative, "" for the place itself.
        experiment: as the folder is called in lower case, or "".
        places: the results, by sequence and run.
        strangers: files that look like results of a sequence that the benchmark has not.
    """

    root: str
    experiment: str
    places: tuple[Place, ...]
    strangers: tuple[str, ...] = ()


@dataclass
class _Group:
    places: dict[tuple[str, int, int | None], Place] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)


def find_results(names: Iterable[str], benchmark: Benchmark, *, place: str) -> list[Found]:
    """Sort the files of a folder into trackers and experiments.

    Args:
        names: of the files, relative, with slashes.
        benchmark: whose sequences they are.
        place: what to call the folder in messages.

    Raises:
        InputError: two files are results of the same run, or the results of two trackers are
            mixed; both files are named.
    """
    groups: dict[tuple[str, str], _Group] = defaultdict(_Group)
    for name in names:
        if PurePosixPath(name).suffix.lower() not in _SUFFIXES:
            continue
        root, experiment, found = _locate(name, benchmark)
        group = groups[root, experiment]
        if found is None:
            group.strangers.append(name)
            continue
        key = (found.sequence, found.repetition, found.anchor)
        if key in group.places:
            raise InputError(
                f"{place}: {group.places[key].name} and {name} are both results of "
                f"{found.sequence}: remove one"
            )
        group.places[key] = found
    filled = {key: group for key, group in groups.items() if group.places}
    _refuse_mixed(filled, place)
    return [_found(root, experiment, group) for (root, experiment), group in sorted(filled.items())]


def _found(root: str, experiment: str, group: _Group) -> Found:
    return Found(
        root=root,
        experiment=experiment,
        places=tuple(group.places[key] for key in sorted(group.places, key=_by_run)),
        strangers=tuple(sorted(group.strangers)),
    )


def _by_run(key: tuple[str, int, int | None]) -> tuple[str, int, int]:
    return key[0], key[1], -1 if key[2] is None else key[2]


def _locate(name: str, benchmark: Benchmark) -> tuple[str, str, Place | None]:
    """Folder of the tracker, experiment, and the result, None for a stranger."""
    path = PurePosixPath(name)
    numbered = _NUMBERED.fullmatch(path.stem)
    folder = path.parent
    if numbered and fold(numbered["sequence"]) == fold(folder.name):
        root, experiment = _split_experiment(folder.parent)
        sequence = benchmark.find_name(folder.name)
        number = numbered["number"]
        if sequence is None:
            return root, experiment, None
        run = {"anchor": int(number)} if len(number) == 8 else {"repetition": int(number)}
        return root, experiment, Place(name=name, sequence=sequence, nested=True, **run)
    root, experiment = _split_experiment(folder)
    sequence = benchmark.find_name(path.stem)
    if sequence is None and _BESIDE.fullmatch(path.stem):
        return root, "beside", None  # times and confidences: a group without results is passed over
    return (
        root,
        experiment,
        None if sequence is None else Place(name=name, sequence=sequence, nested=False),
    )


def _split_experiment(folder: PurePosixPath) -> tuple[str, str]:
    if folder.name.casefold() in EXPERIMENTS:
        return _text(folder.parent), folder.name.casefold()
    return _text(folder), ""


def _text(folder: PurePosixPath) -> str:
    return "" if folder == PurePosixPath(".") else str(folder)


def _refuse_mixed(groups: Mapping[tuple[str, str], _Group], place: str) -> None:
    """Refuse results of a tracker beside a folder of results, and two layouts in one folder."""
    roots = {root for root, _ in groups}
    for (root, _), group in sorted(groups.items()):
        first = next(iter(group.places.values()))
        odd = next((p for p in group.places.values() if p.nested != first.nested), None)
        if odd is not None:
            raise InputError(
                f"{place} mixes two layouts, as {first.name} and {odd.name}: are these results of "
                "two trackers? Move them apart"
            )
        for other in sorted(roots):
            inside = other != root and (root == "" or other.startswith(f"{root}/"))
            if inside:
                raise InputError(
                    f"{place} holds results ({first.name}) and, in {other}, those of another "
                    "tracker: move them apart, or name one of the folders"
                )
