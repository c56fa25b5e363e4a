"""Which tracks teach nothing."""

from __future__ import annotations

import numpy as np

from feathertrack.boxes import Boxes
from feathertrack.data.mining.judging import (
    CHANGED,
    Placed,
    box_change,
    content_change,
    duplicates,
)
from tests.data.mining.moving_clips import place, scene

BOXES = np.array([place(n) for n in range(10)])


def test_a_box_changes_by_place_or_by_size() -> None:
    still = np.repeat(BOXES[:1], 5, axis=0)
    grown = still * np.array([[1, 1, 1, 1]] * 4 + [[1, 1, 1.5, 1]])
    assert box_change(still) == 0
    assert box_change(grown) > 0.4
    assert box_change(BOXES) > 0.4


def test_contents_change_with_the_target_and_not_with_the_light() -> None:
    frames = [scene(n) for n in range(10)]
    assert content_change(frames, BOXES) < CHANGED
    darker = [np.asarray(frame * 0.9 + 5, np.uint8) for frame in frames]
    assert content_change([*frames[:5], *darker[5:]], BOXES) < CHANGED
    left_behind = np.repeat(BOXES[:1], 10, axis=0)
    assert content_change(frames, left_behind) > CHANGED


def track(name: str, first: int, boxes: Boxes, *, clip: str = "a", step: int = 1) -> Placed:
    return Placed(
        name=name, clip=clip, frames=range(first, first + step * len(boxes), step), boxes=boxes
    )


def test_the_shorter_of_two_tracks_that_are_one_is_a_duplicate() -> None:
    tracks = [track("part", 2, BOXES[2:9] + 1), track("whole", 0, BOXES)]
    assert duplicates(tracks) == {"part": "whole"}


def test_tracks_apart_in_place_or_time_or_clip_are_no_duplicates() -> None:
    tracks = [
        track("a", 0, BOXES),
        track("beside", 0, BOXES + np.array([20, 0, 0, 0])),
        track("later", 6, BOXES),
        track("elsewhere", 0, BOXES, clip="b"),
    ]
    assert duplicates(tracks) == {}


def test_frames_between_those_of_the_other_count_as_the_same() -> None:
    tracks = [track("a", 0, BOXES, step=3), track("b", 1, BOXES, step=3)]
    assert duplicates(tracks) == {"b": "a"}
