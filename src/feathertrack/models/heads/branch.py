"""One output on one level: a cascade of depth-wise correlations of template and search features.

Each stage makes a kernel of the template, correlates the search features with it channel by
channel, and predicts its output from the correlation, which is the next stage's search features.
The correlation itself is the head's, one for all of its branches.

Shapes: B templates, N search regions (a multiple of B), C input channels, D channels of the
correlation, S stages, t and k sides of template and kernel, H W, h w and m n sides of features,
what is correlated and response, O output channels.
"""

from __future__ import annotations

from torch import Tensor, nn

from feathertrack.models.heads.styles import HeadStyle

TEMPLATE_CELLS = 7
"""Cells in the middle of the template that kernels are made of: the target itself (pysot)."""


class DepthwiseBranch(nn.Module):
    """A cascade under its official names.

    Args:
        style: names and padding.
        width_in: C.
        width: D.
        width_out: O.
        num_stages: S.
    """

    def __init__(
        self, style: HeadStyle, *, width_in: int, width: int, width_out: int, num_stages: int = 1
    ) -> None:
        super().__init__()
        self.stages = style.stages[:num_stages]
        self.width = width
        same = 1 if style.padding else 0
        search_width = width_in
        for stage in self.stages:
            if stage.deepen:
                deepen = style.block(width_in, width_in, kernel=3, padding=1)
                self.add_module(stage.deepen, deepen)
            self.add_module(stage.kernel, style.block(width_in, width, kernel=3))
            self.add_module(stage.search, style.block(search_width, width, kernel=3, padding=same))
            self.add_module(stage.predictor, style.predictor(width, width_out))
            search_width = width

    def kernels(self, template_BCtt: Tensor) -> list[Tensor]:
        """Return kernels_BDkk of every stage."""
        kernels = []
        for stage in self.stages:
            if stage.deepen:
                template_BCtt = self._part(stage.deepen)(template_BCtt)
            kernels.append(self._part(stage.kernel)(centre(template_BCtt)))
        return kernels

    def search(self, features_NCHW: Tensor, *, stage: int) -> Tensor:
        """Return what a stage correlates with its kernel, (N, D, h, w), without the padding.

        Args:
            features_NCHW: features of the search regions; from the second stage on the correlation
                of the stage before.
            stage: counted from 0.
        """
        searched: Tensor = self._part(self.stages[stage].search)(features_NCHW)
        return searched

    def predict(self, response_NDmn: Tensor, *, stage: int) -> Tensor:
        """Return output_NOmn of one stage."""
        output: Tensor = self._part(self.stages[stage].predictor)(response_NDmn)
        return output

    def _part(self, name: str) -> nn.Module:
        module = self._modules[name]
        assert module is not None, name
        return module


def centre(template_BChw: Tensor, cells: int = TEMPLATE_CELLS) -> Tensor:
    """Return the middle of a map, ``cells`` on a side; a map no larger comes back as it is.

    >>> import torch
    >>> centre(torch.arange(15.0).expand(1, 1, 15, 15))[0, 0, 0]
    tensor([ 4.,  5.,  6.,  7.,  8.,  9., 10.])
    """
    first = (template_BChw.shape[-1] - cells) // 2
    if first <= 0:
        return template_BChw
    return template_BChw[..., first : first + cells, first : first + cells]
