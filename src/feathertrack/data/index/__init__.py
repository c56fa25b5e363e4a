"""The index of a training set: built once, mapped into memory, shared by all workers."""

from feathertrack.data.index.counts import Counts
from feathertrack.data.index.opening import IndexedSet, find_index, make_index, open_index
from feathertrack.data.index.training_index import Track, TrainingIndex

__all__ = [
    "Counts",
    "IndexedSet",
    "Track",
    "TrainingIndex",
    "find_index",
    "make_index",
    "open_index",
]
