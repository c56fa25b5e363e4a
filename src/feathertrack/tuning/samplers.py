"""Optuna's samplers by name."""

from __future__ import annotations

import importlib.util
import warnings
from functools import partial
from typing import Any

from feathertrack.errors import InputError, require
from feathertrack.tuning.plan import SearchPlan
from feathertrack.tuning.speed_limits import BySpeed, missed_by
from feathertrack.tuning.strategies import Strategy

_NEEDS = {"cmaes": ("cmaes",), "gp": ("torch", "scipy"), "qmc": ("scipy",)}
"""Packages that a sampler imports besides Optuna's own."""


def make_sampler(strategy: Strategy, plan: SearchPlan) -> Any:
    """The sampler of a strategy; None for one that lists its points.

    Raises:
        InputError: the sampler needs a package that is not installed, or one objective.
        MissingExtra: optuna is not installed.
    """
    optuna: Any = require("optuna", extra="tune")
    if strategy.stages:
        return None
    name, seed = strategy.name, strategy.seed
    for package in _NEEDS.get(name, ()):
        if importlib.util.find_spec(package) is None:
            raise InputError(f"strategy {name} needs {package}: pip install {package}")
    if name == "cmaes" and len(plan.objectives) > 1:
        raise InputError("strategy cmaes takes one objective: choose tpe, gp or nsga2")
    of = optuna.samplers
    fast_enough = partial(missed_by, slowest=plan.slowest) if plan.slowest else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Optuna calls experimental
        if name == "tpe":
            made = of.TPESampler(seed=seed, constant_liar=True, constraints_func=fast_enough)
        elif name == "gp":
            made = of.GPSampler(seed=seed, constraints_func=fast_enough)
        elif name == "nsga2":
            made = of.NSGAIISampler(seed=seed, constraints_func=fast_enough)
        else:
            return of.CmaEsSampler(seed=seed) if name == "cmaes" else of.QMCSampler(seed=seed)
    return BySpeed(made, plan.slowest)
