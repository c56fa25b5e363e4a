"""What the published trainings of SiamRPN++ and SiamKPN share: how crops vary, and what freezes.

Source: github.com/STVIR/pysot, ``experiments`` and ``pysot/core/config.py``; SiamKPN and mmtracking
took both over.
"""

from __future__ import annotations

from collections.abc import Mapping

from feathertrack.training.recipe import ScheduleSettings, ViewSettings

TEMPLATE = ViewSettings(size=127, shift=4.0, scale=0.05, color=1.0)
SEARCH = ViewSettings(size=255, shift=64.0, scale=0.18, color=1.0, blur=0.2)

RESNET = "resnet50.model"
"""pysot's ImageNet weights of the dilated ResNet-50. torchvision's do not fit: the shortcuts here
are 3 x 3. mmtracking calls the file ``sot_resnet50.model``."""

UNTIL = 10
"""Epochs for which the whole backbone is frozen."""

RESNET_FROZEN: Mapping[str, int] = {
    "backbone.conv1": -1,
    "backbone.bn1": -1,
    "backbone.layer1": -1,
    "backbone.layer2": UNTIL,
    "backbone.layer3": UNTIL,
    "backbone.layer4": UNTIL,
}


def warmed_up(*, start: float, end: float) -> ScheduleSettings:
    """Five epochs of warm-up, then a fall by equal factors; both relative to what comes between."""
    return ScheduleSettings(kind="log", end=end, warmup_epochs=5, warmup_start=start)


def whole_steps(pairs: int, *, processes: int, batch: int, up: bool = False) -> int:
    """The pairs of an epoch as whole steps of all processes, left over ones dropped or filled up.

    >>> whole_steps(1000, processes=8, batch=28), whole_steps(1000, processes=8, batch=28, up=True)
    (896, 1120)
    """
    step = processes * batch
    return (pairs + (step - 1 if up else 0)) // step * step
