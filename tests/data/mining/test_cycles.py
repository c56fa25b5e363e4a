"""There and back."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import ArrayLike

from feathertrack.data.mining.cycles import follow_both_ways
from feathertrack.results import Result, State
from feathertrack.video.frames import Image
from tests.data.mining.moving_clips import WIDTH, Drifting, Matching, place, scene

FRAMES = [scene(number) for number in range(24)]


def test_a_target_that_is_kept_gives_the_whole_track() -> None:
    cycle = follow_both_ways(Matching(), FRAMES, place(0), overlap=0.6)
    assert cycle is not None
    np.testing.assert_allclose(cycle.boxes, [place(n) for n in range(24)], atol=1)
    assert cycle.overlaps.min() > 0.9
    assert cycle.scores.tolist() == [1.0] + [0.9] * 23


def test_a_target_that_is_lost_late_gives_its_beginning() -> None:
    cycle = follow_both_ways(Drifting(), FRAMES, place(0), overlap=0.6)
    assert cycle is not None
    assert len(cycle.boxes) == 12  # the way back is tried again from the middle
    np.testing.assert_allclose(cycle.boxes[:11], [place(n) for n in range(11)], atol=1)


def test_a_track_ends_before_the_frame_where_both_ways_part() -> None:
    class Jumping(Matching):
        """Sees something else for a while, on the way there."""

        count = 0

        def update(self, image: Image) -> Result:
            result = super().update(image)
            self.count += 1
            if 15 <= self.count <= 18:
                return Result(box=result.box + np.array([40, 0, 0, 0]), score=0.9, state="tracking")
            return result

    cycle = follow_both_ways(Jumping(), FRAMES, place(0), overlap=0.6)
    assert cycle is not None
    assert len(cycle.boxes) == 15


class Saying:
    """Says the same in every frame."""

    def __init__(self, box: ArrayLike, state: State = "tracking") -> None:
        self.result = Result(box=np.array(box, np.float64), score=0.5, state=state)

    def init(self, image: Image, box: ArrayLike) -> None:
        """Forget the box."""

    def update(self, image: Image) -> Result:
        return self.result


@pytest.mark.parametrize(
    "tracker",
    [
        Saying(place(0), state="lost"),
        Saying((WIDTH - 5.0, 40, 30, 30)),
        Saying((20.0, 40, 3, 30)),
        Saying((np.nan, 40, 30, 30)),
    ],
    ids=["lost", "left the frame", "tiny", "no number"],
)
def test_a_track_that_ends_at_once_is_none(tracker: Saying) -> None:
    assert follow_both_ways(tracker, FRAMES, place(0), overlap=0.6) is None


def test_boxes_end_at_the_frame() -> None:
    cycle = follow_both_ways(Saying((-5.0, 40, 30, 30)), FRAMES, place(0), overlap=0.0)
    assert cycle is not None
    assert cycle.boxes[1].tolist() == [0, 40, 25, 30]
