"""The VOT toolkit in an environment of its own, and a workspace with a tiny sequence for it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.trackers.picture_book import book

NUM_FRAMES = 6


def run(
    words: list[str | Path], *, timeout: int = 570, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=cwd,
    )


def toolkit(version: str, folder: Path) -> Path:
    """The ``vot`` program of a version of the toolkit, installed if need be; skips without pip.

    Kept in $FEATHERTRACK_VOT_TOOLKITS, if that is set, for the next time.
    """
    home = Path(os.environ.get("FEATHERTRACK_VOT_TOOLKITS", folder)) / f"toolkit-{version}"
    binaries = home / ("Scripts" if os.name == "nt" else "bin")
    if not (home / "complete").exists():
        run([sys.executable, "-m", "venv", home])
        # attributee 0.1.10 cannot be imported with Python 3.11 and later
        wanted = [f"vot-toolkit=={version}", "attributee==0.1.9"]
        done = run([binaries / "python", "-m", "pip", "install", "-q", *wanted])
        if done.returncode:
            pytest.skip(f"pip cannot install the toolkit here: {done.stderr.strip()[-200:]}")
        (home / "complete").touch()
    return binaries / "vot"


def write_workspace(folder: Path, experiment: dict[str, object], *, polygon: bool = False) -> Path:
    """A workspace with one sequence of ``NUM_FRAMES`` frames and one experiment, ``baseline``."""
    sequence = folder / "sequences" / "square"
    (sequence / "color").mkdir(parents=True)
    for number, frame in enumerate(book(seed=0)[:NUM_FRAMES]):
        path = sequence / "color" / f"{number + 1:08d}.png"
        cv2.imwrite(str(path), frame[..., ::-1])
    rows = []
    for x, y, w, h in truth():
        corners = (x, y, x + w, y, x + w, y + h, x, y + h)
        rows.append(",".join(map(str, corners if polygon else (x, y, w, h))))
    (sequence / "groundtruth.txt").write_text("\n".join(rows) + "\n")
    anchors = [1, *[0] * (NUM_FRAMES - 2), -1]
    (sequence / "anchor.value").write_text("\n".join(map(str, anchors)) + "\n")
    described = {
        "channels.color": "color/%08d.png",
        "name": "square",
        "fps": "30",
        "format": "default",
        "length": str(NUM_FRAMES),
        "width": "240",
        "height": "180",
        "channel.default": "color",
    }
    (sequence / "sequence").write_text("".join(f"{k}={v}\n" for k, v in described.items()))
    (folder / "sequences" / "list.txt").write_text("square\n")
    stack = folder / "stack.yaml"  # JSON is YAML
    stack.write_text(json.dumps({"title": "test", "experiments": {"baseline": experiment}}))
    config = {"registry": ["./trackers.ini"], "stack": str(stack), "sequences": "sequences"}
    (folder / "config.yaml").write_text(json.dumps(config))
    return folder


def truth() -> np.ndarray:
    """(F, 4) the boxes of the target of ``book``."""
    return np.array([(90 + 3 * n, 66 + 2 * n, 48, 40) for n in range(NUM_FRAMES)], dtype=float)
