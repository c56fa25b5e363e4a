from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.regions import Regions
from feathertrack.evaluation.vot.vots import VotsScore, mean_score, score_object, score_run

HERE, AWAY, NOTHING = [10.0, 10, 10, 10], [30.0, 30, 10, 10], [0.0]


def test_five_cases_of_a_frame() -> None:
    truth = Regions.from_list([HERE] * 4 + [NOTHING] * 11)
    results = Regions.from_list([[1.0], HERE, AWAY, NOTHING, *[NOTHING] * 8, *[AWAY] * 3])
    score = score_run(results, truth, size_wh=(60, 60))
    assert score.accuracy == 0.5  # the start counts with 0
    assert score.robustness == 1 / 4
    assert score.drift == 1 / 4
    assert score.not_reported == 2 / 4  # the start and one more
    assert score.absence == 8 / 11


@pytest.mark.parametrize(("num_absent", "defined"), [(10, False), (11, True)])
def test_absence_is_measured_in_more_than_ten_frames(num_absent: int, defined: bool) -> None:
    absent = np.arange(num_absent + 2) >= 2
    score = score_object(np.zeros(num_absent + 2), truth_empty=absent, result_empty=absent)
    assert np.isnan(score.absence) != defined


def test_frames_of_unknown_truth_do_not_count() -> None:
    nothing = np.zeros(3, dtype=bool)
    known = np.array([True, True, False])
    score = score_object(
        np.array([0, 1.0, 0]), truth_empty=nothing, result_empty=nothing, known=known
    )
    assert score.robustness == 0.5


def test_means_leave_out_what_is_not_defined() -> None:
    scores = [
        VotsScore(accuracy=a, robustness=1.0, not_reported=0.0, drift=0.0, absence=b)
        for a, b in ((0.5, float("nan")), (0.7, float("nan")))
    ]
    mean = mean_score(scores)
    assert mean.accuracy == pytest.approx(0.6)
    assert np.isnan(mean.absence)
    with pytest.raises(InputError, match="no object"):
        mean_score([])
