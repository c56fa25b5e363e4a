"""Fit the score of a tracker and measure what its states are worth, on sequences with ground truth.

    python scripts/calibrate_score.py fdsiamfc_30 --weights FDSiamfc_30.pth --fold dev

The score is the probability that the box overlaps the target by more than one half, as a logistic
function of one number: the peak of the frame as a share of the first frame's peak. This script
prints the maximum-likelihood midpoint and slope, how well the shipped numbers are calibrated
(expected against observed), and precision and recall of the state "lost" for overlap below 0.2.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from feathertrack.boxes import iou, zero_based
from feathertrack.trackers.confidence import fit_logistic
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.online_tracker import OnlineTracker
from feathertrack.trackers.siamese import SiameseTracker
from feathertrack.trackers.siamfc import SiamFCTracker
from feathertrack.video.pictures import read_picture

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Frames:
    """One number per tracked frame of all sequences."""

    share: Array
    score: Array
    overlap: Array
    lost: NDArray[np.bool_]


def sequences(root: Path, fold: str) -> Iterator[Path]:
    """Folders with ``img`` and ``groundtruth_rect.txt``: of a fold, or of ``val``."""
    if fold == "val":
        yield from sorted(path.parent for path in (root / "val").glob("*/*/groundtruth_rect.txt"))
        return
    for name in json.loads((root / "folds.json").read_text())[fold]:
        yield root / "train" / name


def measure(
    tracker: SiamFCTracker | SiameseTracker | OnlineTracker[Any], folders: Iterator[Path]
) -> Frames:
    """Run the tracker over every sequence."""
    rows: list[tuple[float, float, float, bool]] = []
    for folder in folders:
        truth = zero_based(np.loadtxt(folder / "groundtruth_rect.txt", delimiter=","))
        for number, path in enumerate(sorted((folder / "img").iterdir())):
            image = read_picture(path)
            if number == 0:
                tracker.init(image, truth[0])
                continue
            result = tracker.update(image)
            overlap = float(iou(result.box, truth[number]))
            rows.append((tracker.confidence.share, result.score, overlap, result.state == "lost"))
        print(f"{folder.parent.name}/{folder.name}: {len(rows)} frames so far", flush=True)
    share, score, overlaps, lost = zip(*rows, strict=True)
    return Frames(
        share=np.array(share),
        score=np.array(score),
        overlap=np.array(overlaps),
        lost=np.array(lost),
    )


def rank_quality(score: Array, good: NDArray[np.bool_]) -> float:
    """Probability that a good frame scores above a bad one (area under the ROC curve)."""
    ranks = np.empty(len(score))
    ranks[np.argsort(score)] = np.arange(len(score))
    num_good = int(good.sum())
    pairs = num_good * (len(good) - num_good)
    return float((ranks[good].sum() - num_good * (num_good - 1) / 2) / pairs)


def summary(frames: Frames) -> dict[str, object]:
    """Everything the page about the score says."""
    good, gone = frames.overlap > 0.5, frames.overlap < 0.2
    midpoint, slope = fit_logistic(frames.share, good)
    edges = np.quantile(frames.score, np.linspace(0, 1, 9))
    bins = np.clip(np.searchsorted(edges, frames.score, side="right") - 1, 0, 7)
    table = [
        [round(float(values[bins == number].mean()), 3) for values in (frames.score, good)]
        for number in range(8)
    ]
    return {
        "frames": len(frames.score),
        "fitted midpoint": round(midpoint, 3),
        "fitted slope": round(slope, 2),
        "area under ROC": round(rank_quality(frames.score, good), 3),
        "score against observed, eighths": table,
        "lost: precision": round(float(gone[frames.lost].mean()), 3) if frames.lost.any() else None,
        "lost: recall": round(float(frames.lost[gone].mean()), 3),
        "lost on frames with overlap above 0.5": round(float(frames.lost[good].mean()), 4),
    }


def main() -> None:
    """Parse the words, run, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tracker")
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--fold", default="dev", choices=("fit", "dev", "val"))
    parser.add_argument("--shared", type=Path, default=Path("../shared"))
    parser.add_argument("--engine", default="auto")
    parser.add_argument("--json", type=Path)
    words = parser.parse_args()
    tracker = create_tracker(
        words.tracker, weights=words.weights, engine=words.engine, precision="float32"
    )
    if not isinstance(tracker, SiamFCTracker | SiameseTracker | OnlineTracker):
        parser.error(f"{words.tracker} has no score to fit")
    result = summary(measure(tracker, sequences(words.shared / "sequences", words.fold)))
    text = json.dumps(result, indent=1)
    print(text)
    if words.json:
        words.json.write_text(text + "\n")


if __name__ == "__main__":
    main()
