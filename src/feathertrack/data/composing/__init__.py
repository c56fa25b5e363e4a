"""Clips composed of photographs, and absences composed into sequences.

Objects are cut out of photographs by their masks and move over other photographs; what is true of
such a clip is known to the pixel. ``feathertrack data compose`` makes training sets of them.
"""

from feathertrack.data.composing.catalogue import Catalogue, open_catalogue
from feathertrack.data.composing.clips import Clip, ClipSettings, compose_clip
from feathertrack.data.composing.sets import ComposeReport, write_clips

__all__ = [
    "Catalogue",
    "Clip",
    "ClipSettings",
    "ComposeReport",
    "compose_clip",
    "open_catalogue",
    "write_clips",
]
