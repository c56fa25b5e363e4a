"""What ``feathertrack doctor`` knows of a machine, as plain values that JSON can hold."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib import metadata
from typing import Any

from feathertrack.cli._opencv_wheels import opencv_wheels
from feathertrack.cli._options import describe
from feathertrack.cli._window import has_display, window_toolkit
from feathertrack.errors import FeathertrackError

_PACKAGES = (
    "feathertrack",
    "numpy",
    "av",
    "onnxruntime",
    "onnxruntime-gpu",
    "openvino",
    "torch",
    "onnx",
    "tyro",
    "rich",
)

_EXTRAS: Mapping[str, tuple[str, ...]] = {
    "torch": ("torch", "safetensors"),
    "openvino": ("openvino",),
    "export": ("onnx", "onnxscript", "nncf"),
    "report": ("matplotlib", "jinja2"),
}

_WORKS_WITHOUT: Mapping[tuple[str, ...], str] = {
    ("safetensors",): "PyTorch checkpoints can be read",
    ("nncf",): "export works",
}
"""What is absent of an extra -> what works all the same, where that is something."""

_DECODERS = ("h264", "hevc", "vp9", "av1", "mpeg4", "mjpeg", "aac")
_ENCODERS = ("libx264", "aac")


def versions(distributions: Iterable[metadata.Distribution]) -> dict[str, str]:
    """Name -> version of what matters here, "" where it is absent."""
    installed = {
        str(one.metadata["Name"] or "").lower(): one.version
        for one in distributions
        if one.metadata is not None
    }
    named = {name: installed.get(name, "") for name in _PACKAGES}
    return {"python": platform.python_version(), **named}


def installed_versions() -> dict[str, str]:
    """Name -> version of what is installed of it."""
    return {
        name: version for name, version in versions(metadata.distributions()).items() if version
    }


def missing_extras() -> dict[str, dict[str, Any]]:
    """Extra -> what is absent of it, what works all the same, and the command that installs it."""
    from importlib.util import find_spec

    found = {}
    for extra, modules in _EXTRAS.items():
        missing = [module for module in modules if find_spec(module) is None]
        if missing:
            found[extra] = {
                "missing": missing,
                "installed": [module for module in modules if module not in missing],
                "works": _WORKS_WITHOUT.get(tuple(missing), ""),
                "command": f"pip install 'feathertrack[{extra}]'",
            }
    return found


def processor() -> dict[str, Any]:
    """Model, cores and instruction sets."""
    from feathertrack.engines.cpu import detect_cpu

    cpu = detect_cpu()
    return {
        "model": cpu.model,
        "architecture": cpu.architecture,
        "cores": cpu.cores,
        "instruction_sets": sorted(cpu.features),
        "bfloat16": cpu.has_bfloat16,
        "float16": cpu.has_float16,
    }


def system() -> str:
    """The operating system and its release."""
    return f"{platform.system()} {platform.release()}"


def engines() -> list[dict[str, Any]]:
    """What each runtime can do here; one that cannot be imported says why."""
    from feathertrack.engines.support import ENGINES, engine_support

    found = []
    for name in ENGINES:
        try:
            support = engine_support(name)
        except Exception as error:  # a runtime that is installed badly may raise anything
            found.append({"engine": name, "error": f"{type(error).__name__}: {error}"})
            continue
        found.append(
            {
                "engine": name,
                "version": support.version,
                "devices": list(support.devices),
                "precisions": list(support.precisions),
                "remedy": support.remedy,
            }
        )
    return found


def default_engine() -> dict[str, str]:
    """What ``auto`` takes for the shipped model, or why it takes nothing."""
    from feathertrack.trackers.creation import create_tracker

    try:
        tracker = create_tracker("default")
    except FeathertrackError as error:
        return {"error": str(error)}
    engine = tracker.engine  # type: ignore[attr-defined]
    return {
        "model": engine.info.name,
        "engine": engine.name,
        "device": engine.device,
        "precision": engine.precision,
        "why": describe(engine),
    }


def video() -> dict[str, Any]:
    """FFmpeg's libraries, and which codecs it has; ``error`` where PyAV cannot be imported."""
    try:
        import av
        from av.codec import Codec
    except ImportError as error:
        return {"error": str(error)}
    libraries = {
        name: ".".join(map(str, version)) for name, version in sorted(av.library_versions.items())
    }

    def has(name: str, mode: str) -> bool:
        try:
            Codec(name, mode)
        except (ValueError, av.FFmpegError):
            return False
        return True

    return {
        "ffmpeg": getattr(av, "ffmpeg_version_info", ""),
        "libraries": libraries,
        "encoders": {name: has(name, "w") for name in _ENCODERS},
        "decoders": {name: has(name, "r") for name in _DECODERS},
    }


def opencv(distributions: Iterable[metadata.Distribution]) -> dict[str, Any]:
    """The wheels, the version that is imported, and whether it can open windows."""
    wheels = opencv_wheels(distributions)
    try:
        import cv2
    except ImportError as error:
        return {"wheels": wheels, "error": str(error)}
    return {
        "wheels": wheels,
        "version": cv2.__version__,
        "windows": window_toolkit(),
        "display": has_display(),
    }


def cache() -> dict[str, Any]:
    """The cache folder and whether files can be written there."""
    from feathertrack.paths import cache_dir

    folder = cache_dir()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            writable, error = True, ""
    except OSError as failure:
        writable, error = False, str(failure.strerror or failure)
    return {
        "folder": str(folder),
        "writable": writable,
        "error": error,
        "set_by": "FEATHERTRACK_CACHE" if os.environ.get("FEATHERTRACK_CACHE") else "default",
    }


def everything() -> dict[str, Any]:
    """All of the above."""
    distributions = list(metadata.distributions())
    return {
        "versions": versions(distributions),
        "system": system(),
        "executable": sys.executable,
        "cpu": processor(),
        "engines": engines(),
        "auto": default_engine(),
        "video": video(),
        "opencv": opencv(distributions),
        "cache": cache(),
        "missing_extras": missing_extras(),
    }
