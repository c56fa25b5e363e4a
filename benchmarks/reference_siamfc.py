"""The reference's tracker restated, as slow as it is: what ``siamfc_speed.py`` compares with.

Section 4 of the specification of FDSiamFC (github.com/conquerhuang/FDSiamFC, ``TrackerFDSiamFC``):
torch in eager mode and float32, batch norms not folded, three crops by padding the whole frame and
resizing, every score map up-sampled and all steps in their order. Only the state is kept in
float64, so that boxes can be compared.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from feathertrack.models.siamfc import SiamFC

Layout = Literal["contiguous", "channels_last_view"]
Image = NDArray[np.uint8]
Floats = NDArray[np.float64]

TEMPLATE_SIZE, SEARCH_SIZE, STRIDE = 127, 255, 8
RESPONSE_SIZE, UPSAMPLING = 17, 16
NUM_SCALES, SCALE_STEP, SCALE_RATE, SCALE_PENALTY = 3, 1.0375, 0.59, 0.9745
WINDOW_WEIGHT, CONTEXT = 0.176, 0.5


class ReferenceSiamFC:
    """One target; boxes are left, top, width, height with the first pixel at 1.

    Args:
        model: a network of the family with its batch norms.
        layout: how the input lies in memory. The reference permutes a stack of pictures and so
            hands the network a channels-last view by accident; "contiguous" is what a reader of its
            code would expect.
    """

    def __init__(self, model: SiamFC, *, layout: Layout) -> None:
        self.model = model.eval()
        self.layout = layout
        size = RESPONSE_SIZE * UPSAMPLING
        window = np.outer(np.hanning(size), np.hanning(size))
        self.window: Floats = window / window.sum()
        half = NUM_SCALES // 2
        self.scales = SCALE_STEP ** np.linspace(-half, half, NUM_SCALES)

    @torch.no_grad()
    def init(self, image: Image, box: Floats) -> None:
        """Start on an RGB uint8 image (H, W, 3)."""
        left, top, width, height = box
        self.center_yx = np.array([top - 1 + (height - 1) / 2, left - 1 + (width - 1) / 2])
        self.size_hw = np.array([height, width])
        border = CONTEXT * self.size_hw.sum()
        self.template_side = float(np.sqrt(np.prod(self.size_hw + border)))
        self.search_side = self.template_side * SEARCH_SIZE / TEMPLATE_SIZE
        self.mean_color = image.mean(axis=(0, 1))
        crop = self._crop(image, self.template_side, TEMPLATE_SIZE)
        self.kernel = self.model.embed(self._input(crop[None]))

    @torch.no_grad()
    def update(self, image: Image) -> Floats:
        """Return the box in the next image."""
        crops = [self._crop(image, self.search_side * f, SEARCH_SIZE) for f in self.scales]
        response = self.model.predict(self.kernel, self._input(np.stack(crops)))
        maps = response.squeeze(1).cpu().numpy()
        size = (RESPONSE_SIZE * UPSAMPLING,) * 2
        maps = np.stack([cv2.resize(m, size, interpolation=cv2.INTER_CUBIC) for m in maps])
        maps[: NUM_SCALES // 2] *= SCALE_PENALTY
        maps[NUM_SCALES // 2 + 1 :] *= SCALE_PENALTY
        best = int(np.argmax(maps.max(axis=(1, 2))))
        score = maps[best]
        score -= score.min()
        score /= score.sum() + 1e-16
        mixed = (1 - WINDOW_WEIGHT) * score + WINDOW_WEIGHT * self.window
        peak = np.array(np.unravel_index(mixed.argmax(), mixed.shape))
        self._move(peak, float(self.scales[best]), image)
        top, left = self.center_yx + 1 - (self.size_hw - 1) / 2
        return np.array([left, top, self.size_hw[1], self.size_hw[0]])

    def _move(self, peak_yx: NDArray[np.int_], scale: float, image: Image) -> None:
        cells = peak_yx - (RESPONSE_SIZE * UPSAMPLING - 1) / 2
        pixels = cells * STRIDE / UPSAMPLING * self.search_side * scale / SEARCH_SIZE
        self.center_yx = np.clip(self.center_yx + pixels, 0, image.shape[:2])
        change = (1 - SCALE_RATE) + SCALE_RATE * scale
        self.size_hw = self.size_hw * change
        self.template_side *= change
        self.search_side *= change

    def _crop(self, image: Image, side: float, out_size: int) -> Image:
        """Pad the whole frame on all sides by the largest overhang, cut out, resize."""
        size = round(side)
        corner = np.round(self.center_yx - (size - 1) / 2).astype(int)
        corners = np.concatenate([corner, corner + size])
        overhang = max(0, *(-corners[:2]), *(corners[2:] - image.shape[:2]))
        if overhang > 0:
            pad = int(overhang)
            color = self.mean_color.tolist()
            image = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_CONSTANT, value=color)
            corners += pad
        patch = image[corners[0] : corners[2], corners[1] : corners[3]]
        return np.asarray(
            cv2.resize(patch, (out_size, out_size), interpolation=cv2.INTER_LINEAR), np.uint8
        )

    def _input(self, pictures: Image) -> Tensor:
        view = torch.from_numpy(pictures).permute(0, 3, 1, 2).float()
        return view.contiguous() if self.layout == "contiguous" else view
