"""The frames of all sequences in one row, prepared as a convention wants them.

The order is that of the toolkits: rows without a box are repeated, the lengths are made equal, the
first row is replaced, frames are dropped. Repeating never uses a padded row, so here the lengths
come first.

Shapes: N frames of S sequences before frames are dropped, M after.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.curves import Counts, Floats
from feathertrack.evaluation.ope.convention import Convention

Mask = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Frames:
    """Boxes by column, so that each of x, y, w, h is contiguous.

    Attributes:
        track_4M: predicted x, y, w, h.
        truth_4M: true x, y, w, h.
        absent: (M,) the target cannot be seen; None where nobody asks.
        sequence: (M,) number of the sequence of each frame.
        index: (M,) number of the frame in its sequence.
        lengths: (S,) frames of each sequence before any is dropped.
        names: of the sequences.
        notes: what was done about tracks of another length.
    """

    track_4M: Floats
    truth_4M: Floats
    absent: Mask | None
    sequence: Counts
    index: Counts
    lengths: Counts
    names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def prepare_frames(
    tracks: Sequence[Boxes],
    truths: Sequence[Boxes],
    *,
    convention: Convention,
    absent: Sequence[Mask] | None = None,
    names: Sequence[str] | None = None,
) -> Frames:
    """Join the sequences and do to them what the convention says.

    Args:
        tracks: (n, 4) predicted boxes of each sequence.
        truths: (n, 4) true boxes of each sequence, in the same convention, as annotated.
        convention: whose rules hold.
        absent: (n,) per sequence, True where the target cannot be seen.
        names: of the sequences, for errors and notes.

    Raises:
        InputError: the shapes do not fit, or the toolkit refuses a track.
    """
    names = sequence_names(tracks, truths, absent=absent, names=names)
    _check_shapes(tracks, truths, absent, names)
    if convention.needs_absent and absent is None:
        raise InputError(f"{convention.name} must know in which frames the target is absent")
    asked = absent if convention.needs_absent else None
    frames, padded = _join(tracks, truths, asked, names, convention)
    if convention.refused:
        _check_refused(frames, convention)
    if convention.repeated != "never":
        _repeat(frames, padded, convention)
    if convention.first_frame == "truth":
        first = np.flatnonzero(frames.index == 0)
        frames.track_4M[:, first] = frames.truth_4M[:, first]
    return _drop(frames, convention) if convention.dropped else frames


def sequence_names(
    tracks: Sequence[Boxes],
    truths: Sequence[Boxes],
    *,
    absent: Sequence[Mask] | None = None,
    names: Sequence[str] | None = None,
) -> tuple[str, ...]:
    """The names, or "sequence 1" and so on.

    Raises:
        InputError: there is no sequence, or the arguments are of different numbers of them.
    """
    if not len(truths):
        raise InputError("there is no sequence to score")
    names = tuple(names or (f"sequence {number}" for number in range(1, len(truths) + 1)))
    counts = [len(tracks), len(names), len(truths if absent is None else absent)]
    if counts != [len(truths)] * 3:
        raise InputError(
            f"{len(truths)} sequences of true boxes, but {counts[0]} tracks, {counts[1]} names and "
            f"{counts[2]} rows of absent frames"
        )
    return names


def _check_shapes(
    tracks: Sequence[Boxes],
    truths: Sequence[Boxes],
    absent: Sequence[Mask] | None,
    names: tuple[str, ...],
) -> None:
    for name, track, truth in zip(names, tracks, truths, strict=True):
        for what, boxes in (("track", track), ("truth", truth)):
            shape = np.shape(boxes)
            if len(shape) != 2 or shape[1] != 4 or shape[0] == 0:
                raise InputError(f"the {what} of {name} has shape {shape}, expected (frames, 4)")
    if absent is not None:
        for name, flags, truth in zip(names, absent, truths, strict=True):
            if np.shape(flags) != (len(truth),):
                raise InputError(
                    f"{name} has {len(truth)} true boxes, but {len(flags)} absent labels"
                )


def _join(
    tracks: Sequence[Boxes],
    truths: Sequence[Boxes],
    absent: Sequence[Mask] | None,
    names: tuple[str, ...],
    convention: Convention,
) -> tuple[Frames, Mask | None]:
    """Frames of equal length, and which of their rows are padding (None: no row is)."""
    notes: list[str] = []
    filled = [len(track) for track in tracks]
    lengths = [len(truth) for truth in truths]
    if filled != lengths:
        tracks, truths = list(tracks), list(truths)
        absent = None if absent is None else list(absent)
        for i in np.flatnonzero(np.not_equal(filled, lengths)):
            notes.append(_mismatch(names[i], filled[i], lengths[i], convention))
            if filled[i] < lengths[i] and convention.short == "pad":
                missing = np.zeros((lengths[i] - filled[i], 4))
                tracks[i] = np.concatenate([tracks[i], missing])
                continue
            lengths[i] = filled[i] = min(filled[i], lengths[i])
            tracks[i], truths[i] = tracks[i][: lengths[i]], truths[i][: lengths[i]]
            if absent is not None:
                absent[i] = absent[i][: lengths[i]]
    sizes = np.array(lengths, dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    index = np.arange(sizes.sum(), dtype=np.int64)
    index -= np.repeat(starts, sizes)
    frames = Frames(
        track_4M=np.concatenate(tracks, dtype=np.float64).T.copy(),
        truth_4M=np.concatenate(truths, dtype=np.float64).T.copy(),
        absent=None if absent is None else np.concatenate(absent).astype(bool),
        sequence=np.repeat(np.arange(len(sizes), dtype=np.int64), sizes),
        index=index,
        lengths=sizes,
        names=names,
        notes=tuple(notes),
    )
    padded = None if filled == lengths else index >= np.repeat(filled, sizes)
    return frames, padded


def _mismatch(name: str, given: int, expected: int, convention: Convention) -> str:
    """Say what is done about a track of another length, or refuse it."""
    text = f"{name}: the track has {given} boxes, the truth {expected}"
    rule = convention.short if given < expected else convention.long
    if rule == "refuse":
        raise InputError(
            f"{text}, which {convention.name} does not allow: complete the result, or choose a "
            "convention that cuts or pads"
        )
    if rule == "pad":
        return f"{text}; the missing ones are scored as 0,0,0,0"
    return f"{text}; the {'truth' if given < expected else 'track'} is cut"


def _check_refused(frames: Frames, convention: Convention) -> None:
    found = {
        "nan_truth": (np.isnan(frames.truth_4M).any(axis=0), "a true box with NaN"),
        "bad_track": (
            np.isnan(frames.track_4M).any(axis=0)
            | ((frames.track_4M[2:] < 0) | np.isinf(frames.track_4M[2:])).any(axis=0),
            "a predicted box with NaN or a size that is negative or infinite",
        ),
    }
    for rule in sorted(convention.refused):
        rows, text = found[rule]
        if rows.any():
            row = int(np.argmax(rows))
            raise InputError(
                f"{frames.names[frames.sequence[row]]}: frame {int(frames.index[row]) + 1} has "
                f"{text}, which {convention.name} refuses"
            )


def _repeat(frames: Frames, padded: Mask | None, convention: Convention) -> None:
    """Replace rows without a box by the last row before them that has one, or is the first."""
    track = frames.track_4M
    if convention.repeated == "zero_size":
        bare = (track[2:] == 0).any(axis=0) & ~np.isnan(frames.truth_4M).any(axis=0)
    else:
        bare = np.isnan(track).any(axis=0) | (track[2:] <= 0).any(axis=0)
    bare &= frames.index > 0
    if padded is not None:
        bare &= ~padded
    if bare.any():
        rows = np.where(bare, 0, np.arange(len(bare)))
        track[:] = track[:, np.maximum.accumulate(rows)]


def _drop(frames: Frames, convention: Convention) -> Frames:
    kept = np.ones(len(frames.sequence), dtype=bool)
    if "absent" in convention.dropped and frames.absent is not None:
        kept &= ~frames.absent
    if "nan_truth" in convention.dropped:
        kept &= ~np.isnan(frames.truth_4M).any(axis=0)
    if "empty_truth" in convention.dropped:
        kept &= (frames.truth_4M[2:] > 0).all(axis=0)
    if kept.all():
        return frames
    rows = np.flatnonzero(kept)
    return replace(
        frames,
        track_4M=np.take(frames.track_4M, rows, axis=1),  # [:, rows] would not be contiguous
        truth_4M=np.take(frames.truth_4M, rows, axis=1),
        absent=None if frames.absent is None else frames.absent[rows],
        sequence=frames.sequence[rows],
        index=frames.index[rows],
    )
