"""The networks that are shipped, on little data: videos, photographs, composed and mined clips.

Ours. They start from the ImageNet weights of torchvision's MobileNetV2 (``--weights``); with
``--task.teacher-onnx`` they also learn from FEAR-XS.
"""

from __future__ import annotations

from dataclasses import replace

from feathertrack.recipes.registry import recipe
from feathertrack.recipes.siamrpn import small_validation
from feathertrack.training.recipe import (
    DataSettings,
    FreezeSettings,
    LoopSettings,
    OptimSettings,
    Recipe,
    ScheduleSettings,
    SetSettings,
    ViewSettings,
)
from feathertrack.training.tasks.feather import FeatherTaskSettings

_VIDEOS = SetSettings(
    reader="folder",
    root="sequences/train",
    split="folds.json:fit and manifest.json:permissive",  # what ships is trained on nothing else
    share=0.3,
)
_STILLS = SetSettings(reader="folder", root="images", split="", share=0.4, frame_range=1)
_COMPOSED = SetSettings(reader="folder", root="composed", split="", share=0.3)
_MINED = SetSettings(reader="folder", root="mined", split="", share=0.2)


def _recipe(name: str, *, model: str, seen_size: int = 0) -> Recipe:
    return Recipe(
        name=name,
        source="ours",
        model=model,
        weights="mobilenetv2_imagenet_features.pt",
        task=FeatherTaskSettings(seen_size=seen_size),
        data=DataSettings(
            sets=(_VIDEOS, _STILLS),
            pairs_per_epoch=4800,
            crop="squashed",
            negative=0.15,
            gray=0.15,
            template=ViewSettings(size=128, context=0.2, shift=4.0, scale=0.05, color=1.0),
            search=ViewSettings(size=256, context=2.0, shift=80.0, scale=0.25, color=1.0, blur=0.2),
        ),
        optim=OptimSettings(
            kind="adamw",
            lr=1e-3,
            weight_decay=1e-2,
            decay_norms=False,
            factors={"trunk": 0.2},
            clip=10.0,
        ),
        schedule=ScheduleSettings(kind="cosine", end=1e-2, warmup_epochs=1, warmup_start=0.2),
        freeze=FreezeSettings(frozen={"trunk": 1}),
        loop=LoopSettings(epochs=30, batch_size=32, ema=0.998),
        validation=replace(small_validation(), from_epoch=5, every=5),
    )


def _with_composed(made: Recipe) -> Recipe:
    data = replace(made.data, sets=(*made.data.sets, _COMPOSED))
    return replace(made, name=f"{made.name}_composed", data=data)


def _with_everything(made: Recipe) -> Recipe:
    shares = (0.2, 0.35, 0.25)
    given = (*made.data.sets, _COMPOSED)
    sets = tuple(replace(one, share=share) for one, share in zip(given, shares, strict=True))
    data = replace(made.data, sets=(*sets, _MINED))
    return replace(made, name=f"{made.name}_everything", data=data)


@recipe
def feather_nano() -> Recipe:
    """feather_nano on videos and photographs."""
    # Its tracker shows targets as large as regions of 192 pixels do: see presets/feather.py.
    return _recipe("feather_nano", model="feather_nano", seen_size=192)


@recipe
def feather_small() -> Recipe:
    """feather_small on videos and photographs."""
    return _recipe("feather_small", model="feather_small")


@recipe
def feather_base() -> Recipe:
    """feather_base on videos and photographs."""
    return _recipe("feather_base", model="feather_base")


@recipe
def feather_nano_composed() -> Recipe:
    """feather_nano on videos, photographs and clips of ``feathertrack data compose``."""
    return _with_composed(feather_nano())


@recipe
def feather_small_composed() -> Recipe:
    """feather_small on videos, photographs and clips of ``feathertrack data compose``."""
    return _with_composed(feather_small())


@recipe
def feather_base_composed() -> Recipe:
    """feather_base on videos, photographs and clips of ``feathertrack data compose``."""
    return _with_composed(feather_base())


@recipe
def feather_nano_everything() -> Recipe:
    """feather_nano on videos, photographs, composed clips and tracks of ``data mine``."""
    return _with_everything(feather_nano())


@recipe
def feather_small_everything() -> Recipe:
    """feather_small on videos, photographs, composed clips and tracks of ``data mine``."""
    return _with_everything(feather_small())


@recipe
def feather_base_everything() -> Recipe:
    """feather_base on videos, photographs, composed clips and tracks of ``data mine``."""
    return _with_everything(feather_base())
