from __future__ import annotations

import pickle

import numpy as np
import pytest

from feathertrack.errors import InputError, TrackerFailed
from feathertrack.trackers.foreign import ForeignTracker
from feathertrack.tracking import track

IMAGE = np.zeros((40, 60, 3), np.uint8)


class Broken:
    def init(self, image: np.ndarray, box: np.ndarray) -> None: ...

    def update(self, image: np.ndarray) -> list[float]:
        raise RuntimeError("one\ntwo")


def test_what_it_raises_becomes_one_line_with_the_cause() -> None:
    tracker = ForeignTracker(Broken(), name="mine:Broken")
    tracker.init(IMAGE, (1, 2, 30, 20))
    with pytest.raises(TrackerFailed) as failed:
        tracker.update(IMAGE)
    assert str(failed.value) == "tracker mine:Broken failed: RuntimeError: one two"
    assert isinstance(failed.value.__cause__, RuntimeError)
    assert str(pickle.loads(pickle.dumps(failed.value))) == str(failed.value)  # from workers


def test_following_says_on_which_frame() -> None:
    results = track([IMAGE] * 4, box=(1, 2, 30, 20), tracker=ForeignTracker(Broken()), start=2)
    with pytest.raises(TrackerFailed, match="Broken failed at frame 3: RuntimeError"):
        list(results)


def test_update_needs_a_box_and_a_picture() -> None:
    tracker = ForeignTracker(Broken())
    with pytest.raises(InputError, match="init the tracker with a box first"):
        tracker.update(IMAGE)
    tracker.init(IMAGE, (1, 2, 30, 20))
    with pytest.raises(InputError, match="RGB uint8"):
        tracker.update(IMAGE.astype(np.float32))
