"""Frames in, from anything that has them, and results out, in any format."""

from feathertrack.video.frames import Frame, Image, Source, SourceInfo
from feathertrack.video.opening import OpenedSource, SourceSpec, open_source

__all__ = [
    "Frame",
    "Image",
    "OpenedSource",
    "Source",
    "SourceInfo",
    "SourceSpec",
    "open_source",
]
