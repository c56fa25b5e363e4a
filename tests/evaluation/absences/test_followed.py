"""What a tracker said about a sequence, and when it would have said lost."""

from __future__ import annotations

import json

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.absences import Followed, followed_from_json, followed_to_json
from feathertrack.evaluation.absences.followed import lost_frames
from feathertrack.trackers.confidence import Confidence, ConfidenceSettings
from tests.evaluation.absences.made import OFF, ON, made


def test_overlap_counts_where_the_target_is_and_gone_is_what_lost_should_say() -> None:
    run = made("oonxx", [1] * 5, away=range(3, 4))
    assert run.overlap.round(2).tolist() == [0, 1, 0.25, 0, 0]
    assert run.present.tolist() == [False, True, True, False, True]
    assert run.gone.tolist() == [False, False, False, True, True]


def test_a_frame_without_a_true_box_is_neither_here_nor_there() -> None:
    plain = made("ooo", [1, 1, 1])
    truth = plain.truth.copy()
    truth[2] = np.nan
    run = Followed(
        name="holes",
        boxes=plain.boxes,
        scores=plain.scores,
        lost=None,
        truth=truth,
        absent=plain.absent,
    )
    assert run.present.tolist() == [False, True, False]
    assert not run.gone.any()


@pytest.mark.parametrize("patience", [1, 2, 3])
def test_lost_frames_are_those_of_a_tracker_with_the_same_settings(patience: int) -> None:
    peaks = np.random.default_rng(0).uniform(0, 1, 80)
    for below in (0.2, 0.5):
        settings = ConfidenceSettings(midpoint=0.5, slope=4, lost_below=below, patience=patience)
        confidence = Confidence(settings)
        confidence.start(1.0)
        scores, states = zip(*(confidence.read(peak) for peak in peaks), strict=True)
        said = lost_frames([1, *scores], [below], patience=patience)
        assert said[0, 1:].tolist() == [state == "lost" for state in states]


def test_what_is_no_number_is_a_low_score() -> None:
    assert lost_frames([1, np.nan, 0.9], [0.5]).tolist() == [[False, True, False]]


def test_what_was_written_is_read() -> None:
    written = json.dumps(
        followed_to_json([ON, OFF], [1.0, 0.25], ["tracking", "lost"], [1.0, 0.125])
    )
    run = followed_from_json(
        json.loads(written), name="a", truth=np.array([ON, ON]), absent=np.zeros(2, np.bool_)
    )
    assert run.scores.tolist() == [1, 0.25]
    assert run.lost is not None and run.lost.tolist() == [False, True]
    assert run.shares is not None and run.shares.tolist() == [1, 0.125]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"states": ["tracking", "asleep"]}, "no state is called 'asleep'"),
        ({"boxes_xywh": [[1, 2], [3, 4]]}, "boxes of shape"),
        ({"scores": ["high", "low"]}, "no results of a tracker"),
        ({"scores": [1.0]}, "2 boxes, 1 scores"),
    ],
)
def test_what_is_no_result_is_refused(change: dict[str, object], text: str) -> None:
    said = followed_to_json([ON, OFF], [1.0, 0.5], ["tracking", "lost"], None) | change
    with pytest.raises(InputError, match=text):
        followed_from_json(said, name="a", truth=np.array([ON, ON]), absent=np.zeros(2, np.bool_))
