from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from feathertrack.engines.protocol import Features, Images, Outputs
from feathertrack.errors import InputError
from feathertrack.results import Result
from feathertrack.trackers.changing import with_settings
from feathertrack.trackers.creation import create_tracker, tracker_for
from feathertrack.trackers.settings import settings_from_json
from feathertrack.trackers.toolkits import wrapped
from feathertrack.tuning.replay import Memo, can_share, run_points, sharing
from tests.trackers.blob import BlobEngine, scene
from tests.trackers.siamese_engines import SquareEngine, square

BOX = (28, 18, 24, 24)
PLACES = [(40 + 3 * step, 30 + 2 * step) for step in range(8)]
FRAMES = [scene(place, size=24 + step) for step, place in enumerate(PLACES)]
POINTS = [
    {"window_weight": weight, "scale_rate": rate, "scale_step": step}
    for weight in (0.1, 0.3)
    for rate in (0.2, 0.6)
    for step in (1.02, 1.05)
]
SQUARES = [square((100 + 4 * step, 90), size=40 + step) for step in range(6)]
SQUARE_BOX = (80, 70, 40, 40)
PENALTIES = [
    {"size_penalty": penalty, "size_rate": rate} for penalty in (0.04, 0.2) for rate in (0.2, 0.4)
]


@dataclass(frozen=True, kw_only=True)
class Drift:
    pixels: float = 0.0


class CountingEngine(BlobEngine):
    """Counts regions and templates, and may answer by the number of regions in a call."""

    def __init__(self, *, off_by: float = 0.0) -> None:
        super().__init__()
        self.off_by = off_by
        self.regions = self.templates = 0

    def embed(self, template: Images) -> Features:
        self.templates += len(template)
        return super().embed(template)

    def predict(self, features: Features, search: Images) -> Outputs:
        self.regions += len(search)
        (response,) = super().predict(features, search)
        return ((response + np.float32(self.off_by * len(search))).astype(np.float32),)


def boxes_alone(
    engine: Any, points: Sequence[Mapping[str, object]], frames: Sequence[Any], box: Any
) -> NDArray[np.float64]:
    runs = []
    for point in points:
        tracker = tracker_for(engine)
        one: Any = with_settings(tracker, settings_from_json(tracker.settings, point))  # type: ignore[attr-defined]
        one.init(frames[0], box)
        runs.append([box, *(one.update(image).box for image in frames[1:])])
    return np.array(runs, np.float64)


def test_siamfc_points_go_where_each_goes_alone_with_fewer_regions() -> None:
    engine = CountingEngine()
    run = run_points(tracker_for(engine), POINTS, iter(FRAMES), BOX)
    computed, engine.regions = engine.regions, 0
    np.testing.assert_array_equal(run.boxes, boxes_alone(BlobEngine(), POINTS, FRAMES, BOX))
    counts = run.statistics
    assert counts.asked == len(POINTS) * len(FRAMES) * 3
    assert computed == counts.computed + counts.checked < counts.asked
    assert (engine.templates, counts.templates_asked) == (1, len(POINTS))
    assert len(np.unique(run.boxes[:, -1], axis=0)) > 1  # settings mattered


@pytest.mark.parametrize("family", ["siamrpn", "siamkpn"])
def test_siamese_points_go_where_each_goes_alone_with_fewer_regions(family: str) -> None:
    run = run_points(tracker_for(SquareEngine(family)), PENALTIES, SQUARES, SQUARE_BOX)
    alone = boxes_alone(SquareEngine(family), PENALTIES, SQUARES, SQUARE_BOX)
    np.testing.assert_array_equal(run.boxes, alone)
    assert run.statistics.computed < run.statistics.asked == len(PENALTIES) * len(SQUARES)


def test_mmtracking_points_share_crops_in_fractions_of_grey_values() -> None:
    made = tracker_for(SquareEngine(anchors="mmtracking"))
    run = run_points(made, PENALTIES, SQUARES, SQUARE_BOX)
    alone = boxes_alone(SquareEngine(anchors="mmtracking"), PENALTIES, SQUARES, SQUARE_BOX)
    np.testing.assert_array_equal(run.boxes, alone)


def test_points_with_other_templates_and_sizes_of_regions_share_among_their_like() -> None:
    points = [{"context": 0.5}, {"context": 0.4}, {"search_size": 271}, {"window_weight": 0.4}]
    run = run_points(tracker_for(SquareEngine()), points, SQUARES, SQUARE_BOX)
    alone = boxes_alone(SquareEngine(), points, SQUARES, SQUARE_BOX)
    np.testing.assert_array_equal(run.boxes, alone)
    assert run.statistics.templates_computed == 2


def test_a_lost_target_is_sought_in_the_region_of_its_point() -> None:
    points = [{"long_term": True}, {"long_term": True, "lost_below": 0.7}, {}]
    gone = [*SQUARES[:2], *[np.zeros_like(SQUARES[0])] * 2, *SQUARES[4:]]
    run = run_points(tracker_for(SquareEngine()), points, gone, SQUARE_BOX)
    np.testing.assert_array_equal(run.boxes, boxes_alone(SquareEngine(), points, gone, SQUARE_BOX))


def test_an_engine_that_answers_by_the_number_of_regions_is_asked_as_by_each_point_alone() -> None:
    run = run_points(tracker_for(CountingEngine(off_by=0.25)), POINTS, FRAMES, BOX)
    alone = boxes_alone(CountingEngine(off_by=0.25), POINTS, FRAMES, BOX)
    np.testing.assert_array_equal(run.boxes, alone)
    assert run.statistics.computed < run.statistics.asked


def test_without_exactness_nothing_is_checked() -> None:
    run = run_points(tracker_for(CountingEngine(off_by=0.25)), POINTS, FRAMES, BOX, exact=False)
    assert run.statistics.checked == 0


def test_a_memo_answers_for_runs_that_went_before() -> None:
    memo, tracker = Memo(), tracker_for(BlobEngine())
    first = run_points(tracker, POINTS[:4], FRAMES, BOX, memo=memo)
    again = run_points(tracker, POINTS, FRAMES, BOX, memo=memo)
    assert first.statistics.recalled == 0
    assert again.statistics.recalled >= first.statistics.computed
    np.testing.assert_array_equal(first.boxes, again.boxes[:4])


def test_networks_without_a_digest_never_answer_for_each_other() -> None:
    memo = Memo()
    run_points(tracker_for(BlobEngine()), POINTS[:1], FRAMES, BOX, memo=memo)
    other = run_points(tracker_for(BlobEngine(gain=2.0)), POINTS[:1], FRAMES, BOX, memo=memo)
    assert other.statistics.recalled == 0


def test_boxes_do_not_depend_on_what_a_memo_can_hold() -> None:
    run = run_points(tracker_for(BlobEngine()), POINTS, FRAMES, BOX, memo=Memo(0))
    np.testing.assert_array_equal(run.boxes, boxes_alone(BlobEngine(), POINTS, FRAMES, BOX))
    assert run.statistics.templates_computed == 1


def test_equal_points_are_run_once_and_answered_each() -> None:
    run = run_points(tracker_for(BlobEngine()), [{}, POINTS[0], {}], FRAMES, BOX)
    np.testing.assert_array_equal(run.boxes[0], run.boxes[2])
    assert run.statistics.asked == 2 * 3 * len(FRAMES)


def test_the_tracker_that_is_given_is_left_as_it_is() -> None:
    tracker = tracker_for(BlobEngine())
    settings = tracker.settings  # type: ignore[attr-defined]
    run_points(tracker, POINTS[:2], FRAMES, BOX)
    assert tracker.settings is settings  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="no target"):
        tracker.update(FRAMES[0])


def test_a_tracker_on_a_shared_engine_may_be_run_in_any_way() -> None:
    shared = sharing(tracker_for(BlobEngine()))
    for _ in range(2):
        shared.init(FRAMES[0], BOX)
        shared.update(FRAMES[1])
    counts = shared.engine.statistics  # type: ignore[attr-defined]
    assert (counts.asked, counts.computed) == (12, 6)


class Drifting:
    """A tracker of a user: every frame so many pixels further."""

    def __init__(self, settings: Drift = Drift()) -> None:
        self.settings = settings

    def init(self, image: Images, box: Any) -> None:
        self.box = np.array(box, np.float64)

    def update(self, image: Images) -> Result:
        self.box = self.box + np.array([self.settings.pixels, 0, 0, 0])
        return Result(box=self.box, score=1.0, state="tracking")


def test_points_of_a_class_of_a_user_run_one_by_one() -> None:
    points = [{"pixels": 1.0}, {"pixels": 2.0}]
    run = run_points(wrapped(Drifting()), points, FRAMES, BOX)
    np.testing.assert_array_equal(run.boxes[:, -1, 0], [28 + 7, 28 + 14])
    with pytest.raises(InputError, match="as a list"):
        run_points(wrapped(Drifting()), points, iter(FRAMES), BOX)


def test_a_tracker_without_settings_runs_as_it_is() -> None:
    tracker = create_tracker("opencv_kcf")
    assert not can_share(tracker)
    run = run_points(tracker, [{}, {}], FRAMES, BOX)
    tracker.init(FRAMES[0], BOX)
    np.testing.assert_array_equal(run.boxes[1, 1:], [tracker.update(i).box for i in FRAMES[1:]])
    np.testing.assert_array_equal(run.boxes[0], run.boxes[1])
    assert run.statistics.asked == 0
    with pytest.raises(InputError, match="no settings to change, got rate"):
        run_points(tracker, [{"rate": 1}], FRAMES, BOX)
    with pytest.raises(InputError, match="share no passes"):
        sharing(tracker)


@pytest.mark.parametrize(
    ("points", "frames", "message"),
    [
        ([], FRAMES, "no points"),
        ([{}], [], "no frames"),
        ([{"window_wight": 0.2}], FRAMES, "nearest: window_weight"),
        ([{"window_weight": 2.0}], FRAMES, "between"),
    ],
)
def test_what_cannot_be_run_is_said(points: Any, frames: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        run_points(tracker_for(BlobEngine()), points, frames, BOX)
