"""Benchmarks: which sequences there are, and their frames and ground truth as annotated."""

from feathertrack.benchmarks.benchmark import Benchmark
from feathertrack.benchmarks.framelist import FrameList
from feathertrack.benchmarks.sequence import Sequence

__all__ = ["Benchmark", "FrameList", "Sequence"]
