"""The rules by which points are given up, as they are stated."""

from __future__ import annotations

import numpy as np
import pytest

from feathertrack.errors import InputError
from feathertrack.tuning.objectives import Objective
from feathertrack.tuning.pruning import (
    cannot_win,
    check_rule,
    check_scores,
    in_lower_half,
    is_behind,
)

AUC = Objective(text="auc", terms=((1.0, "auc"),))
LOST = Objective(text="lost", terms=((1.0, "lost"),), maximize=False)


def scores(*values: float) -> dict[str, float]:
    return {str(number): value for number, value in enumerate(values)}


def test_bound_gives_up_exactly_what_cannot_catch_up() -> None:
    best = scores(0.5, 0.5, 0.5, 0.5)
    assert not cannot_win(scores(0.0, 0.0), best, 4, AUC)  # two times 1 would draw level
    assert cannot_win(scores(0.0, 0.0, 0.9), best, 4, AUC)
    assert not cannot_win(scores(0.0, 0.1, 0.9), best, 4, AUC)


def test_bound_never_loses_a_winner() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        best, mine = rng.random(8), rng.random(8)
        given_up = any(
            cannot_win(scores(*mine[:seen]), scores(*best), 8, AUC) for seen in range(1, 8)
        )
        assert not (given_up and mine.mean() > best.mean())


def test_bound_of_what_should_be_small() -> None:
    best = scores(0.1, 0.1, 0.1, 0.1)
    assert not cannot_win(scores(0.4), best, 4, LOST)
    assert cannot_win(scores(0.4, 0.1), best, 4, LOST)


def test_paired_wants_five_sequences_and_three_standard_errors() -> None:
    best = scores(0.5, 0.6, 0.7, 0.8, 0.9)
    worse = scores(0.4, 0.5, 0.61, 0.7, 0.8)
    assert is_behind(worse, best, AUC)
    assert not is_behind(best, worse, AUC)
    assert not is_behind(scores(0.4, 0.5, 0.61, 0.7), best, AUC)
    assert not is_behind(scores(0.1, 0.9, 0.3, 0.9, 0.9), best, AUC)  # worse, but not surely
    assert is_behind(best, worse, LOST)


def test_halving_keeps_the_better_half() -> None:
    everybody = [0.1, 0.2, 0.3, 0.4]
    assert [in_lower_half(value, everybody, AUC) for value in everybody] == [
        *(True, False, False, False)
    ]
    eight = [number / 10 for number in range(8)]
    assert sum(in_lower_half(value, eight, AUC) for value in eight) == 3
    assert in_lower_half(0.4, everybody, LOST)


@pytest.mark.parametrize(
    ("rule", "several", "said"),
    [("bund", False, "no rule is called 'bund'"), ("bound", True, "needs one objective, got 2")],
)
def test_rules_that_do_not_fit_are_refused(rule: str, several: bool, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_rule(rule, [AUC, LOST] if several else [AUC])


def test_a_rule_is_refused_where_sequences_have_no_values_of_their_own() -> None:
    with pytest.raises(InputError, match="has no value for a single sequence: use halving"):
        check_scores("paired", scores(0.1, float("nan")), 0.3, AUC)
    with pytest.raises(InputError, match="is no mean over sequences"):
        check_scores("bound", scores(0.1, 0.3), 0.25, AUC)
    check_scores("bound", scores(0.1, 0.3), 0.2, AUC)
