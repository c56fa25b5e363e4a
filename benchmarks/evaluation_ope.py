"""Seconds to score one tracker in one pass, beside the official evaluators' form of the same.

    python benchmarks/evaluation_ope.py --shared ../shared --output benchmarks/results/NAME.json

All boxes are in memory. In every round each contender scores the whole benchmark once, in turn, so
that what disturbs the machine disturbs all; a ratio is that of two runs of one round, and its
median over the rounds is reported. The curves of each pair are compared before anything is timed.
OTB100 is SiamBAN's published result. LaSOT's test set is only as large as the real one (280
sequences, 685,360 frames): its frames are those of 14 real sequences and a real result, repeated.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from numpy.typing import NDArray
from reference_ope import Boxes, Curve, got10k_curves, pysot_curves
from reports import write_report
from turns import median_and_least, median_ratio, milliseconds_by_turns

from feathertrack.evaluation.ope import OpeScore, score_sequences

LASOT_SEQUENCES, LASOT_FRAMES = 280, 685_360
OURS = "feathertrack "
Contender = Callable[[], list[Curve]]


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """Boxes of every sequence, in memory."""

    tracks: list[Boxes]
    truths: list[Boxes]
    absent: list[NDArray[np.bool_]] | None


def main() -> None:
    """Time every contender and write the report."""
    options = _options()
    report: dict[str, Any] = {"machine": describe_machine(), "rounds": options.rounds}
    for name, contenders in {
        "otb100": otb100_contenders(load_otb100(options.shared)),
        "lasot": lasot_contenders(load_lasot(options.shared)),
    }.items():
        check_equal(contenders)
        report[name] = summary = compare(contenders, rounds=options.rounds)
        print(name, json.dumps(summary, indent=1), flush=True)
    write_report(report, options.output)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--shared", type=Path, required=True, help="folder with goldens/eval")
    parser.add_argument("--output", type=Path, required=True, help="JSON file to write")
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


def load_otb100(shared: Path) -> Benchmark:
    """SiamBAN on OTB100."""
    folder = shared / "goldens" / "eval"
    with np.load(folder / "otb100_groundtruth.npz") as truth:
        cuts, boxes = np.cumsum(truth["length"])[:-1], truth["gt"]
    with np.load(folder / "otb100_SiamBAN.npz") as track:
        tracks = track["box_xywh"]
    return Benchmark(tracks=_pieces(tracks, cuts), truths=_pieces(boxes, cuts), absent=None)


def load_lasot(shared: Path) -> Benchmark:
    """As many sequences and frames as LaSOT's test set."""
    with np.load(shared / "goldens" / "eval" / "lasot_subset.npz") as archive:
        rows = np.arange(LASOT_FRAMES) % len(archive["gt"])
        truth = archive["gt"][rows].astype(np.float64)
        track, absent = archive["pred_SiamRPNpp"][rows], archive["absent"][rows] == 1
    cuts = np.linspace(0, LASOT_FRAMES, LASOT_SEQUENCES + 1).astype(int)[1:-1]
    return Benchmark(
        tracks=_pieces(track, cuts),
        truths=_pieces(truth, cuts),
        absent=[part.copy() for part in np.split(absent, cuts)],
    )


def _pieces(boxes: Boxes, cuts: NDArray[np.int64]) -> list[Boxes]:
    return [part.copy() for part in np.split(boxes, cuts)]


def otb100_contenders(data: Benchmark) -> dict[str, Contender]:
    """Each toolkit's rules in its own form and in ours; got10k has no third curve on OTB."""
    return {
        "pysot": lambda: pysot_curves(data.tracks, data.truths, None),
        "feathertrack pysot": lambda: ours(data, "pysot"),
        "got10k without normalised precision": lambda: got10k_curves(
            data.tracks, data.truths, lasot=False
        ),
        "feathertrack got10k without normalised precision": lambda: ours(data, "got10k_otb"),
        "feathertrack got10k with normalised precision": lambda: ours(data, "got10k_lasot"),
    }


def lasot_contenders(data: Benchmark) -> dict[str, Contender]:
    """The same for LaSOT."""
    present = [~flags for flags in data.absent or []]
    return {
        "pysot": lambda: pysot_curves(data.tracks, data.truths, present),
        "feathertrack pysot": lambda: ours(data, "pysot_absent"),
        "got10k": lambda: got10k_curves(data.tracks, data.truths, lasot=True),
        "feathertrack got10k": lambda: ours(data, "got10k_lasot"),
        "feathertrack official": lambda: ours(data, "lasot_official"),
    }


def ours(data: Benchmark, convention: str) -> list[Curve]:
    """Curves of every sequence."""
    score: OpeScore = score_sequences(
        data.tracks, data.truths, convention=convention, absent=data.absent
    )
    curves = [score.success, score.precision, score.norm_precision]
    return [curve for curve in curves if curve is not None]


def check_equal(contenders: dict[str, Contender]) -> None:
    """Fail unless both forms give the same curves."""
    for name, contender in contenders.items():
        if OURS + name in contenders:
            for theirs, curve in zip(contender(), contenders[OURS + name](), strict=True):
                np.testing.assert_allclose(curve, theirs, rtol=0, atol=1e-12)


def compare(contenders: dict[str, Contender], *, rounds: int) -> dict[str, Any]:
    """Median and least milliseconds of every contender, and median ratios of one round."""
    milliseconds = milliseconds_by_turns(contenders, rounds=rounds)
    ratios = {}
    for theirs in (name for name in contenders if not name.startswith(OURS)):
        for name in (name for name in contenders if name.startswith(OURS)):
            ratios[f"{theirs} / {name}"] = median_ratio(milliseconds[theirs], milliseconds[name])
    return {
        "milliseconds": median_and_least(milliseconds),
        "median_ratios": ratios,
    }


if __name__ == "__main__":
    main()
