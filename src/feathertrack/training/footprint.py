"""What a training needs in memory, found without computing anything."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor

from feathertrack.errors import InputError
from feathertrack.models.network import Network
from feathertrack.training.freezing import Freezing
from feathertrack.training.recipe import Recipe

_TOO_SMALL = (
    "Kernel size can't be greater than",
    "Output size is too small",
    "larger than the search region",
)

_MOMENTS = {"sgd": 1, "adam": 2, "adamw": 2}


@dataclass(frozen=True, kw_only=True)
class Footprint:
    """Bytes of one process that trains, without those of the framework and of the data workers.

    Attributes:
        weights: parameters and buffers.
        gradients: of the parameters that train.
        optimizer: its moments.
        activations: what the forward pass keeps for the backward pass, and the batch.
    """

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.gradients + self.optimizer + self.activations


def estimate_footprint(recipe: Recipe, network: Network) -> Footprint:
    """Return what one step of a recipe needs in the epoch in which the most trains.

    Args:
        recipe: its batch size, views, precision, optimiser and what it freezes count.
        network: what is trained; it is left as it is.

    Raises:
        InputError: the views are too small for the network, or a frozen part is none of it.
    """
    shell = copy.deepcopy(network).to("meta")
    freezing = Freezing(shell, recipe.freeze)
    freezing.apply(max(0, recipe.loop.epochs - 1))
    trained = sum(tensor.nbytes for tensor in shell.parameters() if tensor.requires_grad)
    has_moments = recipe.optim.kind != "sgd" or recipe.optim.momentum > 0
    return Footprint(
        weights=sum(tensor.nbytes for tensor in network.state_dict().values()),
        gradients=trained,
        optimizer=_MOMENTS[recipe.optim.kind] * trained * has_moments,
        activations=_kept_bytes(recipe, shell),
    )


def check_views(recipe: Recipe, network: Network) -> None:
    """Refuse views that are too small for a network, before anything is trained.

    Raises:
        InputError: names their sizes.
    """
    template, search = recipe.data.template.size, recipe.data.search.size
    images = [torch.zeros(1, 3, side, side, device="meta") for side in (template, search)]
    shell = copy.deepcopy(network).to("meta").eval()
    try:
        with torch.no_grad():
            _passed(shell, images)
    except InputError:
        raise
    except (RuntimeError, TypeError, ValueError, AttributeError):
        return  # networks that cannot be called so, as pairs of them, are not checked


def _passed(shell: Network, images: list[Tensor]) -> None:
    """Run a network on its way through images; only that they are too small is an error."""
    try:
        shell(*images)
    except (RuntimeError, ValueError) as error:
        if not any(words in str(error) for words in _TOO_SMALL):
            raise
        template, search = (image.shape[-1] for image in images)
        name = shell.name or "the network"
        raise InputError(
            f"{name} cannot compare a template of {template} pixels with a search region of "
            f"{search}: change data.template.size or data.search.size"
        ) from error


def _kept_bytes(recipe: Recipe, shell: Network) -> int:
    """Bytes of the crops and of what a network saves of them, each storage once.

    Without the loss, whose maps are small. The network is without memory and in its modes.
    """
    num, views = recipe.loop.batch_size, (recipe.data.template, recipe.data.search)
    images = [torch.zeros(num, 3, view.size, view.size, device="meta") for view in views]
    if recipe.loop.precision != "float32":
        shell = shell.to(torch.bfloat16)
        images = [image.to(torch.bfloat16) for image in images]
    kept: dict[int, int] = {}
    alive: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        alive.append(tensor)  # so that no address is used twice
        storage = tensor.untyped_storage()
        kept[storage._cdata] = math.prod(tensor.shape) * tensor.element_size()
        return tensor

    own = {tensor.untyped_storage()._cdata for tensor in shell.parameters()}
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        _passed(shell, images)
    crops = sum(4 * image.numel() for image in images)
    return crops + sum(size for storage, size in kept.items() if storage not in own)
