"""Windows, on machines that have none: OpenCV's functions are replaced."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from feathertrack.cli import _window
from feathertrack.cli._window import window_toolkit
from tests.cli.conftest import Run

BUILD = """
  GUI:                           {}
    VTK support:                 NO
"""


@pytest.mark.parametrize(
    ("says", "toolkit"), [("NONE", ""), ("QT5", "QT5"), ("GTK3", "GTK3"), ("WIN32UI", "WIN32UI")]
)
def test_toolkit_is_read_from_the_build_information(says: str, toolkit: str) -> None:
    assert window_toolkit(BUILD.format(says)) == toolkit


def test_no_toolkit_where_none_is_named() -> None:
    assert window_toolkit("  GUI: \n    VTK support:   NO\n") == ""
    assert window_toolkit("nothing of the kind") == ""


@pytest.mark.parametrize("option", ["--show", "--select"])
def test_headless_opencv_says_how_to_get_windows(
    run: Run, clip: Path, option: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_window, "window_toolkit", lambda: "")
    ran = run("track", clip, option, *([] if option == "--select" else ["--box", "1,2,9,9"]))
    assert ran.status == 1
    assert ran.err.count("\n") == 1
    assert "pip uninstall -y opencv" in ran.err
    assert "pip install --force-reinstall --no-deps opencv-contrib-python" in ran.err


def test_no_screen_is_told(run: Run, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_window, "window_toolkit", lambda: "QT5")
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    ran = run("track", clip, "--box", "1,2,9,9", "--show")
    assert ran.status == 1
    assert "no screen here" in ran.err


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """An OpenCV with windows, whose user presses q on the third picture."""
    shown: list[np.ndarray] = []
    monkeypatch.setattr(_window, "window_toolkit", lambda: "QT5")
    monkeypatch.setattr(_window, "has_display", lambda: True)
    monkeypatch.setattr(cv2, "imshow", lambda _, image: shown.append(image))
    monkeypatch.setattr(cv2, "waitKey", lambda _: ord("q") if len(shown) == 3 else -1)
    monkeypatch.setattr(cv2, "getWindowProperty", lambda *_: 1.0)
    monkeypatch.setattr(cv2, "destroyAllWindows", lambda: None)
    return shown


def test_live_view_ends_with_q_and_keeps_what_was_tracked(
    track: Run, clip: Path, windows: list[np.ndarray], in_tmp: Path
) -> None:
    ran = track(clip, "--box", "10,8,30,20", "--show", "--output", "boxes.csv")
    assert ran.status == 0
    assert ran.out.startswith("3 frames in ")
    assert len(windows) == 3


def test_box_is_drawn_on_the_first_frame(
    track: Run, clip: Path, windows: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "selectROI", lambda *_, **__: (10, 8, 30, 20))
    ran = track(clip, "--select", "--start", 2)
    assert ran.out.splitlines()[1].startswith("2,0.2,10.0,8.0,30.0,20.0")
    assert len(ran.out.splitlines()) == 11


def test_nothing_drawn_is_refused(
    track: Run, clip: Path, windows: list[np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cv2, "selectROI", lambda *_, **__: (0, 0, 0, 0))
    ran = track(clip, "--select")
    assert ran.status == 2
    assert "no box was drawn" in ran.err
