"""One-pass evaluation: success, precision and normalised precision of a tracker.

``score_sequences`` compares a track of every sequence with the truth by the rules of one toolkit
(``ope.conventions``). Boxes are (n, 4) arrays x, y, width, height as annotated: nobody shifts a box
at evaluation, so track and truth count pixels from the same number.

Shapes: S sequences, M measured frames.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Counts, Floats, counts_above, counts_within, sums_of
from feathertrack.evaluation.ope.convention import DISTANCE_THRESHOLDS, Convention
from feathertrack.evaluation.ope.conventions import find_convention
from feathertrack.evaluation.ope.frames import Mask, prepare_frames, sequence_names
from feathertrack.evaluation.ope.measures import FrameMeasures, measure_frames
from feathertrack.evaluation.ope.score import OpeScore

_BLOCK = 12_000
"""Frames computed together: their arrays stay in the processor's cache, which halves the time."""


def score_sequences(
    tracks: Sequence[Boxes],
    truths: Sequence[Boxes],
    *,
    convention: Convention | str,
    absent: Sequence[Mask] | None = None,
    names: Sequence[str] | None = None,
) -> OpeScore:
    """Score one track of each sequence by the rules of one toolkit.

    Args:
        tracks: (n, 4) predicted boxes of each sequence, the first frame's too.
        truths: (n, 4) true boxes of each sequence; NaN where the data set has NaN.
        convention: a ``Convention`` or its name.
        absent: (n,) per sequence, True where the target cannot be seen; only the conventions with
            ``needs_absent`` look at it.
        names: of the sequences; "sequence 1" and so on without.

    Raises:
        InputError: the shapes do not fit, the toolkit refuses a track, or a sequence has no frame
            that it counts.

    >>> truth = np.array([[0.0, 0, 10, 10], [0, 0, 10, 10]])
    >>> score = score_sequences([truth + [3, 0, 0, 0]], [truth], convention="got10k_otb")
    >>> score.mean_success[[0, 10, 11, 20]]
    array([1. , 1. , 0.5, 0. ])
    """
    rules = find_convention(convention) if isinstance(convention, str) else convention
    names = sequence_names(tracks, truths, absent=absent, names=names)
    tally, notes = tally_sequences(tracks, truths, convention=rules, absent=absent, names=names)
    return score_of_tally(tally, rules, names=names, notes=notes)


@dataclass(frozen=True, kw_only=True, eq=False)
class Tally:
    """Numbers of frames per sequence: sums, so that those of several runs may be added.

    Attributes:
        success: (S, 21) frames above each overlap threshold.
        precision: (S, 51) frames within each distance.
        norm_precision: (S, 51) frames within each normalised distance, or None.
        frames: (S,) what a share is a share of.
        usable: (S,) frames with a usable true box.
        overlap: (S,) sum of their overlaps.
    """

    success: Counts
    precision: Counts
    norm_precision: Counts | None
    frames: Counts
    usable: Counts
    overlap: Floats

    def pooled(self, starts: Sequence[int]) -> Tally:
        """Add the rows from each start to the next: the runs of one sequence."""

        def add(counts: Counts) -> Counts:
            return np.add.reduceat(counts, starts, axis=0)

        return Tally(
            success=add(self.success),
            precision=add(self.precision),
            norm_precision=None if self.norm_precision is None else add(self.norm_precision),
            frames=add(self.frames),
            usable=add(self.usable),
            overlap=np.add.reduceat(self.overlap, starts),
        )


def tally_sequences(
    tracks: Sequence[Boxes],
    truths: Sequence[Boxes],
    *,
    convention: Convention,
    absent: Sequence[Mask] | None = None,
    names: Sequence[str],
) -> tuple[Tally, tuple[str, ...]]:
    """Counts of every sequence, and what was done about tracks of another length.

    The arguments and errors are those of ``score_sequences``.
    """
    tallies: list[Tally] = []
    notes: list[str] = []
    for rows in _blocks([len(truth) for truth in truths]):
        frames = prepare_frames(
            tracks[rows],
            truths[rows],
            convention=convention,
            absent=None if absent is None else absent[rows],
            names=names[rows],
        )
        tallies.append(count_frames(measure_frames(frames, convention), convention))
        notes.extend(frames.notes)
    return _join(tallies), tuple(notes)


def _blocks(lengths: Sequence[int]) -> Iterator[slice]:
    """Neighbouring sequences of together about ``_BLOCK`` frames."""
    start = total = 0
    for number, length in enumerate(lengths):
        total += length
        if total >= _BLOCK:
            yield slice(start, number + 1)
            start, total = number + 1, 0
    if start < len(lengths):
        yield slice(start, len(lengths))


def _join(tallies: Sequence[Tally]) -> Tally:
    """The rows of all of them."""
    normalised = [tally.norm_precision for tally in tallies if tally.norm_precision is not None]
    return Tally(
        success=np.concatenate([tally.success for tally in tallies]),
        precision=np.concatenate([tally.precision for tally in tallies]),
        norm_precision=np.concatenate(normalised) if normalised else None,
        frames=np.concatenate([tally.frames for tally in tallies]),
        usable=np.concatenate([tally.usable for tally in tallies]),
        overlap=np.concatenate([tally.overlap for tally in tallies]),
    )


def count_frames(measures: FrameMeasures, convention: Convention) -> Tally:
    """Count the frames above and within every threshold."""
    frames = measures.frames
    sequence, num = frames.sequence, len(frames.lengths)
    normalised = measures.normalised_distance
    usable = np.bincount(sequence, weights=measures.usable, minlength=num).astype(np.int64)
    divisors = {
        "all": frames.lengths,
        "kept": np.bincount(sequence, minlength=num).astype(np.int64),
        "usable": usable,
    }
    thresholds = convention.normalised_thresholds
    return Tally(
        success=counts_above(
            measures.overlap, convention.success_thresholds, sequence=sequence, num=num
        ),
        precision=counts_within(measures.distance, DISTANCE_THRESHOLDS, sequence=sequence, num=num),
        norm_precision=None
        if normalised is None
        else counts_within(normalised, thresholds, sequence=sequence, num=num),
        frames=divisors[convention.divisor],
        usable=usable,
        overlap=sums_of(
            np.where(measures.usable, measures.overlap, 0.0), sequence=sequence, num=num
        ),
    )


def score_of_tally(
    tally: Tally, convention: Convention, *, names: tuple[str, ...], notes: tuple[str, ...] = ()
) -> OpeScore:
    """Divide the counts.

    Raises:
        InputError: a sequence has no frame that counts.
    """
    if not tally.frames.all():
        name = names[int(np.argmin(tally.frames))]
        raise InputError(f"{name} has no frame that {convention.name} counts")
    single = convention.single_precision

    def shares(counts: Counts) -> Floats:
        if single:
            ratio = counts.astype(np.float32) / tally.frames[:, None].astype(np.float32)
            return ratio.astype(np.float64)
        return np.asarray(counts / (tally.frames[:, None] + convention.divisor_added))

    with np.errstate(invalid="ignore"):
        mean_overlap = tally.overlap / tally.usable
    return OpeScore(
        convention=convention,
        names=names,
        frames=tally.frames,
        success=shares(tally.success),
        precision=shares(tally.precision),
        norm_precision=None if tally.norm_precision is None else shares(tally.norm_precision),
        mean_overlap=mean_overlap,
        notes=notes,
    )
