"""Results laid beside the ground truth: which sequences are scored, and what is odd about them.

A ``Ground`` holds a benchmark's sequences once for all trackers and protocols.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import bundled_list
from feathertrack.benchmarks.layout import names_twice
from feathertrack.benchmarks.masks import Mask
from feathertrack.benchmarks.sequence import Sequence as BenchmarkSequence
from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.ope import find_convention
from feathertrack.evaluation.otb_robustness import tre_starts, usable_starts
from feathertrack.evaluation.records import Record, TrackerRecords
from feathertrack.evaluation.result_files.reading import concatenated_times
from feathertrack.evaluation.result_files.writing import RunKind
from feathertrack.evaluation.vot.regions import RegionKind, Regions
from feathertrack.evaluation.vot.truth import VotTruth

if TYPE_CHECKING:
    from feathertrack.evaluation.protocols import Protocol

Made = TypeVar("Made")
_SHOWN = 3


class Ground:
    """Sequences of a benchmark, each read once.

    Args:
        benchmark: whose they are.
    """

    def __init__(self, benchmark: Benchmark) -> None:
        self.benchmark = benchmark
        self._sequences: dict[str, BenchmarkSequence] = {}
        self._made: dict[tuple[str, tuple[str, ...]], object] = {}

    def __getitem__(self, name: str) -> BenchmarkSequence:
        if name not in self._sequences:
            self._sequences[name] = self.benchmark[name]
        return self._sequences[name]

    def runnable(self, kind: RunKind) -> dict[str, str]:
        """The sequences, each with why no run of that kind starts in it: "" where one does.

        Raises:
            InputError: none starts in any of them.
        """
        if kind != "tre":
            return dict.fromkeys(self.benchmark.names, "")
        reasons = {name: _no_start(self[name]) for name in self.benchmark.names}
        if reasons and all(reasons.values()):
            name, reason = next(iter(reasons.items()))
            raise InputError(f"{name}: {reason}")
        return reasons

    def once(self, kind: str, names: tuple[str, ...], make: Callable[[], Made]) -> Made:
        """What ``make`` makes of these sequences, made once."""
        if (kind, names) not in self._made:
            self._made[kind, names] = make()
        return self._made[kind, names]  # type: ignore[return-value]

    def vot_truth(self, names: tuple[str, ...]) -> VotTruth:
        """The regions of these sequences, with what is found out about their pixels."""
        return self.once("vot", names, lambda: self._vot_truth(names))

    def _vot_truth(self, names: tuple[str, ...]) -> VotTruth:
        sequences = [self[name] for name in names]
        tags = dict.fromkeys(tag for one in sequences for tag in one.frame_attributes)
        return VotTruth.build(
            names,
            [true_regions(one) for one in sequences],
            [one.image_size() for one in sequences],
            tags={
                tag: [one.frame_attributes.get(tag, np.zeros(0, np.bool_)) for one in sequences]
                for tag in tags
            },
        )

    @cached_property
    def subsets(self) -> Mapping[str, frozenset[str]]:
        """Named parts of the benchmark that are smaller than it."""
        lists = {"otb": "otb", "lasot": "lasot", "tcolor128": "tcolor128"}
        key = lists.get(self.benchmark.protocol)
        if key is None or not self.benchmark.verified:
            return {}
        whole = set(self.benchmark.names)
        subsets = {name: frozenset(part) for name, part in bundled_list(key).subsets.items()}
        return {name: part for name, part in subsets.items() if part < whole}


def _no_start(sequence: BenchmarkSequence) -> str:
    """Why no run of TRE starts in a sequence, "" where one does."""
    try:
        tre_starts(usable_starts(sequence.truth[:, :4]))
    except InputError as error:
        return str(error)
    return ""


def true_regions(sequence: BenchmarkSequence) -> Regions:
    """The ground truth of a sequence as VOT's regions: masks where it has them."""
    return _regions(sequence.truth, sequence.masks)


def ignored_regions(sequence: BenchmarkSequence) -> Regions | None:
    """Regions whose pixels do not count in overlaps, one a frame; None where all count."""
    ignored = sequence.ignored
    return None if ignored is None else _regions(ignored.rows, ignored.masks)


def _regions(rows: Boxes, masks: Sequence[Mask | None] | None) -> Regions:
    boxes = Regions.from_rows(rows)
    if masks is None:
        return boxes
    parts = [
        boxes[row : row + 1] if mask is None else _mask_region(mask)
        for row, mask in enumerate(masks)
    ]
    return Regions.concatenate(parts)


def _mask_region(mask: Mask) -> Regions:
    values = np.array([mask.x, mask.y, mask.width, mask.height, *mask.runs], dtype=np.float64)
    return Regions(
        np.array([RegionKind.MASK], np.uint8), np.array([0, len(values)], np.int64), values
    )


@dataclass(frozen=True, kw_only=True)
class Job:
    """One tracker's results on the sequences that are scored.

    Attributes:
        ground: the benchmark.
        protocol: how to score.
        results: of the tracker.
        names: sequences to score, in the benchmark's order.
        notes: what was odd so far.
    """

    ground: Ground
    protocol: Protocol
    results: TrackerRecords
    names: tuple[str, ...]
    notes: tuple[str, ...] = field(default=())

    @property
    def sequences(self) -> list[BenchmarkSequence]:
        """The sequences."""
        return [self.ground[name] for name in self.names]

    def runs(self, name: str) -> tuple[Record, ...]:
        """Its runs; none where the result is missing and the protocol allows that."""
        return self.results.records.get(name, ())

    def first_runs(self) -> list[Record]:
        """The first run of every sequence."""
        return [self.runs(name)[0] for name in self.names]

    @property
    def frames_per_second(self) -> float | None:
        """Frames over seconds, of all frames with a time; None without times."""
        seconds = concatenated_times(self.results)
        return float(len(seconds) / seconds.sum()) if len(seconds) else None

    @property
    def num_frames(self) -> int:
        """Frames of all runs."""
        return sum(len(run) for name in self.names for run in self.runs(name))


def gather(
    ground: Ground, results: TrackerRecords, protocol: Protocol, *, partial: bool = False
) -> Job:
    """Choose the sequences to score.

    Args:
        ground: the benchmark.
        results: of a tracker.
        protocol: how to score.
        partial: score the sequences that have a result; otherwise a missing one is an error,
            unless the protocol says what it counts as.

    Raises:
        InputError: results are missing; the text says which, and which file may be meant.
    """
    benchmark = ground.benchmark
    reasons = ground.runnable(protocol.run)
    names = tuple(name for name in benchmark.names if not reasons[name])
    missing = [name for name in names if name not in results.records]
    notes = [*results.notes, *benchmark.notes]
    notes += [f"{name} is left out: {reason}" for name, reason in reasons.items() if reason]
    if not benchmark.verified:
        notes.append("list unverified: the sequences were read off the data, not off a known list")
    if missing and partial:
        names = tuple(name for name in names if name in results.records)
        notes.append(f"partial: {len(names)} of {len(benchmark)} sequences have a result")
    elif missing and not protocol.tolerates_missing:
        raise InputError(_missing(results, missing, benchmark))
    _check_lengths(ground, results, protocol, names)
    notes += _notes_on_sequences(ground, names)
    return Job(ground=ground, protocol=protocol, results=results, names=names, notes=tuple(notes))


def _notes_on_sequences(ground: Ground, names: Sequence[str]) -> list[str]:
    """What was unusual about the data of the sequences: the first few, and how many more."""
    benchmark = ground.benchmark
    notes = [note for name in names for note in ground[name].notes]
    twice = names_twice(benchmark.root)
    if twice:
        notes.insert(
            0,
            f"{benchmark.root} has {len(twice)} names twice, in different letter case, as "
            f"{twice[0]}: which of them is read depends on the system",
        )
    more = len(notes) - _SHOWN
    if more > 0:
        check = f"feathertrack data check {benchmark.name} {benchmark.root}"
        notes[_SHOWN:] = [f"and {more} more notes on the data: {check}"]
    return notes


def _check_lengths(
    ground: Ground, results: TrackerRecords, protocol: Protocol, names: Sequence[str]
) -> None:
    """Blame the ground truth, not the result, where it does not fit the frames.

    Raises:
        InputError: a result has another length than such a ground truth, which is not tolerated.
    """
    for name in names:
        sequence = ground[name]
        faults = [note for note in sequence.notes if "the ground truth is" in note]
        for run in results.records.get(name, ()) if faults else ():
            if len(run) != len(sequence.truth) and _refuses(protocol, run, len(sequence.truth)):
                raise InputError(
                    f"{faults[0]}, but {run.where()} has {len(run)} rows, which {protocol.name} "
                    "does not allow: mend the ground truth, or leave the sequence out"
                )


def _refuses(protocol: Protocol, run: Record, expected: int) -> bool:
    """A protocol of one pass does not take a result of this length."""
    if protocol.run == "got10k":
        return True
    try:
        rules = find_convention(protocol.convention)
    except InputError:  # no protocol of one pass
        return False
    rule = rules.short if len(run) < expected else rules.long
    return protocol.run == "ope" and rule == "refuse"


def _missing(results: TrackerRecords, missing: Sequence[str], benchmark: Benchmark) -> str:
    shown = ", ".join(missing[:3]) + (", ..." if len(missing) > 3 else "")
    text = (
        f"{results.place or results.tracker} has results of {len(results.records)} of "
        f"{len(benchmark)} sequences of {benchmark.name}; missing: {shown}"
    )
    strangers = [note for note in results.notes if "has no sequence" in note]
    hint = f" ({strangers[0]})" if strangers else ""
    return f"{text}{hint}; --partial scores what is there"


def nearest(word: str, known: Sequence[str]) -> str:
    """Known names like this one, or all of them."""
    return ", ".join(difflib.get_close_matches(word, known, n=3, cutoff=0.4) or sorted(known))
