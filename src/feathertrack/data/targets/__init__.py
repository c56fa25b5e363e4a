"""What networks should answer, computed for whole batches with numpy, from boxes of this package.

Coordinates of networks count pixel centres; ``center_boxes`` is the one place that converts.
"""

from feathertrack.data.targets.anchor_targets import (
    AnchorTargets,
    AnchorTargetSettings,
    anchor_targets,
)
from feathertrack.data.targets.anchors import AnchorKind, anchor_grid, anchor_sizes
from feathertrack.data.targets.centers import center_boxes
from feathertrack.data.targets.keypoints import KeypointTargets, keypoint_targets
from feathertrack.data.targets.proposals import Proposals, box_deltas, proposals
from feathertrack.data.targets.response import response_label

__all__ = [
    "AnchorKind",
    "AnchorTargetSettings",
    "AnchorTargets",
    "KeypointTargets",
    "Proposals",
    "anchor_grid",
    "anchor_sizes",
    "anchor_targets",
    "box_deltas",
    "center_boxes",
    "keypoint_targets",
    "proposals",
    "response_label",
]
