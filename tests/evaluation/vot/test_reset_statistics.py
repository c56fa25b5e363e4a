"""Statistics of a sample: what the scores say of the sequences that were drawn, each so often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from feathertrack.evaluation.vot import reset_scores
from feathertrack.evaluation.vot.regions import FAILED, STARTED, Regions
from feathertrack.evaluation.vot.reset_statistics import reset_statistics
from feathertrack.evaluation.vot.truth import VotTruth

RULES: dict[str, Callable[..., Any]] = {
    "pysot": reset_scores.score_pysot,
    "toolkit": reset_scores.score_toolkit,
    "mmtracking": reset_scores.score_mmtracking,
    "got10k": reset_scores.score_got10k,
}
LENGTHS = (40, 25, 33, 60)
FAILURES: tuple[tuple[int, ...], ...] = ((12,), (), (9, 23), (30,))


def run_of(length: int, failures: tuple[int, ...], drift: float) -> Regions:
    rows: list[list[float]] = []
    started = 0
    for frame in range(length):
        failed = next((f for f in failures if f <= frame < f + 5), None)
        if frame == started:
            rows.append([STARTED])
        elif failed is not None:
            rows.append([FAILED if frame == failed else 0])
            started = failed + 5
        else:
            rows.append([20 + drift * (frame - started) % 15, 20, 20, 20])
    return Regions.from_list(rows)


def scored(rule: str, drawn: tuple[int, ...]) -> tuple[Any, VotTruth]:
    truths = [Regions.from_list([[20.0, 20, 20, 20]] * length) for length in LENGTHS]
    flags = [np.arange(length) % (3 + k) == 0 for k, length in enumerate(LENGTHS)]
    truth = VotTruth.build(
        [f"s{k}" for k in drawn],
        [truths[k] for k in drawn],
        [[80, 60]] * len(drawn),
        tags={"fast": [flags[k] for k in drawn]},
    )
    runs = [[run_of(LENGTHS[k], FAILURES[k], 0.3 + 0.2 * k)] for k in drawn]
    how = {} if rule == "got10k" else {"window": (10, 45)}
    return RULES[rule](truth, runs, **how), truth


def headline(score: Any) -> dict[str, float]:
    own = {"accuracy": score.accuracy, "robustness": score.robustness, "lost": score.lost}
    return own | dict(score.extra) | ({} if score.eao is None else {"eao": score.eao})


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize("drawn", [(0, 1, 2, 3), (1, 1, 2, 0), (2, 2, 2, 1), (1, 1, 1, 1)])
def test_a_sample_scores_as_if_it_were_a_benchmark(rule: str, drawn: tuple[int, ...]) -> None:
    score, truth = scored(rule, (0, 1, 2, 3))
    draws = np.bincount(drawn, minlength=4).astype(np.float64)[None]
    found = {name: one(draws)[0] for name, one in reset_statistics(rule, score, truth).items()}
    expected = headline(scored(rule, drawn)[0])
    assert set(found) == set(expected)
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9, nan_ok=True), name
