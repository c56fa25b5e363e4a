"""The tracker of the Feather networks: what cells propose, and where a proposal is in the frame."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from feathertrack.boxes import iou
from feathertrack.engines import create_engine
from feathertrack.engines.protocol import Features, Images, NetworkInfo, Outputs
from feathertrack.imaging.crop import cut_window
from feathertrack.models.feather import Feather
from feathertrack.trackers.changing import with_settings
from feathertrack.trackers.conformance import check_tracker
from feathertrack.trackers.creation import tracker_for
from feathertrack.trackers.feather import FeatherSettings, FeatherTracker
from feathertrack.tuning.replay import run_points


class SquareEngine:
    """Answers with the box of what is bright; black gives scores near 0."""

    name, device, precision = "test", "cpu", "float32"

    def __init__(self) -> None:
        self.info = NetworkInfo(
            name="square",
            family="feather",
            stride=16,
            template_size=128,
            search_size=256,
        )

    def embed(self, template: Images) -> Features:
        return Features(np.zeros((len(template), 1), np.float32))

    def stack(self, features: Sequence[Features]) -> Features:
        return Features(np.concatenate([np.asarray(feature) for feature in features]))

    def blend(self, first: Features, second: Features, share: float) -> Features:
        return Features(np.asarray(first) * (1 - share) + np.asarray(second) * share)

    def predict(self, features: Features, search: Images) -> Outputs:
        each = [self._answer(np.asarray(image)) for image in search]
        return tuple(np.stack(outputs) for outputs in zip(*each, strict=True))

    def _answer(self, image: NDArray[np.uint8]) -> Outputs:
        weight = image.mean(axis=2) / 255.0
        place = 16.0 * np.arange(image.shape[0] // 16)
        if weight.max() < 0.5:
            flat = np.ones((len(place), len(place)), np.float32)
            return -6 * flat[None], np.stack([30 * flat] * 4)
        ends = [_ends(weight.max(axis=axis)) for axis in (0, 1)]
        (left, right), (top, bottom) = ends
        x, y = place[None, :], place[:, None]
        distances = np.broadcast_arrays(x - left, y - top, right - x, bottom - y)
        away = (x - (left + right) / 2) ** 2 + (y - (top + bottom) / 2) ** 2
        return (6 - away / 100)[None].astype(np.float32), np.stack(distances).astype(np.float32)


def _ends(line: NDArray[np.float64]) -> tuple[float, float]:
    """Where a bright stretch begins and ends, in fractions of a pixel."""
    bright = np.flatnonzero(line > 0.5)
    first, last = int(bright[0]), int(bright[-1])
    before = line[first - 1] if first else 0.0
    after = line[last + 1] if last + 1 < len(line) else 0.0
    return first + (1 - line[first]) - before, last + line[last] + after


def _scene(box: tuple[int, int, int, int]) -> NDArray[np.uint8]:
    image = np.zeros((240, 320, 3), np.uint8)
    x, y, w, h = box
    cv2.rectangle(image, (x, y), (x + w - 1, y + h - 1), (255, 255, 255), -1)
    return image


def test_cells_propose_boxes_from_their_places() -> None:
    tracker = FeatherTracker(SquareEngine())
    score = np.full((1, 1, 16, 16), -2, np.float32)
    box = np.broadcast_to(np.array([10, 20, 30, 24], np.float32)[:, None, None], (4, 16, 16))[None]
    found = tracker.propose((score, box))
    cell = 8 * 16 + 9  # in row 8 and column 9: at (144, 128) of 256 pixels
    assert (found.x[cell], found.y[cell]) == (16 + 10, 2)
    assert (found.width[cell], found.height[cell]) == (40, 44)
    assert found.window[8 * 16 + 8] == pytest.approx(1)
    assert found.window[8 * 16 + 9] == pytest.approx(found.window[8 * 16 + 7])
    assert found.score[0] == pytest.approx(1 / (1 + np.exp(2)))


def test_every_target_fills_the_same_part_of_a_crop() -> None:
    shown: list[NDArray[np.uint8]] = []

    class Watching(SquareEngine):
        def embed(self, template: Images) -> Features:
            shown.append(np.asarray(template)[0])
            return super().embed(template)

    tracker = FeatherTracker(Watching())
    tracker.init(_scene((140, 100, 60, 20)), (140, 100, 60, 20))
    assert tracker.last_search is not None
    for crop, part in ((shown[0], 128 / 1.4), (tracker.last_search[0], 256 / 5)):
        middle = len(crop) // 2
        assert (crop[middle].mean(axis=1) / 255).sum() == pytest.approx(part, abs=1)
        assert (crop[:, middle].mean(axis=1) / 255).sum() == pytest.approx(part, abs=1)


@pytest.mark.parametrize("size", [(40, 40), (23, 51), (17, 12)])
def test_boxes_lie_where_the_target_is_not_half_a_pixel_beside_it(size: tuple[int, int]) -> None:
    tracker = FeatherTracker(
        SquareEngine(), FeatherSettings(size_rate=1.0, size_penalty=0.0, window_weight=0.0)
    )
    w, h = size
    tracker.init(_scene((140, 100, w, h)), (140, 100, w, h))
    errors = []
    for step in range(1, 13):
        true = (140 + 3 * step, 100 - 2 * step, w, h)
        found = tracker.update(_scene(true)).box
        errors.append(found[:2] + found[2:] / 2 - np.array([true[0] + w / 2, true[1] + h / 2]))
        assert float(iou(found, np.array(true, np.float64))) > 0.85
    assert float(np.abs(np.mean(errors, axis=0)).max()) < 0.12


def test_a_target_that_is_gone_leaves_the_box_where_it_is() -> None:
    tracker = FeatherTracker(SquareEngine())
    tracker.init(_scene((140, 100, 40, 40)), (140, 100, 40, 40))
    result = tracker.update(np.zeros((240, 320, 3), np.uint8))
    assert result.state != "tracking"
    assert float(iou(result.box, np.array([140.0, 100, 40, 40]))) > 0.8


BLACK = np.zeros((240, 320, 3), np.uint8)
START, ELSEWHERE = (40, 100, 20, 20), (180, 130, 20, 20)


def _lost(engine: SquareEngine | None = None, **settings: object) -> FeatherTracker:
    """A tracker that has not seen its target, which was at ``START``, for five frames."""
    made = FeatherSettings(**settings)  # type: ignore[arg-type]
    tracker = FeatherTracker(engine or SquareEngine(), made)
    tracker.init(_scene(START), START)
    states = [tracker.update(BLACK).state for _ in range(5)]
    assert states == ["uncertain", "uncertain", "lost", "lost", "lost"]
    return tracker


def test_a_lost_target_is_found_far_from_where_it_was() -> None:
    tracker = _lost()
    results = [tracker.update(_scene(ELSEWHERE)) for _ in range(30)]
    found = [number for number, result in enumerate(results) if result.state == "tracking"]
    assert found
    for result in results[: found[0]]:
        assert float(iou(result.box, np.array(START, np.float64))) > 0.8  # it stays until then
    assert found == list(range(found[0], 30))
    assert float(iou(results[-1].box, np.array(ELSEWHERE, np.float64))) > 0.8
    follower = _lost(lost_reach=0)
    assert {follower.update(_scene(ELSEWHERE)).state for _ in range(30)} == {"lost"}


def test_finding_the_target_ends_the_search_at_once() -> None:
    tracker = _lost(lost_turns=1)
    assert (tracker.lost_search.looks, tracker.window_weight < 0.3) == (3, True)
    tracker.update(_scene(START))
    assert (tracker.lost_search.looks, tracker.window_weight) == (0, tracker.settings.window_weight)


class Doubtful(SquareEngine):
    """Doubts what is gray."""

    doubt = 5.5

    def _answer(self, image: NDArray[np.uint8]) -> Outputs:
        score, box = super()._answer(image)
        return (score - self.doubt if image.max() < 255 else score), box


def test_elsewhere_a_target_must_have_a_higher_score_than_at_its_last_place() -> None:
    seen = []
    for place in (START, ELSEWHERE):
        tracker = _lost(engine=Doubtful(), found_above=0.9)
        gray = _scene(place) // 5 * 4
        seen.append({tracker.update(gray).state for _ in range(30)})
    assert seen == [{"tracking"}, {"lost"}]


def test_a_look_elsewhere_that_finds_nothing_leaves_the_score_as_it_was() -> None:
    tracker = _lost(engine=Doubtful(), found_above=0.9)
    before = tracker.update(BLACK).score
    scores = {tracker.update(_scene(ELSEWHERE) // 5 * 4).score for _ in range(20)}
    assert scores == {before}


def test_where_it_looks_is_what_it_searches_and_what_it_decodes_however_often_it_is_asked() -> None:
    tracker = _lost()
    image = _scene(ELSEWHERE)
    for _ in range(10):
        (window,), (again,) = tracker.look(image), tracker.look(image)
        assert window == again
        assert np.array_equal(tracker.search(image)[0], cut_window(image, window))
        tracker.update(image)


def test_points_of_a_search_share_passes_while_they_are_lost() -> None:
    frames = [_scene(START), *[BLACK] * 6, *[_scene(ELSEWHERE)] * 12]
    points = [
        {"window_weight": weight, "lost_reach": reach} for weight in (0, 0.4) for reach in (0, 3)
    ]
    plain = FeatherTracker(SquareEngine())
    run = run_points(plain, points, frames, START)
    for point, boxes in zip(points, run.boxes, strict=True):
        alone = with_settings(plain, FeatherSettings(**point))  # type: ignore[arg-type]
        alone.init(frames[0], START)
        assert np.array_equal(boxes[1:], [alone.update(frame).box for frame in frames[1:]])
    assert run.statistics.hit_rate > 0.4


def test_what_was_found_and_lost_again_was_not_the_target() -> None:
    tracker = _lost(probation=5)
    while tracker.update(_scene(ELSEWHERE)).state == "lost":
        pass
    found_at = tracker.lost_search.paused
    states = [tracker.update(BLACK).state for _ in range(4)]
    assert states == ["uncertain", "uncertain", "lost", "lost"]
    assert float(iou(tracker.update(BLACK).box, np.array(START, np.float64))) > 0.8
    assert tracker.lost_search.looks == found_at + 3  # the search goes on where it was

    for _ in range(40):
        tracker.update(_scene(ELSEWHERE))
    boxes = [tracker.update(BLACK).box for _ in range(4)]
    assert float(iou(boxes[-1], np.array(ELSEWHERE, np.float64))) > 0.8  # by now it was sure


def test_a_random_network_keeps_the_promises_of_a_tracker() -> None:
    network = Feather(blocks=(1, 1, 1, 1), width=16, tower=1).eval()
    engine = create_engine(network, engine="torch", precision="float32", threads=1)
    tracker = tracker_for(engine)
    assert isinstance(tracker, FeatherTracker)
    check_tracker(tracker).require()
