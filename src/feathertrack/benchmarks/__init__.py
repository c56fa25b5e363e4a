"""Benchmarks: which sequences there are, and their frames and ground truth as annotated."""

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.bundled import names_of, protocol_of
from feathertrack.benchmarks.framelist import FrameList
from feathertrack.benchmarks.opening import list_benchmarks, open_benchmark
from feathertrack.benchmarks.sequence import Sequence

__all__ = [
    "Benchmark",
    "FrameList",
    "Sequence",
    "list_benchmarks",
    "names_of",
    "open_benchmark",
    "protocol_of",
]
