"""What a tracker costs besides time: memory, parameters, operations, bytes on disk."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from feathertrack.errors import FeathertrackError


def peak_memory() -> int | None:
    """Most bytes of memory that this process has held, None where the system does not tell."""
    if sys.platform == "win32":
        return _peak_memory_of_windows()
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


def _peak_memory_of_windows() -> int | None:
    """PeakWorkingSetSize of GetProcessMemoryInfo."""
    import ctypes

    class Counters(ctypes.Structure):
        """PROCESS_MEMORY_COUNTERS of psapi.h."""

        _fields_ = (
            ("cb", ctypes.c_ulong),
            ("PageFaultCount", ctypes.c_ulong),
            *((name, ctypes.c_size_t) for name in ("PeakWorkingSetSize", "WorkingSetSize")),
            *((f"unused{number}", ctypes.c_size_t) for number in range(6)),
        )

    counters = Counters(cb=ctypes.sizeof(Counters))
    windows: Any = ctypes.windll  # type: ignore[attr-defined, unused-ignore]
    process = ctypes.c_void_p(windows.kernel32.GetCurrentProcess())
    asked = windows.psapi.GetProcessMemoryInfo
    done = asked(process, ctypes.byref(counters), ctypes.c_ulong(counters.cb))
    return int(counters.PeakWorkingSetSize) if done else None


def weights_size(path: Path) -> int:
    """Bytes of a file of weights, or of the files of the exported network that it stands for."""
    from feathertrack.engines.pair import stored_files

    return sum(file.stat().st_size for file in stored_files(path))


def footprint(weights: Path | None) -> dict[str, Any]:
    """Bytes on disk, parameters, and operations of a network after its branches are merged.

    Args:
        weights: a file of weights, or what stands for a pair of files; None for no network.

    Returns:
        ``weights_bytes``, and ``parameters``, ``macs_embed``, ``macs_predict`` or, where these are
        not known, a ``note`` that says why.
    """
    if weights is None:
        return {"weights_bytes": None}
    return {"weights_bytes": weights_size(weights), **_count(weights)}


def _count(weights: Path) -> dict[str, Any]:
    from feathertrack.engines.pair import SUFFIXES

    if weights.suffix.lower() in SUFFIXES:
        weights = weights.with_suffix(".safetensors")  # beside the shipped pair
    if not weights.is_file():
        return {"note": "counted from torch weights only, not from .onnx or .xml"}
    if find_spec("torch") is None:
        return {"note": "counting needs torch: pip install 'feathertrack[torch]'"}
    from feathertrack.models.cost import count_macs, count_parameters
    from feathertrack.weights.loading import load_model

    try:
        model = load_model(weights, form="merged")
    except FeathertrackError as error:
        return {"note": str(error)}
    macs = count_macs(model)
    return {
        "parameters": count_parameters(model),
        "macs_embed": macs.embed,
        "macs_predict": macs.predict,
    }
