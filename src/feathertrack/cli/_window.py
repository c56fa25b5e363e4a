"""Windows, where the installed OpenCV has them: the live view and choosing a box by mouse."""

from __future__ import annotations

import os
import re
import sys
from importlib import metadata

import numpy as np

from feathertrack.boxes import Boxes, as_box
from feathertrack.cli._opencv_wheels import HEADLESS, WITH_WINDOWS, opencv_wheels, swap_commands
from feathertrack.errors import FeathertrackError, InputError
from feathertrack.video.frames import Image

_TITLE = "feathertrack"
_ESCAPE = 27


class NoWindows(FeathertrackError):
    """This machine cannot open a window."""


def window_toolkit(build_information: str | None = None) -> str:
    """What OpenCV opens windows with, "QT5" or "WIN32UI"; "" where it was built without.

    Args:
        build_information: what ``cv2.getBuildInformation()`` says; None asks it.
    """
    if build_information is None:
        import cv2

        build_information = cv2.getBuildInformation()
    line = re.search(r"^\s*GUI:[ \t]*(\S*)", build_information, re.MULTILINE)
    toolkit = line[1] if line else ""
    return "" if toolkit.upper() == "NONE" else toolkit


def has_display() -> bool:
    """There is a screen to open a window on."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def require_windows(option: str, *, instead: str) -> None:
    """Refuse an option that opens a window where none can be opened.

    Raises:
        NoWindows: says how to get one, and what to do without.
    """
    if not window_toolkit():
        wheels = opencv_wheels(metadata.distributions()) or {HEADLESS: ""}
        commands = " && ".join(swap_commands(wheels, WITH_WINDOWS))
        raise NoWindows(
            f"{option} opens a window, which {' and '.join(wheels)} cannot do: {commands}; "
            f"or, without a window, {instead}"
        )
    if not has_display():
        raise NoWindows(
            f"{option} opens a window, and there is no screen here (DISPLAY is not set); "
            f"without one, {instead}"
        )


class LiveWindow:
    """Shows pictures until the user presses q or Esc or closes the window."""

    def show(self, image: Image) -> bool:
        """Show an RGB picture; False once the user has had enough."""
        import cv2

        cv2.imshow(_TITLE, image[..., ::-1])
        key = cv2.waitKey(1) & 0xFF
        closed = cv2.getWindowProperty(_TITLE, cv2.WND_PROP_VISIBLE) < 1
        return not closed and key not in (_ESCAPE, ord("q"))

    def close(self) -> None:
        """Close the window."""
        import cv2

        cv2.destroyAllWindows()


def select_box(image: Image) -> Boxes:
    """The box (x, y, w, h) that the user draws on an RGB picture with the mouse.

    Raises:
        InputError: the user drew none.
    """
    import cv2

    title = "draw the box, then press Enter (c: cancel)"
    drawn = cv2.selectROI(title, np.ascontiguousarray(image[..., ::-1]), showCrosshair=False)
    cv2.destroyAllWindows()
    if min(drawn[2:]) <= 0:
        raise InputError("no box was drawn: press the mouse button, drag, and press Enter")
    return as_box(drawn)
