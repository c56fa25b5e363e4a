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
_NO_RESULTS = "beside"  # group of times and confidences; one without results is passed over
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


def find_results(
    names: Iterable[str],
    benchmark: Benchmark,
    *,
    place: str,
    refused: list[InputError] | None = None,
) -> list[Found]:
    """Sort the files of a folder into trackers and experiments.

    Args:
        names: of the files, relative, with slashes.
        benchmark: whose sequences they are.
        place: what to call the folder in messages.
        refused: takes the error of each tracker whose files contradict each other; it is left out,
            the others are found. Without it the first error is raised.

    Raises:
        InputError: two files are results of the same run, or the results of two trackers are
            mixed; both files are named.
    """
    groups, errors = _grouped(names, benchmark, place)
    filled = {key: group for key, group in groups.items() if group.places}
    for root, error in _mixtures(filled, place).items():
        errors.setdefault(root, error)
    if errors and refused is None:
        raise next(iter(errors.values()))
    if refused is not None:
        refused += dict.fromkeys(errors.values())
    return [
        _found(root, experiment, group)
        for (root, experiment), group in sorted(filled.items())
        if root not in errors
    ]


def find_strangers(names: Iterable[str], benchmark: Benchmark) -> tuple[set[str], dict[str, str]]:
    """Folders of results, and folders beside them whose files are no sequence's.

    Args:
        names: of the files, relative, with slashes.
        benchmark: whose sequences they are.

    Returns:
        The folders of trackers; and folder -> its first file of those that look like a tracker's,
        but have no file that is called like a sequence.
    """
    groups, _ = _grouped(names, benchmark, "")
    trackers = {root for (root, _), group in groups.items() if group.places}
    beside = {PurePosixPath(root).parent for root in trackers if root}
    return trackers, {
        root: min(group.strangers)
        for (root, experiment), group in sorted(groups.items())
        if root not in trackers
        and experiment != _NO_RESULTS
        and root
        and PurePosixPath(root).parent in beside
    }


def names_in(names: Iterable[str], benchmark: Benchmark) -> list[str]:
    """Only what lies in a folder that is called like the benchmark, where there is one."""
    every = list(names)
    inside = [n for n in every if fold(n.partition("/")[0]) == fold(benchmark.name) and "/" in n]
    return inside or every


def _grouped(
    names: Iterable[str], benchmark: Benchmark, place: str
) -> tuple[dict[tuple[str, str], _Group], dict[str, InputError]]:
    """Folder of a tracker and experiment -> its files; and folders with two files of one run."""
    groups: dict[tuple[str, str], _Group] = defaultdict(_Group)
    errors: dict[str, InputError] = {}
    for name in names:
        if PurePosixPath(name).suffix.lower() not in _SUFFIXES:
            continue
        root, experiment, found = _locate(name, benchmark)
        group = groups[root, experiment]
        if found is None:
            group.strangers.append(name)
            continue
        key = (found.sequence, found.repetition, found.anchor)
        first = group.places.setdefault(key, found)
        if first is not found:
            errors.setdefault(root, _said_twice(place, first, found))
    return groups, errors


def _said_twice(place: str, first: Place, second: Place) -> InputError:
    return InputError(
        f"{place}: {first.name} and {second.name} are both results of {first.sequence}: remove one"
    )


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
        return root, _NO_RESULTS, None
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


def _mixtures(groups: Mapping[tuple[str, str], _Group], place: str) -> dict[str, InputError]:
    """Folders with results beside a folder of results, or in two layouts: which, and why.

    It is the upper folder that is blamed: a stray file above many trackers makes none of them bad.
    """
    roots = sorted({root for root, _ in groups})
    errors: dict[str, InputError] = {}
    for (root, _), group in sorted(groups.items()):
        first = next(iter(group.places.values()))
        odd = next((p for p in group.places.values() if p.nested != first.nested), None)
        if odd is not None:
            error = InputError(
                f"{place} mixes two layouts, as {first.name} and {odd.name}: are these results of "
                "two trackers? Move them apart"
            )
            errors.setdefault(root, error)
        inside = [r for r in roots if r != root and (root == "" or r.startswith(f"{root}/"))]
        if inside:
            error = InputError(
                f"{place} holds results ({first.name}) and, in {inside[0]}, those of another "
                "tracker: move them apart, or name one of the folders"
            )
            errors.setdefault(root, error)
    return errors
