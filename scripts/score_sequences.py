"""Run a tracker over the development or validation sequences and score it as its peers were.

    python scripts/score_sequences.py --shared ../shared --part dev --json dev.json
    python scripts/score_sequences.py --shared ../shared --part dev --tracker fdsiamfc_15 \
        --weights ../shared/checkpoints/FDSiamfc_15.pth --engine torch --precision float32 \
        --set scale_step=1.05 --tracks runs/dev_15

AUC and P20 are those of ``sequences/peers.json`` (the convention ``got10k_otb``), and the
table shows the peers beside them. With ``--tracks`` each finished sequence is kept, and the same
command, run again after a kill, goes on after the last of them.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from feathertrack.boxes import zero_based
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.evaluation.ope import OpeScore, score_sequences
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.tracker import Tracker

SHOWN_PEERS = ("still", "kcf", "csrt", "fdsiamfc_15", "fdsiamfc_30", "nano2")


def list_sequences(shared: Path, part: str) -> dict[str, Path]:
    """Name -> folder of the sequences of ``fit``, ``dev`` or ``val``."""
    folder = shared / "sequences"
    names = json.loads((folder / "folds.json").read_text())[part]
    return {name: folder / ("val" if part == "val" else "train") / name for name in names}


def read_truth(folder: Path) -> np.ndarray[Any, np.dtype[np.float64]]:
    """(F, 4) boxes, 0-based: the files count pixels from 1."""
    return zero_based(np.loadtxt(folder / "groundtruth_rect.txt", delimiter=",", ndmin=2))


def follow(tracker: Tracker, folder: Path, truth: np.ndarray[Any, Any]) -> dict[str, Any]:
    """Track from the first true box; boxes, scores, and the seconds spent in the tracker."""
    boxes, scores, seconds = [truth[0].tolist()], [1.0], 0.0
    for number, path in enumerate(sorted((folder / "img").iterdir())[: len(truth)]):
        image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
        if image is None:
            raise InputError(f"{path} is no image that OpenCV can read")
        began = time.perf_counter()
        if number == 0:
            tracker.init(image, truth[0])
            continue
        result = tracker.update(image)
        seconds += time.perf_counter() - began
        boxes.append(result.box.tolist())
        scores.append(result.score)
    return {"boxes_xywh": boxes, "scores": scores, "seconds": seconds}


def follow_all(
    tracker: Tracker, sequences: dict[str, Path], tracks: Path | None, report: Callable[[str], None]
) -> dict[str, dict[str, Any]]:
    """Name -> track of every sequence; those found in ``tracks`` are not run again."""
    found: dict[str, dict[str, Any]] = {}
    for number, (name, folder) in enumerate(sequences.items(), 1):
        path = tracks / f"{name.replace('/', '_')}.json" if tracks else None
        if path is not None and path.exists():
            found[name] = json.loads(path.read_text())
            continue
        report(f"{number}/{len(sequences)} {name}")
        found[name] = follow(tracker, folder, read_truth(folder))
        if path is not None:
            write_json(path, found[name])
    return found


def score_all(found: dict[str, dict[str, Any]], sequences: dict[str, Path]) -> OpeScore:
    """Compare every track with the truth."""
    return score_sequences(
        [np.array(track["boxes_xywh"]) for track in found.values()],
        [read_truth(sequences[name]) for name in found],
        convention="got10k_otb",
        names=list(found),
    )


def write_json(path: Path, content: object) -> None:
    """Write beside ``path`` and move over it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(json.dumps(content, indent=1) + "\n")
    beside.replace(path)


def claim(tracks: Path, run: dict[str, Any]) -> None:
    """Refuse a folder that holds the tracks of another command."""
    path = tracks / "run.json"
    if path.exists() and json.loads(path.read_text()) != run:
        raise InputError(f"{tracks} holds the tracks of another run, see {path}: take a new folder")
    write_json(path, run)


def measures(score: OpeScore) -> dict[str, tuple[float, float]]:
    """AUC and P20 of every sequence."""
    rows = score.per_sequence
    pairs = zip(rows["auc"].tolist(), rows["precision"].tolist(), strict=True)
    return dict(zip(score.names, pairs, strict=True))


def table(score: OpeScore, peers: dict[str, Any], part: str) -> str:
    """AUC and P20 by sequence, with the AUC of peers beside them."""
    shown = [peer for peer in SHOWN_PEERS if peer in peers.get(part, {})]
    heads = " ".join(f"{peer:>11}" for peer in shown)
    lines = [f"{'sequence':28} {'AUC':>6} {'P20':>6} | AUC of {heads}"]
    mean = (score.auc, score.headline["precision"])
    for name, (auc, precision) in [*measures(score).items(), ("mean", mean)]:
        of_peers = [
            (peers["mean"][part] if name == "mean" else peers[part][p]).get(
                p if name == "mean" else name, [float("nan")]
            )
            for p in shown
        ]
        row = " ".join(f"{values[0]:11.3f}" for values in of_peers)
        lines.append(f"{name:28} {auc:6.3f} {precision:6.3f} |        {row}")
    return "\n".join(lines)


def settings_of(words: list[str]) -> dict[str, Any]:
    """``["scale_step=1.05"]`` -> fields of the tracker's settings."""
    pairs = [word.partition("=") for word in words]
    return {name: json.loads(value) for name, _, value in pairs}


def run(args: argparse.Namespace) -> None:
    """Track, score, print the table, write the files."""
    sequences = list_sequences(args.shared, args.part)
    words = {
        "tracker": args.tracker,
        "engine": args.engine,
        "precision": args.precision,
        "settings": settings_of(args.set),
    }
    if args.weights:
        words["weights_sha256"] = hashlib.sha256(args.weights.read_bytes()).hexdigest()
    if args.tracks:
        claim(args.tracks, {"part": args.part, **words})
    tracker = create_tracker(
        args.tracker,
        weights=args.weights,
        engine=args.engine,
        precision=args.precision,
        threads=args.threads,
        **settings_of(args.set),
    )
    end = "\r" if sys.stderr.isatty() else "\n"

    def report(text: str) -> None:
        print(f"{text:60}", file=sys.stderr, end=end, flush=True)

    found = follow_all(tracker, sequences, args.tracks, report)
    score = score_all(found, sequences)
    frames = sum(len(track["boxes_xywh"]) - 1 for track in found.values())
    pace = frames / sum(track["seconds"] for track in found.values())
    print(table(score, json.loads((args.shared / "sequences/peers.json").read_text()), args.part))
    print(f"{pace:.1f} frames/s in the tracker over {frames} frames")
    if args.json:
        write_json(
            args.json,
            {
                **words,
                "part": args.part,
                "auc": round(score.auc, 4),
                "precision": round(score.headline["precision"], 4),
                "frames_per_second": round(pace, 1),
                "sequences": {
                    name: [round(auc, 4), round(precision, 4)]
                    for name, (auc, precision) in measures(score).items()
                },
            },
        )


def main() -> int:
    """Read the command line; 1 and one line on stderr if the work cannot be done."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--shared", type=Path, required=True, help="folder of the project's data")
    parser.add_argument("--part", choices=("fit", "dev", "val"), default="dev")
    parser.add_argument("--tracker", default="default", help="NAME, FILE or module:Class, @PRESET")
    parser.add_argument("--weights", type=Path, help="file of weights of a NAME")
    parser.add_argument("--engine", default="auto", choices=("auto", "onnx", "openvino", "torch"))
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--threads", type=int)
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="FIELD=VALUE", help="fields of the settings"
    )
    parser.add_argument("--tracks", type=Path, help="keep the tracks here and go on from them")
    parser.add_argument("--json", type=Path, help="write the numbers here too")
    try:
        run(parser.parse_args())
    except FeathertrackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
