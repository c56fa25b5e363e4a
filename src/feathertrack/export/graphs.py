"""A network's two calls as modules that take uint8 pictures: what is exported.

Shapes: B templates, N search regions, h w and H W their sides.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from feathertrack.models.alignment import align_channels
from feathertrack.models.folding import fold_batchnorm
from feathertrack.models.network import Network


def ready_for_export(model: Network) -> Network:
    """A copy for inference: folded, aligned, and with correlations that take a dynamic batch."""
    ready = align_channels(fold_batchnorm(model.merged())).cpu().float()
    for module in ready.modules():
        if hasattr(module, "correlation"):
            setattr(module, "correlation", "matmul")  # noqa: B010  (nn.Module types hide it)
    return ready.requires_grad_(False).eval()


class EmbedGraph(nn.Module):
    """Template pictures, uint8 (B, h, w, 3) -> features."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.model = model

    def forward(self, template: Tensor) -> Any:
        """Return what ``embed`` returns: a tensor or several."""
        return self.model.embed(_as_input(template))


class PredictGraph(nn.Module):
    """Features of the templates and search pictures, uint8 (N, H, W, 3) -> raw outputs."""

    def __init__(self, model: Network) -> None:
        super().__init__()
        self.model = model

    def forward(self, *features_and_search: Tensor) -> Any:
        """Return what ``predict`` returns: a tensor or several."""
        *features, search = features_and_search
        given: Any = features[0] if len(features) == 1 else tuple(features)
        return self.model.predict(given, _as_input(search))


def _as_input(pictures_NHW3: Tensor) -> Tensor:
    # Transposed as bytes, then cast: a quarter of the memory to move.
    return pictures_NHW3.permute(0, 3, 1, 2).to(torch.float32)
