"""How samplers learn which points are fast enough, by the limit of the present command.

Optuna keeps with a finished point by how much it missed the limit. Another command may have another
limit, and what is kept with a finished point cannot be changed; so a sampler is shown points whose
constraint is worked out anew from the speed that was measured.
"""

from __future__ import annotations

import copy
from typing import Any

from feathertrack.tuning.objectives import speed_in

_KEPT = "constraints"
"""Optuna's name for what it keeps."""


class BySpeed:
    """A sampler of Optuna's in front of which points are judged by a limit.

    Args:
        sampler: it.
        slowest: frames per second that are enough; 0 for any.
    """

    def __init__(self, sampler: Any, slowest: float) -> None:
        self._sampler = sampler
        self._slowest = slowest

    def _judged(self, study: Any) -> Any:
        return _JudgedStudy(study, self._slowest)

    def reseed_rng(self) -> None:
        """Draw other numbers from here on."""
        self._sampler.reseed_rng()

    def infer_relative_search_space(self, study: Any, trial: Any) -> Any:
        """The axes that are sampled together."""
        return self._sampler.infer_relative_search_space(self._judged(study), trial)

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> Any:
        """Values of these axes."""
        return self._sampler.sample_relative(self._judged(study), trial, search_space)

    def sample_independent(self, study: Any, trial: Any, name: str, distribution: Any) -> Any:
        """The value of one of the others."""
        return self._sampler.sample_independent(self._judged(study), trial, name, distribution)

    def before_trial(self, study: Any, trial: Any) -> None:
        """Told before a point is sampled."""
        self._sampler.before_trial(self._judged(study), trial)

    def after_trial(self, study: Any, trial: Any, state: Any, values: Any) -> None:
        """Told when a point is done."""
        self._sampler.after_trial(self._judged(study), trial, state, values)


class _JudgedStudy:
    """A study of Optuna's; its finished points say how far the present limit is from them."""

    def __init__(self, study: Any, slowest: float) -> None:
        self._study = study
        self._slowest = slowest

    def __getattr__(self, name: str) -> Any:
        return getattr(self._study, name)

    def _get_trials(self, *words: Any, **named: Any) -> list[Any]:
        """What the samplers ask."""
        return [self._judged(trial) for trial in self._study._get_trials(*words, **named)]

    def _judged(self, trial: Any) -> Any:
        if not trial.state.is_finished():
            return trial
        known = {name: value for name, value in trial.system_attrs.items() if name != _KEPT}
        judged = copy.copy(trial)
        if self._slowest:
            known[_KEPT] = missed_by(trial, self._slowest)
        judged.system_attrs = known
        return judged


def missed_by(trial: Any, slowest: float) -> tuple[float]:
    """What Optuna calls the constraints of a finished trial: not above 0 where it was fast enough.

    Args:
        trial: of Optuna's; without a speed it counts as standing still.
        slowest: frames per second that are enough.
    """
    return (slowest - (speed_in(trial.user_attrs.get("details", {})) or 0.0),)
