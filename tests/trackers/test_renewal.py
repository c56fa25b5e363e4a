"""Renewing templates: which view is taken, what it changes, and who notices."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from feathertrack.engines import create_engine
from feathertrack.models.feather import Feather
from feathertrack.trackers.feather import FeatherSettings, FeatherTracker
from feathertrack.trackers.multi import MultiTracker
from feathertrack.trackers.renewal import Renewal
from feathertrack.tuning.replay import run_points

BOX = (60, 50, 40, 30)


def _video(frames: int) -> list[NDArray[np.uint8]]:
    """A block that turns from red to green."""
    ramp = np.linspace(0, 255, frames)
    images = [np.full((160, 200, 3), 90, np.uint8) for _ in ramp]
    for step, (image, green) in enumerate(zip(images, ramp, strict=True)):
        x, y, w, h = BOX
        first = (x + step, y)
        cv2.rectangle(image, first, (x + step + w, y + h), (255 - int(green), int(green), 0), -1)
    return images


def _engine() -> object:
    network = Feather(blocks=(1, 1, 1, 1), width=16, tower=1).eval()
    return create_engine(network, engine="torch", precision="float32", threads=1)


def _tracker(engine: object, **settings: object) -> FeatherTracker:
    return FeatherTracker(engine, FeatherSettings(**{"lost_reach": 0, **settings}))  # type: ignore[arg-type]


def _renewing(engine: object, **settings: object) -> FeatherTracker:
    return _tracker(
        engine, **{"renewal_share": 0.5, "renewal_frames": 4, "renewal_above": 0.0, **settings}
    )


def _kernels(tracker: FeatherTracker) -> NDArray[np.float32]:
    features: tuple[object, ...] = tracker.features  # type: ignore[assignment]
    return np.asarray(features[0])


def test_the_surest_view_of_a_period_is_taken_at_its_end() -> None:
    pictures = [np.full((2, 2, 3), value, np.uint8) for value in range(8)]
    renewal = Renewal(every=4)
    taken = [
        renewal.after(sureness, above=0.5, cut=lambda picture=picture: picture)  # type: ignore[misc]
        for sureness, picture in zip(
            [0.9, 0.6, 1.1, 0.7, 0.4, 0.5, 0.2, 0.1], pictures, strict=True
        )
    ]
    assert taken[3] is pictures[2]
    assert [view is None for view in taken] == [True, True, True, False, True, True, True, True]


def test_only_views_that_may_be_taken_are_cut() -> None:
    def cut() -> NDArray[np.uint8]:
        raise AssertionError

    assert Renewal(every=1).after(0.5, above=0.5, cut=cut) is None
    assert Renewal(every=1).after(-np.inf, above=0.0, cut=cut) is None


def test_a_template_changes_when_a_period_ends_and_keeps_its_share_of_the_first() -> None:
    video, tracker = _video(10), _renewing(_engine())
    tracker.init(video[0], BOX)
    first = _kernels(tracker).copy()
    seen = []
    for image in video[1:]:
        tracker.update(image)
        seen.append(_kernels(tracker).copy())
    changed = [not np.array_equal(one, first) for one in seen]
    assert changed == [False] * 3 + [True] * 6
    assert np.array_equal(seen[3], seen[6]) and not np.array_equal(seen[6], seen[7])
    share = (seen[3] * first).sum(axis=-1)  # both halves have the length 1
    assert (share >= 0.5 * 0.99 - 0.5).all() and (share > 0.5).mean() > 0.5


@pytest.mark.parametrize("settings", [{"renewal_share": 0.0}, {"renewal_above": 2.0}])
def test_a_template_stays_where_nothing_is_to_renew_it(settings: dict[str, float]) -> None:
    video, tracker = _video(8), _renewing(_engine(), **settings)
    tracker.init(video[0], BOX)
    first = _kernels(tracker).copy()
    for image in video[1:]:
        tracker.update(image)
    np.testing.assert_array_equal(_kernels(tracker), first)


def test_init_forgets_later_views() -> None:
    video, engine = _video(10), _engine()
    again, fresh = _renewing(engine), _renewing(engine)
    again.init(video[0], BOX)
    for image in video[1:7]:
        again.update(image)
    for tracker in (again, fresh):
        tracker.init(video[0], BOX)
    for image in video[1:]:
        np.testing.assert_array_equal(again.update(image).box, fresh.update(image).box)


def test_targets_that_share_calls_get_their_renewed_templates() -> None:
    video, engine = _video(10), _engine()
    settings = FeatherSettings(renewal_share=0.5, renewal_frames=4, renewal_above=0.0, lost_reach=0)
    together = MultiTracker(engine)  # type: ignore[arg-type]
    alone = {key: FeatherTracker(engine, settings) for key in "ab"}  # type: ignore[arg-type]
    boxes = {"a": BOX, "b": (100, 60, 30, 40)}
    for key, tracker in alone.items():
        together.add(key, video[0], boxes[key])
        together.targets[key].settings = settings  # type: ignore[attr-defined]
        together.targets[key].init(video[0], boxes[key])
        tracker.init(video[0], boxes[key])
    for image in video[1:]:
        results = together.update(image)
        for key, tracker in alone.items():
            np.testing.assert_allclose(results[key].box, tracker.update(image).box, atol=1e-3)


def test_points_of_a_search_renew_their_templates_as_each_would_alone() -> None:
    video, engine = _video(12), _engine()
    points = [
        {"renewal_share": share, "renewal_frames": 4, "renewal_above": 0.0, "lost_reach": 0}
        for share in (0.0, 0.4, 0.8)
    ]
    run = run_points(FeatherTracker(engine), points, video, BOX)  # type: ignore[arg-type]
    for point, boxes in zip(points, run.boxes, strict=True):
        single = _tracker(engine, **point)
        single.init(video[0], BOX)
        alone = [single.update(image).box for image in video[1:]]
        np.testing.assert_array_equal(boxes[1:], alone)
