"""Networks as files that run without torch. Exporting needs the ``torch`` and ``export`` extras.

Making other files out of exported ones needs no torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from feathertrack.export.files import ExportedFiles
    from feathertrack.export.onnx import export_onnx
    from feathertrack.export.openvino import export_openvino
    from feathertrack.export.quantisation import quantise_onnx
    from feathertrack.export.verification import verify_export

__all__ = ["ExportedFiles", "export_onnx", "export_openvino", "quantise_onnx", "verify_export"]

_HOMES = {
    "ExportedFiles": "feathertrack.export.files",
    "export_onnx": "feathertrack.export.onnx",
    "export_openvino": "feathertrack.export.openvino",
    "quantise_onnx": "feathertrack.export.quantisation",
    "verify_export": "feathertrack.export.verification",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
