"""Memory over a long stream: 100,000 frames through source, tracker and a box file.

    python benchmarks/stream_memory.py --frames 100000 --json benchmarks/results/stream_memory.json

Frames are made on the fly (a textured square circles over noise): only the pipeline can grow.
The tracker searches one scale a frame instead of three: the point is memory, not speed.
Prints the resident memory of the process at each tenth of the stream.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from machine import describe_machine
from numpy.typing import NDArray

from feathertrack.trackers.creation import create_tracker
from feathertrack.tracking import follow
from feathertrack.video import ClipInfo, open_sink, open_source, parse_output

WIDTH, HEIGHT, SIDE = 320, 240, 48


def scenes(count: int) -> Iterator[NDArray[np.uint8]]:
    """RGB frames of a square that circles over a background; no two objects are kept."""
    rng = np.random.default_rng(0)
    background = rng.integers(60, 120, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    target = rng.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    for number in range(count):
        image = background.copy()
        x = int(WIDTH / 2 + 60 * np.cos(number / 40)) - SIDE // 2
        y = int(HEIGHT / 2 + 40 * np.sin(number / 40)) - SIDE // 2
        image[y : y + SIDE, x : x + SIDE] = target
        yield image


def resident_mib() -> float:
    """Resident memory of this process in MiB (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def run(frames: int, tracker_name: str) -> list[tuple[int, float]]:
    """Follow the square and return (frames done, resident MiB) at each tenth."""
    tracker = create_tracker(tracker_name, precision="float32", num_scales=1)
    x, y = WIDTH // 2 + 60 - SIDE // 2, HEIGHT // 2 - SIDE // 2
    readings: list[tuple[int, float]] = []
    with TemporaryDirectory() as folder, open_source(scenes(frames)) as source:
        clip = ClipInfo.of(source.info)
        with closing(open_sink(parse_output(f"{folder}/boxes.csv"), clip)) as sink:
            for frame, result in follow(source, tracker, box=(x, y, SIDE, SIDE)):
                sink.write(frame, result)
                if (frame.index + 1) % max(frames // 10, 1) == 0:
                    readings.append((frame.index + 1, round(resident_mib(), 1)))
                    print(f"{frame.index + 1:>8} frames  {readings[-1][1]:7.1f} MiB", flush=True)
    return readings


def main() -> None:
    """Parse the words, run, print, and write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--tracker", default="default")
    parser.add_argument("--json", type=Path)
    words = parser.parse_args()
    machine = describe_machine()
    start = time.perf_counter()
    readings = run(words.frames, words.tracker)
    report = {
        "frames": words.frames,
        "tracker": words.tracker,
        "seconds": round(time.perf_counter() - start, 1),
        "resident MiB": readings,
        "machine": machine,
    }
    if words.json:
        words.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
