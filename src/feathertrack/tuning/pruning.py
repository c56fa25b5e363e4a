"""When a point is given up after some of the sequences.

All points go through the sequences in the same order, which is drawn once. After each *rung*, a
number of sequences, a rule looks at a point:

- ``bound``: if every sequence that is left scored as well as can be, the mean would still be below
  that of the best finished point. The winner is never lost. For means over sequences alone.
- ``paired``: on at least 5 sequences the mean difference to the best finished point, plus three of
  its standard errors, is below 0. Rarely loses the winner, and only to one that is better so far.
- ``halving``: of all points that have come to this rung, more than half were better. Cheapest;
  loses points that begin badly.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np

from feathertrack.errors import InputError
from feathertrack.tuning.objectives import Objective

RuleName = Literal["none", "bound", "paired", "halving"]
RULES: tuple[RuleName, ...] = get_args(RuleName)

FEWEST, STANDARD_ERRORS = 5, 3.0

Scores = Mapping[str, float]
"""Sequence -> value of the objective."""


def rungs(count: int, rule: RuleName) -> list[int]:
    """After how many of the sequences a rule looks at a point; the last is all of them.

    >>> rungs(40, "none"), rungs(40, "halving"), rungs(6, "bound")
    ([40], [5, 10, 20, 40], [1, 2, 3, 4, 5, 6])
    """
    if rule == "none":
        return [count]
    shares = (1 / 8, 1 / 4, 1 / 2, 1.0) if rule == "halving" else [n / 8 for n in range(1, 9)]
    return sorted({math.ceil(count * share) for share in shares})


def cannot_win(mine: Scores, best: Scores, count: int, objective: Objective) -> bool:
    """The rule ``bound``: even the best end of a run would not beat the best point.

    Args:
        mine: scores so far.
        best: scores of the best point, all ``count`` of them.
        count: sequences altogether.
        objective: whose values lie between 0 and 1.
    """
    left = (count - len(mine)) * (1.0 if objective.maximize else 0.0)
    reach = (sum(mine.values()) + left) / count
    return objective.gain * (reach - sum(best.values()) / count) < -1e-12


def is_behind(mine: Scores, best: Scores, objective: Objective) -> bool:
    """The rule ``paired``: worse than the best point on the same sequences, beyond doubt."""
    shared = [name for name in mine if name in best]
    if len(shared) < FEWEST:
        return False
    apart = objective.gain * np.array([mine[name] - best[name] for name in shared])
    error = apart.std(ddof=1) / math.sqrt(len(apart))
    return bool(apart.mean() + STANDARD_ERRORS * error < 0)


def in_lower_half(mine: float, everybody: Sequence[float], objective: Objective) -> bool:
    """The rule ``halving``: more than half of all that came to this rung were better.

    >>> in_lower_half(0.2, [0.3, 0.4, 0.1, 0.2], Objective(text="auc", terms=((1.0, "auc"),)))
    False
    """
    better = sum(objective.gain * (other - mine) > 0 for other in everybody)
    return better > len(everybody) / 2


def check_rule(rule: str, objectives: Sequence[Objective]) -> None:
    """Refuse a rule that cannot be used.

    Raises:
        InputError: there is no such rule, or there are several objectives.
    """
    if rule not in RULES:
        raise InputError(f"no rule is called {rule!r}; --prune is one of {', '.join(RULES)}")
    if rule != "none" and len(objectives) > 1:
        raise InputError(f"--prune {rule} needs one objective, got {len(objectives)}")


def check_scores(rule: RuleName, scores: Scores, value: float, objective: Objective) -> None:
    """Refuse a rule that the objective's values do not allow, at the first finished point.

    Args:
        rule: of ``RULES``.
        scores: of all sequences.
        value: of the objective.
        objective: it.

    Raises:
        InputError: the rule needs what they have not.
    """
    if rule not in ("bound", "paired"):
        return
    known = np.array(list(scores.values()))
    if np.isnan(known).any():
        raise InputError(
            f"--prune {rule}: {objective.text} has no value for a single sequence: use halving"
        )
    is_mean = math.isclose(known.mean(), value, abs_tol=1e-9)
    if rule == "bound" and not (is_mean and known.min() >= 0 and known.max() <= 1):
        raise InputError(
            f"--prune bound: {objective.text} is no mean over sequences of values from 0 to 1: "
            "use paired or halving"
        )
