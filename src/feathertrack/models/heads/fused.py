"""Several outputs, each predicted on every level and summed by learned weights or averaged.

Shapes: B templates, N search regions; L levels, C channels of a level; see ``branch`` for others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

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

    def branches(self) -> list[list[DepthwiseBranch]]:
        """Return the branches, per level and in the order of the outputs."""
        parents = [self.get_submodule(level) for level in self.levels]
        return [[parent.get_submodule(name) for name in self.outputs] for parent in parents]  # type: ignore[misc]

    def kernels(self, template_levels: Sequence[Tensor]) -> Tensor:
        """Return all kernels as one tensor, (B, sum of S * D over levels and outputs, k, k)."""
        every = [
            branch.kernels(template)
            for branches, template in zip(self.branches(), template_levels, strict=True)
            for branch in branches
        ]
        return torch.cat(every, dim=1)

    def forward(
        self, kernels: Tensor, search_levels: Sequence[Tensor], *, first_stage: int = 0
    ) -> tuple[Tensor, ...]:
        """Return the fused outputs, stage after stage and in the order of ``outputs`` in each.

        Args:
            kernels: what :meth:`kernels` returned.
            search_levels: features of the search regions, (N, C, H, W) per level.
            first_stage: stages before it predict nothing.
        """
        stages = range(first_stage, self.num_stages)
        sums: dict[tuple[int, str], list[Tensor]] = {
            (s, o): [] for s in stages for o in self.outputs
        }
        start = 0
        for branches, search in zip(self.branches(), search_levels, strict=True):
            for name, branch in zip(self.outputs, branches, strict=True):
                own = kernels[:, start : start + branch.num_kernels]
                start += branch.num_kernels
                responses = branch.correlations(own, search)
                for stage in stages:
                    sums[stage, name].append(branch.predict(responses[stage], stage=stage))
        return tuple(self._fuse(name, each) for (_, name), each in sums.items())

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
