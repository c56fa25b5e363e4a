"""Heads: from the features of template and search region to raw outputs."""

from __future__ import annotations

from feathertrack.models.heads.branch import DepthwiseBranch
from feathertrack.models.heads.fused import FusedHead
from feathertrack.models.heads.styles import KEYPOINT, REGION, HeadStyle

__all__ = ["KEYPOINT", "REGION", "DepthwiseBranch", "FusedHead", "HeadStyle"]
