"""CFKD's ablations on little data: every row trains on 200,000 pairs, so that rows compare.

Ours. The teacher is an ``atom_small`` or ``drnet_small`` of one's own, given by ``--teacher``. The
rows differ in their terms alone; seeds are ``--loop.seed 1``.
"""

from __future__ import annotations

from dataclasses import replace

from feathertrack.recipes.atom import LITTLE_SETS, LITTLE_VALIDATION, box_data
from feathertrack.recipes.cfkd import (
    ANSWERS,
    CFKD,
    COMPRESSION,
    FEATURES,
    TSKD,
    Terms,
    distilling,
    separate,
)
from feathertrack.recipes.registry import distillation
from feathertrack.training.losses.distillation import Truth
from feathertrack.training.recipe import Recipe, ValidationSettings
from feathertrack.training.staged import StagedRecipe

_PAIRS_PER_EPOCH = 4000


def _little(
    name: str, terms: Terms, *, model: str = "atom_r18_small", gamma: float = 0.1
) -> Recipe:
    return replace(
        distilling(name, terms, source="ours", model=model, teacher="", gamma=gamma),
        data=box_data(_PAIRS_PER_EPOCH, sets=LITTLE_SETS, color=0.5),
        validation=LITTLE_VALIDATION,
    )


@distillation
def atom_gt_little() -> Recipe:
    """The truth alone, on little data."""
    return _little("atom_gt_little", (Truth(),))


@distillation
def atom_ts_little() -> Recipe:
    """The teacher's answers alone, on little data."""
    return _little("atom_ts_little", ANSWERS[:1])


@distillation
def atom_ts_ah_little() -> Recipe:
    """Teacher's answers and adaptive truth, on little data."""
    return _little("atom_ts_ah_little", ANSWERS)


@distillation
def atom_ts_ah_fid_little() -> Recipe:
    """Answers and fidelity, on little data."""
    return _little("atom_ts_ah_fid_little", CFKD[:3])


@distillation
def atom_cfkd_little() -> Recipe:
    """The whole of CFKD, on little data."""
    return _little("atom_cfkd_little", CFKD)


@distillation
def atom_cfkd_separate_little() -> StagedRecipe:
    """CFKD in two stages of half the pairs each, on little data."""
    name = "atom_cfkd_separate_little"
    features, answers = (_half(_little(name, part)) for part in (FEATURES, ANSWERS))
    # While the head is not trained there is nothing to choose by.
    features = replace(features, validation=ValidationSettings())
    answers = replace(answers, validation=replace(LITTLE_VALIDATION, from_epoch=5))
    return separate(features, answers, name=name, source="ours")


def _half(recipe: Recipe) -> Recipe:
    epochs = recipe.loop.epochs // 2
    return replace(
        recipe,
        loop=replace(recipe.loop, epochs=epochs),
        schedule=replace(recipe.schedule, step_epochs=-(-recipe.schedule.step_epochs // 2)),
    )


@distillation
def atom_tskd_little() -> Recipe:
    """The rival of Liu and others, on little data."""
    return _little("atom_tskd_little", TSKD)


@distillation
def atom_compression_little() -> Recipe:
    """The rival of Wang and others, on little data."""
    return _little("atom_compression_little", COMPRESSION)


@distillation
def atom_cfkd_medium_little() -> Recipe:
    """CFKD for a ResNet-18 of half the channels, on little data."""
    return _little("atom_cfkd_medium_little", CFKD, model="atom_r18_medium")


@distillation
def atom_cfkd_tiny_little() -> Recipe:
    """CFKD for a ResNet-18 of an eighth of the channels, on little data."""
    return _little("atom_cfkd_tiny_little", CFKD, model="atom_r18_tiny")


@distillation
def drnet_cfkd_little() -> Recipe:
    """CFKD for DRNet: the network of the teacher from scratch, on little data."""
    return _little("drnet_cfkd_little", CFKD, model="drnet_mobilenetv2", gamma=0.2)
