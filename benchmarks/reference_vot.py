"""pysot's accuracy, robustness and expected average overlap restated in its own form.

What ``evaluation_vot.py`` compares with: sequence by sequence, every region painted and counted,
overlaps found once for accuracy and once again for the expected average overlap, whose curve is a
loop over its points. The painting is compiled, as pysot's is (``reference_vot.c``); it gets whole
arrays, which saves it the conversion of lists that pysot makes frame by frame.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
BURN_IN, SKIPPED = 10, 5


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """One sequence: regions (F, 8) padded with NaN, codes with the code in the first column."""

    truth: Floats
    track: Floats
    size_wh: tuple[int, int]


class Painter:
    """The compiled overlap; built with the C compiler of the machine into a folder."""

    def __init__(self, folder: Path) -> None:
        compiler = next((c for c in ("cc", "gcc", "clang") if shutil.which(c)), None)
        if compiler is None:
            raise SystemExit("a C compiler is needed to build the reference")
        source, library = Path(__file__).with_suffix(".c"), folder / "reference_vot.so"
        command = [compiler, "-O3", "-fwrapv", "-fPIC", "-shared", str(source), "-o", str(library)]
        subprocess.run([*command, "-lm"], check=True)
        self._overlaps = ctypes.CDLL(str(library)).overlaps

    def overlaps(self, track: Floats, truth: Floats, bounds: tuple[int, int]) -> Floats:
        """Overlap of every frame, NaN where a region is special."""
        out, size = np.empty(len(track)), np.array(bounds, dtype=np.float64)
        pointers = (array.ctypes.data_as(ctypes.c_void_p) for array in (track, truth, size, out))
        first, second, third, fourth = pointers
        self._overlaps(first, second, ctypes.c_long(len(track)), third, fourth)
        return out


def accuracy_and_robustness(sequences: list[Sequence], painter: Painter) -> tuple[float, float]:
    """Mean overlap of all frames, and failures per 100 frames."""
    overlaps: list[float] = []
    lost = 0
    for sequence in sequences:
        track = sequence.track.copy()
        starts = [index for index, row in enumerate(track) if _code(row) == 1]
        for start in starts:
            track[start : start + BURN_IN] = np.nan
            track[start : start + BURN_IN, 0] = 0
        overlaps.extend(painter.overlaps(track, sequence.truth, sequence.size_wh))
        lost += len(_failures(sequence.track))
    return float(np.nanmean(np.array(overlaps))), lost / len(overlaps) * 100


def expected_average_overlap(
    sequences: list[Sequence], painter: Painter, *, window: tuple[int, int]
) -> float:
    """Mean of the curve over the window."""
    tracks, failures = [], []
    for sequence in sequences:
        width, height = sequence.size_wh
        bounds = (width - 1, height - 1)
        tracks.append(painter.overlaps(sequence.track, sequence.truth, bounds))
        failures.append(_failures(sequence.track))
    longest = max(len(track) for track in tracks)
    count = len(tracks) + sum(len(frames) for frames in failures)
    fragments, weights = np.full((count, longest), np.nan), np.zeros(count)
    row = 0
    for track, failed in zip(tracks, failures, strict=True):
        if not failed:
            fragments[row, : len(track)] = track
            weights[row] = 1
            row += 1
            continue
        points = [0, *(f + SKIPPED for f in failed if f + SKIPPED <= len(track))]
        for begin, end in zip(points, [*points[1:], None], strict=True):
            part = np.array(track[begin : len(track) if end is None else end + 1])
            part[np.isnan(part)] = 0
            if end is not None:
                fragments[row] = 0
            fragments[row, : len(part)] = part
            weights[row] = len(part) / (len(track) - begin if end is None else end - begin + 1)
            row += 1
    curve = np.ones(longest)
    for length in range(1, longest):
        known = ~np.isnan(fragments[:, length])
        means = fragments[known, 1 : length + 1].mean(axis=1)
        curve[length] = np.sum(weights[known] * means) / np.sum(weights[known])
    return float(curve[window[0] - 1 : window[1]].mean())


def _failures(track: Floats) -> list[int]:
    return [index for index, row in enumerate(track) if _code(row) == 2]


def _code(row: Floats) -> float | None:
    return float(row[0]) if np.isnan(row[1]) else None
