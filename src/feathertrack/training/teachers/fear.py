"""FEAR-XS as a teacher: two ONNX files, asked about the crops that the student sees.

Borsuk et al., FEAR: Fast, Efficient, Accurate and Robust Visual Tracker, ECCV 2022, arXiv
2112.07957; github.com/PinataFarms/FEARTracker (MIT). Its maps have the geometry of ours: of 256
pixels 16 x 16 cells, cell (r, c) at x = 16 c, y = 16 r, distances in pixels.

It was trained on templates which show the box, grown by a fifth of its size on every side and
squashed into a square. Ours may be cut in other ways, and vary in place and size: its template is
therefore cut out of ours. Search regions are given to it as they are.

Shapes: B pairs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F
from torch import Tensor

from feathertrack.errors import InputError

TEMPLATE_SIDE = 128
GROWTH = 0.2
"""What its template shows beyond the box on every side, as a share of the box's size."""

_CELLS = 16


class FearTeacher:
    """Answers in one thread after the other, pair by pair, since the files take one at a time.

    Args:
        path: the file of the tracker, ``fear_xs_tracker.onnx``; the other one,
            ``fear_xs_init.onnx``, lies beside it.

    Raises:
        InputError: one of the files is not there, or cannot be read.
    """

    def __init__(self, path: str | Path) -> None:
        tracker = Path(path)
        init = tracker.with_name(tracker.name.replace("tracker", "init"))
        for file in (tracker, init):
            if not file.is_file():
                raise InputError(f"there is no file {file} to take the teacher FEAR-XS from")
        if init == tracker:
            raise InputError(
                f"the teacher is named by its file fear_xs_tracker.onnx, not {tracker}"
            )
        self._init, self._tracker = (_session(file) for file in (init, tracker))

    def answers(
        self, template_B3hw: Tensor, boxes_B4: Tensor, search_B3HW: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return logits (B, 16, 16) and distances (B, 4, 16, 16), float32 on the crops' device.

        Args:
            template_B3hw: RGB, 0..255.
            boxes_B4: the target in the templates, x, y, w, h.
            search_B3HW: RGB, 0..255, 256 pixels wide.
        """
        device = search_B3HW.device
        templates = _arrays(fear_template(template_B3hw, boxes_B4))
        scores = np.zeros((len(templates), _CELLS, _CELLS), np.float32)
        boxes = np.zeros((len(templates), 4, _CELLS, _CELLS), np.float32)
        for number, (template, search) in enumerate(
            zip(templates, _arrays(search_B3HW), strict=True)
        ):
            features = self._init.run(None, {"image": template[None]})[0]
            given = {"image": search[None], "template_features": features}
            bbox, cls = self._tracker.run(["bbox", "cls"], given)
            scores[number], boxes[number] = cls[0, 0], bbox[0]
        return torch.from_numpy(scores).to(device), torch.from_numpy(boxes).to(device)


def fear_template(template_B3hw: Tensor, boxes_B4: Tensor) -> Tensor:
    """Return the templates of FEAR-XS (B, 3, 128, 128), cut out of ours.

    Args:
        template_B3hw: pictures.
        boxes_B4: the target in them, x, y, w, h; what it and its border reach beyond a picture is
            the nearest pixel.
    """
    height, width = template_B3hw.shape[2:]
    boxes_B4 = boxes_B4.to(template_B3hw)
    step = (torch.arange(TEMPLATE_SIDE, device=template_B3hw.device) + 0.5) / TEMPLATE_SIDE
    lines = []
    for axis, length in ((0, width), (1, height)):
        first, size = boxes_B4[:, axis, None], boxes_B4[:, axis + 2, None]
        lines.append(2 * (first + size * ((1 + 2 * GROWTH) * step - GROWTH)) / length - 1)
    x, y = lines
    grid = torch.stack(
        [x[:, None, :].expand(-1, TEMPLATE_SIDE, -1), y[:, :, None].expand(-1, -1, TEMPLATE_SIDE)],
        dim=3,
    )
    return F.grid_sample(
        template_B3hw, grid, mode="bilinear", padding_mode="border", align_corners=False
    )


def _session(file: Path) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise InputError(f"the teacher {file} cannot be read: {error}") from error


def _arrays(images_B3HW: Tensor) -> np.ndarray[Any, np.dtype[np.float32]]:
    pixels = images_B3HW.detach().float().clamp(0, 255).cpu().numpy()
    return np.ascontiguousarray(pixels, dtype=np.float32)
