"""Several outputs, each predicted on every level and summed by learned weights or averaged.

Shapes: B templates, N search regions (a multiple of B), K kernels of all branches and stages, k
their side; see ``branch`` for others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from feathertrack.models.correlation import CorrelationForm, depthwise_xcorr
from feathertrack.models.heads.branch import DepthwiseBranch
from feathertrack.models.heads.styles import HeadStyle


class FusedHead(nn.Module):
    """A branch for every output on every level.

    On several levels the branches lie under the names of the levels, ``rpn2.cls``, on one level
    under the names of the outputs alone, ``cls``, as in the public code.

    Args:
        style: of the branches.
        outputs: name of an output -> its channels, in the order in which they are returned.
        widths: channels of each level, and of its correlations.
        num_stages: stages of every branch.
        weighted: whether the levels are summed by the softmax of ``<output>_weight``, learned;
            else the outputs are averaged.
    """

    def __init__(
        self,
        style: HeadStyle,
        *,
        outputs: Mapping[str, int],
        widths: Sequence[int],
        num_stages: int = 1,
        weighted: bool = False,
    ) -> None:
        super().__init__()
        self.outputs = tuple(outputs)
        self.num_stages = num_stages
        self.weighted = weighted
        self.padding = style.padding
        self.correlation: CorrelationForm = "grouped"
        if weighted:
            for name in outputs:
                self.register_parameter(f"{name}_weight", nn.Parameter(torch.ones(len(widths))))
        for level, width in zip(style.levels, widths, strict=False):
            parent = self if len(widths) == 1 else nn.Module()
            for name, width_out in outputs.items():
                branch = DepthwiseBranch(
                    style,
                    width_in=width,
                    width=width,
                    width_out=width_out,
                    num_stages=num_stages,
                )
                parent.add_module(name, branch)
            if parent is not self:
                self.add_module(level, parent)
        self.levels = style.levels[: len(widths)] if len(widths) > 1 else ("",)

    def branches(self) -> list[DepthwiseBranch]:
        """Return the branches: level after level, and in the order of the outputs in each."""
        parents = [self.get_submodule(level) for level in self.levels]
        return [parent.get_submodule(name) for parent in parents for name in self.outputs]  # type: ignore[misc]

    def kernels(self, template_levels: Sequence[Tensor]) -> Tensor:
        """Return kernels_BKkk: those of all branches for the first stage, then for the next."""
        each = [
            branch.kernels(template)
            for branch, template in zip(
                self.branches(), self._per_branch(template_levels), strict=True
            )
        ]
        stages = range(self.num_stages)
        return torch.cat([kernels[stage] for stage in stages for kernels in each], dim=1)

    def forward(
        self, kernels_BKkk: Tensor, search_levels: Sequence[Tensor], *, first_stage: int = 0
    ) -> tuple[Tensor, ...]:
        """Return the fused outputs, stage after stage and in the order of ``outputs`` in each.

        Args:
            kernels_BKkk: what :meth:`kernels` returned.
            search_levels: features of the search regions, (N, C, H, W) per level.
            first_stage: stages before it predict nothing.
        """
        branches = self.branches()
        features = self._per_branch(search_levels)
        outputs: list[Tensor] = []
        kernels = kernels_BKkk.chunk(self.num_stages, dim=1)
        for stage in range(self.num_stages):
            features = self._correlate(kernels[stage], features, stage=stage)
            if stage >= first_stage:
                each = [
                    branch.predict(response, stage=stage)
                    for branch, response in zip(branches, features, strict=True)
                ]
                step = len(self.outputs)
                outputs += [self._fuse(name, each[i::step]) for i, name in enumerate(self.outputs)]
        return tuple(outputs)

    def _per_branch(self, levels: Sequence[Tensor]) -> list[Tensor]:
        return [level for level in levels for _ in self.outputs]

    def _correlate(
        self, kernels: Tensor, features: Sequence[Tensor], *, stage: int
    ) -> list[Tensor]:
        """Correlate the features of all branches at once: one call, and one node of a graph."""
        branches = self.branches()
        searched = [
            branch.search(one, stage=stage) for branch, one in zip(branches, features, strict=True)
        ]
        together = torch.cat(searched, dim=1)
        if self.padding:
            together = F.pad(together, (self.padding,) * 4)
        responses = depthwise_xcorr(together, kernels, form=self.correlation)
        return list(torch.split(responses, [branch.width for branch in branches], dim=1))

    def _fuse(self, name: str, each: Sequence[Tensor]) -> Tensor:
        if len(each) == 1 and not self.weighted:
            return each[0]
        if not self.weighted:
            return torch.stack(list(each)).mean(0)
        weights = self.get_parameter(f"{name}_weight").softmax(0)
        total = weights[0] * each[0]
        for weight, output in zip(weights[1:], each[1:], strict=True):
            total = total + weight * output
        return total
