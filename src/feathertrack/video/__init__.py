"""Frames in, from anything that has them, and results out, in any format."""

from feathertrack.video.drawing import draw_comparison, draw_result
from feathertrack.video.formats import read_box_file, read_boxes, write_boxes
from feathertrack.video.frames import Frame, Image, Source, SourceInfo
from feathertrack.video.opening import OpenedSource, SourceSpec, open_source
from feathertrack.video.outputs import OutputSpec, parse_output
from feathertrack.video.records import ClipInfo, TrackRow
from feathertrack.video.sinks import Sink, Sinks, open_sink, open_sinks

__all__ = [
    "ClipInfo",
    "Frame",
    "Image",
    "OpenedSource",
    "OutputSpec",
    "Sink",
    "Sinks",
    "Source",
    "SourceInfo",
    "SourceSpec",
    "TrackRow",
    "draw_comparison",
    "draw_result",
    "open_sink",
    "open_sinks",
    "open_source",
    "parse_output",
    "read_box_file",
    "read_boxes",
    "write_boxes",
]
