"""Raw results in folders: scored where no table is there, and named where that cannot be done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from feathertrack.errors import InputError
from feathertrack.evaluation.gathering import Ground
from feathertrack.evaluation.protocols import (
    PROTOCOLS,
    choose_results,
    find_protocol,
    score_records,
)
from feathertrack.evaluation.records import TrackerRecords
from feathertrack.evaluation.report.configurations import config_of, configured_trackers
from feathertrack.evaluation.report.evaluated import Evaluated
from feathertrack.evaluation.report.raw import evaluated_of, with_raw_results
from feathertrack.evaluation.result_files.files import open_files
from feathertrack.evaluation.result_files.layout import find_strangers, names_in
from feathertrack.evaluation.result_files.reading import read_results
from feathertrack.evaluation.result_files.rows import columns_of

Key = tuple[str, str, str]
"""Benchmark, protocol and tracker of an entry."""


@dataclass
class Problems:
    """What could not be used, what is malformed, and what places lack of one benchmark.

    Attributes:
        remarks, refused: for the reader.
        empty: a sentence for each place that holds nothing of the benchmark.
        unfit: protocol -> a sentence for each place whose results it does not score.
        used: folders that hold a tracker's results of any benchmark.
        unused: folder -> why its results are of no benchmark.
    """

    remarks: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    unfit: dict[str, list[str]] = field(default_factory=dict)
    used: set[Path] = field(default_factory=set)
    unused: dict[Path, str] = field(default_factory=dict)

    def begin(self) -> None:
        """Forget what places lack of the benchmark before."""
        self.empty.clear()
        self.unfit.clear()

    def end(self, num_places: int, *, asked: bool) -> None:
        """Remark on what no place has; results in one of them are enough."""
        if asked and len(self.empty) == num_places:
            self.remarks += self.empty
        for texts in self.unfit.values():
            if len(texts) + len(self.empty) == num_places:
                self.remarks += texts

    def finish(self) -> None:
        """Refuse the folders that are of none of the benchmarks."""
        self.refused += [text for one, text in self.unused.items() if one not in self.used]


def read_raw(
    places: Sequence[Path], ground: Ground, known: Mapping[Key, Evaluated], problems: Problems
) -> Iterator[Evaluated]:
    """Entries of one benchmark with their raw results; new ones where there was no table.

    Args:
        places: folders and archives.
        ground: the benchmark.
        known: entries that have a table.
        problems: takes what cannot be scored; the other trackers are.
    """
    name = ground.benchmark.name
    shown = {tracker for benchmark, _, tracker in known if benchmark == name}
    unchosen: dict[str, str] = {}
    for place in places:
        results = _read(place, ground, problems)
        for entry in _entries(results, place, ground, known, problems, unchosen):
            shown.add(entry.tracker)
            yield entry
    problems.refused += [why for tracker, why in unchosen.items() if tracker not in shown]


def _read(place: Path, ground: Ground, problems: Problems) -> list[TrackerRecords]:
    """The results of all trackers in a place that can be read."""
    malformed: list[InputError] = []
    results: list[TrackerRecords] = []
    try:
        results = read_results(place, ground.benchmark, refused=malformed)
    except InputError as error:
        if not malformed:
            problems.empty.append(str(error))
    problems.refused += map(str, malformed)
    _note_unused(place, ground, problems)
    return [one if one.tracker else replace(one, tracker=place.stem) for one in results]


def _note_unused(place: Path, ground: Ground, problems: Problems) -> None:
    """Find trackers without one result of the benchmark."""
    benchmark = ground.benchmark
    try:
        files = open_files(place)
    except InputError:
        return
    trackers, strangers = find_strangers(names_in(files.names, benchmark), benchmark)
    problems.used |= {place / root for root in trackers}
    for root, name in strangers.items():
        try:
            columns_of(files.read(name), name=name)
        except InputError:
            continue  # no rows of numbers: it is no tracker's
        problems.unused[place / root] = (
            f"{files.label(root)} has no result of a sequence of {benchmark.name}: {name} is "
            "called like none of them"
        )
    beside = {(place / root).parent for root in trackers} | {place / benchmark.name}
    for folder in configured_trackers(beside):
        if folder not in {place / root for root in trackers | set(strangers)}:
            log = folder.with_name(f"{folder.name}.errors")
            why = f": {log} says why" if log.is_dir() else ""
            problems.unused[folder] = f"{folder.name} has no result on {benchmark.name}{why}"


def _entries(
    results: Sequence[TrackerRecords],
    place: Path,
    ground: Ground,
    known: Mapping[Key, Evaluated],
    problems: Problems,
    unchosen: dict[str, str],
) -> Iterator[Evaluated]:
    name = ground.benchmark.name
    protocols = {protocol for benchmark, protocol, _ in known if benchmark == name}
    left = {one.tracker: one for one in results}
    some = False
    for protocol in sorted(protocols or {find_protocol(None, ground.benchmark).name}):
        try:
            chosen = choose_results(results, PROTOCOLS[protocol]) if results else []
        except (InputError, KeyError) as error:
            problems.unfit.setdefault(protocol, []).append(str(error))
            continue
        some = some or bool(chosen)
        for one in chosen:
            left.pop(one.tracker, None)
            entry = known.get((name, protocol, one.tracker))
            try:
                entry = entry or _scored(one, ground, protocol, place)
                yield with_raw_results(entry, one, ground)
            except InputError as error:
                problems.refused.append(f"{one.tracker}: {error}")
    if some:
        unchosen |= {
            tracker: f"{tracker} has results of {one.experiment or 'one pass'} only, which none of "
            f"the protocols here scores"
            for tracker, one in left.items()
        }


def _scored(results: TrackerRecords, ground: Ground, protocol: str, place: Path) -> Evaluated:
    table = score_records(results, ground, protocol=protocol, partial=True)
    return evaluated_of(table, config=config_of(place, table))
