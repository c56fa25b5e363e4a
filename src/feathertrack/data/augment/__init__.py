"""Augmentation: numbers first (``draws``), then the map (``geometry``), then the pixels.

``cut_view`` does it with OpenCV, one image at a time; ``feathertrack.data.augment.batched`` does it
with torch, and is imported by whoever needs it.
"""

from feathertrack.data.augment.draws import Crop, PairDraw, ViewDraw, draw_pair
from feathertrack.data.augment.geometry import TEMPLATE_SIDE, ViewPlan, plan_view
from feathertrack.data.augment.opencv import View, cut_view, render

__all__ = [
    "TEMPLATE_SIDE",
    "Crop",
    "PairDraw",
    "View",
    "ViewDraw",
    "ViewPlan",
    "cut_view",
    "draw_pair",
    "plan_view",
    "render",
]
