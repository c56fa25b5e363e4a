"""Objectives on what correlation with the target's features says about where the target is.

Shapes: B pairs, C channels, h w sides of the template's map, H W of the search region's, p odd side
of a kernel. Boxes are x, y, w, h in pixels, counted at their centres.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from feathertrack.models.heads.boxes import corners
from feathertrack.models.prroi import prroi_pool
from feathertrack.training.losses.distillation.features import attention, squared_error
from feathertrack.training.losses.distillation.lesson import Level

Maximum = Literal["sample", "batch"]
Weighting = Literal["correlation", "gaussian"]
Channels = Literal["sum", "each"]

_TARGET_SIDE = 58
"""Mean side of a target in a crop of 288 pixels and five sides, in pixels."""

_RIDGE = 1e-5


def gaussian_labels(
    boxes_B4: Tensor, *, stride: int, sides: tuple[int, int], share: float
) -> Tensor:
    """Return bells (B, 1, h, w) around the centres of boxes; ``share`` is deviation over side."""
    height, width = sides
    bells = []
    for axis, side in ((1, height), (0, width)):
        center_B = (boxes_B4[:, axis] + boxes_B4[:, axis + 2] / 2) / stride - side / 2
        cells = torch.arange(side, device=boxes_B4.device, dtype=boxes_B4.dtype) - (side - 1) / 2
        bells.append(torch.exp(-((cells - center_B[:, None]) ** 2) / (2 * (share * side) ** 2)))
    return (bells[0][:, :, None] * bells[1][:, None, :]).unsqueeze(1)


def target_kernel(level: Level, boxes_B4: Tensor) -> Tensor:
    """Pool the targets from the template's map to (B, C, p, p), cells of about its own stride."""
    side = math.ceil(_TARGET_SIDE / level.stride)
    side += 1 - side % 2
    pooled = prroi_pool(
        level.template,
        corners(boxes_B4).unsqueeze(1),
        size=(side, side),
        scale=1 / level.stride,
    )
    return pooled.squeeze(1)


def correlate_same(search_BCHW: Tensor, kernel_BCpp: Tensor) -> Tensor:
    """Correlate each map with its own kernel, zeros outside -> (B, 1, H, W).

    By Fourier transforms: the kernels are as large as targets, and a sum over p * p cells at every
    place would take several times as long as the network itself.
    """
    height, width = search_BCHW.shape[2:]
    reach = kernel_BCpp.shape[-1] // 2
    # What wraps around meets zeros only, from this length on.
    size = _fast_length(height + reach), _fast_length(width + reach)
    spectrum = torch.fft.rfft2(search_BCHW, s=size) * torch.fft.rfft2(kernel_BCpp, s=size).conj()
    response: Tensor = torch.fft.irfft2(spectrum.sum(1, keepdim=True), s=size)
    return response.roll((reach, reach), (2, 3))[:, :, :height, :width]


def correlation_filter(
    level: Level,
    template_boxes_B4: Tensor,
    search_boxes_B4: Tensor,
    *,
    maximum: Maximum = "sample",
    share: float = 0.15,
) -> Tensor:
    """CF = ||Q / max Q - g||^2, where Q = x * K and K is the target pooled from the template's map.

    CFKD's own objective (chapter 3): the student alone, without a teacher, is to give features of
    which a plain correlation finds the target; g is a bell around it.

    Args:
        level: one level of the student.
        template_boxes_B4: the targets in the templates.
        search_boxes_B4: the targets in the search regions.
        maximum: ``sample``, each map over its own largest value, as the thesis writes; ``batch``,
            all maps over the largest of the batch, as the code does, so that one pair with large
            features makes the others' maps vanish.
        share: deviation of the bell over the side of the map.
    """
    response = correlate_same(level.search, target_kernel(level, template_boxes_B4))
    largest = response.amax((1, 2, 3), keepdim=True) if maximum == "sample" else response.amax()
    labels = gaussian_labels(
        search_boxes_B4, stride=level.stride, sides=_sides(level.search), share=share
    )
    # Without a positive value nothing can be scaled to 1.
    return F.mse_loss(response / torch.where(largest > 0, largest, 1), labels)


def target_response(
    student: Level,
    teacher: Level,
    template_boxes_B4: Tensor,
    search_boxes_B4: Tensor,
    *,
    weighting: Weighting = "correlation",
    share: float = 0.25,
) -> Tensor:
    """TR = ||F(K_s) - F(K_t)||^2 + ||F(W_s x_s) - F(W_t x_t)||^2, means.

    Liu and others, Teacher-students knowledge distillation for Siamese trackers, 2019
    (arXiv 1907.10586), as CFKD's code compares with it. K are the pooled targets and W weighs the
    places of the search region by how well they correlate with K.

    Args:
        student: one level of the student.
        teacher: the same of the teacher.
        template_boxes_B4: the targets in the templates.
        search_boxes_B4: the targets in the search regions.
        weighting: ``correlation`` as said; ``gaussian``, a bell around the target instead. Either
            is divided by its sum over the batch, as the code does.
        share: deviation of the bell over the side of the map.
    """
    kernels = [target_kernel(level, template_boxes_B4) for level in (student, teacher)]
    targets = squared_error(attention(kernels[0]), attention(kernels[1]))
    weighed = []
    for level, kernel in zip((student, teacher), kernels, strict=True):
        if weighting == "correlation":
            places = correlate_same(level.search, kernel)
        else:
            places = gaussian_labels(
                search_boxes_B4, stride=level.stride, sides=_sides(level.search), share=share
            )
        total = places.sum()
        # Where features are all zero, so is their correlation: no place weighs more than others.
        weighed.append(attention(level.search * (places / torch.where(total == 0, 1, total))))
    return targets + squared_error(*weighed)


def tracking_response(
    level: Level,
    template_boxes_B4: Tensor,
    search_boxes_B4: Tensor,
    *,
    channels: Channels = "sum",
    share: float = 0.25,
) -> Tensor:
    """TL = ||r - g||^2, r = the response to the search region of a filter made from the template.

    With spectra x, z of template and search region, y the spectrum of a bell around the target in
    the template: w = conj(y) x / (sum over channels of x conj(x) + 1e-5), r = conj(w) z summed up
    over the channels. Wang and others (TIP 2020), the student alone.

    Args:
        level: one level of the student.
        template_boxes_B4: the targets in the templates.
        search_boxes_B4: the targets in the search regions.
        channels: ``sum`` as said; ``each``, as CFKD's code does, compares the response of every
            channel by itself with the bell, and adds 1e-5 to the imaginary part, too.
        share: deviation of the bell over the side of the map.
    """
    sides = _sides(level.search)
    drawn, wanted = (
        gaussian_labels(boxes, stride=level.stride, sides=sides, share=share)
        for boxes in (template_boxes_B4, search_boxes_B4)
    )
    template, search = torch.fft.rfft2(level.template), torch.fft.rfft2(level.search)
    energy = (template * template.conj()).sum(1, keepdim=True)
    ridge = _RIDGE if channels == "sum" else complex(_RIDGE, _RIDGE)
    weights = torch.fft.rfft2(drawn).conj() * template / (energy + ridge)
    answered = weights.conj() * search
    if channels == "sum":
        answered = answered.sum(1, keepdim=True)
    response = torch.fft.irfft2(answered, s=sides)
    return F.mse_loss(response, wanted.expand_as(response))


def _sides(map_BChw: Tensor) -> tuple[int, int]:
    height, width = map_BChw.shape[2:]
    return height, width


def _fast_length(least: int) -> int:
    """The next whole number without prime factors above 5.

    >>> [_fast_length(number) for number in (20, 79, 158)]
    [20, 80, 160]
    """
    length = least
    while True:
        rest = length
        for factor in (2, 3, 5):
            while rest % factor == 0:
                rest //= factor
        if rest == 1:
            return length
        length += 1
