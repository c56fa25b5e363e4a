"""What the trackers of SiamRPN++ and SiamKPN share, on networks that need no weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.trackers.conformance import check_tracker
from feathertrack.trackers.creation import tracker_for
from feathertrack.trackers.multi import MultiTracker
from feathertrack.trackers.proposals import logistic
from feathertrack.trackers.siamese import SiameseTracker
from tests.trackers.siamese_engines import SquareEngine, square

KINDS = [("siamrpn", "pysot"), ("siamrpn", "mmtracking"), ("siamkpn", "pysot")]


def started(family: str = "siamrpn", anchors: str = "pysot", **changes: object) -> SiameseTracker:
    tracker = tracker_for(SquareEngine(family, anchors=anchors), changes=changes)
    assert isinstance(tracker, SiameseTracker)
    tracker.init(square((160, 120)), (140, 100, 40, 40))
    return tracker


@pytest.mark.parametrize(("family", "anchors"), KINDS)
def test_follows_a_moving_square(family: str, anchors: str) -> None:
    tracker = started(family, anchors, start_in_middle=True, size_rate=0.4)
    for step in range(1, 16):
        center = (160 + 4 * step, 120 - 2 * step)
        result = tracker.update(square(center))
    found = result.box[:2] + result.box[2:] / 2
    assert np.abs(found - center).max() < 1.5
    assert np.abs(result.box[2:] - 40).max() < 3
    assert result.state == "tracking"


@pytest.mark.parametrize(("family", "anchors"), KINDS)
def test_follows_a_growing_square(family: str, anchors: str) -> None:
    tracker = started(family, anchors, size_rate=1.0)
    for step in range(12):
        result = tracker.update(square((160, 120), size=40 + 2 * step))
    assert np.abs(result.box[2:] - 62).max() < 4


def test_the_public_tracker_begins_half_a_pixel_off_the_middle() -> None:
    assert started().target.center.tolist() == [159.5, 119.5]
    assert started(start_in_middle=True).target.center.tolist() == [160, 120]
    assert started(anchors="mmtracking").target.center.tolist() == [160, 120]


@pytest.mark.parametrize(("family", "anchors"), KINDS)
def test_keeps_the_promises_of_a_tracker(family: str, anchors: str) -> None:
    check_tracker(tracker_for(SquareEngine(family, anchors=anchors))).require()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("family", ["siamrpn", "siamkpn"])
def test_outputs_that_are_not_finite_leave_the_box_where_it_was(family: str, value: float) -> None:
    tracker = started(family)
    before = tracker.update(square((160, 120)))
    outputs = tracker.engine.predict(tracker.features, tracker.search(square((160, 120))))
    after = tracker.decode(tuple(np.full_like(output, value) for output in outputs))
    np.testing.assert_array_equal(before.box, after.box)
    assert after.score < 0.01
    assert np.isfinite(tracker.update(square((160, 120))).box).all()


@pytest.mark.parametrize("family", ["siamrpn", "siamkpn"])
def test_one_bad_proposal_does_not_hide_the_good_ones(family: str) -> None:
    tracker, other = started(family), started(family)
    image = square((164, 122))
    outputs = tracker.engine.predict(tracker.features, tracker.search(image))
    spoilt = [output.copy() for output in outputs]
    spoilt[1][..., 0, 0] = np.nan
    assert tracker.decode(tuple(spoilt)).box == pytest.approx(other.update(image).box)


def test_sizes_of_zero_and_less_are_no_boxes() -> None:
    tracker = started("siamkpn")
    before = tracker.target
    heatmap, offsets, objsize = tracker.engine.predict(
        tracker.features, tracker.search(square((160, 120)))
    )
    for size in (0.0, -40.0):
        tracker.decode((heatmap, offsets, np.full_like(objsize, size)))
        assert tracker.target is before


@pytest.mark.parametrize("growth", [300.0, -300.0])
def test_boxes_that_overflow_stay_within_the_frame(growth: float) -> None:
    tracker = started(size_rate=1.0, size_penalty=0.0)
    cls, loc = tracker.engine.predict(tracker.features, tracker.search(square((160, 120))))
    loc = np.full_like(loc, growth)
    box = tracker.decode((cls, loc)).box
    assert np.isfinite(box).all()
    assert (box[2:] >= 10).all() and (box[2:] <= [320, 240]).all()


def test_an_empty_scene_becomes_lost_and_comes_back() -> None:
    tracker = started()
    black = np.zeros((240, 320, 3), np.uint8)
    states = [tracker.update(black).state for _ in range(4)]
    assert states == ["uncertain", "uncertain", "lost", "lost"]
    assert tracker.update(square((160, 120))).state == "tracking"


def test_two_targets_move_as_each_would_alone() -> None:
    boxes = {"a": (40, 40, 30, 30), "b": (220, 140, 30, 30)}
    scenes = [
        np.maximum(square((55 + step, 55), size=30), square((235, 155 - step), size=30))
        for step in range(5)
    ]
    for family, anchors in KINDS:
        engine = SquareEngine(family, anchors=anchors)
        together = MultiTracker(engine)
        alone = {key: tracker_for(SquareEngine(family, anchors=anchors)) for key in boxes}
        for key, box in boxes.items():
            together.add(key, scenes[0], box)
            alone[key].init(scenes[0], box)
        for scene in scenes[1:]:
            results = together.update(scene)
            for key, tracker in alone.items():
                np.testing.assert_array_equal(results[key].box, tracker.update(scene).box)
        assert engine.shapes[-1] == (2, 255, 255, 3)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"search_size": 100}, "search_size must be 0 or from 127"),
        ({"size_rate": 1.5}, "size_rate must lie between"),
        ({"window_wait": 0.5}, "nearest: window_weight"),
    ],
)
def test_bad_settings_are_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        tracker_for(SquareEngine(), changes=changes)


def test_bad_images_are_refused() -> None:
    tracker = started()
    with pytest.raises(InputError, match="the frame is 64 x 48, the target was given on 320 x 240"):
        tracker.update(np.zeros((48, 64, 3), np.uint8))
    with pytest.raises(InputError, match="init the tracker with a box first"):
        tracker_for(SquareEngine()).update(square((160, 120)))


def test_debug_view_gets_bytes_and_a_map() -> None:
    for family, anchors in KINDS:
        tracker = started(family, anchors)
        tracker.update(square((160, 120)))
        assert tracker.last_search is not None and tracker.last_search.dtype == np.uint8
        assert tracker.last_score is not None and np.isfinite(tracker.last_score).all()
        assert tracker.last_score.ndim == 2


def test_logistic_does_not_overflow() -> None:
    assert np.isfinite(logistic(np.array([-1e30, 1e30], np.float32))).all()
