"""Draw docs/images/score_covered.png: the score of the shipped tracker while its target is covered.

    python scripts/make_score_figure.py

The clip is the packaged one; on the frames of ``COVERED`` the target and its surroundings are
painted in the mean colour of the frame.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np

from feathertrack.demo import clip_boxes, clip_path
from feathertrack.results import Result
from feathertrack.trackers.creation import create_tracker
from feathertrack.video import open_source

matplotlib.use("Agg")

import matplotlib.pyplot as plt

COVERED = range(125, 150)
COLORS = {"tracking": "#1b7837", "uncertain": "#e08214", "lost": "#b2182b"}
OUTPUT = Path(__file__).resolve().parent.parent / "docs" / "images" / "score_covered.png"


def follow() -> list[Result]:
    """Results of every frame after the first."""
    truth = clip_boxes()
    tracker = create_tracker(precision="float32")
    results = []
    with open_source(clip_path()) as frames:
        for frame in frames:
            image = frame.image.copy()
            if frame.index in COVERED:
                x, y, w, h = truth[frame.index].astype(int)
                image[max(y - h, 0) : y + 2 * h, max(x - w, 0) : x + 2 * w] = image.mean((0, 1))
            if frame.index == 0:
                tracker.init(image, truth[0])
            else:
                results.append(tracker.update(image))
    return results


def main() -> None:
    """Track and draw."""
    results = follow()
    figure, axes = plt.subplots(figsize=(7.5, 2.6), dpi=120, layout="constrained")
    axes.axvspan(COVERED.start, COVERED.stop, color="0.88", label="covered")
    numbers = np.arange(1, len(results) + 1)
    axes.plot(numbers, [result.score for result in results], color="0.6", linewidth=1)
    for state, color in COLORS.items():
        picked = [
            number for number, result in zip(numbers, results, strict=True) if result.state == state
        ]
        axes.scatter(picked, [results[n - 1].score for n in picked], s=9, color=color, label=state)
    axes.set(xlabel="frame", ylabel="score", ylim=(-0.03, 1.03), xlim=(0, len(results)))
    axes.legend(loc="lower left", fontsize=8, ncols=2)
    figure.savefig(OUTPUT)
    print(OUTPUT)


if __name__ == "__main__":
    main()
