"""What runs a network: onnxruntime, OpenVINO or torch, behind one protocol."""

from __future__ import annotations

from feathertrack.engines.choice import Candidate, Choice
from feathertrack.engines.factory import create_engine
from feathertrack.engines.protocol import Engine, EngineName, Features, NetworkInfo, Precision

__all__ = [
    "Candidate",
    "Choice",
    "Engine",
    "EngineName",
    "Features",
    "NetworkInfo",
    "Precision",
    "create_engine",
]
