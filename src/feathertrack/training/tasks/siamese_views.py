"""What siamese networks make of a batch, watched while they run, so that nothing runs twice."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from feathertrack.models.correlation import xcorr
from feathertrack.models.depthwise_siamese import DepthwiseSiamese
from feathertrack.models.network import Network
from feathertrack.models.siamfc import SiamFC
from feathertrack.models.siamkpn import SiamKPN
from feathertrack.models.siamrpn import SiamRPN
from feathertrack.training.losses.distillation.siamese import SiameseSeen
from feathertrack.training.recipe import Recipe

FAMILIES = ("siamfc", "siamrpn", "siamkpn")


class Watcher:
    """Keeps what passes the neck and the head of a network while it compares pictures.

    Args:
        network: of one of ``FAMILIES``.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._maps: list[tuple[Tensor, ...]] = []
        self._outputs: tuple[Tensor, ...] = ()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Keep what the network computes inside the block, in place of what was kept before."""
        self._maps, self._outputs = [], ()
        handles = [_trunk(self.network).register_forward_hook(self._keep_maps)]
        if isinstance(self.network, DepthwiseSiamese):
            handles.append(self.network.head.register_forward_hook(self._keep_outputs))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _keep_maps(self, _module: nn.Module, _inputs: Any, maps: Any) -> None:
        self._maps.append((maps,) if isinstance(maps, Tensor) else tuple(maps))

    def _keep_outputs(self, _module: nn.Module, _inputs: Any, outputs: Any) -> None:
        self._outputs = tuple(outputs)

    def seen(self) -> SiameseSeen:
        """What was kept; the last stage's outputs, where there are several."""
        templates, searches = self._maps
        scores, numbers = self._answers(templates, searches)
        return SiameseSeen(
            templates=_by_level(templates),
            searches=_by_level(searches),
            scores=scores.float(),
            numbers={name: one.float() for name, one in numbers.items()},
            stride=self.network.stride,
        )

    def _answers(
        self, templates: Sequence[Tensor], searches: Sequence[Tensor]
    ) -> tuple[Tensor, Mapping[str, Tensor]]:
        network = self.network
        if isinstance(network, SiamFC):
            form = network.correlation
            return network.gain * xcorr(searches[0], templates[0], form=form), {}
        if isinstance(network, SiamRPN):
            background, target = self._outputs[0].chunk(2, dim=1)
            boxes = self._outputs[1]
            return target - background, {"boxes": boxes.view(len(boxes), 4, -1, *boxes.shape[2:])}
        heat, offsets, sizes = self._outputs[-3:]
        return heat, {"offsets": offsets[:, :, None], "sizes": sizes[:, :, None]}


def _by_level(maps: Sequence[Tensor]) -> dict[int, Tensor]:
    return {number - len(maps): one.float() for number, one in enumerate(maps)}


def _trunk(network: Network) -> nn.Module:
    """The part whose outputs are compared: what runs once for each of the two pictures."""
    part = "neck" if getattr(network, "has_neck", False) else "backbone"
    return network.get_submodule(part)


def is_siamese(network: Network | None) -> bool:
    """Whether a network can be watched."""
    return isinstance(network, (SiamFC, SiamRPN, SiamKPN))


def outline(network: Network, recipe: Recipe) -> SiameseSeen:
    """What a network would make of a pair of a recipe: shapes without numbers, on no device."""
    shell = copy.deepcopy(network).to("meta").eval()
    sides = recipe.data.template.size, recipe.data.search.size
    pictures = [torch.zeros(1, 3, side, side, device="meta") for side in sides]
    watcher = Watcher(shell)
    with torch.no_grad(), watcher.watching():
        shell(*pictures)
    return watcher.seen()


def packed(seen: SiameseSeen, *, levels: Sequence[int]) -> dict[str, Tensor]:
    """What was seen as named tensors, as a cache keeps them.

    Args:
        seen: of a teacher.
        levels: numbers of those that are compared.
    """
    parts = {"scores": seen.scores, **{f"numbers.{n}": one for n, one in seen.numbers.items()}}
    for number in levels:
        parts[f"template{number}"] = seen.templates[number]
        parts[f"search{number}"] = seen.searches[number]
    return parts


def unpacked(parts: Mapping[str, Tensor], *, levels: Sequence[int], stride: int) -> SiameseSeen:
    """What was seen, from its named tensors; levels that are not compared are left out."""
    return SiameseSeen(
        templates={number: parts[f"template{number}"] for number in levels},
        searches={number: parts[f"search{number}"] for number in levels},
        scores=parts["scores"],
        numbers={
            name.removeprefix("numbers."): one
            for name, one in parts.items()
            if name.startswith("numbers.")
        },
        stride=stride,
    )
