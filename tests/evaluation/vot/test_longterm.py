from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.evaluation.vot.longterm import LongtermRule, LongtermRun, score_longterm
from feathertrack.evaluation.vot.regions import NO_CODE, Regions
from tests.shared_data import shared

RULES: list[tuple[LongtermRule, str]] = [("pysot", "pysot"), ("toolkit", "vot")]


def stored_runs() -> list[LongtermRun]:
    with np.load(shared("goldens/eval/votlt.npz")) as archive:
        cuts = np.cumsum(archive["length"])[:-1]
        parts = [np.split(archive[key], cuts) for key in ("gt", "pred", "visible", "conf")]
        sizes = archive["size_wh"].tolist()
    runs = []
    for truth, boxes, visible, confidence, size in zip(*parts, sizes, strict=True):
        codes = np.where(np.arange(len(truth)) == 0, 1, NO_CODE).astype(np.uint8)
        runs.append(
            LongtermRun(
                Regions.from_boxes(boxes, codes),
                Regions.from_rows(np.where(visible[:, None] == 1, truth, np.nan)),
                np.where(np.arange(len(truth)) == 0, np.nan, confidence),
                (size[0], size[1]),
            )
        )
    return runs


@pytest.mark.parametrize(("rule", "prefix"), RULES)
def test_stored_curves(rule: LongtermRule, prefix: str) -> None:
    score = score_longterm(stored_runs(), rule=rule)
    with np.load(shared("goldens/eval/votlt.npz")) as archive:
        np.testing.assert_array_equal(score.thresholds, archive[f"{prefix}_thresholds"])
        np.testing.assert_allclose(
            score.precision_curves, archive[f"{prefix}_precision"], rtol=0, atol=1e-9
        )
        np.testing.assert_allclose(
            score.recall_curves, archive[f"{prefix}_recall"], rtol=0, atol=1e-9
        )


@pytest.mark.parametrize("rule", ["pysot", "toolkit"])
def test_stored_best_f(rule: LongtermRule) -> None:
    text = shared("goldens/eval/votlt_expected.json").read_text()
    figures: dict[str, Any] = json.loads(text)
    expected = figures["pysot" if rule == "pysot" else "vot_toolkit"]
    score = score_longterm(stored_runs(), rule=rule)
    assert score.f == pytest.approx(expected["f1"], abs=1e-9)
    assert score.precision == pytest.approx(expected["precision"], abs=1e-9)
    assert score.recall == pytest.approx(expected["recall"], abs=1e-9)
    assert score.best == expected["argmax" if rule == "pysot" else "index"]


def short_run(confidence: list[float], *, present: int = 4) -> LongtermRun:
    """Five frames, the first the start; the result is right wherever the target is present."""
    box = [10.0, 10, 10, 10]
    truth = Regions.from_list([box] * (1 + present) + [[0.0]] * (4 - present))
    results = Regions.from_list([[1.0], *[box] * 4])
    return LongtermRun(results, truth, np.array([np.nan, *confidence]), (50, 50))


@pytest.mark.parametrize("rule", ["pysot", "toolkit"])
def test_few_scores_still_make_a_curve(rule: LongtermRule) -> None:
    score = score_longterm([short_run([0.9, 0.8, 0.7, 0.6])], rule=rule)
    assert score.precision == pytest.approx(1)
    assert score.recall == pytest.approx(4 / 5)  # the start counts as a frame with a target
    assert np.isinf(score.thresholds[0]) and np.isneginf(score.thresholds[-1])


def test_missing_score_is_a_threshold_only_in_the_toolkit() -> None:
    run = short_run([0.9, 0.8, 0.7, 0.6])
    assert 0.0 in score_longterm([run], rule="toolkit").thresholds
    assert 0.0 not in score_longterm([run], rule="pysot").thresholds


def test_saying_nothing_where_there_is_nothing_raises_the_toolkits_precision() -> None:
    box, size = [10.0, 10, 10, 10], (50, 50)
    truth = Regions.from_list([box, box, [0.0]])
    silent = Regions.from_list([[1.0], box, [0.0]])
    boxes = Regions.from_list([[1.0], box, box])
    scores = np.array([np.nan, 0.9, 0.9])
    precision = [
        score_longterm([LongtermRun(run, truth, scores, size)], rule="toolkit").precision
        for run in (silent, boxes)
    ]
    assert precision == [1.0, 0.5]


def test_lengths_that_differ_are_named() -> None:
    with pytest.raises(InputError, match="2 results, 3 scores and 2 regions"):
        LongtermRun(Regions.specials(2), Regions.specials(2), np.zeros(3), (9, 9))
    with pytest.raises(InputError, match="no long-term run"):
        score_longterm([])


@pytest.mark.parametrize("rule", ["pysot", "toolkit"])
def test_run_without_any_score_scores_nothing_but_does_not_fail(rule: LongtermRule) -> None:
    score = score_longterm([short_run([np.nan] * 4)], rule=rule)
    assert 0 <= score.f <= 1
