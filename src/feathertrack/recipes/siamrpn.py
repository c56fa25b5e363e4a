"""SiamRPN++ as pysot trains it, and a small one of ours.

Source: github.com/STVIR/pysot, ``experiments/*/config.yaml`` and ``tools/train.py``. The batch is
that of one process: the published runs have 8 or 16 of them, whose gradients are summed. pysot
tests the checkpoints of epochs 10 to 20 by hand, which the validation does here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from feathertrack.recipes.registry import recipe
from feathertrack.recipes.siamfc import SELECTION
from feathertrack.recipes.siamrpn_data import (
    RESNET,
    RESNET_FROZEN,
    SEARCH,
    TEMPLATE,
    UNTIL,
    warmed_up,
    whole_steps,
)
from feathertrack.training.recipe import (
    DataSettings,
    FreezeSettings,
    LoopSettings,
    OptimSettings,
    Recipe,
    ScheduleSettings,
    SetSettings,
    ValidationSettings,
)
from feathertrack.training.tasks.siamrpn import SiamRPNTaskSettings

_SETS = (
    SetSettings(reader="vid", count=100_000, frame_range=100, frames="sound"),
    SetSettings(reader="youtubebb", frame_range=3, frames="sound"),
    SetSettings(reader="coco", frame_range=1, frames="sound"),
    SetSettings(reader="det", frame_range=1, frames="sound"),
)
"""In pysot's union each video counts once, those of ImageNet VID about 26 times."""

_PAIRS = 600_000


def _pysot(name: str, *, processes: int, batch: int, published: str, start: str = RESNET) -> Recipe:
    """The training of pysot's ResNet-50 with 8 processes and what it shares with all others."""
    return Recipe(
        name=name,
        source=f"pysot, {published}",
        model="siamrpn_r50",
        weights=start,
        task=SiamRPNTaskSettings(),
        data=DataSettings(
            sets=_SETS,
            pairs_per_epoch=whole_steps(_PAIRS, processes=processes, batch=batch),
            crop="pysot",
            negative=0.2,
            template=TEMPLATE,
            search=SEARCH,
        ),
        optim=OptimSettings(
            lr=5e-3, weight_decay=1e-4, factors={"backbone": 0.1}, clip=10.0, reduce="sum"
        ),
        schedule=warmed_up(start=0.2, end=0.1),
        freeze=FreezeSettings(frozen=RESNET_FROZEN, fresh_optimizer=True),
        loop=LoopSettings(epochs=20, batch_size=batch, seed=123456),
        validation=ValidationSettings(
            benchmark="vot2018", preset="vot2018", protocol="vot@pysot", metric="eao", from_epoch=10
        ),
    )


def _tested_with(recipe: Recipe, preset: str) -> Recipe:
    return replace(recipe, validation=replace(recipe.validation, preset=preset))


@recipe
def siamrpn_r50_8gpu() -> Recipe:
    """SiamRPN++ on ResNet-50 as pysot trains it on 8 GPUs, 28 pairs each."""
    made = _pysot(
        "siamrpn_r50_8gpu",
        processes=8,
        batch=28,
        published="siamrpn_r50_l234_dwxcorr_8gpu: the training of its siamrpn_r50_l234_dwxcorr",
    )
    return _tested_with(made, "8gpu")


@recipe
def siamrpn_r50_16gpu() -> Recipe:
    """SiamRPN++ on ResNet-50 as pysot trains it on 16 GPUs, 24 pairs each."""
    made = _pysot(
        "siamrpn_r50_16gpu",
        processes=16,
        batch=24,
        published="siamrpn_r50_l234_dwxcorr_16gpu: the training of its siamrpn_r50_l234_dwxcorr",
    )
    return _tested_with(made, "16gpu")


@recipe
def siamrpn_r50_otb_8gpu() -> Recipe:
    """SiamRPN++ for OTB as pysot trains it on 8 GPUs, 16 pairs each: a fifth in grey."""
    made = _pysot(
        "siamrpn_r50_otb_8gpu",
        processes=8,
        batch=16,
        published="siamrpn_r50_l234_dwxcorr_otb_8gpu: the training of siamrpn_r50_l234_dwxcorr_otb",
    )
    return replace(
        made,
        model_options={"weighted": False},
        data=replace(made.data, gray=0.2),
        schedule=warmed_up(start=0.2, end=0.5),
        freeze=replace(made.freeze, frozen={**RESNET_FROZEN, "backbone.layer1": UNTIL}),
        validation=replace(
            made.validation,
            benchmark="otb100",
            preset="otb_8gpu",
            protocol="otb@pysot",
            metric="auc",
        ),
    )


@recipe
def siamrpn_alexnet_16gpu() -> Recipe:
    """The fast SiamRPN on AlexNet as pysot trains it on 16 GPUs, 128 pairs each.

    Search regions have 255 pixels here and 287 in tracking. Its rates are half of those that its
    configuration names and its log shows: they are divided by the first one after the warm-up, and
    that is twice the base rate.
    """
    made = _pysot(
        "siamrpn_alexnet_16gpu",
        processes=16,
        batch=128,
        start="alexnet-bn.pth",
        published="siamrpn_alex_dwxcorr_16gpu: the training of its siamrpn_alex_dwxcorr",
    )
    frozen = {f"backbone.layer{number}": -1 for number in (1, 2, 3)}
    return replace(
        made,
        model="siamrpn_alexnet",
        data=replace(made.data, negative=0.05),
        optim=replace(made.optim, factors={}),
        schedule=warmed_up(start=0.5, end=0.05),
        freeze=replace(
            made.freeze, frozen={**frozen, "backbone.layer4": UNTIL, "backbone.layer5": UNTIL}
        ),
        loop=replace(made.loop, epochs=50),
        validation=replace(made.validation, preset="16gpu", from_epoch=35),
    )


@recipe
def siamrpn_mobilenetv2() -> Recipe:
    """SiamRPN++ on MobileNetV2 of width 1.4, trained by the settings of siamrpn_r50_8gpu.

    Ours: pysot published weights of this network, but not how they were trained.
    """
    made = _pysot(
        "siamrpn_mobilenetv2",
        processes=8,
        batch=28,
        start="mobilenetv2_1.4.model",
        published="siamrpn_mobilev2_l234_dwxcorr: the network and its test settings; the training "
        "is ours, with the settings of siamrpn_r50_l234_dwxcorr_8gpu",
    )
    return replace(
        made,
        model="siamrpn_mobilenetv2",
        freeze=replace(made.freeze, frozen=mobilenet_frozen(UNTIL)),
    )


def mobilenet_frozen(until: int, *, last: int = 7) -> Mapping[str, int]:
    """The layers of MobileNetV2 up to stride 4 for ever, the others for some epochs."""
    return {f"backbone.layer{number}": -1 if number < 3 else until for number in range(last + 1)}


LIGHT: Mapping[str, object] = {
    "multiplier": 1.0,
    "widths": (96,),
    "weighted": False,
    "used": (5,),
    "stride": 16,
}
"""Options of a network on MobileNetV2 with a single level of 96 channels."""


@recipe
def siamrpn_small() -> Recipe:
    """SiamRPN++ on a light MobileNetV2 and little data: some videos and still photographs.

    Ours: one level of stride 16, so that it trains on a CPU. It starts from the ImageNet weights
    of torchvision's MobileNetV2.
    """
    return Recipe(
        name="siamrpn_small",
        source="ours",
        model="siamrpn_mobilenetv2",
        model_options=LIGHT,
        weights="mobilenetv2_imagenet_features.pt",
        task=SiamRPNTaskSettings(window="centered"),
        data=small_data(pairs=4800),
        optim=OptimSettings(
            lr=1e-2, weight_decay=1e-4, factors={"backbone": 0.2}, clip=10.0, reduce="mean"
        ),
        schedule=ScheduleSettings(kind="log", end=0.02, warmup_epochs=1, warmup_start=0.2),
        freeze=FreezeSettings(frozen=mobilenet_frozen(1, last=5)),
        loop=LoopSettings(epochs=12, batch_size=16),
        validation=small_validation(),
    )


def small_data(*, pairs: int) -> DataSettings:
    """Photographs and the sequences of the fold ``fit``, cut and varied as pysot does."""
    return DataSettings(
        sets=(
            SetSettings(reader="folder", root="sequences/train", split="folds.json:fit", share=0.5),
            SetSettings(reader="folder", root="images", split="", share=0.5, frame_range=1),
        ),
        pairs_per_epoch=pairs,
        crop="pysot",
        negative=0.2,
        gray=0.1,
        template=TEMPLATE,
        search=SEARCH,
    )


def small_validation() -> ValidationSettings:
    """The sequences of the fold ``dev``, every third epoch."""
    return ValidationSettings(
        benchmark="folder",
        root="sequences/train",
        sequences=("folds.json:dev",),
        protocol="otb@got10k",
        metric=SELECTION,
        from_epoch=3,
        every=3,
    )
