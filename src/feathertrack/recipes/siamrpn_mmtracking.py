"""SiamRPN++ as mmtracking trains it: the same network with other anchors, data and mean.

Source: github.com/open-mmlab/mmtracking, ``configs/sot/siamese_rpn``. Those of LaSOT, UAV123,
TrackingNet and VOT2018 train alike and differ in what they are tested on; its row of TrackingNet
even shows the checkpoint of LaSOT. The batch is that of one of 8 processes.
"""

from __future__ import annotations

from dataclasses import replace

from feathertrack.recipes.registry import recipe
from feathertrack.recipes.siamrpn_data import (
    RESNET,
    RESNET_FROZEN,
    SEARCH,
    TEMPLATE,
    warmed_up,
    whole_steps,
)
from feathertrack.training.recipe import (
    DataSettings,
    FreezeSettings,
    LoopSettings,
    OptimSettings,
    Recipe,
    SetSettings,
    ValidationSettings,
)
from feathertrack.training.tasks.siamrpn import SiamRPNTaskSettings

_PROCESSES = 8
_PAIRS = 600_000

_SETS = (
    SetSettings(reader="vid", share=0.25, frame_range=100, frames="sound"),
    SetSettings(reader="coco", share=0.2, frame_range=100, frames="sound"),
    SetSettings(reader="det", share=0.55, frame_range=100, frames="sound"),
)


def _mmtracking(
    name: str, *, config: str, benchmark: str, protocol: str, preset: str, batch: int = 28
) -> Recipe:
    return Recipe(
        name=name,
        source=f"mmtracking, {config}",
        model="siamrpn_r50",
        model_options={"anchors": "mmtracking"},
        weights=RESNET,
        task=SiamRPNTaskSettings(anchors="mmtracking", normalization="sample"),
        data=DataSettings(
            sets=_SETS,
            pairs_per_epoch=whole_steps(_PAIRS, processes=_PROCESSES, batch=batch, up=True),
            crop="mmtracking",
            negative=0.2,
            template=TEMPLATE,
            search=SEARCH,
        ),
        optim=OptimSettings(lr=5e-3, weight_decay=1e-4, factors={"backbone": 0.1}, clip=10.0),
        schedule=warmed_up(start=0.2, end=0.1),
        freeze=FreezeSettings(frozen=RESNET_FROZEN),
        loop=LoopSettings(epochs=20, batch_size=batch, seed=1),
        validation=ValidationSettings(
            benchmark=benchmark, preset=preset, protocol=protocol, metric="auc", from_epoch=10
        ),
    )


@recipe
def siamrpn_r50_lasot() -> Recipe:
    """SiamRPN++ as mmtracking trains it, chosen on LaSOT."""
    return _mmtracking(
        "siamrpn_r50_lasot",
        config="siamese_rpn_r50_20e_lasot",
        benchmark="lasot",
        protocol="lasot@mmtracking",
        preset="lasot",
    )


@recipe
def siamrpn_r50_fp16_lasot() -> Recipe:
    """The same as siamrpn_r50_lasot in half precision, its loss scaled by 512."""
    made = replace(
        siamrpn_r50_lasot(),
        name="siamrpn_r50_fp16_lasot",
        source="mmtracking, siamese_rpn_r50_fp16_20e_lasot",
    )
    return replace(made, loop=replace(made.loop, precision="float16", loss_scale=512.0))


@recipe
def siamrpn_r50_trackingnet() -> Recipe:
    """The same training as siamrpn_r50_lasot, for TrackingNet, whose boxes its server keeps."""
    return replace(
        siamrpn_r50_lasot(),
        name="siamrpn_r50_trackingnet",
        source="mmtracking, siamese_rpn_r50_20e_trackingnet: chosen on LaSOT, as published",
    )


@recipe
def siamrpn_r50_uav123() -> Recipe:
    """SiamRPN++ as mmtracking trains it, chosen on UAV123."""
    return _mmtracking(
        "siamrpn_r50_uav123",
        config="siamese_rpn_r50_20e_uav123",
        benchmark="uav123",
        protocol="uav@mmtracking",
        preset="uav123",
    )


@recipe
def siamrpn_r50_otb100() -> Recipe:
    """SiamRPN++ as mmtracking trains it for OTB100: 16 pairs a GPU, a fifth in grey."""
    made = _mmtracking(
        "siamrpn_r50_otb100",
        config="siamese_rpn_r50_20e_otb100",
        benchmark="otb100",
        protocol="otb@mmtracking",
        preset="otb100",
        batch=16,
    )
    return replace(made, data=replace(made.data, gray=0.2))


@recipe
def siamrpn_r50_vot2018() -> Recipe:
    """SiamRPN++ as mmtracking trains it, chosen on VOT2018."""
    made = _mmtracking(
        "siamrpn_r50_vot2018",
        config="siamese_rpn_r50_20e_vot2018",
        benchmark="vot2018",
        protocol="vot@mmtracking",
        preset="vot2018",
    )
    return replace(made, validation=replace(made.validation, metric="eao"))
