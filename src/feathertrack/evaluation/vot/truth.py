"""The ground truth of a whole benchmark, and results laid beside it frame by frame.

Shapes: N frames of S sequences, one sequence after another; R repetitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.cached_truth import CachedTruth
from feathertrack.evaluation.vot.regions import (
    FAILED,
    STARTED,
    Flags,
    Integers,
    Regions,
    offsets,
)


@dataclass(frozen=True, eq=False)
class VotTruth:
    """What is annotated in the sequences of a benchmark; build it with ``VotTruth.build``.

    What is found out about the pixels of its regions is kept, so use one object for all trackers.

    Attributes:
        names: of the sequences, S of them.
        regions: of all frames, N of them.
        start: int64 (S + 1,), the frames of sequence s are ``start[s]:start[s + 1]``.
        size_wh: int64 (S, 2), width and height of the images.
        tags: name of a tag -> which frames carry it, (N,).
    """

    names: tuple[str, ...]
    regions: Regions
    start: Integers
    size_wh: Integers
    tags: Mapping[str, Flags] = field(default_factory=dict)

    @staticmethod
    def build(
        names: Sequence[str],
        regions: Sequence[Regions],
        size_wh: ArrayLike,
        *,
        tags: Mapping[str, Sequence[Flags]] | None = None,
    ) -> VotTruth:
        """Join the sequences.

        Args:
            names: one for each sequence.
            regions: the ground truth of each sequence.
            size_wh: (S, 2) sizes of the images.
            tags: for each tag the flags of each sequence's frames; where there are fewer flags
                than frames, the rest are False.

        Raises:
            InputError: names, regions and sizes are not of one number, or a sequence has no frame.
        """
        size = np.asarray(size_wh, dtype=np.int64)
        if len(names) != len(regions) or size.shape != (len(names), 2):
            raise InputError(
                f"{len(names)} sequence names, {len(regions)} ground truths and image sizes of "
                f"shape {size.shape}; expected one of each per sequence"
            )
        lengths = np.array([len(part) for part in regions], dtype=np.int64)
        if not lengths.all():
            raise InputError(f"sequence {names[int(lengths.argmin())]} has no ground truth")
        start = offsets(lengths)
        flags = {name: _tag_flags(parts, start) for name, parts in (tags or {}).items()}
        return VotTruth(tuple(names), Regions.concatenate(regions), start, size, flags)

    @property
    def lengths(self) -> Integers:
        """Number of frames of each sequence, (S,)."""
        return np.diff(self.start)

    @cached_property
    def frame_sizes(self) -> Integers:
        """Image size of each frame, (N, 2)."""
        return np.repeat(self.size_wh, self.lengths, axis=0)

    @cached_property
    def pysot(self) -> CachedTruth:
        """Its pixels by pysot's rule."""
        return CachedTruth(self.regions, size_wh=self.frame_sizes, rule="pysot")

    @cached_property
    def toolkit(self) -> CachedTruth:
        """Its pixels by the VOT toolkit's rule."""
        return CachedTruth(self.regions, size_wh=self.frame_sizes, rule="toolkit")

    def per_sequence(self) -> Iterator[slice]:
        """The frames of each sequence."""
        return (slice(a, b) for a, b in zip(self.start[:-1], self.start[1:], strict=True))


def _tag_flags(parts: Sequence[Flags], start: Integers) -> Flags:
    flags = np.zeros(start[-1], dtype=np.bool_)
    for part, first, end in zip(parts, start[:-1], start[1:], strict=True):
        row = np.asarray(part, dtype=np.bool_)[: end - first]
        flags[first : first + len(row)] = row
    return flags


@dataclass(frozen=True, eq=False)
class Repetition:
    """One run of a tracker over all sequences, laid beside a ground truth.

    Attributes:
        regions: N regions; the special 0 where the run has no frame.
        lengths: int64 (S,), frames that both the run and the truth have.
        exists: (S,) False where this sequence was run fewer times.
        failures: for each sequence the frames the tracker failed in, also those behind the end
            of the truth.
    """

    regions: Regions
    lengths: Integers
    exists: Flags
    failures: tuple[Integers, ...]

    @property
    def num_failures(self) -> Integers:
        """Failures in each sequence, (S,)."""
        return np.array([len(frames) for frames in self.failures], dtype=np.int64)


def align(truth: VotTruth, runs: Sequence[Sequence[Regions]]) -> list[Repetition]:
    """Lay results beside a ground truth.

    Args:
        truth: of S sequences.
        runs: for each sequence its repetitions. A run of more or fewer frames than the truth is
            compared in the frames that both have.

    Raises:
        InputError: not one entry for each sequence, or a sequence without any run.
    """
    if len(runs) != len(truth.names):
        raise InputError(f"results of {len(runs)} sequences, expected {len(truth.names)}")
    for name, repetitions in zip(truth.names, runs, strict=True):
        if not any(len(run) for run in repetitions):
            raise InputError(f"sequence {name} has no result")
    most = max((len(repetitions) for repetitions in runs), default=0)
    return [_repetition(truth, runs, nth) for nth in range(most)]


def _repetition(truth: VotTruth, runs: Sequence[Sequence[Regions]], nth: int) -> Repetition:
    nothing = Regions.specials(0)
    parts, lengths, failures = [], [], []
    for length, repetitions in zip(truth.lengths, runs, strict=True):
        run = repetitions[nth] if nth < len(repetitions) else nothing
        same = min(int(length), len(run))
        parts += [run if same == len(run) else run[:same], Regions.specials(int(length) - same)]
        lengths.append(same)
        failures.append(np.flatnonzero(run.codes == FAILED))
    return Repetition(
        Regions.concatenate(parts),
        np.array(lengths, dtype=np.int64),
        np.array([len(repetitions) > nth for repetitions in runs]),
        tuple(failures),
    )


def burn_in_mask(truth: VotTruth, run: Repetition, *, frames: int) -> Flags:
    """Frames in which a tracker was started, and the next ones, ``frames`` in all, (N,).

    Right after a start the overlap says more about the start than about the tracker.
    """
    mask = np.zeros(len(truth.regions), dtype=np.bool_)
    started = np.flatnonzero(run.regions.codes == STARTED)
    end = np.repeat(truth.start[1:], truth.lengths)[started]
    for step in range(frames):
        within = started + step < end
        mask[started[within] + step] = True
    return mask
