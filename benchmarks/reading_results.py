"""Seconds to read 280 result files of LaSOT's length, beside ``numpy.loadtxt``.

    python benchmarks/reading_results.py --output benchmarks/results/reading_NAME.json

The files are made: boxes with two decimals, comma separated, of the average length of LaSOT's
protocol II (685,360 rows in 280 files). The readers take turns, each reads all files, and they must
agree.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from machine import describe_machine

from feathertrack.textrows import parse_rows

FILES, ROWS = 280, 685_360


def write_files(folder: Path, *, files: int) -> list[Path]:
    """Result files of 1,000 to 3,895 rows, 2,448 on average, as in LaSOT."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1000, 2 * ROWS // FILES - 1000, files)
    paths = []
    for number, length in enumerate(lengths):
        boxes = np.abs(rng.normal(200, 80, (length, 4)))
        path = folder / f"sequence-{number}.txt"
        np.savetxt(path, boxes, fmt="%.2f", delimiter=",")
        paths.append(path)
    return paths


def measure(paths: list[Path]) -> dict[str, float]:
    """Seconds of both readers, each for all files one after the other."""
    began = time.perf_counter()
    ours = [parse_rows(path) for path in paths]
    between = time.perf_counter()
    theirs = [np.loadtxt(path, delimiter=",") for path in paths]
    ended = time.perf_counter()
    for rows, expected in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(rows, expected)
    return {"feathertrack": between - began, "numpy.loadtxt": ended - between}


def main() -> None:
    """Parse the words, run, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--files", type=int, default=FILES)
    parser.add_argument("--rounds", type=int, default=3)
    words = parser.parse_args()
    machine = describe_machine()
    with TemporaryDirectory() as folder:
        paths = write_files(Path(folder), files=words.files)
        rounds = [measure(paths) for _ in range(words.rounds)]
    ratios = [one["numpy.loadtxt"] / one["feathertrack"] for one in rounds]
    report = {
        "machine": machine,
        "files": words.files,
        "seconds": rounds,
        "numpy.loadtxt over feathertrack": {"median": float(np.median(ratios)), "all": ratios},
    }
    words.output.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{np.median(ratios):.2f} times as fast as numpy.loadtxt")


if __name__ == "__main__":
    main()
