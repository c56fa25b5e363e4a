"""Which runtimes are installed, and what each can run on this machine."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import get_args

from feathertrack.engines.cpu import detect_cpu
from feathertrack.engines.protocol import EngineName
from feathertrack.errors import MissingExtra, require

ENGINES = tuple(name for name in get_args(EngineName) if name != "auto")

_MODULES = {"onnx": "onnxruntime", "openvino": "openvino", "torch": "torch"}
_EXTRAS = {"onnx": "", "openvino": "openvino", "torch": "torch"}


@dataclass(frozen=True, kw_only=True)
class Support:
    """What a runtime can do here.

    Attributes:
        engine: "onnx", "openvino" or "torch".
        version: of the installed runtime, "" where it is absent.
        devices: "cpu", and "cuda:0", ..., "mps" where the runtime sees them.
        precisions: those that it computes in on the processor without emulation, from float32
            weights.
        remedy: what would make it work, "" where it does.
    """

    engine: str
    version: str
    devices: tuple[str, ...] = ()
    precisions: tuple[str, ...] = ()
    remedy: str = ""


def is_installed(engine: str) -> bool:
    """Whether the runtime can be imported; it is not imported for the answer."""
    return importlib.util.find_spec(_MODULES[engine]) is not None


def require_runtime(engine: str) -> None:
    """Refuse a runtime that is not installed, or cannot be imported.

    Raises:
        MissingExtra: the text says which extra brings it.
    """
    if not is_installed(engine):
        require(_MODULES[engine], extra=_EXTRAS[engine] or "all")
    if engine_support(engine).remedy:
        raise MissingExtra(f"{engine}: {engine_support(engine).remedy}")


def version_of(engine: str) -> str:
    """The version of a runtime, "" where it is absent."""
    if not is_installed(engine):
        return ""
    return str(importlib.import_module(_MODULES[engine]).__version__)


def engine_support(engine: str) -> Support:
    """What one runtime can do here; imports it."""
    extra = _EXTRAS[engine]
    command = f"pip install 'feathertrack[{extra}]'" if extra else "pip install feathertrack"
    if not is_installed(engine):
        return Support(engine=engine, version="", remedy=command)
    try:
        version = version_of(engine)
    except Exception as error:  # a runtime that is half installed may raise anything
        remedy = f"it cannot be imported ({type(error).__name__}: {error}): {command}"
        return Support(engine=engine, version="", remedy=remedy)
    return Support(
        engine=engine, version=version, devices=_devices(engine), precisions=_precisions(engine)
    )


def _devices(engine: str) -> tuple[str, ...]:
    if engine == "torch":
        import torch

        cuda = tuple(f"cuda:{number}" for number in range(torch.cuda.device_count()))
        return ("cpu", *cuda, *(("mps",) if torch.backends.mps.is_available() else ()))
    if engine == "onnx":
        from feathertrack.engines.onnx_runtime import cuda_is_offered

        return ("cpu", "cuda:0") if cuda_is_offered() else ("cpu",)
    return ("cpu",)


def _precisions(engine: str) -> tuple[str, ...]:
    if engine == "onnx":
        return ("float32",)
    if engine == "openvino":
        from feathertrack.engines.openvino_runtime import openvino_precisions

        return openvino_precisions()
    return ("float32", "bfloat16") if detect_cpu().has_bfloat16 else ("float32",)
