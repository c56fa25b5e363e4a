"""Sequences with ground truth, as absences are composed into them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.data.readers.folder import read_folder
from feathertrack.errors import InputError

SHORTEST, LONGEST = 240, 300
"""Frames of a composed sequence; a shorter original is played to and fro."""

_UNFIT = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, kw_only=True, eq=False)
class Footage:
    """The frames of a sequence and its true boxes.

    Attributes:
        name: without slashes.
        paths: of the pictures that are shown, in order; a picture may come twice.
        boxes: float64 (N, 4), 0-based; NaN where there is none.
        category: of the target, "" where nobody says.
    """

    name: str
    paths: tuple[Path, ...]
    boxes: Boxes
    category: str = ""

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.paths)

    @property
    def known(self) -> Boxes:
        """The boxes with those that are missing drawn in line between their neighbours."""
        there = np.flatnonzero(~np.isnan(self.boxes[:, 0]))
        frames = np.arange(len(self))
        sides = [np.interp(frames, there, self.boxes[there, n]) for n in range(4)]
        return np.stack(sides, axis=1)


def read_footage(root: Path, split: str = "") -> tuple[tuple[Footage, ...], tuple[str, ...]]:
    """The sequences of a folder, and sentences about those that cannot be read.

    Args:
        root: folder of the sequences.
        split: as the reader ``folder`` takes it: "" for all, a folder, or a list of names as
            ``folds.json:dev``.

    Raises:
        InputError: no such folder or list, or no sequence in it.
    """
    root = root.expanduser().resolve()
    if not root.is_dir():
        raise InputError(f"there is no folder {root}: name that of the sequences")
    found, problems = [], []
    for record in read_folder(root, split):
        problems += [f"{record.name}: {one.reason}, {one.example}" for one in record.problems]
        if not record.tracks or not len(record.tracks[0].positions):
            continue
        track = record.tracks[0]
        boxes = np.full((len(record.images), 4), np.nan)
        boxes[track.positions] = track.boxes
        shown = to_and_fro(len(boxes))
        if np.isnan(boxes[shown, 0]).all():
            problems.append(f"{record.name}: no box in its first {LONGEST} frames")
            continue
        found.append(
            Footage(
                name=_UNFIT.sub("-", record.name).strip("-."),
                paths=tuple(root / record.images[number] for number in shown),
                boxes=boxes[shown],
                category=track.category,
            )
        )
    if not found:
        raise InputError(f"{root} holds no sequence that can be read: {'; '.join(problems[:3])}")
    return tuple(found), tuple(problems)


def to_and_fro(length: int) -> list[int]:
    """Which frames are shown: the first 300, or fewer to and fro until there are 240.

    >>> to_and_fro(3)[:8]
    [0, 1, 2, 1, 0, 1, 2, 1]
    """
    if length >= SHORTEST:
        return list(range(min(length, LONGEST)))
    turn = max(2 * (length - 1), 1)
    return [min(number % turn, turn - number % turn) for number in range(SHORTEST)]
