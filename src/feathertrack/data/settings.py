"""Which pairs a training draws, and how their views are cut: the data part of a recipe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from feathertrack.data.augment.draws import Crop
from feathertrack.data.filters import FrameRule


@dataclass(frozen=True, kw_only=True)
class SetSettings:
    """One training set and how often it is drawn from.

    Attributes:
        reader: its layout: ``got10k``, ``coco``, ``vid``, ..., ``folder``, ``packed``, ``crop511``,
            ``crop255``.
        root: its folder; "" is the folder of the reader's name under ``--data``.
        split: the part that is read, as the data set names it; "" is everything.
        share: weight among the sets of a recipe; shares need not add up to one.
        count: videos used per pass, -1 for all (pysot: NUM_USE).
        frame_range: furthest distance of the two frames of a pair.
        frames: which boxes of an indexed set are used: every ``sound`` one, the ``visible`` ones,
            or those that pass the size, shape and visibility filters of ``fdsiamfc``. Packed and
            pre-cropped sets were filtered when they were made.
    """

    reader: str
    root: str = ""
    split: str = "train"
    share: float = 1.0
    count: int = -1
    frame_range: int = 100
    frames: FrameRule = "visible"


@dataclass(frozen=True, kw_only=True)
class ViewSettings:
    """How one of the two crops is cut and varied; ranges are uniform and symmetric.

    Attributes:
        size: side of the crop that the network gets, in pixels.
        shift: largest displacement of the target on each axis, pixels of the crop.
        scale: largest relative change of the crop's sides, each axis by itself (``squashed``: of
            its logarithm).
        stretch: largest relative change of both sides together.
        color: probability of a colour offset along the principal axes of ImageNet's pixels.
        blur: probability of a motion blur.
        flip: probability of a mirror image, left to right.
        brightness: largest relative change of the brightness.
        context: border around the target in the crop, as a share of width + height, per axis.
    """

    size: int
    shift: float = 0.0
    scale: float = 0.0
    stretch: float = 0.0
    color: float = 0.0
    blur: float = 0.0
    flip: float = 0.0
    brightness: float = 0.0
    context: float = 0.5


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Which pairs are drawn.

    Attributes:
        sets: the training sets.
        pairs_per_epoch: pairs of one epoch over all processes.
        order: ``causal``: the template is never later; ``any``: either may be; ``interval``: both
            within a range around a drawn base frame, which grows until frames are found.
        crop: the convention by which views are cut: that of the paper's own code.
        negative: share of pairs whose search region shows another object.
        gray: share of pairs that lose their colours, both crops together.
        template: how templates are cut and varied.
        search: how search regions are cut and varied.
        workers: processes that prepare pairs; 0 prepares them in the training process.
        augment: ``opencv`` in the workers, or ``torch`` in batches on the training device.
    """

    sets: tuple[SetSettings, ...]
    pairs_per_epoch: int
    order: Literal["causal", "any", "interval"] = "any"
    crop: Crop = "siamfc"
    negative: float = 0.0
    gray: float = 0.0
    template: ViewSettings = ViewSettings(size=127)
    search: ViewSettings = ViewSettings(size=255)
    workers: int = 2
    augment: Literal["opencv", "torch"] = "opencv"
