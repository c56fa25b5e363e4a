"""What the numbers of a benchmark depend on besides the code."""

from __future__ import annotations

import datetime
import os
import platform
from typing import Any

import numpy as np

from feathertrack.engines.cpu import detect_cpu


def describe_machine() -> dict[str, Any]:
    """Date, processor, system, versions, and how busy the machine is."""
    cpu = detect_cpu()
    return {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "cpu": cpu.model,
        "cores": cpu.cores,
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "load_at_start": load_average(),
    }


def load_average() -> list[float]:
    """Processes that wanted to run, over 1, 5 and 15 minutes; [] where the system does not say."""
    return [round(number, 2) for number in os.getloadavg()] if hasattr(os, "getloadavg") else []
