"""Compose sequences whose target is covered, or leaves, for 10 to 60 frames and returns.

    python scripts/compose_absences.py --sequences ../shared/sequences/train \
        --split folds.json:dev --images ../shared/images --output runs/absences/dev
    python scripts/compose_absences.py --sequences ../shared/sequences/val \
        --images ../shared/images --output runs/absences/val

One sequence of each kind for each original, in the layout of GOT-10k: ``absence.label`` is 1 where
less than a tenth of the target's box is seen, ``cover.label`` says how many eighths are. Killed at
any time, the same command goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from feathertrack.data.composing import open_catalogue
from feathertrack.data.composing.absences import KINDS, read_footage, write_absences
from feathertrack.errors import FeathertrackError


def main() -> int:
    """Compose, and say what could not be."""
    parser = argparse.ArgumentParser(description="Compose absences into sequences.")
    parser.add_argument("--sequences", type=Path, required=True, help="folder of the sequences")
    parser.add_argument("--split", default="", help="which of them, as folds.json:dev; '' is all")
    parser.add_argument("--images", type=Path, required=True, help="photographs with masks")
    parser.add_argument("--output", type=Path, required=True, help="folder of what is composed")
    parser.add_argument("--kinds", default=",".join(KINDS), help="covered, left or both")
    parser.add_argument("--seed", type=int, default=0, help="of all random numbers")
    parser.add_argument("--processes", type=int, default=1, help="how many work at once")
    given = parser.parse_args()
    try:
        footage, problems = read_footage(given.sequences, given.split)
        report = write_absences(
            footage,
            open_catalogue(given.images),
            given.output,
            seed=given.seed,
            kinds=given.kinds.split(","),
            processes=given.processes,
        )
    except FeathertrackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    made = report.manifest["sequences"].values()
    frames = sum(one["frames"] for one in made)
    absences = sum(len(one["absences"]) for one in made)
    print(f"{given.output}: {len(made)} sequences, {frames:,} frames, {absences} absences")
    for line in [*problems, *(f"{name}: {why}" for name, why in report.failed.items())]:
        print(line, file=sys.stderr)
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
