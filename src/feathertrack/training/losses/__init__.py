"""Losses as functions of raw outputs and targets; none knows a network."""

from feathertrack.training.losses.response import (
    HarmonizedLogistic,
    balanced_logistic,
    focal_logistic,
    hard_negative_logistic,
)
from feathertrack.training.losses.siamkpn import (
    keypoint_heat_loss,
    keypoint_offset_loss,
    keypoint_size_loss,
    siamkpn_loss,
)
from feathertrack.training.losses.siamrpn import anchor_box_loss, anchor_class_loss, siamrpn_loss

__all__ = [
    "HarmonizedLogistic",
    "anchor_box_loss",
    "anchor_class_loss",
    "balanced_logistic",
    "focal_logistic",
    "hard_negative_logistic",
    "keypoint_heat_loss",
    "keypoint_offset_loss",
    "keypoint_size_loss",
    "siamkpn_loss",
    "siamrpn_loss",
]
