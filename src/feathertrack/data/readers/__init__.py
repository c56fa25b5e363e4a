"""Readers of training sets in their official layouts: records of videos, no picture decoded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from feathertrack.data.readers.coco import read_coco
from feathertrack.data.readers.davis import read_davis
from feathertrack.data.readers.folder import read_folder
from feathertrack.data.readers.ilsvrc import read_det, read_vid
from feathertrack.data.readers.layouts import LAYOUTS, layout_of, located
from feathertrack.data.readers.sequences import read_got10k, read_lasot, read_trackingnet
from feathertrack.data.readers.youtubebb import read_youtubebb
from feathertrack.data.records import VideoRecord

__all__ = ["LAYOUTS", "READERS", "Reader", "layout_of", "located", "reader_of"]

Reader = Callable[[Path, str], Iterator[VideoRecord]]
"""From the folder where the layout begins (see ``located``) and a split to records."""

READERS: Mapping[str, Reader] = {
    "got10k": read_got10k,
    "lasot": read_lasot,
    "trackingnet": read_trackingnet,
    "vid": read_vid,
    "det": read_det,
    "coco": read_coco,
    "youtubebb": read_youtubebb,
    "davis": read_davis,
    "folder": read_folder,
}
"""The readers by name; the same names as those of ``LAYOUTS``."""


def reader_of(name: str) -> Reader:
    """A reader by name.

    Raises:
        InputError: there is none of that name; the nearest are given.
    """
    layout_of(name)
    return READERS[name]
