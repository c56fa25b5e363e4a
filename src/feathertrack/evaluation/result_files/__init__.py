"""Raw result files of every toolkit: one file a format, and reading that finds out which it is."""

from feathertrack.evaluation.result_files.reading import concatenated_times, read_results
from feathertrack.evaluation.result_files.writing import (
    DEFAULT_FORMAT,
    FORMATS,
    FormatName,
    ResultWriter,
    RunKind,
    write_whole,
)

__all__ = [
    "DEFAULT_FORMAT",
    "FORMATS",
    "FormatName",
    "ResultWriter",
    "RunKind",
    "concatenated_times",
    "read_results",
    "write_whole",
]
