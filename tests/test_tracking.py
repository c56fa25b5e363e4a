from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from feathertrack.errors import InputError, SourceError
from feathertrack.trackers.siamfc import SiamFCTracker
from feathertrack.tracking import follow, track
from feathertrack.video.frames import Frame
from tests.cli.fake_trackers import Growing
from tests.trackers.blob import BlobEngine, scene

IMAGES = [scene((60 + 2 * i, 60)) for i in range(6)]


def frames() -> list[Frame]:
    return [Frame(image=image, index=i, time=i / 10) for i, image in enumerate(IMAGES)]


def test_every_frame_has_a_result_that_names_it() -> None:
    results = list(track(IMAGES, box=(48, 48, 24, 24), tracker=SiamFCTracker(BlobEngine())))
    assert [result.frame for result in results] == [0, 1, 2, 3, 4, 5]
    assert [result.given for result in results] == [True] + 5 * [False]
    lefts = [result.box[0] for result in results]
    assert lefts[1:] == sorted(lefts[1:])


def test_step_and_reverse_keep_the_numbers_of_the_source() -> None:
    results = track(IMAGES, box=(58, 48, 24, 24), tracker=Growing(), step=2, reverse=True)
    assert [result.frame for result in results] == [4, 2, 0]


def test_times_are_those_of_the_frames() -> None:
    pairs = follow(frames(), Growing(), box=(0, 0, 9, 9))
    assert [result.time for _, result in pairs if result] == [i / 10 for i in range(6)]


def test_frames_before_the_first_box_have_no_result() -> None:
    pairs = list(follow(frames(), Growing(), boxes={2: (0, 0, 9, 9)}))
    assert [result is None for _, result in pairs] == [True, True, False, False, False, False]


def test_each_given_box_starts_the_target_anew() -> None:
    given = {0: (0, 0, 10, 10), 3: (5, 5, 20, 20)}
    pairs = follow(frames(), Growing(), boxes=given)
    widths = [result.box[2] for _, result in pairs if result]
    assert widths == [10, 11, 12, 20, 21, 22]


def test_no_box_is_refused() -> None:
    with pytest.raises(InputError, match="no box"):
        list(track(IMAGES, tracker=Growing()))


def test_box_on_no_frame_that_is_read_is_refused() -> None:
    with pytest.raises(InputError, match=r"boxes are given for: 90"):
        list(follow(frames(), Growing(), boxes={90: (0, 0, 9, 9)}))


def test_source_without_frames_is_refused() -> None:
    with pytest.raises(InputError, match="no frames"):
        list(follow([], Growing(), box=(0, 0, 9, 9)))


def test_results_before_a_broken_frame_stand() -> None:
    images: list[np.ndarray] = [*IMAGES[:3], np.zeros((9, 9, 3), np.uint8)]
    results = []
    with pytest.raises(SourceError, match="frame 3"):
        for result in track(images, box=(48, 48, 24, 24), tracker=Growing()):
            results.append(result)
    assert len(results) == 3


@pytest.mark.parametrize("range_", [{"start": 1.5}, {"stop": "5"}, {"step": None}])
def test_a_range_is_of_whole_numbers(range_: dict[str, Any]) -> None:
    pictures = [frame.image for frame in frames()]
    with pytest.raises(InputError, match="must be a whole number of frames"):
        next(track(pictures, box=(1, 2, 30, 20), tracker=Growing(), **range_))


def test_what_is_no_tracker_is_refused() -> None:
    with pytest.raises(InputError, match="tracker is a name or has init and update, got NoneType"):
        next(track([], box=(1, 2, 30, 20), tracker=None))  # type: ignore[arg-type]
