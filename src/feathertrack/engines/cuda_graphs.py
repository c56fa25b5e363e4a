"""Record a network's calls on a CUDA device once per shape, and replay them.

Launching the kernels of a small network one by one takes longer than running them; a replayed graph
is one launch (torch, "CUDA graphs").
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from feathertrack.models.network import Network

_LARGEST_NUMBER = 8
_WARM_UPS = 3

Shape = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class _Recorded:
    """A graph with the memory that it always reads and writes."""

    graph: torch.cuda.CUDAGraph
    features: tuple[Tensor, ...]
    pictures: Tensor
    outputs: tuple[Tensor, ...]


class CudaGraphs:
    """The recorded ``predict`` of one network, for the shapes that were last used.

    Not for several threads at once: the caller sees to it that they take turns.
    """

    def __init__(self, model: Network, *, prepare: Callable[[Tensor], Tensor]) -> None:
        self.model = model
        self.prepare = prepare
        self.recorded: OrderedDict[tuple[Shape, torch.dtype], _Recorded] = OrderedDict()

    def run(self, features: tuple[Tensor, ...], pictures: Tensor) -> tuple[Tensor, ...]:
        """Outputs for pictures (N, H, W, 3) on the device, in memory of their own.

        Pictures are uint8, or float32 where the crop is computed so.
        """
        shapes = tuple(tuple(tensor.shape) for tensor in (*features, pictures))
        key = (shapes, pictures.dtype)
        if key not in self.recorded:
            self.recorded[key] = self._record(features, pictures)
            if len(self.recorded) > _LARGEST_NUMBER:
                self.recorded.popitem(last=False)
        self.recorded.move_to_end(key)
        recorded = self.recorded[key]
        for static, given in zip(recorded.features, features, strict=True):
            static.copy_(given)
        recorded.pictures.copy_(pictures, non_blocking=True)
        recorded.graph.replay()
        return tuple(output.clone() for output in recorded.outputs)

    def _record(self, features: tuple[Tensor, ...], pictures: Tensor) -> _Recorded:
        own_features = tuple(tensor.clone() for tensor in features)
        own_pictures = pictures.clone()
        device = pictures.device
        stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(stream):  # libraries choose kernels and take memory before recording
            for _ in range(_WARM_UPS):
                self._call(own_features, own_pictures)
        torch.cuda.current_stream(device).wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.device(device), torch.cuda.graph(graph):
            outputs = self._call(own_features, own_pictures)
        return _Recorded(graph=graph, features=own_features, pictures=own_pictures, outputs=outputs)

    def _call(self, features: tuple[Tensor, ...], pictures: Tensor) -> tuple[Tensor, ...]:
        given = features[0] if len(features) == 1 else features
        outputs = self.model.predict(given, self.prepare(pictures))
        return (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)
