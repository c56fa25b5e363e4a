"""The overlap of every frame of a sequence, and which sequences are worth looking at."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure

from feathertrack.evaluation.curves import Floats
from feathertrack.evaluation.report.comparison import Comparison
from feathertrack.evaluation.report.style import MUTED, Style

NUM_SHOWN = 6
"""Trackers, best first, in a timeline and in the frames below it."""
_WIDTH, _HEIGHT = 11.4, 1.8
_POINTS = 600
"""Along the axis; longer sequences are averaged over a few frames a point."""


def best_and_worst(comparison: Comparison, *, num: int = 2) -> tuple[list[str], list[str]]:
    """Sequences with the highest and the lowest mean overlap, over all frames and trackers.

    Trackers without raw results have no say; the others must have a result of the sequence.

    Frames in which nothing was compared count as 0: a tracker that had to be started again was
    lost before. A sequence is only in one of the lists.
    """
    shown = [entry.overlaps for entry in comparison.entries if entry.overlaps]
    means = {
        name: float(np.mean([_mean_overlap(overlaps[name]) for overlaps in shown]))
        for name in comparison.sequences
        if shown and all(len(overlaps.get(name, ())) for overlaps in shown)
    }
    ranked = sorted(means, key=lambda name: (-means[name], name))
    best = ranked[: min(num, (len(ranked) + 1) // 2)]
    rest = ranked[len(best) :]
    return best, rest[::-1][:num]


def _mean_overlap(overlap: Floats) -> float:
    return float(np.nan_to_num(overlap).mean())


def draw_timeline(
    comparison: Comparison, sequence: str, *, styles: Mapping[str, Style], marked: list[int]
) -> Figure:
    """Overlap over frame number, a line a tracker; ``marked`` are the frames shown below it."""
    figure = Figure(figsize=(_WIDTH, _HEIGHT))
    axes = figure.add_subplot()
    for frame in marked:
        axes.axvline(frame, color=MUTED, linewidth=0.8, linestyle=(0, (2, 3)))
    for entry in reversed(comparison.entries[:NUM_SHOWN]):
        overlap = entry.overlaps.get(sequence)
        if overlap is None or not len(overlap):
            continue
        style = styles[entry.tracker]
        axes.plot(*_thinned(overlap), color=style.color, linestyle=style.dash, linewidth=1.3)
    axes.set(xlabel="Frame", ylabel="Overlap", ylim=(-0.02, 1.02))
    axes.margins(x=0.01)
    return figure


def _thinned(overlap: Floats) -> tuple[Floats, Floats]:
    """Frame numbers and overlaps, averaged over equal groups of frames where there are many."""
    step = max(1, -(-len(overlap) // _POINTS))
    padded = np.append(overlap, np.full(-len(overlap) % step, np.nan)).reshape(-1, step)
    known = ~np.isnan(padded)
    sums = np.where(known, padded, 0.0).sum(axis=1)
    counts = known.sum(axis=1)
    means = np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)
    numbers: Floats = np.arange(len(padded), dtype=np.float64) * step + (step - 1) / 2
    return numbers, means


def frames_to_show(comparison: Comparison, sequence: str, *, num: int = 4) -> list[int]:
    """Frames (from 0) that tell the story: one of each part of the sequence, in order.

    Where the best tracker loses the target, the frame in which it does takes its part's place.
    """
    found = [e.overlaps[sequence] for e in comparison.entries if sequence in e.overlaps]
    overlap = found[0] if found else np.zeros(0)
    if len(overlap) <= num:
        return list(range(len(overlap)))
    edges = np.linspace(0, len(overlap), num + 1).astype(int)
    chosen = [int(frame) for frame in (edges[:-1] + edges[1:]) // 2]
    gone = np.flatnonzero(np.nan_to_num(overlap[1:]) <= 0)
    if len(gone):
        first = int(gone[0]) + 1
        chosen[int(np.searchsorted(edges, first, side="right")) - 1] = first
    return sorted(set(chosen))
