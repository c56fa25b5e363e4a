"""What ATOM and DRNet share: a backbone for an online classifier, and a head that judges boxes.

The target is found by a filter that is learnt while tracking, on the backbone's map of stride 16;
that filter is no part of the network. The head then says how well boxes fit.

Calls, in the order in which a tracker makes them:

1. ``features(pictures)``: what the filter learns from, of every crop of the first frame.
2. ``embed(template, boxes)``: the modulation, once per target.
3. ``predict(modulation, search)``: per frame, the filter's map and two modulated maps. The same in
   two calls: ``features``, and ``modulated`` on the part of its maps that boxes will touch, which
   is known once the filter has found the target and saves two thirds of the head's convolutions.
4. One more that judges boxes on those two maps: ``iou`` of ATOM, ``deltas`` of DRNet.

Shapes: B targets, N search regions (a multiple of B), P boxes in each, C channels of the head.
Images are RGB, 0..255; boxes are x, y, w, h in pixels of their image.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from feathertrack.models.backbones.backbone import Backbone
from feathertrack.models.heads.boxes import BoxHead, Pair, modulate
from feathertrack.models.network import FurtherCall, Network

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class BoxNetwork(Network):
    """Backbone and head under their official names, ``feature_extractor`` and ``bb_regressor``.

    Pictures may have any size.
    """

    stride = 16
    template_size = 288
    search_size = 288
    search_area = 5.0
    further_calls: Mapping[str, FurtherCall] = {
        "features": FurtherCall(inputs=("pictures",), outputs=("map", "fine_map")),
        "modulated": FurtherCall(
            inputs=("features_0", "features_1", "fine_map", "map"), outputs=("map3", "map4")
        ),
    }

    mean: Tensor
    std: Tensor

    def __init__(self, backbone: Backbone, head: BoxHead) -> None:
        super().__init__()
        self.feature_extractor = backbone
        self.bb_regressor = head
        for name, values in (("mean", _MEAN), ("std", _STD)):
            self.register_buffer(name, torch.tensor(values)[:, None, None] * 255, persistent=False)

    def levels(self, image_B3HW: Tensor) -> list[Tensor]:
        """Return the backbone's maps of strides 8 and 16."""
        return self.feature_extractor(self.normalised(image_B3HW))  # type: ignore[no-any-return]

    def normalised(self, image_B3HW: Tensor) -> Tensor:
        """Return images as the backbone takes them: ImageNet's mean and deviation."""
        return (image_B3HW - self.mean) / self.std

    def features(self, image_B3HW: Tensor) -> Pair:
        """Return the map of stride 16, which the online filter learns from, and that of 8."""
        fine, coarse = self.levels(image_B3HW)
        return coarse, fine

    def modulated(
        self, modulation3_BC: Tensor, modulation4_BC: Tensor, fine_NChw: Tensor, map_NChw: Tensor
    ) -> Pair:
        """Return the two modulated maps (N, h, w, C) of maps of ``features``, or of parts of them.

        Two cells along a part's border are not those of the whole map, but where it is a border of
        the map as well.

        Args:
            modulation3_BC: the first output of ``embed``.
            modulation4_BC: the second.
            fine_NChw: the second output of ``features``.
            map_NChw: the first.
        """
        levels = [level.to(modulation3_BC.dtype) for level in (fine_NChw, map_NChw)]
        maps = self.bb_regressor.test_maps(levels)
        return modulate(maps, (modulation3_BC, modulation4_BC))

    def embed(self, template_B3hw: Tensor, boxes_B4: Tensor | None = None) -> Pair:
        """Return the modulation, two vectors (B, C) for each target.

        Args:
            template_B3hw: crops of the first frame.
            boxes_B4: where the target is in them; None: a square in the middle, of the size that
                targets have in crops.
        """
        if boxes_B4 is None:
            boxes_B4 = self.central_boxes(template_B3hw)
        return self.bb_regressor.modulation(self.levels(template_B3hw), boxes_B4)

    def central_boxes(self, image_B3HW: Tensor) -> Tensor:
        """Return a square (B, 4) in the middle of each image, of the size that targets have."""
        height, width = image_B3HW.shape[2:]
        side = width / self.search_area
        box = [(width - side) / 2, (height - side) / 2, side, side]
        return torch.tensor([box], device=image_B3HW.device).expand(len(image_B3HW), -1)

    def predict(self, modulation: Pair, search_N3HW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the map of stride 16 (N, D, h, w) and two modulated ones (N, h, w, C).

        The first is for the online filter; the others, of strides 8 and 16 and with channels last,
        are for the call that judges boxes. Region i belongs to target i % B.
        """
        levels = self.levels(search_N3HW)
        maps = modulate(self.bb_regressor.test_maps(levels), modulation)
        return levels[-1], *maps

    def judge(
        self, template_B3hw: Tensor, search_N3HW: Tensor, boxes_B4: Tensor, boxes_NP4: Tensor
    ) -> Tensor:
        """Return the head's outputs (N, P, K) in one go, differentiable; this is what is trained.

        Args:
            template_B3hw: pictures of the targets.
            search_N3HW: pictures in which boxes are judged; picture i belongs to target i % B.
            boxes_B4: where the targets are in the templates.
            boxes_NP4: the boxes to be judged.
        """
        _, *maps = self.predict(self.embed(template_B3hw, boxes_B4), search_N3HW)
        return self.bb_regressor.predict(maps, boxes_NP4)


def judging(*outputs: str) -> Mapping[str, FurtherCall]:
    """The further calls of a network whose one that judges boxes is named by its first output."""
    call = FurtherCall(inputs=("map3", "map4", "boxes"), outputs=outputs)
    return {**BoxNetwork.further_calls, outputs[0]: call}
