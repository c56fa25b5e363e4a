from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.trackers.multi import MultiTracker
from feathertrack.trackers.siamfc import SiamFCTracker
from tests.trackers.blob import BlobEngine, scene


def two_squares(step: int) -> np.ndarray:
    return np.maximum(scene((40 + step, 30)), scene((120, 90 - step)))


def test_two_targets_move_as_each_would_alone_with_one_call_a_frame() -> None:
    boxes = {"a": (28, 18, 24, 24), "b": (108, 78, 24, 24)}
    engine = BlobEngine()
    together = MultiTracker(engine)
    alone = {key: SiamFCTracker(BlobEngine()) for key in boxes}
    for key, box in boxes.items():
        together.add(key, two_squares(0), box)
        alone[key].init(two_squares(0), box)
    calls = engine.num_calls
    for step in range(1, 12):
        results = together.update(two_squares(step))
        for key, tracker in alone.items():
            np.testing.assert_array_equal(results[key].box, tracker.update(two_squares(step)).box)
    assert engine.num_calls == calls + 11


def test_targets_come_and_go() -> None:
    tracker = MultiTracker(BlobEngine())
    assert tracker.update(two_squares(0)) == {}
    tracker.add(1, two_squares(0), (28, 18, 24, 24))
    tracker.add(2, two_squares(0), (108, 78, 24, 24))
    tracker.remove(1)
    assert list(tracker.update(two_squares(1))) == [2]
    with pytest.raises(InputError, match=r"no target is called 1; there are: \[2\]"):
        tracker.remove(1)


def test_what_is_no_engine_is_refused() -> None:
    with pytest.raises(InputError, match=r"takes an engine, such as .*, got 'x'"):
        MultiTracker("x")  # type: ignore[arg-type]


def test_targets_share_one_video() -> None:
    tracker = MultiTracker(BlobEngine())
    tracker.add("a", two_squares(0), (28, 18, 24, 24))
    with pytest.raises(InputError, match=r"image for 'b' is .*, that of 'a' was"):
        tracker.add("b", two_squares(0)[:-1], (28, 18, 24, 24))
    tracker.add("a", two_squares(0)[:-1], (28, 18, 24, 24))
    assert list(tracker.update(two_squares(1)[:-1])) == ["a"]
