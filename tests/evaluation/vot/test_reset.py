from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feathertrack.boxes import Boxes
from feathertrack.errors import InputError
from feathertrack.evaluation.vot.region_overlap import region_overlaps
from feathertrack.evaluation.vot.regions import NO_CODE, Regions
from feathertrack.evaluation.vot.reset import (
    ResetRuleName,
    is_on_target,
    region_of,
    run_with_resets,
)
from tests.evaluation.vot.moving_boxes import Clock, Drifting, Slow
from tests.shared_data import shared

STILL = Regions.from_rows([[20, 20, 10, 10]] * 12)
RULES: list[ResetRuleName] = ["pysot", "toolkit", "got10k"]


def codes_of(run: Regions) -> list[int]:
    return run.codes.tolist()


@pytest.fixture(scope="module")
def bookkeeping() -> dict[str, Any]:
    stored: dict[str, Any] = json.loads(
        shared("goldens/eval/vot_reset_bookkeeping.json").read_text()
    )
    return stored


class Stored:
    """The made-up tracker of the stored run: frames are their numbers."""

    def __init__(self, truth: list[list[float]]) -> None:
        self.truth = np.array(truth)

    def init(self, image: int, box_xywh: Boxes, /) -> None:
        corners = self.truth[image].reshape(-1, 2)
        low, self.started = corners.min(axis=0), image
        self.box = np.concatenate([low, corners.max(axis=0) - low])

    def update(self, image: int, /) -> Boxes:
        step = (3.1, 1.7) if (self.started // 7) % 2 == 0 else (-0.4, 0.6)
        return self.box + np.array([*np.multiply(step, image - self.started), 0, 0])


def test_stored_run_is_reproduced(bookkeeping: dict[str, Any]) -> None:
    truth = Regions.from_rows(bookkeeping["groundtruth"])
    run = run_with_resets(
        Stored(bookkeeping["groundtruth"]),
        lambda index: index,
        truth,
        size_wh=tuple(bookkeeping["size_wh"]),
    )
    events = {1: "init", 2: "fail"}
    found = [[i, events[c]] for i, c in enumerate(codes_of(run.regions)) if c in events]
    assert found == bookkeeping["events"]
    for index, row in enumerate(bookkeeping["trajectory"]):
        np.testing.assert_allclose(run.regions.row(index), row, atol=0.005)


@pytest.mark.parametrize("rule", RULES)
def test_tracker_that_stays_is_started_once(rule: ResetRuleName) -> None:
    tracker = Drifting()
    run = run_with_resets(tracker, lambda i: i, STILL, size_wh=(60, 60), rule=rule)
    assert codes_of(run.regions) == [1] + [NO_CODE] * 11
    assert tracker.calls == [("init", 0)] + [("update", i) for i in range(1, 12)]


@pytest.mark.parametrize("rule", RULES)
def test_lost_tracker_rests_four_frames(rule: ResetRuleName) -> None:
    tracker = Drifting(step=(12.0, 0.0))
    run = run_with_resets(tracker, lambda i: i, STILL, size_wh=(60, 60), rule=rule)
    assert codes_of(run.regions) == [1, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0]
    assert tracker.calls == [("init", 0), ("update", 1), ("init", 6), ("update", 7)]


def test_only_frames_that_are_shown_are_read() -> None:
    read: list[int] = []

    def frame(index: int) -> int:
        read.append(index)
        return index

    run_with_resets(Drifting(step=(12.0, 0.0)), frame, STILL, size_wh=(60, 60))
    assert read == [0, 1, 6, 7]


def test_times_are_those_of_the_calls() -> None:
    clock = Clock()
    tracker = Slow(step=(12.0, 0.0), clock=clock, seconds=[0.5, 0.25, 1.0, 2.0])
    run = run_with_resets(tracker, lambda i: i, STILL, size_wh=(60, 60), clock=clock)
    assert run.times[[0, 1, 6, 7]].tolist() == [0.5, 0.25, 1.0, 2.0]
    assert np.isnan(np.delete(run.times, [0, 1, 6, 7])).all()


def test_rectangle_is_compared_by_its_own_pixels_only_in_pysot() -> None:
    # pysot's quad ends one pixel before x + w; the toolkit's rectangle has ten columns.
    truth, region = np.array([10.0, 10, 11, 11]), np.array([20.4, 10, 10, 10])
    assert is_on_target(region, truth, size_wh=(60, 60), rule="got10k")
    assert not is_on_target(region, truth, size_wh=(60, 60), rule="pysot")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.integers(-10, 60).map(float), min_size=8, max_size=8),
    st.tuples(*[st.integers(-5, 50).map(float)] * 2, *[st.integers(0, 40).map(float)] * 2),
)
def test_shortcut_never_differs_from_counting(quad: list[float], box: tuple[float, ...]) -> None:
    one, two = Regions.from_list([box]), Regions.from_list([quad])
    expected = region_overlaps(one, two, size_wh=(55, 48), rule="toolkit")[0] > 0
    found = is_on_target(np.array(box), np.array(quad), size_wh=(55, 48), rule="toolkit")
    assert found == expected


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_box_that_is_not_finite_is_a_failure(rule: ResetRuleName, value: float) -> None:
    region = np.array([20, value, 10, 10])
    assert not is_on_target(region, STILL.row(0), size_wh=(60, 60), rule=rule)


def test_polygons_and_objects_with_a_box_are_results() -> None:
    class Answer:
        box = (1, 2, 3, 4)

    assert region_of(Answer()).tolist() == [1, 2, 3, 4]
    assert len(region_of(np.zeros((4, 2)))) == 8


@pytest.mark.parametrize(
    ("output", "message"), [((1, 2, 3), "returned 3 numbers"), ("left", "returned 'left'")]
)
def test_result_that_is_no_region_is_named(output: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        region_of(output)


def test_sequence_without_truth_is_refused() -> None:
    with pytest.raises(InputError, match="without ground truth"):
        run_with_resets(Drifting(), lambda i: i, Regions.specials(0), size_wh=(9, 9))
