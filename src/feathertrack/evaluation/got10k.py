"""GOT-10k: average overlap and success rates as the toolkit computes them on the validation set.

Every frame after the first whose target is visible (``cover`` above 0) counts, of every run of
every sequence, each with the same weight: a long sequence weighs more than a short one. Both boxes
are cut to the image first, by the toolkit's own rule, which moves a negative x to 0 without making
the box narrower: a box that sticks out on the left or above grows into the image.
Source: got10k toolkit, ``utils/metrics.py`` (``rect_iou`` with ``bound``) and
``experiments/got10k.py``. SR 0.75 is not in the toolkit; the evaluation server reports it.

Shapes: S sequences, 101 thresholds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Counts, Floats, Thresholds, counts_above, evenly, sums_of

OVERLAP_THRESHOLDS: Thresholds = evenly(np.linspace(0, 1, 101))
"""0, 0.01, ..., 1: an overlap must be above one."""
_EPS = float(np.finfo(np.float64).eps)
_HALF, _THREE_QUARTERS = 50, 75


@dataclass(frozen=True, kw_only=True, eq=False)
class Got10kScore:
    """Scores of a tracker; the shares of all sequences are pooled over frames and runs.

    Attributes:
        names: of the S sequences.
        frames: (S,) frames that count, all runs together.
        overlap: (S,) sum of their overlaps.
        above: (S, 101) frames above each overlap threshold.
        frames_per_second: mean over frames of 1 / seconds; None without times.
    """

    names: tuple[str, ...]
    frames: Counts
    overlap: Floats
    above: Counts
    frames_per_second: float | None

    @property
    def success_curve(self) -> Floats:
        """Share of all frames above each threshold, (101,)."""
        return np.asarray(self.above.sum(axis=0) / self.frames.sum())

    @property
    def pooled_sums(self) -> dict[str, Floats]:
        """Per sequence the sums, (S,), whose total over ``frames.sum()`` is a headline measure."""
        return {
            "ao": self.overlap,
            "sr_50": self.above[:, _HALF].astype(float),
            "sr_75": self.above[:, _THREE_QUARTERS].astype(float),
        }

    @property
    def headline(self) -> dict[str, float]:
        """``ao`` (average overlap), ``sr_50`` and ``sr_75`` (share above 0.5, 0.75), pooled."""
        total = float(self.frames.sum())
        return {name: float(sums.sum() / total) for name, sums in self.pooled_sums.items()}

    @property
    def per_sequence(self) -> dict[str, Floats]:
        """The same of every sequence by itself, (S,) each; NaN where no frame counts."""
        with np.errstate(invalid="ignore"):
            return {name: sums / self.frames for name, sums in self.pooled_sums.items()}


def score_got10k(
    runs: Sequence[Sequence[Boxes]],
    truths: Sequence[Boxes],
    *,
    covers: Sequence[NDArray[np.integer]],
    sizes_wh: ArrayLike,
    names: Sequence[str] | None = None,
    times: Sequence[Floats] | None = None,
) -> Got10kScore:
    """Score the runs (three for a tracker that is not deterministic) on every sequence.

    Args:
        runs: for each sequence its runs, each (n, 4) boxes with the first frame's.
        truths: (n, 4) true boxes of each sequence.
        covers: (n,) per sequence, how much of the target is visible, 0 (nothing) to 8.
        sizes_wh: (S, 2) width and height of the images.
        names: of the sequences.
        times: seconds a frame, any number of arrays; only positive ones count.

    Raises:
        InputError: the shapes do not fit, or no frame counts.
    """
    names = tuple(names or (f"sequence {number}" for number in range(1, len(truths) + 1)))
    sizes = np.asarray(sizes_wh, dtype=np.float64)
    if not len(runs) == len(truths) == len(covers) == len(names) == len(sizes) > 0:
        raise InputError(
            f"{len(truths)} sequences of true boxes, but {len(runs)} of runs, {len(covers)} of "
            f"cover labels, {len(names)} names and {len(sizes)} image sizes"
        )
    tracks, kept, owners = [], [], []
    for number, (name, truth, cover) in enumerate(zip(names, truths, covers, strict=True)):
        _check_runs(name, runs[number], truth, cover)
        rows = np.flatnonzero(np.asarray(cover)[1:] > 0) + 1
        for track in runs[number]:
            tracks.append(np.asarray(track, dtype=np.float64)[rows])
            kept.append(np.asarray(truth, dtype=np.float64)[rows])
            owners.append(np.full(len(rows), number))
    sequence = np.concatenate(owners)
    if not len(sequence):
        raise InputError("no sequence has a frame after the first whose target is visible")
    overlap = bounded_overlap(np.concatenate(tracks), np.concatenate(kept), sizes[sequence])
    return Got10kScore(
        names=names,
        frames=np.bincount(sequence, minlength=len(names)).astype(np.int64),
        overlap=sums_of(overlap, sequence=sequence, num=len(names)),
        above=counts_above(overlap, OVERLAP_THRESHOLDS, sequence=sequence, num=len(names)),
        frames_per_second=_pace(times),
    )


def _check_runs(name: str, runs: Sequence[Boxes], truth: Boxes, cover: NDArray[np.integer]) -> None:
    if np.shape(cover) != (len(truth),):
        raise InputError(f"{name} has {len(truth)} true boxes, but {len(cover)} cover labels")
    if not runs:
        raise InputError(f"{name} has no run")
    for number, track in enumerate(runs, 1):
        if np.ndim(track) != 2 or np.shape(track)[1] != 4:
            raise InputError(f"run {number} of {name} has shape {np.shape(track)}, not (frames, 4)")
        if len(track) != len(truth):
            raise InputError(
                f"run {number} of {name} has {len(track)} boxes for {len(truth)} frames"
            )


def _pace(times: Sequence[Floats] | None) -> float | None:
    seconds = np.concatenate([np.ravel(row) for row in times]) if times else np.empty(0)
    seconds = seconds[seconds > 0]
    return float(np.mean(1.0 / seconds)) if len(seconds) else None


def bounded_overlap(track_xywh: Boxes, truth_xywh: Boxes, sizes_wh: Floats) -> Floats:
    """Overlap (M,) of boxes (M, 4) cut to images of ``sizes_wh`` (M, 2) by the toolkit's rule.

    >>> boxes = np.array([[-10.0, 0, 30, 40]]), np.array([[20.0, 0, 10, 40]])
    >>> bounded_overlap(*boxes, np.array([[100.0, 100]])).round(4)  # 0 by any other rule
    array([0.3333])
    """
    corner, size = _cut(track_xywh, sizes_wh)
    true_corner, true_size = _cut(truth_xywh, sizes_wh)
    with np.errstate(invalid="ignore"):
        end = np.minimum(corner + size, true_corner + true_size)
        shared = np.maximum(end - np.maximum(corner, true_corner), 0).prod(axis=1)
        union = size.prod(axis=1) + true_size.prod(axis=1) - shared
        return np.asarray(np.clip(shared / (union + _EPS), 0.0, 1.0))


def _cut(boxes_xywh: Boxes, sizes_wh: Floats) -> tuple[Floats, Floats]:
    corner = np.clip(boxes_xywh[:, :2], 0, sizes_wh)
    return corner, np.clip(boxes_xywh[:, 2:], 0, sizes_wh - corner)
