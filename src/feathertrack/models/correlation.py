"""Cross-correlation of a template with a search region, in two equal forms.

Shapes: B templates, N search regions (a multiple of B), S = N / B, D channels, h w template,
k = h * w, H W search, l = H * W; the response has m = H - h + 1 rows and n = W - w + 1 columns.

Search region ``i`` is paired with template ``i % B``: one template with N scales of one target,
or N pairs, or N / B scales of B targets.
"""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

CorrelationForm = Literal["grouped", "matmul"]


def xcorr(
    search_NDHW: Tensor, template_BDhw: Tensor, *, form: CorrelationForm = "grouped"
) -> Tensor:
    """Return response_N1mn, the inner product of the template with every window of the search.

    ``grouped`` is one grouped convolution whose kernel is the template. ``matmul`` multiplies every
    template cell with every search cell and adds the products up by a fixed convolution: no kernel
    is computed at run time, so every runtime takes it with a dynamic batch.

    Features in bfloat16 or float16 are correlated in float32: thousands of products overflow
    float16, and a score map in bfloat16 has 8 bits, too few to find its peak.

    Raises:
        ValueError: the channels differ, N is no multiple of B, or the template is the larger one.

    >>> xcorr(torch.ones(3, 2, 5, 5), torch.ones(1, 2, 3, 3))[0, 0, 0]
    tensor([18., 18., 18.])
    """
    if search_NDHW.dtype in (torch.bfloat16, torch.float16):
        search_NDHW, template_BDhw = search_NDHW.float(), template_BDhw.float()
    if form == "matmul":
        return _xcorr_matmul(search_NDHW, template_BDhw)
    _check(search_NDHW, template_BDhw)
    num_search, num_channels, height, width = search_NDHW.shape
    num_templates = template_BDhw.shape[0]
    grouped = search_NDHW.reshape(-1, num_templates * num_channels, height, width)
    response = F.conv2d(grouped, template_BDhw, groups=num_templates)
    return response.reshape(num_search, 1, response.shape[2], response.shape[3])


def _xcorr_matmul(search_NDHW: Tensor, template_BDhw: Tensor) -> Tensor:
    num_channels, height, width = search_NDHW.shape[1:]
    rows, columns = template_BDhw.shape[2:]
    cells = rows * columns
    template_1BkD = template_BDhw.flatten(2).transpose(1, 2).unsqueeze(0)
    search_SBDl = search_NDHW.reshape(-1, template_BDhw.shape[0], num_channels, height * width)
    products_SBkl = torch.matmul(template_1BkD, search_SBDl)
    # Cell (i, j) contributes at offset (i, j): a convolution with a one-hot kernel picks and adds.
    pick = torch.eye(cells, dtype=products_SBkl.dtype, device=products_SBkl.device)
    return F.conv2d(
        products_SBkl.reshape(-1, cells, height, width), pick.reshape(1, cells, rows, columns)
    )


def depthwise_xcorr(
    search_NDHW: Tensor, template_BDhw: Tensor, *, form: CorrelationForm = "grouped"
) -> Tensor:
    """Return response_NDmn: every channel correlated with its own channel of the template.

    ``grouped`` is one grouped convolution whose kernel is the template. ``matmul`` multiplies
    the rows of the template with shifted copies of the search region: no kernel is computed at run
    time, so every runtime takes it with a dynamic batch.

    Raises:
        ValueError: the channels differ, N is no multiple of B, or the template is the larger one.

    >>> depthwise_xcorr(torch.ones(3, 2, 5, 5), torch.ones(1, 2, 3, 3))[0, :, 0, 0]
    tensor([9., 9.])
    """
    if form == "matmul":
        return _depthwise_matmul(search_NDHW, template_BDhw)
    _check(search_NDHW, template_BDhw)
    num_search, num_channels, height, width = search_NDHW.shape
    kernels = template_BDhw.shape[0] * num_channels
    grouped = search_NDHW.reshape(-1, kernels, height, width)
    response = F.conv2d(
        grouped, template_BDhw.reshape(kernels, 1, *template_BDhw.shape[2:]), groups=kernels
    )
    return response.reshape(num_search, num_channels, response.shape[2], response.shape[3])


def _depthwise_matmul(search_NDHW: Tensor, template_BDhw: Tensor) -> Tensor:
    """Every row of the template along every row of the search first, then the rows added up."""
    num_channels, height, width = search_NDHW.shape[1:]
    rows, columns = template_BDhw.shape[2:]
    m, n = height - rows + 1, width - columns + 1
    search_SBD1HW = search_NDHW.reshape(-1, template_BDhw.shape[0], num_channels, 1, height, width)
    shifted_SBDwHn = torch.cat([search_SBD1HW[..., j : j + n] for j in range(columns)], dim=3)
    products = torch.matmul(template_BDhw.unsqueeze(0), shifted_SBDwHn.flatten(4))
    by_row_SBDhHn = products.reshape(*products.shape[:4], height, n)
    response = by_row_SBDhHn[:, :, :, 0, :m]
    for i in range(1, rows):
        response = response + by_row_SBDhHn[:, :, :, i, i : i + m]
    return response.reshape(-1, num_channels, m, n)


def pixelwise_xcorr(search_NDHW: Tensor, kernels_BKD: Tensor) -> Tensor:
    """Return response_NKHW: every cell of the template, a kernel of 1 x 1, over the search region.

    One matrix product, which every runtime takes with a dynamic batch. Features in half precision
    are correlated in it, since a product sums up as few terms as there are channels.

    Args:
        search_NDHW: features of the search regions.
        kernels_BKD: features of the K cells of each template.

    >>> pixelwise_xcorr(torch.ones(2, 3, 4, 4), torch.ones(1, 5, 3)).shape
    torch.Size([2, 5, 4, 4])
    """
    num_channels, height, width = search_NDHW.shape[1:]
    num_templates, num_kernels = kernels_BKD.shape[:2]
    search_SBDl = search_NDHW.reshape(-1, num_templates, num_channels, height * width)
    response_SBKl = torch.matmul(kernels_BKD.unsqueeze(0), search_SBDl)
    return response_SBKl.reshape(-1, num_kernels, height, width)


def _check(search_NDHW: Tensor, template_BDhw: Tensor) -> None:
    """Shapes of the eager form; the exported form has no Python to raise from."""
    same_width = search_NDHW.shape[1] == template_BDhw.shape[1]
    if not same_width or search_NDHW.shape[0] % template_BDhw.shape[0]:
        raise ValueError(
            f"search {tuple(search_NDHW.shape)} and template {tuple(template_BDhw.shape)}: channels"
            " must be equal and the number of search regions a multiple of the number of templates"
        )
    (height, width), (rows, columns) = search_NDHW.shape[2:], template_BDhw.shape[2:]
    if height < rows or width < columns:
        raise ValueError(
            f"the template ({rows}, {columns}) is larger than the search region ({height}, {width})"
        )
