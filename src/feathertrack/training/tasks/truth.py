"""What is known of the search regions of a batch, as targets are computed from it: on the CPU."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from feathertrack.data.batch import PairBatch
from feathertrack.errors import InputError
from feathertrack.models.network import Network
from feathertrack.training.recipe import Recipe

TARGETS_SIDE = 255
"""Side of the search region, in pixels, that anchor and keypoint targets speak of."""

_TEMPLATE_SIDE = 127


class Truth(NamedTuple):
    """The search regions of B pairs.

    Attributes:
        boxes: x, y, w, h (B, 4) float64, moved so that the middle of the region is where it is in
            one of 255 pixels.
        positive: whether the target is there, bool (B,).
        seeds: int64 (B,).
    """

    boxes: NDArray[np.float64]
    positive: NDArray[np.bool_]
    seeds: NDArray[np.int64]


def truth_of(batch: PairBatch) -> Truth:
    """Fetch what is known of a batch; call it before the network runs, as a GPU is waited for."""
    boxes = batch.search_boxes.cpu().numpy().astype(np.float64)
    boxes[:, :2] += (TARGETS_SIDE - batch.search.shape[-1]) / 2
    return Truth(boxes, batch.positive.cpu().numpy(), batch.seeds.cpu().numpy())


def check_crop(recipe: Recipe, network: Network) -> None:
    """Refuse crops of another convention than the network's trackers cut.

    Raises:
        InputError: ``data.crop`` is not the crop that the weights will remember.
    """
    built_for = network.conventions.get("crop", "pysot")
    if recipe.data.crop != built_for:
        raise InputError(
            f"data.crop is {recipe.data.crop}, but {network.name} was built for crops of "
            f"{built_for}: data.crop and model_options.anchors must agree"
        )


def check_sizes(recipe: Recipe, *, stride: int = 8) -> None:
    """Refuse crops of other sizes than networks with depth-wise heads can be trained on.

    Args:
        recipe: with the crops.
        stride: pixels of the search region per cell.

    Raises:
        InputError: the template is not 127 pixels wide, or the score map of the search region
            would have no cell in its middle.
    """
    template, search = recipe.data.template.size, recipe.data.search.size
    if template != _TEMPLATE_SIDE:
        raise InputError(f"data.template.size is {template}: {recipe.model} takes {_TEMPLATE_SIDE}")
    if search <= template or (search - template) % (2 * stride):
        raise InputError(
            f"data.search.size is {search}: {recipe.model} takes {template} and a multiple of "
            f"{2 * stride} more, such as {TARGETS_SIDE}"
        )
