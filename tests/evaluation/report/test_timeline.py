from __future__ import annotations

from dataclasses import replace

import numpy as np

from feathertrack.evaluation.report.comparison import compare
from feathertrack.evaluation.report.timeline import best_and_worst, frames_to_show
from tests.evaluation.report.made_up import evaluated


def test_best_and_worst_go_by_the_mean_overlap_and_share_no_sequence() -> None:
    (part,) = compare([evaluated("a", auc=(0.9, 0.1, 0.5))])
    assert best_and_worst(part) == (["ball", "dog"], ["car"])
    assert best_and_worst(part, num=1) == (["ball"], ["car"])


def test_frames_without_a_comparison_count_as_lost() -> None:
    entry = evaluated("a", auc=(0.6, 0.7, 0.5))
    waiting = {**entry.overlaps, "car": np.append(np.full(20, 0.7), np.full(20, np.nan))}
    (part,) = compare([replace(entry, overlaps=waiting)])
    assert best_and_worst(part, num=1) == (["ball"], ["car"])


def test_without_overlaps_there_is_no_story() -> None:
    (part,) = compare([replace(evaluated(), overlaps={})])
    assert best_and_worst(part) == ([], [])


def test_the_frame_in_which_the_target_is_lost_is_shown() -> None:
    entry = evaluated()
    lost = np.append(np.full(13, 0.8), np.zeros(27))
    (part,) = compare([replace(entry, overlaps={**entry.overlaps, "car": lost})])
    assert frames_to_show(part, "car") == [5, 13, 25, 35]
    assert frames_to_show(part, "ball") == [5, 15, 25, 35]
