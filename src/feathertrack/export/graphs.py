"""A network's calls as modules that take pictures as trackers have them: what is exported.

Pictures are uint8, or float32 where the convention of the weights crops in float.

Shapes: B templates, N search regions, h w and H W their sides.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from feathertrack.engines.protocol import PICTURES
from feathertrack.models.alignment import align_channels
from feathertrack.models.folding import fold_batchnorm
from feathertrack.models.network import Network
from feathertrack.weights.info import network_info

_PICTURES = ("template", "search", PICTURES)

Known = dict[str, tuple[Tensor, tuple[int, ...]]]
"""Examples of inputs by name, each with its open axes."""


def ready_for_export(model: Network) -> Network:
    """A copy for inference: folded, aligned, and with correlations that take a dynamic batch."""
    ready = align_channels(fold_batchnorm(model.merged())).cpu().float()
    for module in ready.modules():
        if hasattr(module, "correlation"):
            setattr(module, "correlation", "matmul")  # noqa: B010  (nn.Module types hide it)
    return ready.requires_grad_(False).eval()


@dataclass(frozen=True, kw_only=True)
class Graph:
    """One file of an exported network.

    Attributes:
        call: the call that it is.
        module: what is exported.
        inputs: examples of its inputs, of which the first axes are not equal to 1: the exporter
            would take a batch of one for a constant.
        names: names of the inputs.
        open_axes: axes of each input that may have any length.
        outputs: names of the outputs; () leaves them to the exporter.
        smallest_side: of pictures whose height and width are open.
    """

    call: str
    module: nn.Module
    inputs: tuple[Tensor, ...]
    names: tuple[str, ...]
    open_axes: tuple[tuple[int, ...], ...]
    outputs: tuple[str, ...] = ()
    smallest_side: int = 64


def graphs_of(ready: Network) -> tuple[Graph, ...]:
    """What is exported of a network that :func:`ready_for_export` returned, ``embed`` first."""
    with torch.inference_mode():
        embed = _embed_graph(ready)
        features = _tensors(embed.module(*embed.inputs))
        predict = _predict_graph(ready, features)
        maps = _tensors(predict.module(*predict.inputs))
        names = tuple(f"features_{number}" for number in range(len(features)))
        known: Known = {name: (each, (0,)) for name, each in zip(names, features, strict=True)}
        further = _further_graphs(ready, maps, known)
    return replace(embed, outputs=names), predict, *further


def dynamic_shapes(graph: Graph) -> Any:
    """The open axes as the exporter takes them."""
    # Height and width are one symbol, since pictures are square: less for the exporter to prove.
    sides = [
        torch.export.Dim(f"{name}_side", min=graph.smallest_side if name in _PICTURES else 4)
        for name in graph.names
    ]
    axes = tuple(
        {axis: torch.export.Dim.DYNAMIC if axis == 0 or name == "boxes" else side for axis in each}
        for name, side, each in zip(graph.names, sides, graph.open_axes, strict=True)
    )
    # A module with *args is exported with one tuple of shapes for all of them.
    return (axes,) if isinstance(graph.module, (PredictGraph, FurtherGraph)) else axes


def _embed_graph(ready: Network) -> Graph:
    template = _pictures(ready, 2, ready.template_size)
    if not ready.search_area:
        return Graph(
            call="embed",
            module=EmbedGraph(ready),
            inputs=(template,),
            names=("template",),
            open_axes=((0,),),
        )
    return Graph(
        call="embed",
        module=EmbedBoxesGraph(ready),
        inputs=(torch.tensor([[90.0, 100, 80, 60], [70, 80, 90, 100]]), template),
        names=("boxes", "template"),
        open_axes=((0,), _picture_axes(ready)),
    )


def _predict_graph(ready: Network, features: tuple[Tensor, ...]) -> Graph:
    return Graph(
        call="predict",
        module=PredictGraph(ready),
        inputs=(*features, _pictures(ready, 4, ready.search_size)),
        names=(*(f"features_{number}" for number in range(len(features))), "search"),
        open_axes=(*((0,) for _ in features), _picture_axes(ready)),
        smallest_side=max(64, ready.template_size) if ready.any_search_size else 64,
    )


def _further_graphs(ready: Network, maps: tuple[Tensor, ...], embedded: Known) -> list[Graph]:
    """The graphs of further calls, in order: each may take maps of the earlier ones."""
    # Three boxes for each of the four pictures of ``predict``.
    boxes = torch.tensor([[90.0, 100, 80, 60]] * 3).repeat(4, 1, 1)
    pictures = _pictures(ready, 4, ready.search_size)
    earlier = embedded | {"boxes": (boxes, (0, 1)), PICTURES: (pictures, _picture_axes(ready))}
    graphs = []
    for call, described in ready.further_calls.items():
        predicted = [name for name in described.inputs if name not in earlier]
        last = maps[len(maps) - len(predicted) :]
        given = earlier | {
            name: (values, (0, 1, 2)) for name, values in zip(predicted, last, strict=True)
        }
        graph = Graph(
            call=call,
            module=FurtherGraph(ready, call),
            inputs=tuple(given[name][0] for name in described.inputs),
            names=described.inputs,
            open_axes=tuple(given[name][1] for name in described.inputs),
            outputs=described.outputs,
        )
        graphs.append(graph)
        if described.inputs == (PICTURES,):
            outputs = _tensors(graph.module(*graph.inputs))
            named = zip(described.outputs, outputs, strict=True)
            earlier |= {name: (values, (0, 2, 3)) for name, values in named}
    return graphs


def _pictures(ready: Network, number: int, side: int) -> Tensor:
    kind = torch.float32 if network_info(ready).float_pictures else torch.uint8
    return torch.zeros(number, side, side, 3, dtype=kind)


def _picture_axes(ready: Network) -> tuple[int, ...]:
    """Some networks take pictures of any size, since presets choose it."""
    return (0, 1, 2) if ready.search_area or ready.any_search_size else (0,)


def _tensors(value: Any) -> tuple[Tensor, ...]:
    return (value,) if isinstance(value, Tensor) else tuple(value)


class EmbedGraph(nn.Module):
    """Template pictures (B, h, w, 3) -> features."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.model = model

    def forward(self, template: Tensor) -> Any:
        """Return what ``embed`` returns: a tensor or several."""
        return self.model.embed(_as_input(template))


class EmbedBoxesGraph(nn.Module):
    """Boxes of the targets (B, 4) and template pictures (B, h, w, 3) -> features."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.model = model

    def forward(self, boxes: Tensor, template: Tensor) -> Any:
        """Return what ``embed`` returns: a tensor or several."""
        embed: Any = self.model.embed
        return embed(_as_input(template), boxes)


class FurtherGraph(nn.Module):
    """A further call of a network; its pictures are (N, H, W, 3)."""

    def __init__(self, model: Network, call: str) -> None:
        super().__init__()
        self.model = model
        self.call = call

    def forward(self, *inputs: Tensor) -> Any:
        """Return what the method of that name returns: a tensor or several."""
        names = self.model.further_calls[self.call].inputs
        given = (
            _as_input(each) if name == PICTURES else each
            for name, each in zip(names, inputs, strict=True)
        )
        return getattr(self.model, self.call)(*given)


class PredictGraph(nn.Module):
    """Features of the templates and search pictures (N, H, W, 3) -> raw outputs."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.model = model

    def forward(self, *features_and_search: Tensor) -> Any:
        """Return what ``predict`` returns: a tensor or several."""
        *features, search = features_and_search
        given: Any = features[0] if len(features) == 1 else tuple(features)
        return self.model.predict(given, _as_input(search))


def _as_input(pictures_NHW3: Tensor) -> Tensor:
    # Transposed before the cast: as bytes, a quarter of the memory to move.
    return pictures_NHW3.permute(0, 3, 1, 2).to(torch.float32)
