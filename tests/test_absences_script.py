"""The script that measures absences: from a folder of sequences to figures and a picture."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from feathertrack.errors import InputError
from feathertrack.results import Result

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
AWAY = range(6, 9)
SIDE = 10


class Bright:
    """Follows what is bright; a little less sure in every other frame; refuses wide boxes."""

    def init(self, image: NDArray[np.uint8], box: ArrayLike) -> None:
        self.box = np.asarray(box, np.float64)
        self.frames = 0
        if self.box[2] > SIDE:
            raise InputError("too wide")

    def update(self, image: NDArray[np.uint8]) -> Result:
        self.frames += 1
        rows, columns = np.nonzero(image.mean(axis=2) > 128)
        score = 0.1 if not len(rows) else 0.9 - 0.2 * (self.frames % 2)
        if len(rows):
            self.box = np.array([columns.min(), rows.min(), SIDE, SIDE], np.float64)
        return Result(box=self.box, score=score, state="tracking")


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import score_absences

    return score_absences


@pytest.fixture
def composed(tmp_path: Path) -> Path:
    for name, width in (("a-left", SIDE), ("b-left", SIDE), ("wide", 2 * SIDE)):
        folder = tmp_path / "composed" / name
        folder.mkdir(parents=True)
        for frame in range(14):
            image = np.zeros((40, 60, 3), np.uint8)
            if frame not in AWAY:
                image[10 : 10 + SIDE, frame : frame + SIDE] = 255
            cv2.imwrite(str(folder / f"{frame + 1:08d}.jpg"), image)
        rows = "".join(f"{frame},10,{width},10\n" for frame in range(14))
        (folder / "groundtruth.txt").write_text(rows)
        (folder / "absence.label").write_text("".join(f"{int(n in AWAY)}\n" for n in range(14)))
    return tmp_path / "composed"


def _run(script: ModuleType, monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    given = ["score_absences.py", *map(str, words), "--tracker", f"{__name__}:Bright"]
    monkeypatch.setattr(sys, "argv", [*given, "--label", "bright"])
    code: int = script.main()
    return code


def test_settings_are_chosen_kept_and_applied(
    script: ModuleType,
    composed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    dev, val = tmp_path / "dev", tmp_path / "val"
    assert _run(script, monkeypatch, composed, "--fit", "--output", dev) == 0
    summary = json.loads((dev / "bright.json").read_text())
    assert (summary["lost"]["precision"], summary["lost"]["recall"]) == (1, 1)
    assert summary["returns"]["found"] == 1
    assert summary["refused"] == {"wide": "too wide"}
    assert summary["sequences"] == 2
    assert "bright is without wide: too wide" in capsys.readouterr().out
    picture = cv2.imread(str(dev / "curves.png"))
    assert picture is not None and picture.std() > 5

    settings = dev / "bright.settings.json"
    (composed / "a-left" / "00000003.jpg").unlink()  # nothing is followed twice
    assert _run(script, monkeypatch, composed, "--fit", "--output", dev) == 0
    assert _run(script, monkeypatch, composed, "--apply", settings, "--output", val) == 1
    assert "00000003.jpg" in capsys.readouterr().err
    assert not (val / "bright.settings.json").exists()


def test_a_file_that_is_no_settings_is_refused(
    script: ModuleType,
    composed: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text("{}")
    assert _run(script, monkeypatch, composed, "--apply", wrong, "--output", tmp_path / "out") == 1
    assert "no settings of an earlier fit" in capsys.readouterr().err
