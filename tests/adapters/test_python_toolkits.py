"""got10k, pysot and pytracking, both ways; none of them is imported."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from feathertrack.adapters import (
    FromGot10k,
    FromPysot,
    FromPytracking,
    ToGot10k,
    ToPysot,
    ToPytracking,
)
from feathertrack.errors import InputError, MissingExtra
from feathertrack.evaluation.contestants import contestant_of
from feathertrack.trackers.conformance import check_tracker
from feathertrack.trackers.creation import create_tracker
from feathertrack.trackers.picture_book import book
from tests.adapters.trackers_of_tests import Mover

RED = np.full((40, 60, 3), (255, 0, 0), np.uint8)
BLUE = RED[..., ::-1].copy()
BOX = [10.5, 5.0, 20.0, 8.0]
MOVED = [13.5, 7.0, 20.0, 8.0]


def test_ours_for_got10k_takes_pil_images() -> None:
    pil = pytest.importorskip("PIL.Image")
    mover = Mover()
    tracker = ToGot10k(mover, name="mine")
    tracker.init(pil.fromarray(RED), np.array(BOX))
    assert mover.first[0, 0].tolist() == [255, 0, 0]
    box = tracker.update(pil.fromarray(RED).convert("L"))
    assert (box.tolist(), box.dtype) == (MOVED, np.float64)
    assert (tracker.name, tracker.is_deterministic) == ("mine", True)


def test_ours_for_got10k_tracks_files(tmp_path: Path) -> None:
    paths = [str(tmp_path / f"{number}.png") for number in range(3)]
    for path in paths:
        cv2.imwrite(path, BLUE)
    mover = Mover()
    boxes, seconds = ToGot10k(mover).track(paths, BOX, visualize=False)
    np.testing.assert_array_equal(boxes, [BOX, MOVED, np.add(MOVED, [3, 2, 0, 0])])
    assert seconds.shape == (3,)
    assert (seconds >= 0).all()
    assert mover.first[0, 0].tolist() == [255, 0, 0]
    with pytest.raises(InputError, match="visualize=True"):
        ToGot10k(mover).track(paths, BOX, visualize=True)


@pytest.mark.parametrize("origin", [0, 1])
def test_boxes_that_count_from_one_come_back_so(origin: int) -> None:
    first, second, third = Mover(), Mover(), Mover()
    got10k, pysot = ToGot10k(first, origin=origin), ToPysot(second, origin=origin)
    pytracking = ToPytracking(third, origin=origin)
    got10k.init(RED, BOX)
    pysot.init(BLUE, BOX)
    pytracking.initialize(RED, {"init_bbox": BOX})
    for mover in (first, second, third):
        assert mover.box.tolist() == [BOX[0] - origin, BOX[1] - origin, 20, 8]
        assert mover.first[0, 0].tolist() == [255, 0, 0]
    assert got10k.update(RED).tolist() == MOVED
    assert pysot.track(BLUE) == {"bbox": MOVED, "best_score": 0.75}
    assert pytracking.track(RED) == {"target_bbox": MOVED, "object_presence_score": 0.75}


def test_what_is_missing_or_wrong_is_named() -> None:
    with pytest.raises(InputError, match="is 0 or 1, got 2"):
        ToPysot(Mover(), origin=2)
    with pytest.raises(InputError, match="no 'init_bbox', only init_mask"):
        ToPytracking(Mover()).initialize(RED, {"init_mask": None})


class Theirs:
    """A tracker as those of the three toolkits: it tells what it is given and never moves."""

    is_deterministic = True

    def __init__(self, **answer: object) -> None:
        self.answer = answer
        self.pixel: list[int] = []

    def init(self, image: Any, box: Any) -> None:
        self.pixel = np.asarray(image)[0, 0].tolist()
        self.kind = type(image).__module__
        self.box = box

    def update(self, image: Any) -> Any:
        return self.box

    def initialize(self, image: np.ndarray, info: dict[str, Any]) -> None:
        self.init(image, info["init_bbox"])

    def track(self, image: np.ndarray) -> dict[str, Any]:
        return {"bbox": self.box, "target_bbox": self.box, **self.answer}


def test_a_tracker_of_got10k_gets_pil_images() -> None:
    pytest.importorskip("PIL.Image")
    theirs = Theirs()
    tracker = FromGot10k(theirs)
    tracker.init(RED, BOX)
    assert theirs.kind.startswith("PIL.")
    assert theirs.pixel == [255, 0, 0]
    assert tracker.is_deterministic
    result = tracker.update(RED)
    assert (result.box.tolist(), result.score, result.state) == (BOX, 1.0, "tracking")


def test_a_tracker_of_got10k_needs_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises((MissingExtra, ValueError)):
        FromGot10k(Theirs())


@pytest.mark.parametrize(
    ("answer", "score"),
    [
        ({"best_score": 0.5}, 0.5),
        ({}, 1.0),
        ({"best_score": 7.0}, 1.0),
        ({"best_score": np.nan}, 0),
    ],
)
def test_a_tracker_of_pysot_gets_bgr(answer: dict[str, object], score: float) -> None:
    theirs = Theirs(**answer)
    tracker = FromPysot(theirs)
    tracker.init(RED, BOX)
    assert (theirs.pixel, theirs.box) == ([0, 0, 255], BOX)
    result = tracker.update(RED)
    assert (result.box.tolist(), result.score, result.state) == (BOX, score, "tracking")


def test_a_tracker_of_pytracking_gets_rgb_and_info() -> None:
    theirs = Theirs(object_presence_score=0.25)
    tracker = FromPytracking(theirs)
    tracker.init(RED, BOX)
    assert (theirs.pixel, theirs.box) == ([255, 0, 0], BOX)
    assert tracker.update(RED).score == 0.25


@pytest.mark.parametrize("wrap", [FromPysot, FromPytracking])
def test_wrapped_trackers_keep_the_promises_of_one(wrap: Any) -> None:
    check_tracker(wrap(Theirs())).require()


def test_there_and_back_is_the_same() -> None:
    frames = book(seed=0)
    plain, wrapped = Mover(), FromPysot(ToPysot(Mover()))
    plain.init(frames[0], BOX)
    wrapped.init(frames[0], BOX)
    assert wrapped.update(frames[1]).box.tolist() == plain.update(frames[1]).box.tolist()


_THEIRS = """
class OfPysot:
    def init(self, img, bbox): self.box = bbox; assert img[0, 0, 2] == 255
    def track(self, img): return {"bbox": self.box, "best_score": 0.5}
class OfPytracking:
    def initialize(self, image, info): self.box = info["init_bbox"]; assert image[0, 0, 0] == 255
    def track(self, image): return {"target_bbox": self.box, "object_presence_score": 0.5}
"""


@pytest.mark.parametrize("name", ["OfPysot", "OfPytracking"])
def test_a_class_of_another_toolkit_is_wrapped_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "theirs_by_name.py").write_text(_THEIRS, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "theirs_by_name", raising=False)
    tracker = create_tracker(f"theirs_by_name:{name}")
    tracker.init(RED, BOX)
    result = tracker.update(RED)
    assert (result.box.tolist(), result.score) == (BOX, 0.5)
    contestant = contestant_of(tracker)
    assert (contestant.label, contestant.deterministic) == (name, False)
