"""What ATOM and DRNet make of a batch: maps of their levels, and answers about boxes.

Shapes: B pairs, P boxes in each, K numbers that the head says of a box (1 or 4).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Protocol, cast

import torch
from torch import Tensor

from feathertrack.data.batch import PairBatch
from feathertrack.models.box_network import BoxNetwork
from feathertrack.models.heads.boxes import modulate
from feathertrack.training.losses.distillation.lesson import Level, Seen

_HALF_PIXEL = 0.5


class LevelledBackbone(Protocol):
    """What the backbones of this family share: levels by number.

    Attributes:
        used: the two levels that the head takes.
        num_levels: levels in all, the stem included.
    """

    used: tuple[int, ...]
    num_levels: int

    def __call__(self, image_B3HW: Tensor, used: Sequence[int]) -> list[Tensor]:
        """Return the maps of the levels that are asked for."""
        ...


def observe(
    network: BoxNetwork,
    batch: PairBatch,
    boxes_BP4: Tensor,
    *,
    levels: Sequence[int] = (),
    asked: bool = True,
    backbone: LevelledBackbone | None = None,
) -> Seen:
    """Return maps and answers of a network, in float32; each picture passes the backbone once.

    Args:
        network: whose head, and whose pixels' normalisation.
        batch: the pairs.
        boxes_BP4: boxes in the search regions, as networks count them.
        levels: numbers of the levels whose maps are wanted.
        asked: whether the head is asked about the boxes.
        backbone: what stands in for the network's.
    """
    backbone = backbone or cast("LevelledBackbone", network.feature_extractor)
    heads = backbone.used if asked else ()
    used = sorted({*levels, *heads})
    template, search = (
        dict(zip(used, backbone(network.normalised(image), used), strict=True))
        for image in (batch.template, batch.search)
    )
    answers = None
    if asked:
        head = network.bb_regressor
        modulation = head.modulation(
            [template[number] for number in heads], network_boxes(batch.template_boxes)
        )
        maps = modulate(head.test_maps([search[number] for number in heads]), modulation)
        answers = head.predict(maps, boxes_BP4).float()
    side = batch.search.shape[-1]
    return Seen(
        levels={
            number: Level(
                template=template[number].float(),
                search=search[number].float(),
                stride=stride_of(side, search[number].shape[-1]),
            )
            for number in levels
        },
        answers=answers,
    )


def level_sides(network: BoxNetwork, side: int) -> list[tuple[int, int]]:
    """Cells of the maps of every level, height and width, found without computing anything.

    Args:
        network: whose backbone.
        side: pixels of a square picture.
    """
    shell = copy.deepcopy(network.feature_extractor).to("meta").eval()
    backbone = cast("LevelledBackbone", shell)
    picture = torch.zeros(1, 3, side, side, device="meta")
    with torch.no_grad():
        maps = backbone(picture, range(backbone.num_levels))
    return [(one.shape[2], one.shape[3]) for one in maps]


def network_boxes(boxes: Tensor) -> Tensor:
    """This package's boxes as ATOM and DRNet count them: by the centres of pixels."""
    return boxes - boxes.new_tensor([_HALF_PIXEL, _HALF_PIXEL, 0.0, 0.0])


def package_boxes(boxes: Tensor) -> Tensor:
    """Boxes of ATOM and DRNet as this package counts them."""
    return 2 * boxes - network_boxes(boxes)


def stride_of(pixels: int, cells: int) -> int:
    """Pixels per cell; a side that is no multiple has a cell more.

    >>> [stride_of(288, 18), stride_of(255, 128)]
    [16, 2]
    """
    return 1 << round(math.log2(pixels / cells))
