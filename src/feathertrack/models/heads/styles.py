"""What the heads of SiamRPN++ and SiamKPN differ in: official names, padding, number of stages."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Literal

from torch import nn


@dataclass(frozen=True, kw_only=True)
class StageNames:
    """Official names of the modules of one stage.

    Attributes:
        kernel: unpadded convolution that makes the kernel of the correlation.
        search: convolution of the search features.
        predictor: two 1 x 1 convolutions from the correlation to the output.
        deepen: padded convolution of the template before ``kernel``; "" where there is none.
    """

    kernel: str
    search: str
    predictor: str
    deepen: str = ""


@dataclass(frozen=True, kw_only=True)
class HeadStyle:
    """How an official head is put together.

    Attributes:
        stages: names of the stages, as many as there can be.
        parts: whether a convolution, its batch norm and its ReLU are called ``0``, ``1``, ``2`` or
            ``conv``, ``bn``, ``relu``.
        padding: of the search features before the correlation, on every side; 0 shrinks the map.
        levels: names of the levels.
    """

    stages: tuple[StageNames, ...]
    parts: Literal["numbered", "named"]
    padding: int
    levels: tuple[str, ...]

    def block(self, width_in: int, width: int, *, kernel: int, padding: int = 0) -> nn.Sequential:
        """A convolution without bias, its batch norm, and a ReLU."""
        parts = self._block_parts(width_in, width, kernel=kernel, padding=padding)
        if self.parts == "numbered":
            return nn.Sequential(*parts)
        return nn.Sequential(OrderedDict(zip(("conv", "bn", "relu"), parts, strict=True)))

    def predictor(self, width: int, width_out: int) -> nn.Sequential:
        """From a correlation of ``width`` channels to an output."""
        last = nn.Conv2d(width, width_out, 1)
        if self.parts == "numbered":
            return nn.Sequential(*self._block_parts(width, width, kernel=1, padding=0), last)
        return nn.Sequential(self.block(width, width, kernel=1), last)

    def _block_parts(
        self, width_in: int, width: int, *, kernel: int, padding: int
    ) -> tuple[nn.Module, ...]:
        convolution = nn.Conv2d(width_in, width, kernel, padding=padding, bias=False)
        return convolution, nn.BatchNorm2d(width), nn.ReLU(inplace=True)


REGION = HeadStyle(
    stages=(StageNames(kernel="conv_kernel", search="conv_search", predictor="head"),),
    parts="numbered",
    padding=0,
    levels=("rpn2", "rpn3", "rpn4"),
)
"""The region proposal head of SiamRPN++ (pysot, ``DepthwiseXCorr``)."""

KEYPOINT = HeadStyle(
    stages=(
        StageNames(kernel="z_conv1", search="x_conv1", predictor="head1"),
        StageNames(kernel="z_conv22", search="x_conv2", predictor="head2", deepen="z_conv2"),
        StageNames(kernel="z_conv32", search="x_conv3", predictor="head3", deepen="z_conv3"),
    ),
    parts="named",
    padding=2,
    levels=("kpn0", "kpn1", "kpn2"),
)
"""The keypoint head of SiamKPN (``StackXCorr``): stages in cascade, maps that keep their size."""
