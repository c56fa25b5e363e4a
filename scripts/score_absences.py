"""Measure what the score and the states of a tracker are worth where targets leave and return.

    python scripts/compose_absences.py ... --output runs/absences/dev
    python scripts/score_absences.py runs/absences/dev --tracker feather_small --fit \
        --output runs/absences_dev
    python scripts/score_absences.py runs/absences/val --tracker feather_small \
        --apply runs/absences_dev/feather_small.settings.json --output runs/absences_val

With ``--fit`` settings are chosen by the rule of ``evaluation.absences.fitting``, printed, and kept
beside the figures; with ``--apply`` those of an earlier fit are taken and nothing is chosen. A
tracker of this package runs with them, so that what it does while it is lost is measured too; of
another only the score is read by them. Sequences that are done are kept: killed at any time, the
same command goes on. ``curves.png`` shows every tracker of the folder (docs/absences.md).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from absences_figure import draw_curves
from feathertrack.benchmarks.folder import open_folder
from feathertrack.benchmarks.got10k import Got10kReader
from feathertrack.benchmarks.sequence import Sequence
from feathertrack.boxes import zero_based
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.evaluation.absences import (
    Followed,
    Rule,
    fit_states,
    followed_from_json,
    followed_to_json,
    summarise,
    summary_lines,
)
from feathertrack.trackers import changing
from feathertrack.trackers.confidence import ConfidenceSettings
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.families import FAMILIES
from feathertrack.trackers.settings import settings_from_json, settings_to_json
from feathertrack.trackers.tracker import Tracker
from feathertrack.video.pictures import read_picture
from score_sequences import claim, settings_of, write_json

Report = Callable[[str], None]


def read_sequences(folder: Path, split: str = "") -> list[Sequence]:
    """Composed sequences, or plain ones, in which the target is always there, 0-based.

    Raises:
        InputError: no sequence is found.
    """
    labels = sorted(folder.glob("*/absence.label"))
    if labels:
        reader = Got10kReader(folder)
        return [reader.load(path.parent.name) for path in labels]
    plain = open_folder(folder)
    names = plain.names
    if split:
        file, _, part = split.partition(":")
        names = tuple(json.loads((folder.parent / file).read_text())[part])
    return [plain[name] for name in names]


def follow(tracker: Tracker, sequence: Sequence) -> dict[str, Any]:
    """What the tracker says about a sequence, or why it refuses its target."""
    truth = zero_based(sequence.truth) if sequence.origin else sequence.truth
    boxes, scores, states, shares = [truth[0]], [1.0], ["tracking"], [1.0]
    for number, path in enumerate(sequence.frames[: len(truth)]):
        image = read_picture(path)
        if number == 0:
            try:
                tracker.init(image, truth[0])
            except InputError as error:
                return {"refused": str(error)}
            continue
        result = tracker.update(image)
        confidence = getattr(tracker, "confidence", None)
        boxes.append(result.box)
        scores.append(result.score)
        states.append(result.state)
        shares.append(result.score if confidence is None else confidence.share)
    return followed_to_json(boxes, scores, states, shares)  # type: ignore[arg-type]


def follow_all(
    tracker: Tracker, sequences: list[Sequence], kept: Path, report: Report
) -> tuple[list[Followed], dict[str, str]]:
    """Every sequence followed, those that are kept from there; and those that are left out.

    Those are what the tracker refuses to start on, as OpenCV's do on tiny boxes: name -> why.
    """
    runs, refused = [], {}
    began, at_once = time.monotonic(), 0
    for number, sequence in enumerate(sequences, 1):
        path = kept / f"{sequence.name.replace('/', '_')}.json"
        if not path.exists():
            left = (len(sequences) - number + 1) * (time.monotonic() - began) / max(at_once, 1)
            about = f", about {left / 60:.0f} min to go" if at_once else ""
            report(f"{number}/{len(sequences)} {sequence.name}{about}")
            write_json(path, follow(tracker, sequence))
            at_once += 1
        said = json.loads(path.read_text())
        if "refused" in said:
            refused[sequence.name] = said["refused"]
            continue
        truth = zero_based(sequence.truth) if sequence.origin else sequence.truth
        absent = sequence.absent
        runs.append(followed_from_json(said, name=sequence.name, truth=truth, absent=absent))
    return runs, refused


def make_tracker(args: argparse.Namespace, chosen: Mapping[str, Any]) -> Tracker:
    """The tracker with the settings that are given and, where it is ours, those of an earlier fit.

    Raises:
        InputError: there is no such tracker or setting.
    """
    given = {name: getattr(args, name) for name in ("weights", "engine", "precision", "threads")}
    words = {name: value for name, value in given.items() if value is not None}
    tracker = create_tracker(args.tracker, **words, **settings_of(args.set))
    if not chosen or not is_ours(tracker):
        return tracker
    settings = settings_from_json(changing.settings_of(tracker), chosen)
    return changing.with_settings(tracker, settings)


def is_ours(tracker: Tracker) -> bool:
    """Whether the tracker takes settings from here."""
    return type(tracker) in {family.tracker for family in FAMILIES.values()}


def said_of(args: argparse.Namespace, tracker: Tracker) -> dict[str, Any]:
    """What the tracks depend on."""
    settings = changing.settings_of(tracker)
    return {
        "tracker": args.tracker,
        "weights": hashlib.sha256(args.weights.read_bytes()).hexdigest() if args.weights else "",
        "engine": args.engine,
        "precision": args.precision,
        "settings": None if settings is None else settings_to_json(settings),
    }


def run(args: argparse.Namespace) -> None:
    """Follow, choose or take settings, measure, write and draw."""
    chosen = _read_chosen(args.apply)
    tracker = make_tracker(args, chosen)
    kept = args.output / args.label
    end = "\r" if sys.stderr.isatty() else "\n"

    def report(text: str) -> None:
        print(f"{text:70}", file=sys.stderr, end=end, flush=True)

    said = said_of(args, tracker)
    claim(kept, {**said, "data": str(args.data)})
    runs, refused = follow_all(tracker, read_sequences(args.data), kept, report)
    own = getattr(changing.settings_of(tracker), "confidence", None) or ConfidenceSettings()
    settings = settings_from_json(own, chosen.get("confidence", {}))
    if args.fit:
        settings = fit_states(
            runs, made_with=settings, rule=Rule(false_lost=args.false_lost, sure=args.sure)
        )
        fitted = {"confidence": asdict(settings), "about": {"fitted": str(args.data), **said}}
        write_json(args.output / f"{args.label}.settings.json", fitted)
        print(json.dumps(asdict(settings), indent=1))
    summary = {**said, "refused": refused, **summarise(runs, settings)}
    if args.plain:
        plain = kept / "plain"
        claim(plain, {**said, "data": f"{args.plain} {args.split}"})
        runs, _ = follow_all(tracker, read_sequences(args.plain, args.split), plain, report)
        summary["plain"] = summarise(runs, settings)
    write_json(args.output / f"{args.label}.json", summary)
    _show(args.output)


def _read_chosen(path: Path | None) -> dict[str, Any]:
    """The settings of an earlier fit: fields of a tracker's settings."""
    if path is None:
        return {}
    found = json.loads(path.read_text())
    if not isinstance(found, dict) or "confidence" not in found:
        raise InputError(f'{path} holds no settings of an earlier fit: it needs "confidence"')
    return {name: value for name, value in found.items() if name != "about"}


def _show(output: Path) -> None:
    """Print and draw every tracker of a folder."""
    found = dict(_summaries(output))
    print("\n".join(summary_lines(found)))
    for name, summary in found.items():
        for sequence, why in summary["refused"].items():
            print(f"{name} is without {sequence}: {why}")
        if "plain" in summary:
            false = summary["plain"]["lost"]
            print(
                f"{name} on {summary['plain']['frames']} frames without absences: false lost "
                f"{false['false_lost']:.4f}, lost {false['lost']:.4f}, mean overlap "
                f"{summary['plain']['overlap']:.4f}"
            )
    draw_curves(found, output / "curves.png")


def _summaries(output: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted(output.glob("*.json")):
        summary = json.loads(path.read_text())
        if "curve" in summary:
            yield path.stem, summary


def main() -> int:
    """Read the command line; 1 and one line on stderr if the work cannot be done."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path, help="folder of composed sequences")
    parser.add_argument("--tracker", required=True, help="NAME, FILE or module:Class, @PRESET")
    parser.add_argument("--label", default="", help="what figures call it")
    parser.add_argument("--weights", type=Path, help="file of weights of a NAME")
    parser.add_argument("--engine", choices=("auto", "onnx", "openvino", "torch"))
    parser.add_argument("--precision", help="such as float32")
    parser.add_argument("--threads", type=int)
    parser.add_argument(
        "--set", nargs="*", default=[], metavar="FIELD=VALUE", help="fields of the settings"
    )
    parser.add_argument("--fit", action="store_true", help="choose how the score is read")
    parser.add_argument("--apply", type=Path, help="settings of an earlier fit")
    parser.add_argument("--false-lost", type=float, default=0.02, help="at most, for --fit")
    parser.add_argument(
        "--sure",
        type=float,
        default=Rule.sure,
        help="share of good frames above tracking, for --fit",
    )
    parser.add_argument("--plain", type=Path, help="folder of sequences without absences, too")
    parser.add_argument("--split", default="", help="which of them, as folds.json:dev")
    parser.add_argument("--output", type=Path, required=True, help="folder of what is measured")
    args = parser.parse_args()
    args.label = args.label or args.tracker.split("@")[0].split(":")[-1]
    try:
        run(args)
    except (FeathertrackError, OSError, json.JSONDecodeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
