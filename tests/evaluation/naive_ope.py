"""Every toolkit's one-pass evaluation as loops over frames and thresholds, written from its rules.

Nothing here is shared with the package: each rule stands in the function of its toolkit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Row = list[np.float64]
Rows = list[Row]
Frame = tuple[Any, Any, Any]
"""Overlap, distance, normalised distance (None: the toolkit has none)."""
Curves = tuple[list[float], list[float], list[float] | None]

TORCH = np.arange(0, 1.05, 0.05)
TORCH[[13, 15]] = 0.6500000000000001, 0.7500000000000001
NUMPY, TWENTIETHS = np.arange(0, 1.05, 0.05), [i / 20 for i in range(21)]
HUNDREDTHS = [i / 100 for i in range(51)]


def naive_curves(
    convention: str, track: np.ndarray, truth: np.ndarray, absent: np.ndarray
) -> Curves:
    """Success, precision and normalised precision of one sequence."""
    with np.errstate(all="ignore"):
        rows, truths = [list(row) for row in track], [list(row) for row in truth]
        return TOOLKITS[convention](rows, truths, [bool(flag) for flag in absent])


def share(frames: Sequence[Frame], divisor: float, success: Any, norm: Any) -> Curves:
    without = any(normalised is None for _, _, normalised in frames)
    return (
        [sum(bool(overlap > t) for overlap, _, _ in frames) / divisor for t in success],
        [sum(bool(distance <= t) for _, distance, _ in frames) / divisor for t in range(51)],
        None if without else [sum(bool(n <= t) for _, _, n in frames) / divisor for t in norm],
    )


def plain_iou(p: Row, g: Row, eps: float = 0.0) -> Any:
    wide = np.maximum(0, np.minimum(p[0] + p[2], g[0] + g[2]) - np.maximum(p[0], g[0]))
    high = np.maximum(0, np.minimum(p[1] + p[3], g[1] + g[3]) - np.maximum(p[1], g[1]))
    union = p[2] * p[3] + g[2] * g[3] - wide * high + eps
    return np.maximum(np.minimum(wide * high / union, 1), 0)


def pixel_iou(p: Row, g: Row) -> Any:
    wide = max(min(p[0] + p[2] - 1, g[0] + g[2] - 1) - max(p[0], g[0]) + 1, 0)
    high = max(min(p[1] + p[3] - 1, g[1] + g[3] - 1) - max(p[1], g[1]) + 1, 0)
    return wide * high / (p[2] * p[3] + g[2] * g[3] - wide * high)


def center(box: Row) -> tuple[Any, Any]:
    return box[0] + (box[2] - 1) / 2, box[1] + (box[3] - 1) / 2


def distance(a: tuple[Any, Any], b: tuple[Any, Any]) -> float:
    return math.sqrt((a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2)


def divided(point: tuple[Any, Any], size: tuple[Any, Any]) -> tuple[Any, Any]:
    return point[0] / size[0], point[1] / size[1]


def pysot_frame(p: Row, g: Row) -> Frame:
    size = g[2] + 1e-16, g[3] + 1e-16
    normalised = divided(center(p), size), divided(center(g), size)
    return (
        plain_iou(p, g) if g[2] > 0 and g[3] > 0 else -1,
        distance(center(p), center(g)) if min(center(g)) > 0 else -1,
        distance(*normalised) if min(normalised[1]) > 0 else -1,
    )


def pysot(track: Rows, truth: Rows, absent: list[bool]) -> Curves:
    frames = [pysot_frame(p, g) for p, g in zip(track, truth, strict=True)]
    return share(frames, len(truth), NUMPY, HUNDREDTHS)


def pysot_absent(track: Rows, truth: Rows, absent: list[bool]) -> Curves:
    rows = zip(track[: len(truth)], truth, absent, strict=True)
    return share([pysot_frame(p, g) for p, g, a in rows if not a], len(truth), NUMPY, HUNDREDTHS)


def got10k_frame(p: Row, g: Row) -> Frame:
    apart = [(a - b) / max(1.0, s) for a, b, s in zip(center(p), center(g), g[2:], strict=True)]
    normalised = math.sqrt(apart[0] ** 2 + apart[1] ** 2)
    return plain_iou(p, g, np.finfo(float).eps), distance(center(p), center(g)), normalised


def got10k_otb(track: Rows, truth: Rows, absent: list[bool]) -> Curves:
    rows = zip([truth[0], *track[1:]], truth, strict=False)
    frames = [(*got10k_frame(p, g)[:2], None) for p, g in rows]
    return share(frames, len(frames), np.linspace(0, 1, 21), np.linspace(0, 0.5, 51))


def got10k_lasot(track: Rows, truth: Rows, absent: list[bool]) -> Curves:
    rows = zip([truth[0], *track[1:]], truth, strict=False)
    frames = [got10k_frame(p, g) for p, g in rows if not np.isnan(g).any()]
    return share(frames, len(frames), np.linspace(0, 1, 21), np.linspace(0, 0.5, 51))


def pytracking(track: Rows, truth: Rows, absent: list[bool], *, kind: str = "otb") -> Curves:
    track = [list(row) for row in track]
    for i in range(1, min(len(track), len(truth))):
        if (track[i][2] == 0 or track[i][3] == 0) and not np.isnan(truth[i]).any():
            track[i] = track[i - 1]
    missing = [[0.0] * 4] * max(0, len(truth) - len(track))
    track = [truth[0], *track[1 : len(truth)], *missing]
    frames, usable = [], 0
    for p, g, is_absent in zip(track, truth, absent, strict=True):
        valid = all(value > 0 for value in g) and not (kind == "lasot" and is_absent)
        usable += valid
        if valid:
            normalised = distance(divided(center(p), g[2:]), divided(center(g), g[2:]))
            frames.append((pixel_iou(p, g), distance(center(p), center(g)), normalised))
        else:
            hidden = kind == "lasot" and is_absent
            frames.append((-1, -1 if kind == "uav" else np.inf, np.inf if hidden else -1))
    divisor = usable if kind == "exclude" else len(truth)
    return share(frames, divisor, TORCH, HUNDREDTHS)


def official_frame(p: Row, g: Row) -> Frame:
    if not all(value > 0 for value in g):
        return -1, -1, -1
    normalised = distance(divided(center(p), g[2:]), divided(center(g), g[2:]))
    return pixel_iou(p, g), distance(center(p), center(g)), normalised


def otb_official(track: Rows, truth: Rows, absent: list[bool]) -> Curves:
    rows = zip([truth[0], *track[1:]], truth, strict=False)
    measured = [official_frame(p, g) for p, g in rows]
    frames = [(overlap, round(apart, 4), None) for overlap, apart, _ in measured]
    return share(frames, len(frames), TWENTIETHS, HUNDREDTHS)


def lasot_official(track: Rows, truth: Rows, absent: list[bool]) -> Curves:
    track = track[: len(truth)]
    for i in range(1, len(track)):
        if np.isnan(track[i]).any() or track[i][2] <= 0 or track[i][3] <= 0:
            track[i] = track[i - 1]
    rows = zip([truth[0], *track[1:]], truth, absent, strict=True)
    frames = [official_frame(p, g) for p, g, is_absent in rows if not is_absent]
    return share(frames, len(truth) + np.finfo(float).eps, NUMPY, HUNDREDTHS)


def mmtracking(
    track: Rows, truth: Rows, absent: list[bool], *, visible_only: bool = False
) -> Curves:
    frames = []
    for p, g, is_absent in zip(track, truth, absent, strict=True):
        if visible_only and (is_absent or not (g[2] > 0 and g[3] > 0)):
            continue
        a, b = corners(p), corners(g)
        size = b[2] - b[0] + 1e-16, b[3] - b[1] + 1e-16
        middle = ((a[0] + a[2]) / 2, (a[1] + a[3]) / 2)
        true_middle = ((b[0] + b[2]) / 2, (b[1] + b[3]) / 2)
        normalised = divided(middle, size), divided(true_middle, size)
        frames.append(
            (
                float32_iou(a, b) if b[2] > b[0] and b[3] > b[1] else -1,
                distance(middle, true_middle) if min(true_middle) > 0 else -1,
                distance(*normalised) if min(normalised[1]) > 0 else -1,
            )
        )
    return share(frames, len(truth), NUMPY, HUNDREDTHS)


def corners(box: Row) -> tuple[Any, ...]:
    return box[0], box[1], box[0] + box[2], box[1] + box[3]


def float32_iou(a: tuple[Any, ...], b: tuple[Any, ...]) -> float:
    a, b = tuple(map(np.float32, a)), tuple(map(np.float32, b))
    wide = np.maximum(np.minimum(a[2], b[2]) - np.maximum(a[0], b[0]), np.float32(0))
    high = np.maximum(np.minimum(a[3], b[3]) - np.maximum(a[1], b[1]), np.float32(0))
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return float(wide * high / np.maximum(areas - wide * high, np.float32(1e-6)))


TOOLKITS: dict[str, Callable[[Rows, Rows, list[bool]], Curves]] = {
    "pysot": pysot,
    "pysot_absent": pysot_absent,
    "got10k_otb": got10k_otb,
    "got10k_uav": lambda *rows: (*got10k_lasot(*rows)[:2], None),
    "got10k_lasot": got10k_lasot,
    "pytracking_otb": pytracking,
    "pytracking_otb_exclude_invalid": lambda *rows: pytracking(*rows, kind="exclude"),
    "pytracking_uav": lambda *rows: pytracking(*rows, kind="uav"),
    "pytracking_lasot": lambda *rows: pytracking(*rows, kind="lasot"),
    "otb_official": otb_official,
    "lasot_official": lasot_official,
    "mmtracking": mmtracking,
    "mmtracking_visible": lambda *rows: mmtracking(*rows, visible_only=True),
}
