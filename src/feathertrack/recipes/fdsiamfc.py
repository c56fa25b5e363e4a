"""FDSiamFC's students: every convolution of a teacher squeezed, one after another.

Source: github.com/conquerhuang/FDSiamFC, training script of its history. Batch norms of frozen
parts keep their statistics here; ``--norms train`` lets them move, as they do there.
"""

from __future__ import annotations

from dataclasses import replace

from feathertrack.recipes.registry import compression
from feathertrack.recipes.siamfc import SELECTION, siamd_mixed, siamfc_got10k, siamfc_small
from feathertrack.training.compression.settings import Compression, PhaseSettings
from feathertrack.training.recipe import Recipe, ValidationSettings

_CHOSEN_BY = "FDSiamFC, {row}; it chooses the weights of a stage on OTB2013, this on GOT-10k's val"


def _from_recipe(
    name: str, teacher: Recipe, *, source: str, model: str, rate: float
) -> Compression:
    """A compression with the pairs and labels that the teacher was trained with."""
    return Compression(
        name=name,
        source=source,
        teacher_model=teacher.model,
        model=model,
        rates=(rate,),
        task=teacher.task,
        data=teacher.data,
        optim=teacher.optim,
        loop=teacher.loop,
        validation=replace(teacher.validation, metric=SELECTION, from_epoch=1, every=1),
    )


@compression
def fdsiamfc_30() -> Compression:
    """The student that keeps 30 % of the channels of SiamFC; 18 stages of 50 epochs."""
    source = _CHOSEN_BY.format(row="row FDSiamFC_30")
    return _from_recipe(
        "fdsiamfc_30", siamfc_got10k(), source=source, model="fdsiamfc_step", rate=0.3
    )


@compression
def fdsiamfc_15() -> Compression:
    """The student that keeps 15 % of the channels of SiamFC; 18 stages of 50 epochs."""
    source = _CHOSEN_BY.format(row="row FDSiamFC_15")
    return _from_recipe(
        "fdsiamfc_15", siamfc_got10k(), source=source, model="fdsiamfc_step", rate=0.15
    )


@compression
def fdsiamd_50() -> Compression:
    """The student that keeps half of the channels of Siamd; 30 stages of 50 epochs."""
    source = _CHOSEN_BY.format(row="FDSiamd") + "; the data are ours, as those of siamd_mixed"
    return _from_recipe("fdsiamd_50", siamd_mixed(), source=source, model="fdsiamd_step", rate=0.5)


def _small(name: str, rate: float) -> Compression:
    """Stages of 320 and 1,280 pairs, which end with their last weights: validating takes longer.

    So few pairs are best spent where everything trains, at a high rate and averaged.
    """
    teacher = siamfc_small()
    whole = _from_recipe(name, teacher, source="ours", model="fdsiamfc_step", rate=rate)
    return replace(
        whole,
        train=PhaseSettings(epochs=1, lr=1e-2, end=0.1),
        finetune=PhaseSettings(epochs=4, lr=1e-2, end=0.1),
        data=replace(teacher.data, pairs_per_epoch=320),
        loop=replace(teacher.loop, ema=0.98),
        validation=ValidationSettings(),
    )


@compression
def fdsiamfc_30_small() -> Compression:
    """The 30 % student on the data of siamfc_small, in short stages."""
    return _small("fdsiamfc_30_small", 0.3)


@compression
def fdsiamfc_15_small() -> Compression:
    """The 15 % student on the data of siamfc_small, in short stages."""
    return _small("fdsiamfc_15_small", 0.15)
