"""Seconds to score one tracker on VOT2018 by pysot's rules, beside pysot's own form of the same.

    python benchmarks/evaluation_vot.py --shared ../shared --output benchmarks/results/NAME.json

Accuracy, robustness and expected average overlap of DaSiamRPN's published raw results, all in
memory. In every round each contender scores the benchmark once, in turn; a ratio is that of two
runs of one round, and its median over the rounds is reported. The numbers are compared before
anything is timed. Ours is timed twice: for the first tracker, which finds the pixels of the ground
truth, and for any other, which does not. The specification's own measurement of pysot is 0.94 s.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from numpy.typing import NDArray
from reference_vot import (
    Painter,
    Sequence,
    accuracy_and_robustness,
    expected_average_overlap,
)
from reports import write_report
from turns import median_and_least, median_ratio, milliseconds_by_turns

from feathertrack.evaluation.vot.eao import WINDOWS
from feathertrack.evaluation.vot.regions import NO_CODE, Regions
from feathertrack.evaluation.vot.reset_scores import score_pysot, score_toolkit
from feathertrack.evaluation.vot.truth import VotTruth

WINDOW = WINDOWS["vot2018"]
PUBLISHED_SECONDS = 0.94
Numbers = tuple[float, float, float]
REFERENCE = "pysot"


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Ground truth and one tracker's results, in both forms."""

    sequences: list[Sequence]
    truth: VotTruth
    runs: list[list[Regions]]

    def new_truth(self) -> VotTruth:
        """The ground truth with nothing found out about it yet."""
        kept = self.truth
        return VotTruth(kept.names, kept.regions, kept.start, kept.size_wh, kept.tags)


def main() -> None:
    """Time every contender and write the report."""
    options = _options()
    data = load(options.shared, options.tracker)
    with tempfile.TemporaryDirectory() as folder:
        contenders = make_contenders(data, Painter(Path(folder)))
        check_equal(contenders)
        report = {
            "machine": describe_machine(),
            "rounds": options.rounds,
            "pysot_seconds_in_the_specification": PUBLISHED_SECONDS,
            "vot2018": compare(contenders, rounds=options.rounds),
        }
    print(json.dumps(report["vot2018"], indent=1))
    write_report(report, options.output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shared", type=Path, required=True, help="folder with goldens/eval")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--tracker", default="dasiamrpn", choices=["dasiamrpn", "nanotrackv3"])
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args()


def load(shared: Path, tracker: str) -> Benchmark:
    """VOT2018 and one tracker's raw results."""
    folder = shared / "goldens" / "eval"
    with np.load(folder / "vot2018_groundtruth.npz") as archive:
        names, sizes = archive["sequence"].tolist(), archive["size_wh"]
        cuts = np.cumsum(archive["length"])[:-1]
        rows = np.split(archive["gt"], cuts)
    with np.load(folder / f"vot2018_{tracker}.npz") as archive:
        boxes, codes = np.split(archive["box_xywh"], cuts), np.split(archive["code"], cuts)
    sequences = [
        Sequence(
            truth=np.ascontiguousarray(truth), track=_rows(box, code), size_wh=(int(w), int(h))
        )
        for truth, box, code, (w, h) in zip(rows, boxes, codes, sizes, strict=True)
    ]
    return Benchmark(
        sequences=sequences,
        truth=VotTruth.build(names, [Regions.from_rows(part) for part in rows], sizes),
        runs=[[Regions.from_boxes(box, code)] for box, code in zip(boxes, codes, strict=True)],
    )


def _rows(boxes: NDArray[np.float64], codes: NDArray[np.uint8]) -> NDArray[np.float64]:
    rows = np.full((len(boxes), 8), np.nan)
    special = codes != NO_CODE
    rows[~special, :4] = boxes[~special]
    rows[special, 0] = codes[special]
    return rows


def make_contenders(data: Benchmark, painter: Painter) -> dict[str, Callable[[], Numbers]]:
    """Accuracy, robustness and expected average overlap, by each contender."""

    def reference() -> Numbers:
        accuracy, robustness = accuracy_and_robustness(data.sequences, painter)
        return (
            accuracy,
            robustness,
            expected_average_overlap(data.sequences, painter, window=WINDOW),
        )

    def ours(truth: VotTruth) -> Numbers:
        score = score_pysot(truth, data.runs, window=WINDOW)
        return score.accuracy, score.robustness, score.eao or 0.0

    def toolkit(truth: VotTruth) -> Numbers:
        score = score_toolkit(truth, data.runs, window=WINDOW)
        return score.accuracy, score.robustness, score.eao or 0.0

    return {
        REFERENCE: reference,
        "feathertrack, first tracker": lambda: ours(data.new_truth()),
        "feathertrack, any other tracker": lambda: ours(data.truth),
        "feathertrack, first tracker by the toolkit's rules": lambda: toolkit(data.new_truth()),
        "feathertrack, any other by the toolkit's rules": lambda: toolkit(data.truth),
    }


def check_equal(contenders: dict[str, Callable[[], Numbers]]) -> None:
    """The reference and ours agree; this also finds the pixels of the shared ground truth."""
    theirs = contenders[REFERENCE]()
    for name, contender in contenders.items():
        numbers = contender()
        if "toolkit" not in name:
            np.testing.assert_allclose(numbers, theirs, rtol=1e-9, err_msg=name)


def compare(contenders: dict[str, Callable[[], Numbers]], *, rounds: int) -> dict[str, Any]:
    """Median and least milliseconds of every contender, and median ratios to the reference."""
    milliseconds = milliseconds_by_turns(contenders, rounds=rounds)
    ratios = {
        name: median_ratio(milliseconds[REFERENCE], milliseconds[name])
        for name in contenders
        if name != REFERENCE
    }
    return {
        "milliseconds": median_and_least(milliseconds),
        "pysot_over_ours_median": ratios,
    }


if __name__ == "__main__":
    main()
