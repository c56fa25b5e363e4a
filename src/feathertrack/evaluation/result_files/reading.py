"""Read anybody's raw results: the toolkit is told from where the files lie and how they look."""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.records import Record, TrackerRecords, record_of_regions
from feathertrack.evaluation.result_files import lasot, otb_json, vot
from feathertrack.evaluation.result_files.files import ResultFiles, open_files
from feathertrack.evaluation.result_files.layout import (
    EXPERIMENTS,
    Found,
    Place,
    find_results,
    names_in,
)
from feathertrack.evaluation.result_files.rows import (
    Remarks,
    boxes_of,
    columns_of,
    first_line,
    numbers_of,
    separator,
)
from feathertrack.evaluation.result_files.vot_binary import BINARY_MARK
from feathertrack.evaluation.result_files.vot_resets import check_resets
from feathertrack.evaluation.vot.regions import FAILED

_RESET_EXPERIMENTS = ("baseline", "supervised", "realtime")
_RUN = re.compile(r"(?P<name>.+)_(?P<number>\d{3})")


def read_results(
    place: str | Path, benchmark: Benchmark, *, refused: list[InputError] | None = None
) -> list[TrackerRecords]:
    """Read the results of every tracker, and every experiment, in a folder or zip archive.

    Args:
        place: folder of one tracker, or one that holds a folder for each, or an archive of either;
            also what ``feathertrack evaluate --output`` wrote.
        benchmark: whose sequences they are.
        refused: takes the error of each tracker with malformed or contradictory files, so that the
            others can be scored, and that of a place that is no folder and no archive. Without it,
            and where no tracker is left, the first is raised.

    Raises:
        InputError: there is no result, a file is malformed, two files are results of one run, or
            the results of two trackers are mixed; with file and line.
    """
    try:
        files = open_files(place)
    except InputError as error:
        if refused is not None:
            refused.append(error)
        raise
    names = names_in(files.names, benchmark)
    errors: list[InputError] = []
    mixed = None if refused is None else errors
    found = find_results(names, benchmark, place=str(place), refused=mixed)
    if not found and not errors:
        raise InputError(_nothing(names, benchmark, place))
    known = frozenset(files.names)
    read: list[_Labelled] = []
    for one in found:
        try:
            read.append(_Reader(files, known, benchmark, one).read())
        except InputError as error:
            errors.append(error)
    if refused is not None:
        refused += errors
    if errors and (refused is None or not read):
        raise errors[0]
    return _join_runs(_label(read, Path(place)))


def _nothing(names: Sequence[str], benchmark: Benchmark, place: str | Path) -> str:
    """Why no file is a result, with the nearest names."""
    stems = [PurePosixPath(n).stem for n in names if PurePosixPath(n).suffix in (".txt", ".bin")]
    text = f"{place} holds no result of a sequence of {benchmark.name}"
    if not stems:
        return f"{text}: expected <sequence>.txt or <sequence>/<sequence>_001.txt in it"
    near = difflib.get_close_matches(stems[0], benchmark.names, n=2, cutoff=0.3)
    hint = ", ".join(near or benchmark.names[:3])
    return f"{text}: {stems[0]!r} is none of its names; nearest: {hint}"


@dataclass(frozen=True)
class _Labelled:
    records: TrackerRecords
    root: str


class _Reader:
    """Reads the results of one tracker."""

    def __init__(
        self, files: ResultFiles, known: frozenset[str], benchmark: Benchmark, found: Found
    ) -> None:
        self.files = files
        self.known = known
        self.benchmark = benchmark
        self.found = found
        self.remarks = Remarks()
        self.styles: Counter[str] = Counter()
        self.samples: dict[str, str] = {}
        self.has_regions = benchmark.protocol.startswith("vot")

    def read(self) -> _Labelled:
        """All records; what was unusual becomes notes."""
        records: dict[str, list[Record]] = defaultdict(list)
        for place in self.found.places:
            records[place.sequence] += self._records(place)
        complete = {name: tuple(records[name]) for name in self.benchmark.names if name in records}
        return _Labelled(
            TrackerRecords(
                tracker="",
                format=self._format(),
                experiment=self.found.experiment,
                records=complete,
                place=str(self.files.place / self.found.root),
                notes=(*self._strangers(complete), *self._mixture(), *self.remarks.sentences()),
            ),
            self.found.root,
        )

    def _records(self, place: Place) -> list[Record]:
        data, name = self.files.read(place.name), self.files.label(place.name)
        if place.name.lower().endswith(".json"):
            self.styles["json"] += 1
            return otb_json.records_of(data, name=name, sequence=place.sequence)
        times, scores = self._times(place), self._scores(place)
        if self.has_regions or place.name.lower().endswith(".bin"):
            record = self._regions(place, data, name)
        else:
            boxes, line = boxes_of(data, name=name, remarks=self.remarks)
            record = Record(sequence=place.sequence, boxes=boxes, source=name, line=line)
            style = separator(data)
            self.styles[style] += 1
            self.samples.setdefault(style, place.name)
        return [
            replace(
                record,
                times=times,
                scores=scores,
                repetition=place.repetition,
                anchor=place.anchor,
            )
        ]

    def _regions(self, place: Place, data: bytes, name: str) -> Record:
        regions = vot.regions_of(data, name=name, remarks=self.remarks)
        line = 0 if data[:2] == BINARY_MARK else first_line(data)
        record = record_of_regions(place.sequence, regions, source=name, line=line)
        has_resets = self.found.experiment in _RESET_EXPERIMENTS or FAILED in regions.codes
        if self.benchmark.protocol == "vot" and place.anchor is None and has_resets:
            check_resets(regions, where=record.where, remarks=self.remarks)
        return record

    def _times(self, place: Place) -> Floats | None:
        path = PurePosixPath(place.name)
        for name in (
            path.with_name(f"{path.stem}_time.value"),
            path.with_name(f"{path.stem}_time.txt"),
            path.parent / "times" / f"{path.stem}_time.txt",
            path.with_name(f"{path.parent.name}_time.value"),
            path.with_name(f"{path.parent.name}_time.txt"),
        ):
            if str(name) not in self.known:
                continue
            data, label = self.files.read(str(name)), self.files.label(str(name))
            if name.suffix == ".value":
                return numbers_of(data, name=label)
            table = columns_of(data, name=label)
            column = place.repetition - 1 if place.nested else 0
            return table[:, column] if column < table.shape[1] else None
        return None

    def _scores(self, place: Place) -> Floats | None:
        path = PurePosixPath(place.name)
        for ending in ("_confidence.value", "_object_presence_scores.txt"):
            name = str(path.with_name(path.stem + ending))
            if name in self.known:
                return numbers_of(self.files.read(name), name=self.files.label(name))
        return None

    def _format(self) -> str:
        places = self.found.places
        if PurePosixPath(self.found.root).name.endswith(lasot.FOLDER_ENDING):
            return "lasot"
        if places[0].name.endswith(".json"):
            return "otb"
        if places[0].nested:
            return "vot" if self.has_regions else "got10k"
        most = self.styles.most_common(1)  # none where the files were read as regions of VOT
        return "pytracking" if most and most[0][0] == "tabs" else "pysot"

    def _strangers(self, complete: dict[str, tuple[Record, ...]]) -> tuple[str, ...]:
        """Files that are no sequence's: with the nearest name, where a result is missing."""
        missing = [name for name in self.benchmark.names if name not in complete]
        notes = []
        for name in self.found.strangers[:5]:
            stem = PurePosixPath(name).stem
            near = difflib.get_close_matches(stem, missing or self.benchmark.names, n=1, cutoff=0.4)
            hint = f"; nearest: {near[0]}" if near else ""
            notes.append(
                f"{self.files.label(name)}: {self.benchmark.name} has no sequence {stem!r}{hint}"
            )
        more = len(self.found.strangers) - len(notes)
        return (*notes, f"{more} more files belong to no sequence") if more > 0 else tuple(notes)

    def _mixture(self) -> tuple[str, ...]:
        """Two ways of writing in one folder are a sign of two trackers."""
        if len(self.samples) < 2:
            return ()
        (first, many), (second, few) = self.styles.most_common(2)
        return (
            f"{self.files.label(self.samples[second])}: numbers are separated by {second} "
            f"in {few} of the results, by {first} in {many} (as {self.samples[first]}): the folder "
            "may mix two trackers",
        )


def _label(read: Sequence[_Labelled], place: Path) -> list[TrackerRecords]:
    """Name every tracker after its folder, or more of its path where two are called alike."""
    roots = {one.root for one in read}
    folder = place.resolve()
    if folder.name.casefold() in EXPERIMENTS and not place.is_file():
        folder = folder.parent  # that of one experiment lies in the tracker's
    own = place.stem if place.is_file() else folder.name
    short = Counter(PurePosixPath(root).name for root in roots)
    labelled = []
    for one in read:
        path = PurePosixPath(one.root)
        name = path.name if short[path.name] == 1 else str(path)
        label = lasot.tracker_of(name or own)
        labelled.append(replace(one.records, tracker=label))
    return labelled


def _join_runs(trackers: Sequence[TrackerRecords]) -> list[TrackerRecords]:
    """Make the folders ``name_000``, ``name_001``, ... of pytracking the runs of one tracker."""
    groups: dict[tuple[str, str], list[tuple[int, TrackerRecords]]] = defaultdict(list)
    for one in trackers:
        # Folders of other formats with such names are checkpoints: those are trackers of their own.
        match = _RUN.fullmatch(one.tracker) if one.format == "pytracking" else None
        groups[match["name"] if match else one.tracker, one.experiment].append(
            (int(match["number"]) if match else -1, one)
        )
    joined = []
    for (name, _), runs in groups.items():
        runs.sort(key=lambda run: run[0])
        numbers = [number for number, _ in runs]
        if len(runs) > 1 and numbers == list(range(numbers[0], numbers[0] + len(runs))):
            joined.append(_joined(name, [one for _, one in runs]))
        else:
            joined += [one for _, one in runs]
    return joined


def _joined(name: str, runs: Sequence[TrackerRecords]) -> TrackerRecords:
    records: dict[str, tuple[Record, ...]] = {}
    for sequence in runs[0].records:
        rows = [record for run in runs for record in run.records.get(sequence, ())]
        records[sequence] = tuple(
            replace(record, repetition=number) for number, record in enumerate(rows, 1)
        )
    absent = {sequence for run in runs[1:] for sequence in run.records} - set(records)
    notes = [note for run in runs for note in run.notes]
    if absent:
        notes.append(f"{runs[0].place} has no result of {sorted(absent)[0]}, other runs have")
    return replace(
        runs[0],
        tracker=name,
        records=records,
        notes=(f"{len(runs)} runs, {runs[0].tracker} to {runs[-1].tracker}", *notes),
    )


def concatenated_times(records: TrackerRecords) -> Floats:
    """Seconds of all frames of all runs that are known and above 0."""
    columns = [r.times for runs in records.records.values() for r in runs if r.times is not None]
    if not columns:
        return np.empty(0)
    seconds = np.concatenate(columns)
    return np.asarray(seconds[np.isfinite(seconds) & (seconds > 0)])
