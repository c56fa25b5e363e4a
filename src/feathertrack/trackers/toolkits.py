"""Trackers written for other toolkits, as trackers of this package.

None of the toolkits is imported: which one a class was written for shows in its methods.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from feathertrack.boxes import as_box
from feathertrack.errors import MissingExtra
from feathertrack.results import Result
from feathertrack.trackers.foreign import ForeignTracker
from feathertrack.trackers.naming import toolkit_of
from feathertrack.trackers.opencv import to_bgr
from feathertrack.trackers.tracker import Image


class Got10kTracker(Protocol):
    """What is used of a tracker of got10k's; boxes are (x, y, w, h)."""

    def init(self, image: Any, box: NDArray[np.float64]) -> object:
        """Start on a PIL image in RGB."""

    def update(self, image: Any) -> ArrayLike:
        """The box in the next one."""


class PysotTracker(Protocol):
    """What is used of a tracker of pysot's; boxes are (x, y, w, h)."""

    def init(self, img: NDArray[np.uint8], bbox: list[float], /) -> object:
        """Start on a BGR image."""

    def track(self, img: NDArray[np.uint8], /) -> Mapping[str, Any]:
        """``bbox`` and ``best_score`` in the next one."""


class PytrackingTracker(Protocol):
    """What is used of a tracker of pytracking's; boxes are [x, y, w, h]."""

    def initialize(self, image: NDArray[np.uint8], info: dict[str, Any], /) -> object:
        """Start on an RGB image with ``info["init_bbox"]``."""

    def track(self, image: NDArray[np.uint8], /) -> Mapping[str, Any]:
        """``target_bbox`` in the next one."""


def wrapped(tracker: Any, *, name: str = "") -> ForeignTracker:
    """An object written for this package or another toolkit, as a tracker of this package."""
    wrappers: dict[str | None, Any] = {
        "got10k": FromGot10k,
        "pysot": FromPysot,
        "pytracking": FromPytracking,
    }
    wrapper = wrappers.get(toolkit_of(type(tracker)), ForeignTracker)
    made: ForeignTracker = wrapper(tracker)
    made.name = name or made.name
    return made


def innermost(tracker: Any) -> Any:
    """The user's own object inside what this module and ``ForeignTracker`` put around it."""
    while isinstance(tracker, (ForeignTracker, _OnPil, _OnBgr, _OnInfo)):
        tracker = tracker.tracker
    return tracker


class FromGot10k(ForeignTracker):
    """A tracker of the GOT-10k toolkit's as one of this package; the score is always 1.

    Args:
        tracker: an object with ``init(image, box)`` and ``update(image)`` that takes PIL images.

    Raises:
        MissingExtra: Pillow is not installed.
    """

    def __init__(self, tracker: Got10kTracker) -> None:
        super().__init__(_OnPil(tracker))
        self.is_deterministic = bool(getattr(tracker, "is_deterministic", False))


class FromPysot(ForeignTracker):
    """A tracker of pysot's as one of this package.

    ``best_score`` is the score where it lies in [0, 1], as it does for SiamRPN; the state is always
    "tracking". Masks and polygons are left alone.

    Args:
        tracker: what pysot's ``build_tracker`` returns.
    """

    def __init__(self, tracker: PysotTracker) -> None:
        super().__init__(_OnBgr(tracker))


class FromPytracking(ForeignTracker):
    """A tracker of pytracking's as one of this package.

    The score is ``object_presence_score`` where the tracker gives one, else 1; the state is always
    "tracking".

    Args:
        tracker: an object with ``initialize(image, info)`` and ``track(image)``.
    """

    def __init__(self, tracker: PytrackingTracker) -> None:
        super().__init__(_OnInfo(tracker))


class _OnPil:
    def __init__(self, tracker: Got10kTracker) -> None:
        if importlib.util.find_spec("PIL") is None:
            raise MissingExtra("this needs Pillow, which is not installed: pip install pillow")
        self.tracker = tracker
        self.to_pil: Any = importlib.import_module("PIL.Image").fromarray

    def init(self, image: Image, box: NDArray[np.float64]) -> None:
        """Start on an RGB image with (x, y, w, h)."""
        self.tracker.init(self.to_pil(image), box)

    def update(self, image: Image) -> ArrayLike:
        """The box in the next image."""
        return self.tracker.update(self.to_pil(image))


class _OnBgr:
    def __init__(self, tracker: PysotTracker) -> None:
        self.tracker = tracker

    def init(self, image: Image, box: NDArray[np.float64]) -> None:
        """Start on an RGB image with (x, y, w, h)."""
        self.tracker.init(to_bgr(image), box.tolist())

    def update(self, image: Image) -> Result:
        """What the tracker says of the next image."""
        answer = self.tracker.track(to_bgr(image))
        return _result(answer, box="bbox", score="best_score")


class _OnInfo:
    def __init__(self, tracker: PytrackingTracker) -> None:
        self.tracker = tracker

    def init(self, image: Image, box: NDArray[np.float64]) -> None:
        """Start on an RGB image with (x, y, w, h)."""
        self.tracker.initialize(image, {"init_bbox": box.tolist()})

    def update(self, image: Image) -> Result:
        """What the tracker says of the next image."""
        answer = self.tracker.track(image)
        return _result(answer, box="target_bbox", score="object_presence_score")


def _result(answer: Mapping[str, Any], *, box: str, score: str) -> Result:
    value = float(answer.get(score, 1.0))
    value = min(max(value, 0.0), 1.0) if np.isfinite(value) else 0.0
    return Result(box=as_box(answer[box]), score=value, state="tracking")
