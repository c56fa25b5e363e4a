"""The heads of ATOM and DRNet on a trained backbone that stays as it is.

Source: pytracking, ``bbreg/atom_paper``, and github.com/ShuaiBai623/DRNet. The backbone's ImageNet
weights are named as their publishers do; ``--weights FILE`` says where they are. Its batch norms
keep their statistics here; ``--freeze.norms train`` lets them move, as in both codes.
"""

from __future__ import annotations

from feathertrack.recipes.registry import recipe
from feathertrack.training.recipe import (
    DataSettings,
    FreezeSettings,
    LoopSettings,
    OptimSettings,
    Recipe,
    ScheduleSettings,
    SetSettings,
    ValidationSettings,
    ViewSettings,
)
from feathertrack.training.tasks.atom import AtomTaskSettings

_TRACKINGNET = ",".join(f"TRAIN_{part}" for part in range(11))
_SIDE, _AREA = 288, 5.0
_CENTER_JITTER = 4.5
_REACH = _CENTER_JITTER / 2 * _SIDE / _AREA
"""Furthest that a target moves on an axis, in pixels: it jitters by half of that many sides."""

PUBLISHED_SETS = (
    SetSettings(reader="lasot", split="train", frame_range=50),
    SetSettings(reader="trackingnet", split=_TRACKINGNET, frame_range=50),
    SetSettings(reader="coco", split="train2014", frame_range=50),
)
LITTLE_SETS = (
    SetSettings(
        reader="folder", root="sequences/train", split="folds.json:fit", share=0.5, frame_range=50
    ),
    SetSettings(reader="folder", root="images", split="", share=0.5),
)
LITTLE_VALIDATION = ValidationSettings(
    benchmark="folder",
    root="sequences/train",
    sequences=("folds.json:dev",),
    protocol="otb@got10k",
    metric="auc",
    from_epoch=10,
    every=10,
)


def box_data(
    pairs_per_epoch: int, *, sets: tuple[SetSettings, ...] = PUBLISHED_SETS, color: float = 0.0
) -> DataSettings:
    """Pairs of ATOM: crops of five sides; the target jitters in place and size in the second.

    Args:
        pairs_per_epoch: pairs of one epoch.
        sets: where from.
        color: probability of a colour offset of each crop, which the published data have not.
    """
    view = {"size": _SIDE, "context": (_AREA - 1) / 2, "brightness": 0.2, "color": color}
    return DataSettings(
        sets=sets,
        pairs_per_epoch=pairs_per_epoch,
        order="interval",
        crop="pytracking",
        gray=0.05,
        template=ViewSettings(**view),  # type: ignore[arg-type]
        search=ViewSettings(**view, scale=0.5, shift=_REACH),  # type: ignore[arg-type]
    )


def _published(
    name: str,
    *,
    source: str,
    weights: str,
    task: AtomTaskSettings,
    steps: int,
    epochs: int,
) -> Recipe:
    return Recipe(
        name=name,
        source=source,
        model=name,
        weights=weights,
        task=task,
        data=box_data(64 * steps),
        optim=OptimSettings(kind="adam", lr=1e-3, weight_decay=0.0),
        schedule=ScheduleSettings(kind="step", step_epochs=15, gamma=0.2),
        freeze=FreezeSettings(frozen={"feature_extractor": -1}),
        loop=LoopSettings(epochs=epochs, batch_size=64),
    )


@recipe
def atom_r18() -> Recipe:
    """ATOM's overlap predictor on ResNet-18: LaSOT, TrackingNet and COCO, 50 epochs."""
    return _published(
        "atom_r18",
        source="ATOM, pytracking's bbreg/atom_paper",
        weights="resnet18-5c106cde.pth",
        task=AtomTaskSettings(distance="mse"),
        steps=1000,
        epochs=50,
    )


@recipe
def drnet_r50() -> Recipe:
    """DRNet's box regression on ResNet-50: LaSOT, TrackingNet and COCO, 40 epochs."""
    return _published(
        "drnet_r50",
        source="DRNet, github.com/ShuaiBai623/DRNet",
        weights="resnet50-19c8e357.pth",
        task=AtomTaskSettings(distance="smooth_l1"),
        steps=1800,
        epochs=40,
    )


@recipe
def drnet_se_r50() -> Recipe:
    """DRNet's box regression on SE-ResNet-50, the second network of its VOT2019 entry."""
    return _published(
        "drnet_se_r50",
        source="DRNet, github.com/ShuaiBai623/DRNet",
        weights="se_resnet50-ce0d4300.pth",
        task=AtomTaskSettings(distance="smooth_l1"),
        steps=1800,
        epochs=40,
    )


def _little(name: str, *, model: str, task: AtomTaskSettings) -> Recipe:
    return Recipe(
        name=name,
        source="ours",
        model=model,
        weights="mobilenetv2_imagenet_features.pt",
        task=task,
        data=box_data(4000, sets=LITTLE_SETS, color=0.5),
        optim=OptimSettings(kind="adam", lr=1e-3, weight_decay=0.0),
        schedule=ScheduleSettings(kind="cosine", end=1e-2),
        freeze=FreezeSettings(frozen={"feature_extractor": -1}),
        loop=LoopSettings(epochs=50, batch_size=32),
        validation=LITTLE_VALIDATION,
    )


@recipe
def atom_small() -> Recipe:
    """ATOM on a MobileNetV2 with ImageNet weights, on a few videos and some thousand photographs.

    Ours: the teacher of the distillations on little data. ``--freeze.frozen.feature_extractor 0``
    trains the backbone, too.
    """
    return _little("atom_small", model="atom_mobilenetv2", task=AtomTaskSettings())


@recipe
def drnet_small() -> Recipe:
    """DRNet on a MobileNetV2 with ImageNet weights, on the data of atom_small."""
    task = AtomTaskSettings(distance="smooth_l1")
    return _little("drnet_small", model="drnet_mobilenetv2", task=task)
