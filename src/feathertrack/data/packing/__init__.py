"""Square crops of a whole training set in a few big files: what ``feathertrack data pack`` makes.

In the folder of a pack::

    pack.json            what it holds; written last: without it the pack is not complete
    shards/00000.jpgs    jpg files one after the other
    table/*.npy          videos, tracks, frames and sizes (``cropped/table.py``), and places.npy:
                         in which shard every crop lies, and where
    building/            only until it is complete
"""

from feathertrack.data.packing.checking import Fault, check_pack
from feathertrack.data.packing.source import PackedSource
from feathertrack.data.packing.writing import PackReport, write_pack

__all__ = ["Fault", "PackReport", "PackedSource", "check_pack", "write_pack"]
