"""SiamKPN as its authors train it, and a small one of ours.

Source: github.com/ZekuiQin/SiamKPN, ``experiments/*/config.yaml`` and ``tools/train.py``. The batch
is that of one of 4 processes, whose gradients are summed. Labels and weights of offsets follow the
code, with its mistakes, since the published numbers come from it; ``--task.labels intended
--task.offset-weight own`` trains what was meant. Its rates are half of those that the
configurations name, and its warm-up falls.
"""

from __future__ import annotations

from dataclasses import replace

from feathertrack.recipes.registry import recipe
from feathertrack.recipes.siamrpn import LIGHT, mobilenet_frozen, small_data, small_validation
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
    ScheduleSettings,
    SetSettings,
    ValidationSettings,
)
from feathertrack.training.tasks.siamkpn import SiamKPNTaskSettings

_PROCESSES, _BATCH = 4, 16
_PAIRS = 450_000

_SETS = (
    SetSettings(reader="youtubebb", frame_range=3, frames="sound"),
    SetSettings(reader="lasot", count=100_000, frame_range=300, frames="visible"),
    SetSettings(reader="got10k", count=100_000, frame_range=100, frames="visible"),
    SetSettings(reader="coco", count=50_000, frame_range=1, frames="sound"),
)
"""How LaSOT and GOT-10k were cropped was not published: frames without the target are ours to
leave out."""


def _published(name: str, *, stages: int, config: str, decay: float, otb: bool) -> Recipe:
    preset = "otb100" if otb else "vot2018"
    return Recipe(
        name=name,
        source=f"SiamKPN, {config}",
        model=f"siamkpn_r50_{stages}s",
        weights=RESNET,
        task=SiamKPNTaskSettings(decay=decay, labels="code", offset_weight="code"),
        data=DataSettings(
            sets=_SETS,
            pairs_per_epoch=whole_steps(_PAIRS, processes=_PROCESSES, batch=_BATCH),
            crop="pysot",
            negative=0.2,
            gray=0.2 if otb else 0.0,
            template=TEMPLATE,
            search=SEARCH,
        ),
        optim=OptimSettings(
            kind="adam",
            lr=1e-4,
            weight_decay=0.0,
            factors={"backbone": 0.1},
            clip=10.0,
            reduce="sum",
        ),
        schedule=warmed_up(start=2.5, end=0.25),
        freeze=FreezeSettings(frozen=RESNET_FROZEN, fresh_optimizer=True),
        loop=LoopSettings(epochs=20, batch_size=_BATCH, seed=123456),
        validation=ValidationSettings(
            benchmark=preset,
            preset=preset,
            protocol="otb@pysot" if otb else "vot@pysot",
            metric="auc" if otb else "eao",
            from_epoch=10,
        ),
    )


@recipe
def siamkpn_r50_1s_vot() -> Recipe:
    """SiamKPN of one stage, for VOT."""
    return _published(
        "siamkpn_r50_1s_vot", stages=1, config="siamkpn_r50_stack1", decay=1.0, otb=False
    )


@recipe
def siamkpn_r50_2s_vot() -> Recipe:
    """SiamKPN of two stages with variance decay, for VOT."""
    return _published(
        "siamkpn_r50_2s_vot", stages=2, config="siamkpn_r50_stack2_difstd", decay=0.9, otb=False
    )


@recipe
def siamkpn_r50_3s_vot() -> Recipe:
    """SiamKPN of three stages with variance decay, for VOT."""
    return _published(
        "siamkpn_r50_3s_vot", stages=3, config="siamkpn_r50_stack3_difstd", decay=0.9, otb=False
    )


@recipe
def siamkpn_r50_1s_otb() -> Recipe:
    """SiamKPN of one stage, for OTB: a fifth in grey."""
    return _published(
        "siamkpn_r50_1s_otb", stages=1, config="siamkpn_r50_stack1_otb", decay=1.0, otb=True
    )


@recipe
def siamkpn_r50_2s_otb() -> Recipe:
    """SiamKPN of two stages with variance decay, for OTB: a fifth in grey."""
    return _published(
        "siamkpn_r50_2s_otb", stages=2, config="siamkpn_r50_stack2_difstd_otb", decay=0.9, otb=True
    )


@recipe
def siamkpn_r50_3s_otb() -> Recipe:
    """SiamKPN of three stages with variance decay, for OTB: a fifth in grey."""
    return _published(
        "siamkpn_r50_3s_otb", stages=3, config="siamkpn_r50_stack3_difstd_otb", decay=0.9, otb=True
    )


@recipe
def siamkpn_r50_3s_otb_nodecay() -> Recipe:
    """SiamKPN of three stages without variance decay, for OTB: a fifth in grey."""
    made = _published(
        "siamkpn_r50_3s_otb_nodecay", stages=3, config="siamkpn_r50_stack3_otb", decay=1.0, otb=True
    )
    return replace(made, validation=replace(made.validation, preset="otb100_nodecay"))


@recipe
def siamkpn_small() -> Recipe:
    """SiamKPN of two stages on a light MobileNetV2 and little data.

    Ours: one level of stride 16, so that it trains on a CPU, on some videos and still photographs.
    It starts from the ImageNet weights of torchvision's MobileNetV2, and its labels and weights are
    those that were meant.
    """
    return Recipe(
        name="siamkpn_small",
        source="ours",
        model="siamkpn_mobilenetv2",
        model_options={**LIGHT, "num_stages": 2, "size_prior": 64.0},
        weights="mobilenetv2_imagenet_features.pt",
        task=SiamKPNTaskSettings(decay=0.9),
        data=small_data(pairs=4800),
        optim=OptimSettings(
            kind="adam", lr=5e-4, weight_decay=0.0, factors={"backbone": 0.2}, clip=10.0
        ),
        schedule=ScheduleSettings(kind="log", end=0.02, warmup_epochs=1, warmup_start=0.2),
        freeze=FreezeSettings(frozen=mobilenet_frozen(1, last=5)),
        loop=LoopSettings(epochs=12, batch_size=16),
        validation=small_validation(),
    )
