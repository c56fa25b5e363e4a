"""Light students of siamese trackers, which imitate a heavier one of their family. All ours.

The data, course and losses are those of the family's own recipe; what a teacher adds is a sum of
terms, whose weights stand here.
"""

from __future__ import annotations

from dataclasses import replace

from feathertrack.recipes.registry import distillation
from feathertrack.recipes.siamfc import siamfc_got10k, siamfc_small
from feathertrack.recipes.siamkpn import siamkpn_r50_1s_vot, siamkpn_small
from feathertrack.recipes.siamrpn import siamrpn_mobilenetv2, siamrpn_small
from feathertrack.training.losses.distillation.siamese import (
    MatchedFeatures,
    SiameseTerm,
    SoftNumbers,
    SoftScores,
)
from feathertrack.training.recipe import Recipe
from feathertrack.training.tasks.distill_siamese import DistillSiameseSettings
from feathertrack.training.tasks.siamkpn import SiamKPNTaskSettings

Terms = tuple[SiameseTerm, ...]

RESPONSE: Terms = (MatchedFeatures(weight=1.0), SoftScores(weight=1.0))
ANCHORS: Terms = (*RESPONSE, SoftNumbers(weight=1.2))
KEYPOINTS: Terms = (
    *RESPONSE,
    SoftNumbers(name="soft_offsets", output="offsets", weight=1.0),
    SoftNumbers(name="soft_sizes", output="sizes", weight=0.05),
)
"""Weights of boxes, offsets and sizes are those that the families' own losses have."""

_WIDTHS = (32,)


def imitating(recipe: Recipe, terms: Terms, *, name: str, source: str, teacher: str) -> Recipe:
    """A family's recipe with a teacher: its own losses, and the terms of a sum."""
    task = DistillSiameseSettings(inner=recipe.task, terms=terms)
    return replace(recipe, name=name, source=source, teacher=teacher, task=task)


@distillation
def siamrpn_mobilenetv2_from_r50() -> Recipe:
    """SiamRPN++ on MobileNetV2, taught by SiamRPN++ on ResNet-50."""
    return imitating(
        siamrpn_mobilenetv2(),
        ANCHORS,
        name="siamrpn_mobilenetv2_from_r50",
        source="ours; the data and course of siamrpn_mobilenetv2",
        teacher="siamrpn_r50",
    )


@distillation
def siamkpn_1s_from_3s() -> Recipe:
    """SiamKPN of one stage, taught by the last of three stages."""
    return imitating(
        siamkpn_r50_1s_vot(),
        KEYPOINTS,
        name="siamkpn_1s_from_3s",
        source="ours; the data and course of siamkpn_r50_1s_vot",
        teacher="siamkpn_r50_3s",
    )


@distillation
def siamrpn_small_narrow() -> Recipe:
    """SiamRPN++ with levels of 32 channels, taught by a siamrpn_small, on little data."""
    base = siamrpn_small()
    made = imitating(base, ANCHORS, name="siamrpn_small_narrow", source="ours", teacher="")
    return replace(made, model_options={**base.model_options, "widths": _WIDTHS})


@distillation
def siamkpn_small_1s() -> Recipe:
    """SiamKPN of one stage and 32 channels, taught by a siamkpn_small, on little data."""
    base = replace(siamkpn_small(), task=SiamKPNTaskSettings())
    made = imitating(base, KEYPOINTS, name="siamkpn_small_1s", source="ours", teacher="")
    options = {**base.model_options, "widths": _WIDTHS, "num_stages": 1}
    return replace(made, model_options=options)


@distillation
def feather_fc_from_siamfc() -> Recipe:
    """A narrow SiamFC from scratch, taught by SiamFC."""
    made = imitating(
        siamfc_got10k(),
        RESPONSE,
        name="feather_fc_from_siamfc",
        source="ours; the data and course of siamfc_got10k",
        teacher="siamfc",
    )
    return replace(made, model="feather_fc")


@distillation
def feather_fc_small() -> Recipe:
    """A narrow SiamFC from scratch, taught by a siamfc_small, on little data."""
    made = imitating(siamfc_small(), RESPONSE, name="feather_fc_small", source="ours", teacher="")
    return replace(made, model="feather_fc")
